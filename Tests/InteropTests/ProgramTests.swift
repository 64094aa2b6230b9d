#if Endpoint
import Foundation
import Testing

/// The built `iot-cloud`, as an operator runs it.
@Suite("The program iot-cloud")
struct ProgramTests {
    @Test("serve prints where it listens and stops cleanly", arguments: [SIGTERM, SIGINT])
    func serves(signal: Int32) async throws {
        let child = try ChildProcess(Program.iotCloud, ["serve", "--port", "0"])
        #expect(try await child.waitForOutput("listening on mqtt://127.0.0.1:"))
        let text = String(decoding: child.output, as: UTF8.self)
        let port = text.split(separator: ":").last.map { $0.filter(\.isNumber) } ?? ""
        if Program.isInstalled(Program.mosquittoPub, for: "mosquitto") {
            let result = try await ChildProcess.run(
                Program.mosquittoPub,
                ["-p", port, "-t", "t", "-m", "x", "-q", "1"]
            )
            #expect(result.status == 0)
        }
        child.signal(signal)
        let result = await child.wait()
        #expect(result.status == 0)
        #expect(result.output == "listening on mqtt://127.0.0.1:\(port)\n")
        #expect(result.errors.contains("DEVELOPMENT MODE"))
        #expect(result.errors.contains("stopped"))
    }

    @Test("serve refuses an address that others reach, unless it is told otherwise")
    func refusesOpenAddress() async throws {
        let refused = try await ChildProcess.run(
            Program.iotCloud,
            ["serve", "--host", "0.0.0.0", "--port", "0"]
        )
        #expect(refused.status != 0)
        #expect(refused.errors.contains("--allow-anonymous"))
        let allowed = try ChildProcess(
            Program.iotCloud,
            ["serve", "--host", "0.0.0.0", "--port", "0", "--allow-anonymous"]
        )
        #expect(try await allowed.waitForOutput("listening on mqtt://0.0.0.0:"))
        allowed.signal(SIGTERM)
        let result = await allowed.wait()
        #expect(result.errors.contains("OPEN TO THE NETWORK"))
    }

    @Test("mqtt decode prints hexadecimal text, and points at the first wrong byte")
    func decodes() async throws {
        let good = try await ChildProcess.run(
            Program.iotCloud,
            ["mqtt", "decode", "--mqtt-version", "3.1.1"],
            input: "30 06 00 01 74 61 62 63  # a message\nc0 00\n"
        )
        #expect(good.status == 0, "\(good.errors)")
        #expect(good.output.contains("PUBLISH"))
        #expect(good.output.contains("PINGREQ"))
        let bad = try await ChildProcess.run(
            Program.iotCloud,
            ["mqtt", "decode", "-"],
            input: "c0 00 36 03 00 01 74"
        )
        #expect(bad.status == 1)
        #expect(bad.output.contains("PINGREQ"))
    }
}
#endif

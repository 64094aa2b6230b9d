#if Endpoint
import Foundation
import Testing

/// `iot-cloud init`, and the commands it prints, run by a shell as they are.
@Suite("A first endpoint: iot-cloud init and serve --config")
struct InitTests {
    /// The lines to paste, without their indentation.
    private func commands(_ output: String, _ program: String) -> [String] {
        output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { $0.hasPrefix(program + " ") }
    }

    private func shell(_ command: String) async throws -> ChildProcess.Result {
        try await ChildProcess.run("/bin/sh", ["-c", command])
    }

    @Test("what init prints works: serve, listen, publish, and the shadow over HTTPS")
    func printedCommands() async throws {
        let parent = try TemporaryFolder()
        // A name that a shell would split.
        let folder = parent.path + "/my cloud"
        let ports = try FreePorts.take(3)
        let made = try await ChildProcess.run(
            Program.iotCloud,
            [
                "init", folder, "--port", "\(ports[0])", "--tls-port", "\(ports[1])",
                "--https-port", "\(ports[2])",
            ]
        )
        try #require(made.status == 0, "\(made.errors)")
        for key in ["ca.key", "server.key", "devices/lamp-1.key", "devices/console.key"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + key)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(key)")
        }
        let start = try #require(
            made.output.split(separator: "\n").first { $0.contains(" serve --config ") }
        )
        let server = try ChildProcess("/bin/sh", ["-c", "exec " + start])
        defer { server.signal(SIGKILL) }
        let isUp = try await server.waitForOutput("https://127.0.0.1:\(ports[2])")
        try #require(isUp, "\(String(decoding: server.errors, as: UTF8.self))")

        if Program.isInstalled(Program.mosquittoPub, for: "mosquitto") {
            let listen = try #require(commands(made.output, "mosquitto_sub").first)
            let listener = try ChildProcess("/bin/sh", ["-c", "exec stdbuf -oL \(listen) -d"])
            #expect(try await listener.waitForOutput("Subscribed (mid"))
            let publish = try #require(commands(made.output, "mosquitto_pub").first)
            let published = try await shell(publish)
            #expect(published.status == 0, "\(published.errors)")
            #expect(try await listener.waitForOutput("device/lamp-1/state {\"celsius\": 21}"))
            listener.signal(SIGKILL)
            _ = await listener.wait()
            let foreign = publish.replacing("-t device/lamp-1/", with: "-t device/lamp-2/")
            let refused = try await shell(foreign + " -d")
            #expect(refused.output.contains("RC:135"), "\(refused.output)")
        }
        for (index, command) in commands(made.output, "curl").enumerated() {
            let answer = try await shell(command + " --silent --fail")
            #expect(answer.status == 0, "\(answer.errors)")
            #expect(answer.output.contains(#""power":"on""#), "\(index): \(answer.output)")
        }
        server.signal(SIGTERM)
        let ended = await server.wait()
        #expect(ended.status == 0, "\(ended.errors)")
    }

    @Test("init makes nothing where one of its files exists")
    func refusesToOverwrite() async throws {
        let folder = try TemporaryFolder()
        try folder.write("server.pem", [1])
        let result = try await ChildProcess.run(Program.iotCloud, ["init", folder.path])
        #expect(result.status != 0)
        #expect(result.errors.contains("server.pem exists"), "\(result.errors)")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files == ["server.pem"])
    }
}

/// Ports that nobody used a moment ago.
enum FreePorts {
    static func take(_ count: Int) throws -> [Int] {
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        return try (0..<count).map { _ in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            descriptors.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe bind(descriptor, $0, size) == 0
                        && getsockname(descriptor, $0, &size) == 0
                }
            }
            guard isBound else { throw CancellationError() }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }
}
#endif

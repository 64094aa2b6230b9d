#if Endpoint
import Foundation
import Testing

/// `iot-cloud serve --registry` beside `iot-cloud ca` and `iot-cloud cert` on the same file.
@Suite(
    "The registry's commands beside a running endpoint",
    .enabled(if: Program.isInstalled(Program.mosquittoPub, for: "mosquitto"))
)
struct RegistryProgramTests {
    private let authority: TestAuthority
    private var file: String { authority.folder.appendingPathComponent("registry.sqlite").path }

    init() throws { authority = try TestAuthority() }

    private func tool(_ arguments: String...) async throws -> ChildProcess.Result {
        try await ChildProcess.run(Program.iotCloud, arguments + ["--registry", file])
    }

    /// A running endpoint with its port for TLS.
    private func serve(_ more: [String] = []) async throws -> (ChildProcess, port: String) {
        let policies = authority.folder.appendingPathComponent("policies")
        if !FileManager.default.fileExists(atPath: policies.path) {
            try FileManager.default.createDirectory(
                at: policies,
                withIntermediateDirectories: true
            )
            try RegistryHarness.devicePolicy.write(
                to: policies.appendingPathComponent("device.json"),
                atomically: true,
                encoding: .utf8
            )
        }
        let server = authority.folder.appendingPathComponent("localhost")
        if !FileManager.default.fileExists(atPath: server.path + ".pem") {
            _ = try authority.issue("localhost", isServer: true)
        }
        let child = try ChildProcess(
            Program.iotCloud,
            [
                "serve", "--port", "0", "--tls-port", "0", "--certificate", server.path + ".pem",
                "--key", server.path + ".key", "--policies", policies.path, "--registry", file,
            ] + more
        )
        let isUp = try await child.waitForOutput("listening on mqtts://127.0.0.1:")
        #expect(isUp, "\(String(decoding: child.errors, as: UTF8.self))")
        let text = String(decoding: child.output, as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.contains("mqtts://") } ?? ""
        return (child, String(line.split(separator: ":").last ?? ""))
    }

    private func publish(
        _ port: String,
        _ device: TestAuthority.Issued
    ) async throws -> ChildProcess.Result {
        try await ChildProcess.run(
            Program.mosquittoPub,
            [
                "-h", "localhost", "-p", port, "--cafile", authority.certificateFile, "--cert",
                device.certificateFile, "--key", device.keyFile, "-V", "mqttv5", "-i", device.id,
                "-q", "1", "-t", "device/state", "-m", "x",
            ]
        )
    }

    @Test("a CA by proof of possession; a device from pending to revoked; kill -9 in between")
    func wholeStory() async throws {
        let code = try await tool("ca", "code").output.trimmingCharacters(in: .newlines)
        #expect(code.count == 64)
        #expect(try await tool("ca", "code").output == code + "\n")
        let wrong = try await tool(
            "ca",
            "register",
            authority.certificateFile,
            "--verification",
            try authority.issue("no code").certificateFile
        )
        #expect(wrong.status == 1)
        #expect(wrong.output == "refused: registration_code_mismatch\n")
        let missing = try await tool("ca", "register", authority.certificateFile)
        #expect(missing.output == "refused: verification_missing\n")
        let proof = try authority.issue(code)
        let registered = try await tool(
            "ca",
            "register",
            authority.certificateFile,
            "--verification",
            proof.certificateFile,
            "--active",
            "--auto-registration"
        )
        #expect(registered.status == 0, "\(registered.errors)")
        let list = try await tool("ca", "list").output
        #expect(list.contains(" ACTIVE ENABLE DEFAULT CN=Test authority\n"), "\(list)")
        let authorityID = list.split(separator: " ").first.map { String($0) } ?? ""

        var (server, port) = try await serve()
        let device = try authority.issue("lamp")
        #expect(try await publish(port, device).status != 0)
        let pending = try await tool("cert", "list").output
        #expect(pending.hasPrefix("\(device.id) PENDING_ACTIVATION \(authorityID) "), "\(pending)")
        #expect(pending.split(separator: "\n").count == 1)
        let active = try await tool("cert", "activate", device.id, "--policy", "device")
        #expect(active.output == "\(device.id) PENDING_ACTIVATION -> ACTIVE\n", "\(active.errors)")
        #expect(try await isIn(port, device))

        server.signal(SIGKILL)
        _ = await server.wait()
        (server, port) = try await serve()
        let again = try await publish(port, device)
        #expect(again.status == 0, "\(again.errors)")
        // What proved possession of the CA's key is no device.
        #expect(try await publish(port, proof).status != 0)
        let live = try await stay(port, device)
        let revoked = try await tool("cert", "revoke", device.id)
        #expect(revoked.output == "\(device.id) ACTIVE -> REVOKED\n")
        let start = ContinuousClock.now
        let isDropped = try await live.waitForOutput("Received DISCONNECT (135)", seconds: 60)
        #expect(isDropped)
        print(
            "registry: a revocation by another process ended a connection after \(start.duration(to: .now))"
        )
        live.signal(SIGKILL)
        _ = await live.wait()
        #expect(try await publish(port, device).status != 0)
        let undone = try await tool("cert", "activate", device.id)
        #expect(undone.status == 1)

        let off = try await tool("ca", "update", authorityID, "--no-active")
        #expect(off.output.contains(" INACTIVE ENABLE "))
        let late = try authority.issue("late")
        #expect(try await publish(port, late).status != 0)
        server.signal(SIGTERM)
        let result = await server.wait()
        #expect(result.status == 0, "\(result.errors)")
        try await checkAudit(device, late, proof)
    }

    private func isIn(_ port: String, _ device: TestAuthority.Issued) async throws -> Bool {
        for _ in 0..<100 {
            if try await publish(port, device).status == 0 { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    private func stay(_ port: String, _ device: TestAuthority.Issued) async throws -> ChildProcess {
        let live = try ChildProcess(
            "/usr/bin/stdbuf",
            [
                "-oL", Program.mosquittoSub, "-d", "-h", "localhost", "-p", port, "--cafile",
                authority.certificateFile, "--cert", device.certificateFile, "--key",
                device.keyFile, "-V", "mqttv5", "-i", device.id, "-t", "device/cmd", "-W", "300",
            ]
        )
        let isConnected = try await live.waitForOutput("Subscribed (mid", seconds: 60)
        #expect(isConnected)
        return live
    }

    private func checkAudit(
        _ device: TestAuthority.Issued,
        _ late: TestAuthority.Issued,
        _ proof: TestAuthority.Issued
    ) async throws {
        let audit = try await tool("cert", "audit", device.id).output
        for text in [
            "registered certificate=\(device.id)", "attached certificate=\(device.id)",
            "from=PENDING_ACTIVATION to=ACTIVE", "verdict=admitted", "from=ACTIVE to=REVOKED",
            "verdict=refused rule=\"certificate_revoked\"",
        ] {
            #expect(audit.contains(text), "\(text) is not in\n\(audit)")
        }
        #expect(try await tool("cert", "audit", late.id).output.contains("\"authority_inactive\""))
        #expect(
            try await tool("cert", "audit", proof.id).output.contains(
                "\"verification_certificate\""
            )
        )
        let whole = try await tool("cert", "audit").output
        #expect(whole.contains("authority-registered"))
        #expect(!whole.contains("PRIVATE"))
    }

    @Test("SNI_ONLY needs no proof; a second registration, and files that are none, are refused")
    func modes() async throws {
        let proof = try authority.issue("x")
        let refused = try await tool(
            "ca",
            "register",
            authority.certificateFile,
            "--mode",
            "SNI_ONLY",
            "--verification",
            proof.certificateFile
        )
        #expect(refused.output == "refused: verification_not_allowed\n")
        let done = try await tool(
            "ca",
            "register",
            authority.certificateFile,
            "--mode",
            "SNI_ONLY"
        )
        #expect(done.output.contains(" INACTIVE DISABLE SNI_ONLY "))
        let twice = try await tool(
            "ca",
            "register",
            authority.certificateFile,
            "--mode",
            "SNI_ONLY"
        )
        #expect(twice.output == "refused: already_registered\n")
        #expect(try await tool("ca", "register", proof.keyFile).status == 2)
        #expect(try await tool("ca", "register", "/nowhere").status != 0)
        #expect(try await tool("cert", "revoke", "abc").status == 2)
        let unknown = String(repeating: "a", count: 64)
        #expect(try await tool("cert", "activate", unknown).output == "refused: notFound\n")
        let code = try await tool("ca", "code").output
        #expect(try await tool("ca", "code", "--renew").output != code)
    }
}
#endif

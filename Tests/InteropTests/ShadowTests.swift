#if Endpoint
import CloudEndpoint
import Foundation
import Testing
import X509VerificationOpenSSL

/// Device SDKs against the endpoint's shadows, over mutual TLS with a throw-away authority.
@Suite("Shadows with device SDKs", .enabled(if: Program.hasDeviceSDKs))
struct ShadowTests {
    private static let client = Program.root
        .appendingPathComponent("Tests/InteropTests/Clients/shadow_client.py").path

    @Test("accepted updates outlive kill -9 where shadows are kept in a file")
    func durable() async throws {
        guard Program.isInstalled("/usr/bin/curl", for: "curl") else { return }
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("iot-shadows-\(UUID().uuidString).sqlite")
        defer {
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: file.path + suffix)
            }
        }
        let arguments = [
            "serve", "--port", "0", "--http-port", "0", "--shadows", file.path,
        ]
        for round in 1...3 {
            let server = try ChildProcess(Program.iotCloud, arguments)
            let isUp = try await server.waitForOutput("listening on http://127.0.0.1:")
            #expect(isUp)
            let text = String(decoding: server.output, as: UTF8.self)
            let line = text.split(separator: "\n").first { $0.contains("http://") } ?? ""
            let url = line.dropFirst("listening on ".count) + "/things/lamp/shadow"
            for step in 1...3 {
                let update = "{\"state\":{\"reported\":{\"round\":\(round),\"step\":\(step)}}}"
                let result = try await ChildProcess.run(
                    "/usr/bin/curl",
                    ["-s", "-d", update, String(url)]
                )
                let version = 3 * (round - 1) + step
                #expect(result.output.contains("\"version\":\(version),"), "\(result.output)")
            }
            server.signal(SIGKILL)
            _ = await server.wait()
        }
    }

    @Test("boto3 iot-data, given only the URL", .enabled(if: BotoTests.isInstalled))
    func http() async throws {
        try await withEndpoints {
            $0.http = CloudEndpoint.HTTPConfiguration(listeners: [.init(port: 0)])
        } _: { addresses in
            let port = addresses.first { $0.scheme == "http" }?.port ?? 0
            let script = Program.root.appendingPathComponent(
                "Tests/InteropTests/Clients/shadow_http_client.py"
            )
            let result = try await ChildProcess.run(Program.python, [script.path, "\(port)"])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output == "ok\n")
        }
    }

    @Test(
        "get, update, delete, delta and documents, with versions and client tokens",
        arguments: [["v2"], ["v2", "settings"], ["v1"], ["python"]]
    )
    func scenario(_ arguments: [String]) async throws {
        let authority = try TestAuthority()
        _ = try authority.issue("lamp", kind: .rsa(bits: 2048))
        try await withEndpoint {
            try $0.listenSecurely(authority)
        } _: { port in
            let result = try await ChildProcess.run(
                Program.python,
                [Self.client, "\(port)", authority.folder.path] + arguments
            )
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.hasSuffix("ok\n"))
        }
    }
}
#endif

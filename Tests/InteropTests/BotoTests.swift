#if Endpoint
import CloudEndpoint
import Foundation
import IoTTestSupport
import Logging
import Testing

/// PyPI's boto3 against the endpoint; what it does stands in Clients/boto3_client.py.
@Suite("Interoperability: boto3")
struct BotoTests {
    static let isInstalled: Bool = {
        guard Program.isInstalled(Program.python, for: "boto3") else { return false }
        let process = SpawnedProcess()
        process.executableURL = URL(fileURLWithPath: Program.python)
        process.arguments = ["-c", "import boto3"]
        process.standardError = FileHandle.nullDevice
        try? process.run()
        process.waitUntilExit()
        if process.terminationStatus == 0 { return true }
        print("boto3: skipped, it is not in .venv")
        return false
    }()

    @Test("publish, retained messages and rules, given only the URL", .enabled(if: isInstalled))
    func data() async throws {
        try await withEndpoints { configuration in
            configuration.http = CloudEndpoint.HTTPConfiguration(listeners: [.init(port: 0)])
            configuration.rules = RulesEngine(
                logger: Logger(label: "rules") { _ in SwiftLogNoOpLogHandler() }
            )
        } _: { addresses in
            let port = addresses.first { $0.scheme == "http" }?.port ?? 0
            let client = Program.root.appendingPathComponent(
                "Tests/InteropTests/Clients/boto3_client.py"
            )
            let result = try await ChildProcess.run(Program.python, [client.path, "\(port)"])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output == "ok\n")
        }
    }
}
#endif

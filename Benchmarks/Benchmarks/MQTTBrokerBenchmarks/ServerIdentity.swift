internal import BenchmarkServer
internal import Foundation

/// A certificate for localhost and its key, made by `iot-cloud init`; gone with the value.
final class ServerIdentity {
    private let folder: URL
    /// Names of PEM files.
    let certificate: String
    let key: String

    /// Makes them; `nil` where the program is not built.
    init?() {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("iot-identity-\(UUID().uuidString)")
        certificate = folder.appendingPathComponent("server.pem").path
        key = folder.appendingPathComponent("server.key").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: endpointProgram())
        process.arguments = ["init", folder.path]
        process.standardOutput = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        // mosquitto gives up root's rights before it reads its key.
        try? FileManager.default.setAttributes(
            [.posixPermissions: 0o755],
            ofItemAtPath: folder.path
        )
        try? FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
}

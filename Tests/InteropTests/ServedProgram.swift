#if Endpoint
import Testing

extension Program {
    /// Starts `iot-cloud serve` and waits until it listens; `nil`, and an issue, where it does not.
    ///
    /// - Parameters:
    ///   - arguments: beyond the level of logging.
    ///   - fileBytes: the largest file it can write; beyond it, writing fails as on a full disk.
    /// - Returns: the process, and its first port.
    /// - Throws: the system's error where the program cannot be started.
    static func serve(
        _ arguments: [String],
        fileBytes: Int? = nil
    ) async throws -> (child: ChildProcess, port: Int)? {
        var command = [iotCloud, "serve", "--log-level", "error"] + arguments
        if let fileBytes {
            // The shell counts in blocks of 512 bytes; what goes beyond fails instead of killing.
            let script = "trap '' XFSZ; ulimit -f \(fileBytes / 512); exec \"$0\" \"$@\""
            command = ["/bin/sh", "-c", script] + command
        }
        let child = try ChildProcess(command[0], Array(command.dropFirst()))
        guard try await child.waitForOutput("listening on mqtt://127.0.0.1:") else {
            Issue.record("\(String(decoding: child.errors, as: UTF8.self))")
            return nil
        }
        let text = String(decoding: child.output, as: UTF8.self)
        return (child, text.split(separator: ":").last.flatMap { Int($0.filter(\.isNumber)) } ?? 0)
    }
}
#endif

#if Endpoint
import Foundation
import IoTTestSupport
import Synchronization

/// A program under test, with its output in files (a pipe would block at 64 KiB).
final class ChildProcess: Sendable {
    /// How it ended.
    struct Result: Sendable {
        let status: Int32
        let output: String
        let errors: String
    }

    private let folder: URL
    private let process: Mutex<SpawnedProcess>
    private let ended: AsyncStream<Int32>

    /// Starts a program.
    init(_ executable: String, _ arguments: [String], input: String? = nil) throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("iot-interop-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let process = SpawnedProcess()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        for name in ["out", "err", "in"] {
            let contents = name == "in" ? Data((input ?? "").utf8) : Data()
            try contents.write(to: folder.appendingPathComponent(name))
        }
        process.standardOutput = try FileHandle(
            forWritingTo: folder.appendingPathComponent("out")
        )
        process.standardError = try FileHandle(forWritingTo: folder.appendingPathComponent("err"))
        process.standardInput = try FileHandle(forReadingFrom: folder.appendingPathComponent("in"))
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = {
            continuation.yield($0.terminationStatus)
            continuation.finish()
        }
        ended = stream
        try process.run()
        self.process = Mutex(process)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// What it has written so far.
    var output: Data { (try? Data(contentsOf: folder.appendingPathComponent("out"))) ?? Data() }
    /// What it has written to its error stream so far.
    var errors: Data { (try? Data(contentsOf: folder.appendingPathComponent("err"))) ?? Data() }

    /// Sends a signal.
    func signal(_ number: Int32) { process.withLock { _ = kill($0.processIdentifier, number) } }

    /// Waits until its output contains a text; not beyond its end.
    func waitForOutput(_ text: String, seconds: Double = 300) async throws -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while Date() < deadline {
            let isRunning = process.withLock { $0.isRunning }
            if String(decoding: output, as: UTF8.self).contains(text) { return true }
            if !isRunning { return false }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// Waits for its end; kills it when that takes too long.
    func wait(seconds: Double = 600) async -> Result {
        let timer = Task {
            try await Task.sleep(for: .seconds(seconds))
            signal(SIGKILL)
        }
        var status: Int32 = -1
        for await value in ended { status = value }
        timer.cancel()
        return Result(
            status: status,
            output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors, as: UTF8.self)
        )
    }

    /// Runs a program to its end.
    static func run(
        _ executable: String,
        _ arguments: [String],
        input: String? = nil
    ) async throws -> Result {
        try await ChildProcess(executable, arguments, input: input).wait()
    }
}

/// Programs that may be missing on a machine.
enum Program {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let mosquittoPub = "/usr/bin/mosquitto_pub"
    static let mosquittoSub = "/usr/bin/mosquitto_sub"
    static let python = root.appendingPathComponent(".venv/bin/python").path
    static let pahoClient = root.appendingPathComponent(
        "Tests/InteropTests/Clients/paho_client.py"
    ).path

    /// The built program that stands beside the test bundle.
    static var iotCloud: String {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("iot-cloud").path
    }

    /// PyPI's awsiotsdk and AWSIoTPythonSDK.
    static let hasDeviceSDKs =
        isInstalled(python, for: "device SDKs") && hasPythonModules("awsiot", "AWSIoTPythonSDK")

    /// Whether all of these can be imported.
    static func hasPythonModules(_ names: String...) -> Bool {
        let process = SpawnedProcess()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["-c", "import " + names.joined(separator: ", ")]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        if process.terminationStatus == 0 { return true }
        print("\(names.joined(separator: ", ")): skipped, not installed")
        return false
    }

    static func isInstalled(_ path: String, for suite: String) -> Bool {
        if FileManager.default.isExecutableFile(atPath: path) { return true }
        print("\(suite): skipped, \(path) is not on this machine")
        return false
    }
}
#endif

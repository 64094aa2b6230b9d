public import Foundation

#if canImport(Glibc)
import Glibc

/// A child process; the part of Foundation's `Process` that the tests use.
///
/// `Process.run` looks for the highest open descriptor, and copies whole `dirent` structures from the
/// shorter records of a directory: where the whole test run has many descriptors open, the last copy
/// reads past the end of the buffer, and now and then past the end of the heap (seen with
/// Swift 6.3.1 as SIGSEGV in `findMaximumOpenFromProcSelfFD`).
public final class SpawnedProcess: @unchecked Sendable {
    /// Why a program did not start.
    public struct Failure: Error, Hashable, Sendable {
        /// The system's error number.
        public let code: Int32
    }

    /// The program.
    public var executableURL: URL?
    /// Its arguments, without its name.
    public var arguments: [String]?
    /// A `FileHandle` or a `Pipe`; `nil`: this process's own.
    public var standardInput: Any?
    /// A `FileHandle` or a `Pipe`; `nil`: this process's own.
    public var standardOutput: Any?
    /// A `FileHandle` or a `Pipe`; `nil`: this process's own.
    public var standardError: Any?
    /// Called on a thread of its own when the program has ended.
    public var terminationHandler: (@Sendable (SpawnedProcess) -> Void)?
    /// What the program is called by the system; 0 before it was started.
    public private(set) var processIdentifier: pid_t = 0

    private typealias CloseFrom =
        @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32

    /// `posix_spawn_file_actions_addclosefrom_np` of glibc 2.34, which the module map leaves out.
    private static let closeFrom: CloseFrom? = {
        let name = "posix_spawn_file_actions_addclosefrom_np"
        guard let symbol = unsafe dlsym(nil, name) else { return nil }
        return unsafe unsafeBitCast(symbol, to: CloseFrom.self)
    }()

    private let condition = NSCondition()
    private var status: Int32?

    /// A program that is not started yet.
    public init() {}

    /// Whether it was started and has not ended.
    public var isRunning: Bool { condition.withLock { processIdentifier != 0 && status == nil } }

    /// The exit status, or the number of the signal that ended it.
    public var terminationStatus: Int32 { condition.withLock { status ?? -1 } }

    /// Starts it; it inherits no descriptors but the three of its own.
    ///
    /// - Throws: ``Failure``.
    public func run() throws {
        let path = executableURL?.path ?? ""
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
        let ends = [end(standardInput, isInput: true), end(standardOutput), end(standardError)]
        for (number, handle) in ends.enumerated() {
            guard let handle else { continue }
            unsafe posix_spawn_file_actions_adddup2(
                &actions,
                handle.fileDescriptor,
                Int32(number)
            )
        }
        guard let closeFrom = unsafe Self.closeFrom else { throw Failure(code: ENOSYS) }
        unsafe _ = closeFrom(&actions, 3)
        let texts = [path] + (arguments ?? [])
        var words: [UnsafeMutablePointer<CChar>?] = unsafe texts.map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var spawned: pid_t = 0
        let code = unsafe posix_spawn(&spawned, path, &actions, nil, &words, environ)
        let child = spawned
        guard code == 0 else { throw Failure(code: code) }
        condition.withLock { processIdentifier = child }
        closePipes()
        Thread.detachNewThread { self.reap(child) }
    }

    private func end(_ stream: Any?, isInput: Bool = false) -> FileHandle? {
        if let pipe = stream as? Pipe {
            return isInput ? pipe.fileHandleForReading : pipe.fileHandleForWriting
        }
        return stream as? FileHandle
    }

    /// Ends that only the child has now, so that the other end sees when it is gone.
    private func closePipes() {
        try? (standardInput as? Pipe)?.fileHandleForReading.close()
        try? (standardOutput as? Pipe)?.fileHandleForWriting.close()
        guard standardError as? Pipe !== standardOutput as? Pipe else { return }
        try? (standardError as? Pipe)?.fileHandleForWriting.close()
    }

    private func reap(_ child: pid_t) {
        var value: Int32 = 0
        while unsafe waitpid(child, &value, 0) < 0, errno == EINTR {}
        let signal = value & 0x7F
        condition.withLock {
            status = signal == 0 ? value >> 8 & 0xFF : signal
            condition.broadcast()
        }
        terminationHandler?(self)
    }

    /// Sends SIGTERM.
    public func terminate() { if isRunning { kill(processIdentifier, SIGTERM) } }

    /// Waits until it has ended.
    public func waitUntilExit() {
        condition.withLock { while processIdentifier != 0 && status == nil { condition.wait() } }
    }
}
#else
/// Elsewhere Foundation does.
public typealias SpawnedProcess = Process
#endif

#if Endpoint
internal import NIOPosix
internal import RulesSQL
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Appends the output and a line feed to a file of the data folder: `{"name": "${topic(2)}.jsonl"}`.
struct FileAction: RuleAction {
    let kind = "file"
    private let name: Template
    private let folder: String
    private let services: RuleServices
    private let worker = ActionWorker()
    private let seen = Names()

    /// The files this action wrote to.
    private final class Names: Sendable {
        let names = Mutex<Set<String>>([])
    }

    var requiresHost: Bool { name.requiresHost }

    init(
        _ reader: RuleReader,
        _ statement: SelectStatement,
        _ services: RuleServices
    ) throws(RuleConfigurationError) {
        try reader.allow(["name"])
        guard let name = try reader.template("name", of: statement) else {
            throw reader.error("name", "is missing")
        }
        guard let folder = services.configuration.dataFolder else {
            throw reader.error("name", "there is no folder for the data of rules")
        }
        self.name = name
        self.folder = folder
        self.services = services
    }

    func prepare(
        _ payload: [UInt8],
        _ message: RuleMessage,
        _ runner: inout RuleRunner
    ) async throws(ActionFailure) -> PreparedAction {
        let name = try await runner.expand(self.name, message)
        guard Self.isName(name) else {
            throw ActionFailure("file", "the name is 1 to 128 letters, digits, - _ and inner dots")
        }
        let isKnown = seen.names.withLock { names in
            guard names.count < services.configuration.maximumFiles || names.contains(name) else {
                return false
            }
            names.insert(name)
            return true
        }
        guard isKnown else { throw ActionFailure(name, "too many files") }
        let (path, limit) = (folder + "/" + name, services.configuration.maximumFileBytes)
        return PreparedAction(resource: name, worker: worker) {
            try await NIOThreadPool.singleton.runIfActive {
                try Self.append(payload + [0x0A], to: path, limit: limit)
            }
        }
    }

    /// One name in the folder: nothing a message holds leads elsewhere, to a hidden file, or to the
    /// database.
    static func isName(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: ".")
            && !name.lowercased().hasPrefix("rules.sqlite")
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                    || (0x61...0x7A).contains($0) || $0 == 0x5F || $0 == 0x2D || $0 == 0x2E
            }
    }

    private static func append(_ bytes: [UInt8], to path: String, limit: Int) throws {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let descriptor = unsafe open(path, flags, 0o600)
        guard descriptor >= 0 else { throw ActionFailure("file", "cannot be opened: \(errno)") }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        guard size >= 0, Int(size) + bytes.count <= limit else {
            throw ActionFailure("file", "the file is full")
        }
        // One write for a line: lines of several writers do not mix.
        let written = unsafe write(descriptor, bytes, bytes.count)
        guard written == bytes.count else {
            throw ActionFailure("file", "cannot be written: \(errno)")
        }
    }
}
#endif

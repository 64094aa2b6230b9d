#if Endpoint
public import DeviceRegistration
internal import Foundation
internal import GRDB
public import IoTTime

/// Why a registry's file could not be used.
public enum RegistryStorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// SQLite refused: its result code and its words.
    case database(code: Int32, message: String)
    /// A row is none that this program wrote.
    case corrupt(table: String, key: String)
    /// A file of a later version.
    case version(Int)
    /// The task was cancelled; nothing was written.
    case cancelled

    /// For an operator.
    public var description: String {
        switch self {
        case .database(let code, let message): "SQLite error \(code): \(message)"
        case .corrupt(let table, let key): "the row \(key) of \(table) cannot be read"
        case .version(let version):
            "the file has version \(version), this program knows \(RegistrySchema.version)"
        case .cancelled: "cancelled"
        }
    }

    init(_ error: any Error) {
        switch error {
        case let error as RegistryStorageError: self = error
        case let error as DatabaseError:
            self = .database(
                code: error.extendedResultCode.rawValue,
                message: error.message ?? "unknown"
            )
        case is CancellationError: self = .cancelled
        default: self = .database(code: -1, message: "\(error)")
        }
    }
}

/// A registry in an SQLite file, with an audit log and what provisioning made.
///
/// A call that changed something returns once the change is on disk. Several processes may use one
/// file: each change is a transaction of its own, checked against the record's revision. Whoever
/// changes a certificate, a CA or the code, a row of the audit log goes with it into the same
/// transaction.
public final class RegistryDatabase: RegistryStore {
    /// SQLite's troubles.
    public typealias Failure = RegistryStorageError

    private let writer: any DatabaseWriter
    /// Who is named in the audit log.
    let actor: String
    private let clock: @Sendable () -> WallClock

    /// How long a change waits for one of another process.
    static let busyTimeout: TimeInterval = 10

    private init(
        _ writer: any DatabaseWriter,
        actor: String,
        clock: @escaping @Sendable () -> WallClock
    ) throws(RegistryStorageError) {
        self.writer = writer
        self.actor = actor
        self.clock = clock
        do {
            // The pool would be content with less: a registration must outlive a loss of power.
            try writer.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try writer.write { try RegistrySchema.prepare($0) }
        } catch {
            throw RegistryStorageError(error)
        }
    }

    /// Opens a file, or makes it.
    ///
    /// - Parameters:
    ///   - path: where it is; SQLite keeps two more files beside it.
    ///   - actor: who is named in the audit log.
    ///   - clock: when removals happen; all other moments come with the calls.
    /// - Throws: ``RegistryStorageError``
    public convenience init(
        path: String,
        actor: String,
        clock: @escaping @Sendable () -> WallClock = { SystemClock.wall() }
    ) throws(RegistryStorageError) {
        let pool: DatabasePool
        do {
            var configuration = GRDB.Configuration()
            configuration.label = "registry"
            configuration.busyMode = .timeout(Self.busyTimeout)
            pool = try DatabasePool(path: path, configuration: configuration)
        } catch {
            throw RegistryStorageError(error)
        }
        try self.init(pool, actor: actor, clock: clock)
    }

    /// A registry that ends with the process.
    ///
    /// - Throws: ``RegistryStorageError``
    public static func inMemory(
        actor: String,
        clock: @escaping @Sendable () -> WallClock = { SystemClock.wall() }
    ) throws(RegistryStorageError) -> RegistryDatabase {
        let queue: DatabaseQueue
        do { queue = try DatabaseQueue() } catch { throw RegistryStorageError(error) }
        return try RegistryDatabase(queue, actor: actor, clock: clock)
    }

    /// Rises when another process changed the file.
    ///
    /// - Throws: ``RegistryStorageError``
    func externalVersion() async throws(RegistryStorageError) -> Int64 {
        do {
            // The connection that writes: its own changes do not count.
            return try await writer.writeWithoutTransaction {
                try Int64.fetchOne($0, sql: "PRAGMA data_version") ?? 0
            }
        } catch {
            throw RegistryStorageError(error)
        }
    }

    func now() -> WallClock { clock() }

    func reading<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(RegistryStorageError) -> T {
        do { return try await writer.read(body) } catch { throw RegistryStorageError(error) }
    }

    func writing<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(RegistryStorageError) -> T {
        do { return try await writer.write(body) } catch { throw RegistryStorageError(error) }
    }
}

extension Database {
    /// Runs a statement that is compiled once.
    func run(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// The first row of a statement that is compiled once.
    func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }

    /// All rows of a statement that is compiled once.
    func rows(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
    }
}
#endif

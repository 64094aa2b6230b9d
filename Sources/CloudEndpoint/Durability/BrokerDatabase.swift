#if Endpoint
internal import Foundation
internal import GRDB
public import MQTTBroker
internal import Synchronization

/// Keeps what a durable broker must not forget in an SQLite file: sessions, subscriptions, messages
/// on their way, retained messages.
///
/// Groups of changes that come while a transaction runs share the next one, so that one flush to the
/// disk serves all clients that publish at the time. One process has one file: a second one is refused.
public final class BrokerDatabase: Sendable {
    /// What a commit survives.
    public enum Synchronization: String, Hashable, Sendable, CaseIterable {
        /// The end of the process, and a machine that loses power: each transaction is flushed.
        case full
        /// The end of the process alone, `kill -9` included; much faster.
        case normal
    }

    /// Why a file cannot be used.
    @nonexhaustive
    public enum OpenError: Error, Hashable, Sendable, CustomStringConvertible {
        /// It is an SQLite file of something else.
        case otherApplication(id: Int32)
        /// It was written by a version that knows more than this one.
        case unknownVersion(Int)
        /// A row holds what no version wrote.
        case invalidRow(table: String, id: Int64)

        /// For an operator.
        public var description: String {
            switch self {
            case .otherApplication: "it is a database of another program"
            case .unknownVersion(let version): "its format \(version) is not known"
            case .invalidRow(let table, let id): "row \(id) of \(table) is damaged"
            }
        }
    }

    /// One group of changes, and whom to tell when it is on disk.
    private struct Group {
        let commands: [Broker.StoreCommand]
        let whenStored: @Sendable (_ isStored: Bool) -> Void
    }

    /// Most commands of one transaction; a group is never split.
    private static let maximumCommands = 20_000

    private let queue: DatabaseQueue
    private let waiting = Mutex<[Group]>([])
    /// Confined to the queue's thread by being used there alone.
    private let writer = Mutex(BrokerDatabaseWriter())

    /// Opens a file, or makes it.
    ///
    /// - Parameters:
    ///   - path: the file; SQLite keeps `-wal` beside it.
    ///   - synchronization: what a commit survives.
    /// - Throws: SQLite's error, also when another process has the file; ``OpenError``.
    public init(path: String, synchronization: Synchronization = .full) throws {
        var configuration = GRDB.Configuration()
        configuration.label = "broker"
        configuration.busyMode = .immediateError
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA locking_mode = EXCLUSIVE;
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = \(synchronization.rawValue);
                    PRAGMA wal_autocheckpoint = 4000
                    """
            )
        }
        queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { try BrokerDatabaseSchema.prepare($0) }
    }

    /// Reads everything that is kept, for ``MQTTBroker/Broker/restore(_:at:)``.
    ///
    /// - Throws: SQLite's error, or ``OpenError``.
    public func load() throws -> Broker.StoredState {
        try queue.read { database in
            var reader = BrokerDatabaseReader(database)
            try reader.read()
            writer.withLock { $0 = BrokerDatabaseWriter(knowing: reader.sessions) }
            return reader.state
        }
    }

    /// Writes a group of changes in one transaction; the call returns at once.
    ///
    /// - Parameters:
    ///   - commands: in their order.
    ///   - whenStored: called on the database's thread, in the order of the calls. After one `false`
    ///     nothing is written any more, and every later call gets `false`: the groups build on each other.
    func write(
        _ commands: [Broker.StoreCommand],
        whenStored: @escaping @Sendable (_ isStored: Bool) -> Void
    ) {
        let isFirst = waiting.withLock { waiting in
            waiting.append(Group(commands: commands, whenStored: whenStored))
            return waiting.count == 1
        }
        if isFirst { queue.asyncWriteWithoutTransaction { self.commitWaiting($0) } }
    }

    /// Commits what waits, some groups at a time.
    private func commitWaiting(_ database: Database) {
        while true {
            let groups = waiting.withLock { Array($0.prefix(Self.groupCount($0))) }
            let isStored = commit(groups, database)
            for group in groups { group.whenStored(isStored) }
            // Removed only now, so that whoever adds one meanwhile starts no second loop.
            let isDone = waiting.withLock { waiting in
                waiting.removeFirst(groups.count)
                return waiting.isEmpty
            }
            if isDone { return }
        }
    }

    /// How many of the groups fit into one transaction: at least one.
    private static func groupCount(_ groups: [Group]) -> Int {
        var commands = 0
        for (index, group) in groups.enumerated() {
            commands += group.commands.count
            if commands > maximumCommands { return max(1, index) }
        }
        return groups.count
    }

    private func commit(_ groups: [Group], _ database: Database) -> Bool {
        writer.withLock { writer in
            guard !writer.hasFailed else { return false }
            do {
                try database.inTransaction(.immediate) {
                    for group in groups {
                        for command in group.commands { try writer.apply(command, database) }
                    }
                    return .commit
                }
                return true
            } catch {
                writer.hasFailed = true
                return false
            }
        }
    }
}
#endif

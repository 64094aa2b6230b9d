#if Endpoint
public import DeviceShadow
internal import Foundation
internal import GRDB
internal import Synchronization

/// Keeps shadows in an SQLite file, behind the copy in memory that serves requests.
///
/// What was accepted is written before its answer leaves; requests that come while a transaction runs
/// share the next one.
public final class ShadowDatabase: Sendable {
    /// One change, and whom to tell when it is on disk.
    private struct Change {
        let key: ShadowKey
        /// `nil` changes nothing, and keeps its place in the order.
        let shadow: StoredShadow?
        let whenStored: @Sendable (_ isStored: Bool) -> Void
    }

    private let queue: DatabaseQueue
    private let waiting = Mutex<[Change]>([])

    /// Opens a file, or makes it.
    ///
    /// - Throws: SQLite's error.
    public init(path: String) throws {
        var configuration = GRDB.Configuration()
        configuration.label = "shadows"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        }
        queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { database in
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS shadow (
                        thing TEXT NOT NULL, name TEXT NOT NULL, stored BLOB NOT NULL,
                        PRIMARY KEY (thing, name)) WITHOUT ROWID
                    """
            )
        }
    }

    /// Reads every shadow into a store that is empty.
    ///
    /// - Returns: how many there were.
    /// - Throws: SQLite's error, or ``DeviceShadow/ShadowStorageError`` for bytes that are none.
    public func load(into store: MemoryShadowStore) throws -> Int {
        try queue.read { database in
            var count = 0
            let rows = try Row.fetchCursor(database, sql: "SELECT thing, name, stored FROM shadow")
            while let row = try rows.next() {
                let thing: String = row[0]
                let name: String = row[1]
                let bytes: [UInt8] = [UInt8](row[2] as Data)
                let key = try ShadowKey(thing: thing, name: name.isEmpty ? nil : name)
                let shadow = try StoredShadow(serialized: bytes.span)
                let revision = store.load(key).revision
                _ = store.store(shadow, for: key, ifRevision: revision)
                count += 1
            }
            return count
        }
    }

    /// Writes a change; the call returns at once.
    ///
    /// - Parameters:
    ///   - shadow: what to keep; `nil` changes nothing and keeps its place in the order.
    ///   - key: of which shadow.
    ///   - whenStored: called on a thread of the database, in the order of the calls.
    func write(
        _ shadow: StoredShadow?,
        of key: ShadowKey,
        whenStored: @escaping @Sendable (_ isStored: Bool) -> Void
    ) {
        let isFirst = waiting.withLock { waiting in
            waiting.append(Change(key: key, shadow: shadow, whenStored: whenStored))
            return waiting.count == 1
        }
        guard isFirst else { return }
        queue.asyncWriteWithoutTransaction { [self] database in
            let changes = waiting.withLock { waiting in
                let taken = waiting
                waiting = []
                return taken
            }
            var isStored = true
            do {
                try database.inTransaction {
                    for change in changes { try Self.apply(change, database) }
                    return .commit
                }
            } catch {
                isStored = false
            }
            for change in changes { change.whenStored(isStored) }
        }
    }

    private static func apply(_ change: Change, _ database: Database) throws {
        guard let shadow = change.shadow else { return }
        let name = change.key.name ?? ""
        let bytes = shadow.serialized
        if bytes.isEmpty {
            try database.execute(
                sql: "DELETE FROM shadow WHERE thing = ? AND name = ?",
                arguments: [change.key.thing, name]
            )
        } else {
            try database.execute(
                sql: "INSERT OR REPLACE INTO shadow (thing, name, stored) VALUES (?, ?, ?)",
                arguments: [change.key.thing, name, Data(bytes)]
            )
        }
    }
}
#endif

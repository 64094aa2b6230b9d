#if Endpoint
internal import Foundation
internal import GRDB

/// The tables of a ``BrokerDatabase``.
enum BrokerDatabaseSchema {
    /// "iotb" in the header of the file.
    static let applicationID: Int32 = 0x696F_7462
    static let version = 1

    /// Makes the tables in an empty file, and refuses a file that is not one of ours.
    static func prepare(_ database: Database) throws {
        let application = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        if tables == 0, application == 0 {
            try database.execute(sql: sql)
            return
        }
        guard application == applicationID else {
            throw BrokerDatabase.OpenError.otherApplication(id: application)
        }
        guard found == version else { throw BrokerDatabase.OpenError.unknownVersion(found) }
    }

    private static let sql = """
        CREATE TABLE session (
            id INTEGER PRIMARY KEY, client TEXT NOT NULL UNIQUE, user_name TEXT,
            protocol INTEGER NOT NULL, address TEXT NOT NULL, principal TEXT,
            expiry INTEGER NOT NULL, disconnected_at INTEGER,
            will BLOB, will_expiry INTEGER, will_delay INTEGER NOT NULL);
        CREATE TABLE subscription (
            session INTEGER NOT NULL, filter TEXT NOT NULL, qos INTEGER NOT NULL,
            no_local INTEGER NOT NULL, retain_as_published INTEGER NOT NULL,
            identifier INTEGER NOT NULL, matches_parent INTEGER NOT NULL,
            PRIMARY KEY (session, filter)) WITHOUT ROWID;
        CREATE TABLE message (
            number INTEGER PRIMARY KEY, packet BLOB NOT NULL, expires_at INTEGER);
        CREATE TABLE retained (message INTEGER PRIMARY KEY);
        CREATE TABLE delivery (
            session INTEGER NOT NULL, sequence INTEGER NOT NULL, message INTEGER NOT NULL,
            qos INTEGER NOT NULL, retain INTEGER NOT NULL, identifiers BLOB,
            state INTEGER NOT NULL, packet_identifier INTEGER NOT NULL,
            PRIMARY KEY (session, sequence)) WITHOUT ROWID;
        CREATE TABLE inbound (
            session INTEGER NOT NULL, packet_identifier INTEGER NOT NULL,
            PRIMARY KEY (session, packet_identifier)) WITHOUT ROWID;
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(version)
        """
}
#endif

#if Endpoint
internal import Foundation
internal import GRDB
internal import IoTTime
internal import MQTTBroker
internal import MQTTCodec

/// Turns changes into statements; knows the row of each session.
struct BrokerDatabaseWriter: Sendable {
    /// A change of a session that is not kept: no broker puts one out.
    struct UnknownSession: Error {}

    /// After a failure the file lacks changes that later ones build on.
    var hasFailed = false
    private var sessions: [ClientIdentifier: Int64] = [:]
    private var nextSession: Int64 = 1

    /// A writer to an empty file.
    init() {}

    /// A writer to a file with these sessions.
    init(knowing sessions: [ClientIdentifier: Int64]) {
        self.sessions = sessions
        nextSession = (sessions.values.max() ?? 0) + 1
    }

    /// Carries out one change, inside a transaction.
    mutating func apply(_ command: Broker.StoreCommand, _ database: Database) throws {
        switch command {
        case .putSession(let session): try put(session, database)
        case .removeSession(let client): try remove(client, database)
        case .putSubscription(let client, let subscription):
            try put(subscription, of: client, database)
        case .removeSubscription(let client, let filter):
            try run(
                "DELETE FROM subscription WHERE session = ? AND filter = ?",
                [row(of: client), filter],
                database
            )
        case .putMessage(let message):
            try run(
                "INSERT OR REPLACE INTO message VALUES (?, ?, ?)",
                [
                    Int64(clamping: message.number), Data(message.packet),
                    message.expiresAt?.milliseconds,
                ],
                database
            )
        case .removeMessage(let number):
            try run(
                "DELETE FROM message WHERE number = ?",
                [Int64(clamping: number)],
                database
            )
        case .putRetained(let number):
            try run(
                "INSERT OR REPLACE INTO retained VALUES (?)",
                [Int64(clamping: number)],
                database
            )
        case .removeRetained(let number):
            try run(
                "DELETE FROM retained WHERE message = ?",
                [Int64(clamping: number)],
                database
            )
        case .putDelivery(let client, let delivery): try put(delivery, of: client, database)
        case .removeDelivery(let client, let sequence):
            try run(
                "DELETE FROM delivery WHERE session = ? AND sequence = ?",
                [row(of: client), Int64(clamping: sequence)],
                database
            )
        case .putInbound(let client, let identifier):
            try run(
                "INSERT OR REPLACE INTO inbound VALUES (?, ?)",
                [row(of: client), Int64(identifier.rawValue)],
                database
            )
        case .removeInbound(let client, let identifier):
            try run(
                "DELETE FROM inbound WHERE session = ? AND packet_identifier = ?",
                [row(of: client), Int64(identifier.rawValue)],
                database
            )
        }
    }

    private mutating func put(_ session: Broker.StoredSession, _ database: Database) throws {
        let client = session.client
        let id = sessions[client.identifier] ?? nextSession
        if id == nextSession {
            nextSession += 1
            sessions[client.identifier] = id
        }
        try run(
            """
            INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET user_name = excluded.user_name,
                protocol = excluded.protocol, address = excluded.address,
                principal = excluded.principal, expiry = excluded.expiry,
                disconnected_at = excluded.disconnected_at, will = excluded.will,
                will_expiry = excluded.will_expiry, will_delay = excluded.will_delay
            """,
            [
                id, client.identifier.description, client.userName,
                Int64(client.version.rawValue), client.peer.address, client.peer.principal,
                Int64(session.expiryInterval), session.disconnectedAt?.milliseconds,
                session.will.map { Data($0.packet) },
                session.will?.messageExpiryInterval.map { Int64($0) },
                Int64(session.will?.delay ?? 0),
            ],
            database
        )
    }

    private mutating func remove(_ client: ClientIdentifier, _ database: Database) throws {
        guard let id = sessions.removeValue(forKey: client) else { return }
        for table in ["subscription", "delivery", "inbound"] {
            try run("DELETE FROM \(table) WHERE session = ?", [id], database)
        }
        try run("DELETE FROM session WHERE id = ?", [id], database)
    }

    private func put(
        _ subscription: Broker.StoredSubscription,
        of client: ClientIdentifier,
        _ database: Database
    ) throws {
        try run(
            "INSERT OR REPLACE INTO subscription VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                row(of: client), subscription.filter, Int64(subscription.qos.rawValue),
                subscription.noLocal, subscription.retainAsPublished,
                Int64(subscription.identifier), subscription.matchesParent,
            ],
            database
        )
    }

    private func put(
        _ delivery: Broker.StoredDelivery,
        of client: ClientIdentifier,
        _ database: Database
    ) throws {
        let state: (Int64, Int64) =
            switch delivery.state {
            case .queued: (0, 0)
            case .published(let identifier): (1, Int64(identifier.rawValue))
            case .released(let identifier): (2, Int64(identifier.rawValue))
            }
        try run(
            "INSERT OR REPLACE INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                row(of: client), Int64(clamping: delivery.sequence),
                Int64(clamping: delivery.message), Int64(delivery.qos.rawValue),
                delivery.retain, IdentifierList.encode(delivery.subscriptionIdentifiers), state.0,
                state.1,
            ],
            database
        )
    }

    private func row(of client: ClientIdentifier) throws -> Int64 {
        guard let id = sessions[client] else { throw UnknownSession() }
        return id
    }

    private func run(
        _ sql: String,
        _ arguments: [(any DatabaseValueConvertible)?],
        _ database: Database
    ) throws {
        let statement = try database.cachedStatement(sql: sql)
        statement.setUncheckedArguments(StatementArguments(arguments))
        try statement.execute()
    }
}

/// Subscription identifiers as bytes: four each, most significant first.
enum IdentifierList {
    static func encode(_ identifiers: [UInt32]) -> Data? {
        guard !identifiers.isEmpty else { return nil }
        return Data(
            identifiers.flatMap { value in
                [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
            }
        )
    }

    /// `nil` for bytes that are no such list.
    static func decode(_ data: Data?) -> [UInt32]? {
        let bytes = [UInt8](data ?? Data())
        guard bytes.count.isMultiple(of: 4) else { return nil }
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }
}
#endif

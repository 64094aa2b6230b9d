#if Endpoint
internal import Foundation
internal import GRDB
internal import IoTTime
internal import MQTTBroker
internal import MQTTCodec

/// Reads all tables; checks every value, because the file may have been touched by others.
struct BrokerDatabaseReader {
    private(set) var state = Broker.StoredState()
    private(set) var sessions: [ClientIdentifier: Int64] = [:]
    private var clients: [Int64: ClientIdentifier] = [:]
    private let database: Database

    init(_ database: Database) { self.database = database }

    mutating func read() throws {
        try readSessions()
        try readSubscriptions()
        try readMessages()
        try readDeliveries()
        try readInbound()
    }

    private mutating func readSessions() throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM session")
        while let row = try rows.next() {
            let id: Int64 = row["id"]
            let damaged = BrokerDatabase.OpenError.invalidRow(table: "session", id: id)
            let name: String = row["client"]
            let level: Int64 = row["protocol"]
            let expiry: Int64 = row["expiry"]
            guard let version = UInt8(exactly: level).flatMap({ ProtocolVersion(rawValue: $0) }),
                let interval = UInt32(exactly: expiry)
            else { throw damaged }
            let identifier = ClientIdentifier(name)
            let session = Broker.StoredSession(
                client: Broker.Client(
                    identifier: identifier,
                    userName: row["user_name"],
                    version: version,
                    peer: Broker.Peer(address: row["address"], principal: row["principal"])
                ),
                expiryInterval: interval,
                disconnectedAt: (row["disconnected_at"] as Int64?).map {
                    WallClock(milliseconds: $0)
                },
                will: try will(of: row, damaged)
            )
            sessions[identifier] = id
            clients[id] = identifier
            state.apply(.putSession(session))
        }
    }

    private func will(
        of row: Row,
        _ damaged: BrokerDatabase.OpenError
    ) throws -> Broker.StoredSession.Will? {
        guard let packet = row["will"] as Data? else { return nil }
        let bytes = [UInt8](packet)
        let expiry: Int64? = row["will_expiry"]
        let delay: Int64 = row["will_delay"]
        guard let delay = UInt32(exactly: delay),
            expiry == nil || expiry.flatMap({ UInt32(exactly: $0) }) != nil,
            let will = try? Broker.StoredSession.Will(
                packet: bytes.span,
                messageExpiryInterval: expiry.map { UInt32(clamping: $0) },
                delay: delay
            )
        else { throw damaged }
        return will
    }

    private mutating func readSubscriptions() throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM subscription")
        while let row = try rows.next() {
            let session: Int64 = row["session"]
            let identifier: Int64 = row["identifier"]
            guard let client = clients[session], let qos = Self.qos(row),
                let identifier = UInt32(exactly: identifier)
            else { throw BrokerDatabase.OpenError.invalidRow(table: "subscription", id: session) }
            state.apply(
                .putSubscription(
                    client,
                    Broker.StoredSubscription(
                        filter: row["filter"],
                        qos: qos,
                        noLocal: row["no_local"],
                        retainAsPublished: row["retain_as_published"],
                        identifier: identifier,
                        matchesParent: row["matches_parent"]
                    )
                )
            )
        }
    }

    private mutating func readMessages() throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM message")
        while let row = try rows.next() {
            let number: Int64 = row["number"]
            let bytes = [UInt8](row["packet"] as Data)
            let expiry: Int64? = row["expires_at"]
            guard number > 0, !bytes.isEmpty,
                let message = try? Broker.StoredMessage(
                    number: UInt64(number),
                    packet: bytes.span,
                    expiresAt: expiry.map { WallClock(milliseconds: $0) }
                )
            else { throw BrokerDatabase.OpenError.invalidRow(table: "message", id: number) }
            state.apply(.putMessage(message))
        }
        for number in try Int64.fetchAll(database, sql: "SELECT message FROM retained") {
            state.apply(.putRetained(UInt64(clamping: number)))
        }
    }

    private mutating func readDeliveries() throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM delivery")
        while let row = try rows.next() {
            let session: Int64 = row["session"]
            let sequence: Int64 = row["sequence"]
            let message: Int64 = row["message"]
            guard let client = clients[session], sequence > 0, message >= 0,
                let qos = Self.qos(row), let state = Self.deliveryState(row),
                let identifiers = IdentifierList.decode(row["identifiers"])
            else { throw BrokerDatabase.OpenError.invalidRow(table: "delivery", id: sequence) }
            let delivery = Broker.StoredDelivery(
                sequence: UInt64(sequence),
                message: UInt64(message),
                qos: qos,
                retain: row["retain"],
                subscriptionIdentifiers: identifiers,
                state: state
            )
            self.state.apply(.putDelivery(client, delivery))
        }
    }

    private mutating func readInbound() throws {
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM inbound")
        while let row = try rows.next() {
            let session: Int64 = row["session"]
            guard let client = clients[session], let identifier = Self.identifier(row) else {
                throw BrokerDatabase.OpenError.invalidRow(table: "inbound", id: session)
            }
            state.apply(.putInbound(client, identifier))
        }
    }

    private static func qos(_ row: Row) -> QoS? {
        UInt8(exactly: row["qos"] as Int64).flatMap { QoS(rawValue: $0) }
    }

    private static func identifier(_ row: Row) -> PacketIdentifier? {
        UInt16(exactly: row["packet_identifier"] as Int64).flatMap {
            PacketIdentifier(rawValue: $0)
        }
    }

    private static func deliveryState(_ row: Row) -> Broker.StoredDelivery.State? {
        switch row["state"] as Int64 {
        case 0: .queued
        case 1: identifier(row).map { .published($0) }
        case 2: identifier(row).map { .released($0) }
        default: nil
        }
    }
}
#endif

internal import IoTTime
internal import MQTTCodec

/// Turns the broker's events into lifecycle messages, as plain values: `$aws/events/presence/…` and
/// `$aws/events/subscriptions/…`.
///
/// Its owner publishes what comes out with ``Broker/publish(_:payload:properties:qos:retain:at:)``.
/// Clients whose identifier has `#` or `+` get none: there would be no topic for them.
public struct PresenceMessages: Sendable {
    /// A message to publish.
    public struct Message: Hashable, Sendable {
        /// The topic name.
        public let topicName: String
        /// One JSON object.
        public let payload: [UInt8]
    }

    /// How long a client is away until its version numbers begin again.
    public static let forgetsAfterMilliseconds: Int64 = 3_600_000

    private struct Entry: Sendable {
        var version: UInt64
        var session: String
        /// `nil` while the client is connected.
        var offlineSince: WallClock?
    }

    private let maximumClients: Int
    private var random: any RandomNumberGenerator & Sendable
    private var entries: [ClientIdentifier: Entry] = [:]
    /// Clients in the order in which they left; some are back.
    private var departures = RingBuffer<(ClientIdentifier, WallClock)>()

    /// Begins with no client.
    ///
    /// - Parameters:
    ///   - maximumClients: clients away whose version is remembered; beyond, those that left first are
    ///     forgotten early.
    ///   - random: where session identifiers come from.
    public init(
        maximumClients: Int = 100_000,
        random: any RandomNumberGenerator & Sendable
    ) {
        self.maximumClients = max(0, maximumClients)
        self.random = random
    }

    /// The message of an event; `nil` where the event has none.
    public mutating func message(for event: Broker.Event) -> Message? {
        switch event {
        case .connected(let client, _, let time): connected(client, at: time)
        case .disconnected(let client, let reason, let time):
            disconnected(client, reason, at: time)
        case .subscribed(let client, let filters, let time):
            subscriptions("subscribed", client, filters, at: time)
        case .unsubscribed(let client, let filters, let time):
            subscriptions("unsubscribed", client, filters, at: time)
        case .sessionEnded: nil
        }
    }

    private mutating func connected(_ client: Broker.Client, at time: WallClock) -> Message? {
        forget(at: time)
        let old = entries[client.identifier]
        let entry = Entry(
            version: old.map { $0.version &+ 1 } ?? 0,
            session: Self.identifier(random.next(), random.next()),
            offlineSince: nil
        )
        entries[client.identifier] = entry
        return make("presence", "connected", client, entry, at: time) { json in
            json.member("ipAddress", client.peer.address)
            json.member("versionNumber", number: Int64(clamping: entry.version))
        }
    }

    private mutating func disconnected(
        _ client: Broker.Client,
        _ reason: Broker.CloseReason,
        at time: WallClock
    ) -> Message? {
        guard var entry = entries[client.identifier] else { return nil }
        entry.offlineSince = time
        entries[client.identifier] = entry
        departures.append((client.identifier, time))
        forget(at: time)
        var isInitiated = false
        if case .clientDisconnected = reason { isInitiated = true }
        return make("presence", "disconnected", client, entry, at: time) { json in
            json.member("clientInitiatedDisconnect", isInitiated)
            json.member("disconnectReason", reason.disconnectReason)
            json.member("versionNumber", number: Int64(clamping: entry.version))
        }
    }

    private func subscriptions(
        _ type: String,
        _ client: Broker.Client,
        _ filters: [String],
        at time: WallClock
    ) -> Message? {
        guard let entry = entries[client.identifier] else { return nil }
        return make("subscriptions", type, client, entry, at: time) { $0.member("topics", filters) }
    }

    private func make(
        _ family: String,
        _ type: String,
        _ client: Broker.Client,
        _ entry: Entry,
        at time: WallClock,
        _ rest: (inout JSONText) -> Void
    ) -> Message? {
        let name = client.identifier.description
        guard !name.utf8.contains(where: { $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: "+") })
        else { return nil }
        var json = JSONText()
        json.member("clientId", name)
        json.member("timestamp", number: time.milliseconds)
        json.member("eventType", type)
        json.member("sessionIdentifier", entry.session)
        json.member("principalIdentifier", client.peer.principal ?? client.userName ?? "")
        rest(&json)
        return Message(topicName: "$aws/events/\(family)/\(type)/\(name)", payload: json.finished)
    }

    /// Forgets clients that have been away for long, or are too many.
    private mutating func forget(at time: WallClock) {
        while let (name, since) = departures.first {
            let isOver = time.milliseconds(since: since) >= Self.forgetsAfterMilliseconds
            guard isOver || departures.count > maximumClients else { return }
            _ = departures.popFirst()
            if entries[name]?.offlineSince == since { entries[name] = nil }
        }
    }

    /// 128 random bits, written as a UUID of version 4. RFC 9562 §5.4
    private static func identifier(_ high: UInt64, _ low: UInt64) -> String {
        let first = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let second = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let digits = Array((hexadecimal(first) + hexadecimal(second)).utf8)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text += "-" }
            text.unicodeScalars.append(Unicode.Scalar(digit))
        }
        return text
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}

extension Broker.CloseReason {
    /// The word of lifecycle events for it.
    public var disconnectReason: String {
        switch self {
        case .clientDisconnected: "CLIENT_INITIATED_DISCONNECT"
        case .connectionLost: "CONNECTION_LOST"
        case .keepAliveTimeout: "MQTT_KEEP_ALIVE_TIMEOUT"
        case .takenOver: "DUPLICATE_CLIENTID"
        case .violation: "CLIENT_ERROR"
        case .refused, .handshakeTimeout: "AUTH_ERROR"
        case .server(.notAuthorized), .server(.badUserNameOrPassword): "AUTH_ERROR"
        case .server(.banned): "FORBIDDEN_ACCESS"
        case .server(.quotaExceeded), .server(.messageRateTooHigh): "THROTTLED"
        case .server(.administrativeAction): "API_INITIATED_DISCONNECT"
        case .server(.unspecifiedError), .server(.implementationSpecificError): "SERVER_ERROR"
        case .server(.packetTooLarge): "CLIENT_ERROR"
        case .server: "SERVER_INITIATED_DISCONNECT"
        }
    }
}

/// One JSON object, member by member. RFC 8259
struct JSONText {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]

    mutating func member(_ name: String, _ value: String) {
        begin(name)
        append(value)
    }

    mutating func member(_ name: String, _ value: Bool) {
        begin(name)
        bytes += Array((value ? "true" : "false").utf8)
    }

    mutating func member(_ name: String, number: Int64) {
        begin(name)
        bytes += Array(String(number).utf8)
    }

    mutating func member(_ name: String, _ values: [String]) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    var finished: [UInt8] { bytes + [UInt8(ascii: "}")] }

    private mutating func begin(_ name: String) {
        if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
        append(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func append(_ text: String) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20, 0x7F:
                bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension Broker.Statistics {
    /// The counters as `$SYS` topics and decimal numbers, to be published now and then as retained
    /// messages with ``Broker/publish(_:payload:properties:qos:retain:at:)``.
    public var systemTopics: [(topicName: String, value: UInt64)] {
        [
            ("$SYS/broker/connections/count", UInt64(clamping: connections)),
            ("$SYS/broker/sessions/count", UInt64(clamping: sessions)),
            ("$SYS/broker/subscriptions/count", UInt64(clamping: subscriptions)),
            ("$SYS/broker/retained messages/count", UInt64(clamping: retainedMessages)),
            ("$SYS/broker/store/messages/count", UInt64(clamping: queuedMessages)),
            ("$SYS/broker/publish/messages/received", received),
            ("$SYS/broker/publish/messages/sent", sent),
            ("$SYS/broker/publish/messages/dropped", dropped),
            ("$SYS/broker/publish/messages/denied", denied),
            ("$SYS/broker/publish/messages/expired", expired),
            ("$SYS/broker/bytes/received", bytesReceived),
            ("$SYS/broker/bytes/sent", bytesSent),
        ]
    }
}

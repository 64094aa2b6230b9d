/// The message a server publishes when a connection ends badly. MQTT 5.0 §3.1.2.5
public struct Will: Hashable, Sendable {
    /// Where it is published: no wildcard, not empty.
    @ExactBytes public var topicName: String
    /// The message, at most 65 535 bytes.
    public var payload: [UInt8]
    /// The level it is published with.
    public var qos: QoS
    /// Whether it is published retained.
    public var retain: Bool
    /// The will properties; left out before MQTT 5.0.
    public var properties: Properties

    /// A will with the given fields.
    public init(
        topicName: String,
        payload: [UInt8],
        qos: QoS = .atMostOnce,
        retain: Bool = false,
        properties: Properties = Properties()
    ) {
        self.topicName = topicName
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.properties = properties
    }

    /// A copy of a parsed will that outlives its bytes.
    public init(_ view: WillView) {
        self.init(
            topicName: String(checkedUTF8: view.topicName),
            payload: [UInt8](copying: view.payload),
            qos: view.qos,
            retain: view.retain,
            properties: view.properties.owned()
        )
    }

    func size(as version: ProtocolVersion) throws(EncodeError) -> Int {
        guard payload.count <= 0xFFFF else { throw .fieldTooLong(payload.count) }
        return try topicName.encodedSize(.topicName) + 2 + payload.count
            + properties.checkedSize(.will, as: version, from: .client)
    }
}

/// A password: its bytes do not appear in descriptions, and comparing takes the same time wherever
/// two of equal length differ.
public struct Password: Hashable, Sendable {
    /// The secret, at most 65 535 bytes.
    public var bytes: [UInt8]

    /// Keeps a secret.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Keeps the UTF-8 of a text.
    public init(_ text: String) { bytes = [UInt8](text.utf8) }

    /// Whether both secrets are the same, in a time that depends on their lengths alone.
    public static func == (left: Password, right: Password) -> Bool {
        guard left.bytes.count == right.bytes.count else { return false }
        var difference: UInt8 = 0
        for index in left.bytes.indices { difference |= left.bytes[index] ^ right.bytes[index] }
        return difference == 0
    }
}

extension Password: CustomStringConvertible, CustomDebugStringConvertible {
    /// The length only.
    public var description: String { "password of \(bytes.count) bytes" }
    /// The length only.
    public var debugDescription: String { description }
}

#if !hasFeature(Embedded)
extension Password: CustomReflectable {
    /// Shows no child, so that `dump` does not show the secret either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
#endif

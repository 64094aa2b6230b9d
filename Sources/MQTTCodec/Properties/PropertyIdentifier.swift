/// The 27 properties of MQTT 5.0. §2.2.2.2, Table 2-4
public enum PropertyIdentifier: UInt8, Hashable, Sendable, CaseIterable {
    /// 0x01, a byte: whether the payload is text.
    case payloadFormatIndicator = 0x01
    /// 0x02, four bytes: seconds a message lives.
    case messageExpiryInterval = 0x02
    /// 0x03, text: what the payload is.
    case contentType = 0x03
    /// 0x08, a topic name: where a reply goes.
    case responseTopic = 0x08
    /// 0x09, binary: ties a reply to its request.
    case correlationData = 0x09
    /// 0x0B, a Variable Byte Integer: ties a message to its subscription.
    case subscriptionIdentifier = 0x0B
    /// 0x11, four bytes: seconds a session outlives its connection.
    case sessionExpiryInterval = 0x11
    /// 0x12, text: the client identifier that the server chose.
    case assignedClientIdentifier = 0x12
    /// 0x13, two bytes: seconds, instead of the client's keep alive.
    case serverKeepAlive = 0x13
    /// 0x15, text.
    case authenticationMethod = 0x15
    /// 0x16, binary.
    case authenticationData = 0x16
    /// 0x17, 0 or 1: whether reason strings are wanted.
    case requestProblemInformation = 0x17
    /// 0x18, four bytes: seconds between the end of a connection and its will.
    case willDelayInterval = 0x18
    /// 0x19, 0 or 1.
    case requestResponseInformation = 0x19
    /// 0x1A, text.
    case responseInformation = 0x1A
    /// 0x1C, text: another server.
    case serverReference = 0x1C
    /// 0x1F, text for humans.
    case reasonString = 0x1F
    /// 0x21, two bytes, not 0: QoS 1 and 2 messages in flight.
    case receiveMaximum = 0x21
    /// 0x22, two bytes: the highest topic alias.
    case topicAliasMaximum = 0x22
    /// 0x23, two bytes, not 0: a number for a topic name.
    case topicAlias = 0x23
    /// 0x24, 0 or 1.
    case maximumQoS = 0x24
    /// 0x25, 0 or 1.
    case retainAvailable = 0x25
    /// 0x26, two texts; may repeat everywhere.
    case userProperty = 0x26
    /// 0x27, four bytes, not 0: bytes of the largest packet.
    case maximumPacketSize = 0x27
    /// 0x28, 0 or 1.
    case wildcardSubscriptionAvailable = 0x28
    /// 0x29, 0 or 1.
    case subscriptionIdentifiersAvailable = 0x29
    /// 0x2A, 0 or 1.
    case sharedSubscriptionAvailable = 0x2A

    /// The words of the standard, `Session Expiry Interval`.
    public var name: String {
        switch self {
        case .payloadFormatIndicator: "Payload Format Indicator"
        case .messageExpiryInterval: "Message Expiry Interval"
        case .contentType: "Content Type"
        case .responseTopic: "Response Topic"
        case .correlationData: "Correlation Data"
        case .subscriptionIdentifier: "Subscription Identifier"
        case .sessionExpiryInterval: "Session Expiry Interval"
        case .assignedClientIdentifier: "Assigned Client Identifier"
        case .serverKeepAlive: "Server Keep Alive"
        case .authenticationMethod: "Authentication Method"
        case .authenticationData: "Authentication Data"
        case .requestProblemInformation: "Request Problem Information"
        case .willDelayInterval: "Will Delay Interval"
        case .requestResponseInformation: "Request Response Information"
        case .responseInformation: "Response Information"
        case .serverReference: "Server Reference"
        case .reasonString: "Reason String"
        case .receiveMaximum: "Receive Maximum"
        case .topicAliasMaximum: "Topic Alias Maximum"
        case .topicAlias: "Topic Alias"
        case .maximumQoS: "Maximum QoS"
        case .retainAvailable: "Retain Available"
        case .userProperty: "User Property"
        case .maximumPacketSize: "Maximum Packet Size"
        case .wildcardSubscriptionAvailable: "Wildcard Subscription Available"
        case .subscriptionIdentifiersAvailable: "Subscription Identifier Available"
        case .sharedSubscriptionAvailable: "Shared Subscription Available"
        }
    }
}

/// How a property's value is written. MQTT 5.0 §2.2.2.2
enum PropertyType: Sendable {
    /// One byte, 0 or 1.
    case flag
    /// Two bytes, big-endian.
    case twoByteInteger
    /// Four bytes, big-endian.
    case fourByteInteger
    /// One to four bytes.
    case variableByteInteger
    /// Two bytes of length and text.
    case text
    /// Two bytes of length and bytes.
    case binary
    /// Two texts.
    case textPair
}

extension PropertyType {
    /// The type of a known identifier; the table is by number, so that a scan needs no detour.
    @inline(__always)
    init(of identifier: UInt8) {
        switch identifier {
        // Payload format, problem and response information, maximum QoS, the four "available".
        case 0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A: self = .flag
        // Server keep alive, receive maximum, topic alias maximum, topic alias.
        case 0x13, 0x21, 0x22, 0x23: self = .twoByteInteger
        // Message and session expiry, will delay, maximum packet size.
        case 0x02, 0x11, 0x18, 0x27: self = .fourByteInteger
        case 0x0B: self = .variableByteInteger
        // Correlation data, authentication data.
        case 0x09, 0x16: self = .binary
        case 0x26: self = .textPair
        default: self = .text
        }
    }
}

extension PropertyIdentifier {
    /// How the value is written.
    @inline(__always)
    var type: PropertyType { PropertyType(of: rawValue) }

    /// Whether 0 is out of range.
    @inline(__always)
    var excludesZero: Bool { Self.excludesZero(rawValue) }

    /// Receive Maximum, Maximum Packet Size, Topic Alias, Subscription Identifier.
    @inline(__always)
    static func excludesZero(_ identifier: UInt8) -> Bool {
        identifier == 0x21 || identifier == 0x27 || identifier == 0x23 || identifier == 0x0B
    }
}

/// A packet that can be parsed but is not allowed; the peer is told ``reasonCode``.
public struct ProtocolError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// A packet that this sender may not send in this version. MQTT 5.0 Table 2-1
        case packetType(PacketType)
        /// The first packet of a connection is another than it must be. [MQTT-3.1.0-1]
        case firstPacket(PacketType)
        /// A second CONNECT or CONNACK on one connection. [MQTT-3.1.0-2] [MQTT-3.2.0-2]
        case repeatedPacket(PacketType)
        /// A packet larger than this end takes. MQTT 5.0 §3.1.2.11.4
        case packetTooLarge(size: UInt32, limit: UInt32)
        /// CONNECT for another protocol than `MQTT` or `MQIsdp`. [MQTT-3.1.2-1]
        case protocolName
        /// CONNECT for a version that this library does not know. [MQTT-3.1.2-2]
        case protocolVersion(UInt8)
        /// Packet identifier 0. MQTT 5.0 §2.2.1
        case packetIdentifierZero
        /// PUBLISH without topic name and without topic alias. MQTT 5.0 §3.3.2.1
        case topicNameMissing
        /// Topic alias 0. [MQTT-3.3.2-8]
        case topicAliasZero
        /// A property that may occur once occurs again. MQTT 5.0 §2.2.2.2
        case duplicateProperty(PropertyIdentifier)
        /// A property outside its range. MQTT 5.0 §3.1.2.11, §3.2.2.3, §3.3.2.3, §3.8.2.1
        case propertyValue(PropertyIdentifier, UInt32)
        /// A property that only the other end may send. [MQTT-3.3.4-6] [MQTT-3.14.2-2]
        case propertyFromSender(PropertyIdentifier)
        /// Authentication data, or any property of AUTH, without a method. MQTT 5.0 §3.1.2.11.10
        case authenticationMethodMissing
        /// A reason code that this packet, from this sender, cannot have. [MQTT-3.4.2-1]
        case reasonCode(UInt8)
        /// CONNACK that refuses and yet says that a session is present. [MQTT-3.2.2-6]
        case sessionPresentInRefusal
        /// SUBSCRIBE asking for QoS 3. MQTT 5.0 §3.8.3.1
        case subscriptionQoS
        /// SUBSCRIBE with retain handling 3. MQTT 5.0 §3.8.3.1
        case retainHandling
        /// No Local on a shared subscription. [MQTT-3.8.3-4]
        case noLocalOnSharedSubscription
        /// SUBSCRIBE, UNSUBSCRIBE or their answer with an empty list. [MQTT-3.8.3-2]
        case emptyPayload
        /// A payload that is not the UTF-8 its format indicator promises. MQTT 5.0 §3.3.2.3.2
        case payloadFormat
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the fixed header to the first byte of the field that is wrong.
    public let offset: Int

    /// A broken rule and its place.
    public init(_ violation: Violation, at offset: Int) {
        self.violation = violation
        self.offset = offset
    }

    /// What to tell the peer in MQTT 5.0.
    public var reasonCode: ReasonCode {
        switch violation {
        case .packetTooLarge: .packetTooLarge
        case .protocolName, .protocolVersion: .unsupportedProtocolVersion
        case .topicAliasZero: .topicAliasInvalid
        case .payloadFormat: .payloadFormatInvalid
        default: .protocolError
        }
    }
}

extension ProtocolError.Violation {
    /// One line for a log, without any content of the packet.
    var summary: String {
        switch self {
        case .packetType(let type): "\(type.name) is not sent by this end in this version"
        case .firstPacket(let type): "the first packet is \(type.name)"
        case .repeatedPacket(let type): "a second \(type.name)"
        case .packetTooLarge(let size, let limit): "\(size) bytes, the limit is \(limit)"
        case .protocolName: "another protocol than MQTT"
        case .protocolVersion(let level): "protocol version \(level) is not supported"
        case .packetIdentifierZero: "packet identifier 0"
        case .topicNameMissing: "neither topic name nor topic alias"
        case .topicAliasZero: "topic alias 0"
        case .duplicateProperty(let identifier): "\(identifier.name) occurs twice"
        case .propertyValue(let identifier, let value): "\(identifier.name) is \(value)"
        case .propertyFromSender(let identifier): "\(identifier.name) is not sent by this end"
        case .authenticationMethodMissing: "no authentication method"
        case .reasonCode(let code): "reason code \(code) is not for this packet and sender"
        case .sessionPresentInRefusal: "session present in a refusal"
        case .subscriptionQoS: "a subscription with QoS 3"
        case .retainHandling: "retain handling 3"
        case .noLocalOnSharedSubscription: "No Local on a shared subscription"
        case .emptyPayload: "an empty list"
        case .payloadFormat: "the payload is no UTF-8 text"
        }
    }

    /// Where the standard says so.
    func clause(in version: ProtocolVersion) -> String {
        version == .v5 ? clauseOf5 : version == .v311 ? clauseOf311 : clauseOf31
    }

    private var clauseOf5: String {
        switch self {
        case .packetType: "§2.1.2"
        case .firstPacket(let type): type.isSent(by: .client) ? "MQTT-3.1.0-1" : "MQTT-3.2.0-1"
        case .repeatedPacket(let type): type == .connect ? "MQTT-3.1.0-2" : "MQTT-3.2.0-2"
        case .packetTooLarge: "§3.1.2.11.4"
        case .protocolName: "MQTT-3.1.2-1"
        case .protocolVersion: "MQTT-3.1.2-2"
        case .packetIdentifierZero: "MQTT-2.2.1-3"
        case .topicNameMissing: "§3.3.2.1"
        case .topicAliasZero: "MQTT-3.3.2-8"
        case .duplicateProperty, .propertyValue: "§2.2.2.2"
        case .propertyFromSender(let identifier):
            identifier == .subscriptionIdentifier ? "MQTT-3.3.4-6" : "MQTT-3.14.2-2"
        case .authenticationMethodMissing: "§3.1.2.11.10"
        case .reasonCode: "§2.4"
        case .sessionPresentInRefusal: "MQTT-3.2.2-6"
        case .subscriptionQoS, .retainHandling: "§3.8.3.1"
        case .noLocalOnSharedSubscription: "MQTT-3.8.3-4"
        case .emptyPayload: "MQTT-3.8.3-2"
        case .payloadFormat: "§3.3.2.3.2"
        }
    }

    private var clauseOf311: String {
        switch self {
        case .packetType: "§2.2.1"
        case .packetTooLarge: "§2.2.3"
        case .packetIdentifierZero: "MQTT-2.3.1-1"
        case .reasonCode: "MQTT-3.9.3-2"
        case .sessionPresentInRefusal: "MQTT-3.2.2-4"
        case .subscriptionQoS: "MQTT-3.8.3-4"
        case .emptyPayload: "MQTT-3.8.3-3"
        case .topicNameMissing: "MQTT-4.7.3-1"
        case .repeatedPacket(let type): type == .connect ? "MQTT-3.1.0-2" : "§3.2"
        case .firstPacket, .protocolName, .protocolVersion: clauseOf5
        default: "MQTT-4.8.0-1"
        }
    }

    private var clauseOf31: String {
        switch self {
        case .packetType, .packetTooLarge: "§2.1"
        case .packetIdentifierZero: "§2.4"
        case .reasonCode, .sessionPresentInRefusal: "§3.2"
        case .subscriptionQoS, .emptyPayload: "§3.8"
        case .topicNameMissing: "§3.3"
        default: "§3.1"
        }
    }
}

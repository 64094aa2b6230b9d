/// Why a packet cannot be written; nothing was written then.
@nonexhaustive
public enum EncodeError: Error, Hashable, Sendable {
    /// The buffer has fewer free bytes than the packet needs.
    case bufferTooSmall(needed: Int, available: Int)
    /// The packet would go past 268 435 455 bytes after its fixed header, or past the peer's limit.
    case packetTooLarge(Int)
    /// A text or binary field is longer than 65 535 bytes.
    case fieldTooLong(Int)
    /// All properties of one packet together are longer than 268 435 455 bytes.
    case propertiesTooLong(Int)
    /// A text holds U+0000. [MQTT-1.5.4-2]
    case nullCharacter
    /// Bytes that should be text are no well-formed UTF-8. [MQTT-1.5.4-1]
    case illFormedUTF8
    /// A topic name holds `+` or `#`. [MQTT-3.3.2-2]
    case wildcardInTopicName
    /// A topic name or filter is empty. [MQTT-4.7.3-1]
    case emptyTopic
    /// A topic filter has a misplaced wildcard or an incomplete `$share/`. [MQTT-4.7.1-1]
    case topicFilter
    /// The sender may not send this packet in this version.
    case packetType(PacketType)
    /// QoS 1 and 2 need a packet identifier.
    case packetIdentifierMissing
    /// QoS 0 has no packet identifier, and no DUP. [MQTT-2.2.1-2] [MQTT-3.3.1-2]
    case notAtQoS0
    /// The packet, or this sender, cannot have the property.
    case propertyNotAllowed(PropertyIdentifier)
    /// A property that may occur once is there already.
    case duplicateProperty(PropertyIdentifier)
    /// A property outside its range.
    case propertyValue(PropertyIdentifier, UInt32)
    /// Authentication data without a method, or AUTH without one.
    case authenticationMethodMissing
    /// The packet, or this sender, cannot have the reason code, or the version has no such code.
    case reasonCode(ReasonCode)
    /// A CONNACK that refuses says that a session is present. [MQTT-3.2.2-6]
    case sessionPresentInRefusal
    /// The list of filters or codes is empty. [MQTT-3.8.3-2]
    case emptyPayload
    /// MQTT 3.1 and 3.1.1 need a user name where there is a password. [MQTT-3.1.2-22]
    case passwordWithoutUserName
    /// No Local on a shared subscription. [MQTT-3.8.3-4]
    case noLocalOnSharedSubscription
}

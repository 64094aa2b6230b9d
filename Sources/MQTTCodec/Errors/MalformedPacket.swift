/// Bytes that are no MQTT packet; the peer is told ``ReasonCode/malformedPacket``.
public struct MalformedPacket: Error, Hashable, Sendable {
    /// The rule that was broken.
    ///
    /// Positions inside a text count from its first character's byte.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// A field or a length points past the end of what holds it.
        case truncated(needed: UInt32, available: UInt32)
        /// Bytes are left after the last field of the packet.
        case trailingBytes(UInt32)
        /// A Variable Byte Integer goes past four bytes. MQTT 5.0 §1.5.5
        case variableByteIntegerTooLong
        /// A Variable Byte Integer is not in its shortest form. [MQTT-1.5.5-1]
        case variableByteIntegerNotMinimal
        /// Packet type 0, or 15 before MQTT 5.0. MQTT 5.0 Table 2-1
        case packetTypeReserved(UInt8)
        /// Bits 3-0 of the first byte differ from MQTT 5.0 Table 2-2. [MQTT-2.1.3-1]
        case fixedHeaderFlags(UInt8)
        /// PUBLISH with both QoS bits set. [MQTT-3.3.1-4]
        case publishQoS
        /// PUBLISH of QoS 0 with DUP. [MQTT-3.3.1-2]
        case duplicateAtQoS0
        /// A text that is no well-formed UTF-8. [MQTT-1.5.4-1]
        case illFormedUTF8(at: UInt32)
        /// A text with U+0000. [MQTT-1.5.4-2]
        case nullCharacter(at: UInt32)
        /// A topic name with `+` or `#`. [MQTT-3.3.2-2]
        case wildcardInTopicName(at: UInt32)
        /// A topic name or filter without a character. [MQTT-4.7.3-1]
        case emptyTopic
        /// A topic filter whose `+` or `#` stands where it must not. [MQTT-4.7.1-1] [MQTT-4.7.1-2]
        case wildcardPlacement(at: UInt32)
        /// A filter that starts with `$share/` and goes on wrongly. [MQTT-4.8.2-1] [MQTT-4.8.2-2]
        case sharedSubscription
        /// CONNECT with bit 0 of its flags set. [MQTT-3.1.2-3]
        case connectFlags(UInt8)
        /// CONNECT with will QoS or will retain but no will. [MQTT-3.1.2-11] [MQTT-3.1.2-13]
        case willFlags(UInt8)
        /// CONNECT with will QoS 3. [MQTT-3.1.2-12]
        case willQoS
        /// CONNECT with a password but no user name, MQTT 3.1.1 only. [MQTT-3.1.2-22]
        case passwordWithoutUserName
        /// CONNACK with bits 7-1 of its flags set. [MQTT-3.2.2-1]
        case connackFlags(UInt8)
        /// SUBSCRIBE with reserved bits of an option byte set. [MQTT-3.8.3-5]
        case subscriptionOptions(UInt8)
        /// A property identifier that the standard does not list. MQTT 5.0 §2.2.2.2
        case propertyIdentifier(UInt32)
        /// A property that this packet cannot have. MQTT 5.0 §2.2.2.2
        case propertyNotAllowed(PropertyIdentifier)
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
}

extension MalformedPacket.Violation {
    /// One line for a log, without any content of the packet.
    var summary: String {
        switch self {
        case .truncated(let needed, let available):
            "\(needed) bytes are needed, \(available) are there"
        case .trailingBytes(let count): "\(count) bytes are left after the last field"
        case .variableByteIntegerTooLong: "a variable byte integer goes past four bytes"
        case .variableByteIntegerNotMinimal: "a variable byte integer is not in its shortest form"
        case .packetTypeReserved(let type): "packet type \(type) is reserved"
        case .fixedHeaderFlags(let flags): "flags \(flags) of the fixed header are reserved"
        case .publishQoS: "QoS 3"
        case .duplicateAtQoS0: "DUP at QoS 0"
        case .illFormedUTF8(let index): "ill-formed UTF-8 at byte \(index) of the text"
        case .nullCharacter(let index): "U+0000 at byte \(index) of the text"
        case .wildcardInTopicName(let index): "a wildcard at byte \(index) of a topic name"
        case .emptyTopic: "an empty topic"
        case .wildcardPlacement(let index): "a misplaced wildcard at byte \(index) of the filter"
        case .sharedSubscription: "a shared subscription without share name or filter"
        case .connectFlags: "the reserved connect flag is set"
        case .willFlags: "will QoS or will retain without a will"
        case .willQoS: "will QoS 3"
        case .passwordWithoutUserName: "a password without a user name"
        case .connackFlags(let flags): "connect acknowledge flags \(flags) are reserved"
        case .subscriptionOptions(let options): "subscription options \(options) are reserved"
        case .propertyIdentifier(let identifier): "property identifier \(identifier) is unknown"
        case .propertyNotAllowed(let identifier): "\(identifier.name) is no property of this packet"
        }
    }

    /// Where the standard says so.
    func clause(in version: ProtocolVersion) -> String {
        switch version {
        case .v5: clauseOf5
        case .v311: clauseOf311
        case .v31: clauseOf31
        }
    }

    private var clauseOf5: String {
        switch self {
        case .truncated, .trailingBytes: "§4.13.1"
        case .variableByteIntegerTooLong: "§1.5.5"
        case .variableByteIntegerNotMinimal: "MQTT-1.5.5-1"
        case .packetTypeReserved: "§2.1.2"
        case .fixedHeaderFlags: "MQTT-2.1.3-1"
        case .publishQoS: "MQTT-3.3.1-4"
        case .duplicateAtQoS0: "MQTT-3.3.1-2"
        case .illFormedUTF8: "MQTT-1.5.4-1"
        case .nullCharacter: "MQTT-1.5.4-2"
        case .wildcardInTopicName: "MQTT-3.3.2-2"
        case .emptyTopic: "MQTT-4.7.3-1"
        case .wildcardPlacement: "MQTT-4.7.1-1"
        case .sharedSubscription: "MQTT-4.8.2-2"
        case .connectFlags: "MQTT-3.1.2-3"
        case .willFlags: "MQTT-3.1.2-11"
        case .willQoS: "MQTT-3.1.2-12"
        case .passwordWithoutUserName: "§3.1.2.9"
        case .connackFlags: "MQTT-3.2.2-1"
        case .subscriptionOptions: "MQTT-3.8.3-5"
        case .propertyIdentifier, .propertyNotAllowed: "§2.2.2.2"
        }
    }

    private var clauseOf311: String {
        switch self {
        case .truncated, .trailingBytes: "MQTT-4.8.0-1"
        case .variableByteIntegerTooLong, .variableByteIntegerNotMinimal: "§2.2.3"
        case .packetTypeReserved: "§2.2.1"
        case .fixedHeaderFlags: "MQTT-2.2.2-2"
        case .illFormedUTF8: "MQTT-1.5.3-1"
        case .nullCharacter: "MQTT-1.5.3-2"
        case .wildcardPlacement: "MQTT-4.7.1-2"
        case .willQoS: "MQTT-3.1.2-14"
        case .passwordWithoutUserName: "MQTT-3.1.2-22"
        case .connackFlags: "§3.2.2.1"
        case .subscriptionOptions: "MQTT-3.8.3-4"
        case .sharedSubscription, .propertyIdentifier, .propertyNotAllowed: "MQTT-4.8.0-1"
        default: clauseOf5
        }
    }

    private var clauseOf31: String {
        switch self {
        case .variableByteIntegerTooLong, .variableByteIntegerNotMinimal, .packetTypeReserved,
            .fixedHeaderFlags, .publishQoS, .duplicateAtQoS0, .truncated, .trailingBytes:
            "§2.1"
        case .illFormedUTF8, .nullCharacter: "§2.5"
        case .wildcardInTopicName, .emptyTopic, .wildcardPlacement: "Appendix A"
        case .connackFlags: "§3.2"
        case .subscriptionOptions: "§3.8"
        default: "§3.1"
        }
    }
}

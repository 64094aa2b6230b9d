/// The kind of a control packet, bits 7-4 of its first byte. MQTT 5.0 §2.1.2
public enum PacketType: UInt8, Hashable, Sendable, CaseIterable {
    /// CONNECT: the client asks for a session.
    case connect = 1
    /// CONNACK: the server's answer to CONNECT.
    case connack = 2
    /// PUBLISH: a message.
    case publish = 3
    /// PUBACK: ends a QoS 1 delivery.
    case puback = 4
    /// PUBREC: first answer of a QoS 2 delivery.
    case pubrec = 5
    /// PUBREL: the sender releases a QoS 2 message.
    case pubrel = 6
    /// PUBCOMP: ends a QoS 2 delivery.
    case pubcomp = 7
    /// SUBSCRIBE: the client asks for messages.
    case subscribe = 8
    /// SUBACK: the server's answer to SUBSCRIBE.
    case suback = 9
    /// UNSUBSCRIBE: the client no longer wants messages.
    case unsubscribe = 10
    /// UNSUBACK: the server's answer to UNSUBSCRIBE.
    case unsuback = 11
    /// PINGREQ: the client is alive.
    case pingreq = 12
    /// PINGRESP: so is the server.
    case pingresp = 13
    /// DISCONNECT: the last packet of a connection.
    case disconnect = 14
    /// AUTH: a step of enhanced authentication, MQTT 5.0 only.
    case auth = 15

    /// The name of the standard, `PUBLISH`.
    public var name: String {
        switch self {
        case .connect: "CONNECT"
        case .connack: "CONNACK"
        case .publish: "PUBLISH"
        case .puback: "PUBACK"
        case .pubrec: "PUBREC"
        case .pubrel: "PUBREL"
        case .pubcomp: "PUBCOMP"
        case .subscribe: "SUBSCRIBE"
        case .suback: "SUBACK"
        case .unsubscribe: "UNSUBSCRIBE"
        case .unsuback: "UNSUBACK"
        case .pingreq: "PINGREQ"
        case .pingresp: "PINGRESP"
        case .disconnect: "DISCONNECT"
        case .auth: "AUTH"
        }
    }
}

extension PacketType {
    /// Whether `role` may send this packet in `version`. MQTT 5.0 Table 2-1, MQTT 3.1.1 Table 2.1
    ///
    /// - Parameters:
    ///   - role: the sender.
    ///   - version: `nil` where it is not known yet; then the revision that allows most.
    /// - Returns: whether the table has it in this direction.
    @inlinable
    public func isSent(by role: Role, as version: ProtocolVersion? = nil) -> Bool {
        Self.types(sentBy: role, is5: version.map { $0 == .v5 } ?? true) &>> UInt16(rawValue) & 1
            != 0
    }

    /// Bit *n* says whether `role` sends type *n*.
    @inlinable
    @inline(__always)
    static func types(sentBy role: Role, is5: Bool) -> UInt16 {
        switch role {
        case .client: is5 ? 0b1101_0101_1111_1010 : 0b0101_0101_1111_1010
        case .server: is5 ? 0b1110_1010_1111_1100 : 0b0010_1010_1111_1100
        }
    }

    /// Bits 3-0 of the first byte where they are reserved; PUBLISH has its own. MQTT 5.0 Table 2-2
    @inlinable
    @inline(__always)
    var reservedFlags: UInt8 { Self.reservedFlags(rawValue) }

    /// PUBREL, SUBSCRIBE and UNSUBSCRIBE carry 0010, all others 0000.
    @inlinable
    @inline(__always)
    static func reservedFlags(_ type: UInt8) -> UInt8 {
        UInt8(truncatingIfNeeded: (UInt16(0b0000_0101_0100_0000) &>> UInt16(type) & 1) &<< 1)
    }

    /// Whether `flags` may stand beside this type.
    ///
    /// MQTT 3.1 §2.1 uses bit 3 (DUP) of PUBREL, SUBSCRIBE and UNSUBSCRIBE.
    @inlinable
    func accepts(flags: UInt8, as version: ProtocolVersion?) -> Bool {
        if self == .publish { return true }
        let reserved = reservedFlags
        if flags == reserved { return true }
        return version.map { $0 == .v31 } ?? true && reserved != 0 && flags == reserved | 0b1000
    }
}

/// A received packet, checked whole, still in the caller's bytes.
///
/// Nothing is copied or allocated; ``ControlPacket/init(_:)`` makes a copy that outlives the bytes.
public enum ControlPacketView: ~Escapable {
    /// CONNECT
    case connect(ConnectView)
    /// CONNACK
    case connack(ConnackView)
    /// PUBLISH
    case publish(PublishView)
    /// PUBACK
    case puback(AcknowledgementView)
    /// PUBREC
    case pubrec(AcknowledgementView)
    /// PUBREL
    case pubrel(AcknowledgementView)
    /// PUBCOMP
    case pubcomp(AcknowledgementView)
    /// SUBSCRIBE
    case subscribe(SubscribeView)
    /// SUBACK
    case suback(SubackView)
    /// UNSUBSCRIBE
    case unsubscribe(UnsubscribeView)
    /// UNSUBACK
    case unsuback(SubackView)
    /// PINGREQ
    case pingreq
    /// PINGRESP
    case pingresp
    /// DISCONNECT
    case disconnect(ReasonView)
    /// AUTH
    case auth(ReasonView)

    /// Parses exactly one packet.
    ///
    /// - Parameters:
    ///   - bytes: the packet from the first byte of its fixed header to its last byte, as
    ///     ``PacketFramer`` cuts it.
    ///   - version: the revision agreed in CONNECT. A CONNECT packet names its own; `version` is not
    ///     looked at then.
    ///   - role: the end that sent the packet.
    /// - Throws: ``PacketError`` at the first field that breaks a rule.
    /// - Complexity: O(*n*) in the bytes before the payload of PUBLISH; nothing is allocated.
    @inlinable
    @inline(__always)
    @_lifetime(copy bytes)
    public init(
        _ bytes: Span<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(PacketError) {
        // Half of the packets at QoS 1 and most at QoS 2 have four or five bytes. They are read
        // where the caller is: the way through the whole parser took twice as long as the reading.
        if bytes.count == 4 || bytes.count == 5, Int(bytes[1]) == bytes.count - 2 {
            let identifier = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
            let code = bytes.count == 5 ? bytes[4] : 0
            let first = bytes[0]
            let codes: ReasonCodeSet = first < 0x60 ? .received : .released
            if identifier != 0, bytes.count == 4 || (version == .v5 && codes.contains(code)) {
                let view = AcknowledgementView(bytes, checked: identifier, code)
                switch first {
                case 0x40:
                    self = .puback(view)
                    return
                case 0x50:
                    self = .pubrec(view)
                    return
                case 0x62:
                    self = .pubrel(view)
                    return
                case 0x70:
                    self = .pubcomp(view)
                    return
                default: break
                }
            }
        }
        self = try ControlPacketView(any: bytes, as: version, from: role)
    }

    /// Parses one packet of any kind.
    @usableFromInline
    @_lifetime(copy bytes)
    init(
        any bytes: Span<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(PacketError) {
        // The common case in a few instructions: a length of one byte, the flags of the table.
        guard bytes.count >= 2 else { throw Self.incomplete(needed: 2, bytes) }
        let first = bytes[0]
        let raw = first >> 4
        var start = 2
        let low = Int(bytes[1])
        if low >= 0x80 || low != bytes.count - 2 {
            // A length of two bytes, 128 or more, or one that needs a closer look.
            let isTwoBytes =
                bytes.count >= 3 + 128 && low >= 0x80 && bytes[2] < 0x80
                && low & 0x7F | Int(bytes[2]) << 7 == bytes.count - 3
            start = isTwoBytes ? 3 : try Self.headerSize(bytes)
        }
        let is5 = version == .v5
        let isRegular =
            PacketType.types(sentBy: role, is5: is5) &>> UInt16(raw) & 1 != 0
            && (raw == 3 || first & 0x0F == PacketType.reservedFlags(raw))
        if !isRegular { try Self.checkFirstByte(first, version, role) }
        let reader = ByteReader(bytes, from: start)
        // The numbers of PacketType, which only types that passed the check above can have.
        switch raw {
        case 1: self = .connect(try ConnectView(reader))
        case 2: self = .connack(try ConnackView(reader, version))
        case 3: self = .publish(try PublishView(reader, first & 0x0F, is5, role))
        case 4: self = .puback(try AcknowledgementView(reader, .received, is5))
        case 5: self = .pubrec(try AcknowledgementView(reader, .received, is5))
        case 6: self = .pubrel(try AcknowledgementView(reader, .released, is5))
        case 7: self = .pubcomp(try AcknowledgementView(reader, .released, is5))
        case 8: self = .subscribe(try SubscribeView(reader, version))
        case 9: self = .suback(try SubackView(reader, .suback, version))
        case 10: self = .unsubscribe(try UnsubscribeView(reader, version))
        case 11: self = .unsuback(try SubackView(reader, .unsuback, version))
        case 12:
            try reader.finish()
            self = .pingreq
        case 13:
            try reader.finish()
            self = .pingresp
        case 14: self = .disconnect(try ReasonView(reader, .disconnect, version, role))
        default: self = .auth(try ReasonView(reader, .auth, version, role))
        }
    }

    /// The kind of the packet.
    public var packetType: PacketType {
        switch self {
        case .connect: .connect
        case .connack: .connack
        case .publish: .publish
        case .puback: .puback
        case .pubrec: .pubrec
        case .pubrel: .pubrel
        case .pubcomp: .pubcomp
        case .subscribe: .subscribe
        case .suback: .suback
        case .unsubscribe: .unsubscribe
        case .unsuback: .unsuback
        case .pingreq: .pingreq
        case .pingresp: .pingresp
        case .disconnect: .disconnect
        case .auth: .auth
        }
    }

    /// A copy that outlives the bytes.
    public func owned() -> ControlPacket { ControlPacket(self) }

    @inline(never)
    private static func incomplete(needed: Int, _ bytes: Span<UInt8>) -> PacketError {
        .malformed(
            .init(
                .truncated(needed: UInt32(needed), available: UInt32(clamping: bytes.count)),
                at: 0
            )
        )
    }

    /// The size of a header whose length does not fit the bytes at first sight.
    @inline(never)
    private static func headerSize(_ bytes: Span<UInt8>) throws(PacketError) -> Int {
        guard let header = try FixedHeader(reading: bytes) else {
            throw incomplete(needed: 2, bytes)
        }
        if bytes.count < header.packetSize {
            throw incomplete(needed: header.packetSize, bytes)
        }
        if bytes.count > header.packetSize {
            throw .malformed(
                .init(
                    .trailingBytes(UInt32(clamping: bytes.count - header.packetSize)),
                    at: header.packetSize
                )
            )
        }
        return header.headerSize
    }

    /// Refuses type and flags that are not those of the table, MQTT 3.1's DUP apart.
    @inline(never)
    private static func checkFirstByte(
        _ first: UInt8,
        _ version: ProtocolVersion,
        _ role: Role
    ) throws(PacketError) {
        guard let type = PacketType(rawValue: first >> 4) else {
            throw .malformed(.init(.packetTypeReserved(first >> 4), at: 0))
        }
        guard type.isSent(by: role, as: version) else {
            throw type == .auth && version < .v5
                ? .malformed(.init(.packetTypeReserved(type.rawValue), at: 0))
                : .protocolError(.init(.packetType(type), at: 0))
        }
        guard type.accepts(flags: first & 0x0F, as: version) else {
            throw .malformed(.init(.fixedHeaderFlags(first & 0x0F), at: 0))
        }
    }
}

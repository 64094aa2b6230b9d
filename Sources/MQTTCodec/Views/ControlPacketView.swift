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
    @_lifetime(copy bytes)
    public init(
        _ bytes: Span<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(PacketError) {
        guard let header = try FixedHeader(reading: bytes) else {
            throw Self.incomplete(needed: 2, bytes)
        }
        guard header.packetSize == bytes.count else { throw Self.wrongSize(header, bytes) }
        let type = header.packetType
        guard type == .connect || type.isSent(by: role, as: version) else {
            throw Self.wrongSender(type, version)
        }
        // CONNECT's flags are the same in all versions.
        guard type.accepts(flags: header.flags, as: version) else {
            throw .malformed(.init(.fixedHeaderFlags(header.flags), at: 0))
        }
        let reader = ByteReader(bytes, from: header.headerSize)
        switch type {
        case .connect:
            guard role == .client else { throw .protocolError(.init(.packetType(type), at: 0)) }
            self = .connect(try ConnectView(reader))
        case .connack: self = .connack(try ConnackView(reader, version))
        case .publish: self = .publish(try PublishView(reader, header.flags, version, role))
        case .puback: self = .puback(try AcknowledgementView(reader, .received, version))
        case .pubrec: self = .pubrec(try AcknowledgementView(reader, .received, version))
        case .pubrel: self = .pubrel(try AcknowledgementView(reader, .released, version))
        case .pubcomp: self = .pubcomp(try AcknowledgementView(reader, .released, version))
        case .subscribe: self = .subscribe(try SubscribeView(reader, version))
        case .suback: self = .suback(try SubackView(reader, .suback, version))
        case .unsubscribe: self = .unsubscribe(try UnsubscribeView(reader, version))
        case .unsuback: self = .unsuback(try SubackView(reader, .unsuback, version))
        case .pingreq:
            try reader.finish()
            self = .pingreq
        case .pingresp:
            try reader.finish()
            self = .pingresp
        case .disconnect: self = .disconnect(try ReasonView(reader, .disconnect, version, role))
        case .auth: self = .auth(try ReasonView(reader, .auth, version, role))
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

    @inline(never)
    private static func wrongSize(_ header: FixedHeader, _ bytes: Span<UInt8>) -> PacketError {
        bytes.count < header.packetSize
            ? incomplete(needed: header.packetSize, bytes)
            : .malformed(
                .init(
                    .trailingBytes(UInt32(clamping: bytes.count - header.packetSize)),
                    at: header.packetSize
                )
            )
    }

    @inline(never)
    private static func wrongSender(_ type: PacketType, _ version: ProtocolVersion) -> PacketError {
        type == .auth && version < .v5
            ? .malformed(.init(.packetTypeReserved(type.rawValue), at: 0))
            : .protocolError(.init(.packetType(type), at: 0))
    }
}

/// Any of the 15 control packets, as a value of its own. MQTT 5.0 §2.1.2
public enum ControlPacket: Hashable, Sendable {
    /// CONNECT
    case connect(Connect)
    /// CONNACK
    case connack(Connack)
    /// PUBLISH
    case publish(Publish)
    /// PUBACK
    case puback(Acknowledgement)
    /// PUBREC
    case pubrec(Acknowledgement)
    /// PUBREL
    case pubrel(Acknowledgement)
    /// PUBCOMP
    case pubcomp(Acknowledgement)
    /// SUBSCRIBE
    case subscribe(Subscribe)
    /// SUBACK
    case suback(Suback)
    /// UNSUBSCRIBE
    case unsubscribe(Unsubscribe)
    /// UNSUBACK
    case unsuback(Unsuback)
    /// PINGREQ
    case pingreq
    /// PINGRESP
    case pingresp
    /// DISCONNECT
    case disconnect(Disconnect)
    /// AUTH
    case auth(Auth)

    /// A copy of a parsed packet that outlives its bytes.
    public init(_ view: ControlPacketView) {
        switch view {
        case .connect(let view): self = .connect(Connect(view))
        case .connack(let view): self = .connack(Connack(view))
        case .publish(let view): self = .publish(Publish(view))
        case .puback(let view): self = .puback(Acknowledgement(view))
        case .pubrec(let view): self = .pubrec(Acknowledgement(view))
        case .pubrel(let view): self = .pubrel(Acknowledgement(view))
        case .pubcomp(let view): self = .pubcomp(Acknowledgement(view))
        case .subscribe(let view): self = .subscribe(Subscribe(view))
        case .suback(let view): self = .suback(view.ownedSuback())
        case .unsubscribe(let view): self = .unsubscribe(Unsubscribe(view))
        case .unsuback(let view): self = .unsuback(view.ownedUnsuback())
        case .pingreq: self = .pingreq
        case .pingresp: self = .pingresp
        case .disconnect(let view): self = .disconnect(view.ownedDisconnect())
        case .auth(let view): self = .auth(view.ownedAuth())
        }
    }

    /// Parses exactly one packet and copies it.
    ///
    /// - Parameters:
    ///   - bytes: the packet from its fixed header to its last byte.
    ///   - version: the revision agreed in CONNECT; not looked at for CONNECT itself.
    ///   - role: the end that sent the packet.
    /// - Throws: ``PacketError`` at the first field that breaks a rule.
    public init(
        _ bytes: Span<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(PacketError) {
        self.init(try ControlPacketView(bytes, as: version, from: role))
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
}

extension ControlPacket: EncodablePacket {
    /// Checks the packet and computes its lengths.
    public func layout(
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> PacketLayout {
        switch self {
        case .connect(let packet): try packet.layout(as: version, from: role)
        case .connack(let packet): try packet.layout(as: version, from: role)
        case .publish(let packet): try packet.layout(as: version, from: role)
        case .puback(let packet): try packet.layout(.puback, as: version)
        case .pubrec(let packet): try packet.layout(.pubrec, as: version)
        case .pubrel(let packet): try packet.layout(.pubrel, as: version)
        case .pubcomp(let packet): try packet.layout(.pubcomp, as: version)
        case .subscribe(let packet): try packet.layout(as: version, from: role)
        case .suback(let packet): try packet.layout(as: version, from: role)
        case .unsubscribe(let packet): try packet.layout(as: version, from: role)
        case .unsuback(let packet): try packet.layout(as: version, from: role)
        case .pingreq: try .init(sending: .pingreq, from: role, remainingLength: 0, version)
        case .pingresp: try .init(sending: .pingresp, from: role, remainingLength: 0, version)
        case .disconnect(let packet): try packet.layout(as: version, from: role)
        case .auth(let packet): try packet.layout(as: version, from: role)
        }
    }

    /// Writes the packet whose layout was computed.
    public func write(_ layout: PacketLayout, to writer: inout PacketWriter) {
        switch self {
        case .connect(let packet): packet.write(layout, to: &writer)
        case .connack(let packet): packet.write(layout, to: &writer)
        case .publish(let packet): packet.write(layout, to: &writer)
        case .puback(let packet), .pubrec(let packet), .pubrel(let packet), .pubcomp(let packet):
            packet.write(layout, to: &writer)
        case .subscribe(let packet): packet.write(layout, to: &writer)
        case .suback(let packet): packet.write(layout, to: &writer)
        case .unsubscribe(let packet): packet.write(layout, to: &writer)
        case .unsuback(let packet): packet.write(layout, to: &writer)
        case .pingreq, .pingresp: writer.fixedHeader(layout)
        case .disconnect(let packet): packet.write(layout, to: &writer)
        case .auth(let packet): packet.write(layout, to: &writer)
        }
    }
}

extension PacketLayout {
    /// The layout of a packet that `role` may send in `version`.
    @inline(__always)
    init(
        sending type: PacketType,
        from role: Role,
        remainingLength: Int,
        _ version: ProtocolVersion
    ) throws(EncodeError) {
        guard type.isSent(by: role, as: version) else { throw .packetType(type) }
        try self.init(
            type,
            flags: type.reservedFlags,
            remainingLength: remainingLength,
            version
        )
    }
}

extension PacketWriter {
    /// First byte and remaining length.
    @inline(__always)
    mutating func fixedHeader(_ layout: PacketLayout) {
        byte(layout.firstByte)
        variableByteInteger(layout.remainingLength)
    }
}

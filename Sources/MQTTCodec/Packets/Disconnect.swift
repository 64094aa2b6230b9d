/// DISCONNECT: the last packet of a connection. MQTT 5.0 §3.14, MQTT 3.1.1 §3.14
public struct Disconnect: Hashable, Sendable {
    /// Why; not written before MQTT 5.0, where only a client can send DISCONNECT.
    public var reasonCode: ReasonCode
    /// The properties; left out before MQTT 5.0.
    public var properties: Properties

    /// A DISCONNECT with the given fields.
    public init(
        reasonCode: ReasonCode = .normalDisconnection,
        properties: Properties = Properties()
    ) {
        self.reasonCode = reasonCode
        self.properties = properties
    }
}

extension Disconnect: EncodablePacket {
    /// Checks the packet and computes its lengths.
    public func layout(
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> PacketLayout {
        var size = 0
        if version == .v5 {
            guard reasonCode.isAllowed(in: .disconnect, from: role) else {
                throw .reasonCode(reasonCode)
            }
            if !properties.isEmpty {
                size = 1 + (try properties.checkedSize(.disconnect, as: .v5, from: role))
            } else if reasonCode != .normalDisconnection {
                size = 1
            }
        } else if reasonCode != .normalDisconnection {
            throw .reasonCode(reasonCode)
        }
        return try PacketLayout(sending: .disconnect, from: role, remainingLength: size, version)
    }

    /// Writes the packet whose layout was computed: no field more than needed. §3.14.2.1
    public func write(_ layout: PacketLayout, to writer: inout PacketWriter) {
        writer.fixedHeader(layout)
        if layout.remainingLength > 0 { writer.byte(reasonCode.rawValue) }
        if layout.remainingLength > 1 { writer.properties(properties) }
    }
}

/// AUTH: a step of enhanced authentication, MQTT 5.0 only. §3.15
public struct Auth: Hashable, Sendable {
    /// 0x00 from the server, 0x18 from both, 0x19 from the client.
    public var reasonCode: ReasonCode
    /// Method, data, reason string, user properties; the method is needed.
    public var properties: Properties

    /// An AUTH with the given fields.
    public init(reasonCode: ReasonCode, properties: Properties) {
        self.reasonCode = reasonCode
        self.properties = properties
    }
}

extension Auth: EncodablePacket {
    /// Checks the packet and computes its lengths.
    ///
    /// Success without properties is the one packet that needs no method: its remaining length is 0.
    /// §3.15.2.1
    public func layout(
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> PacketLayout {
        guard version == .v5 else { throw .packetType(.auth) }
        guard reasonCode.isAllowed(in: .auth, from: role) else { throw .reasonCode(reasonCode) }
        var size = 0
        if reasonCode != .success || !properties.isEmpty {
            guard properties.contains(.authenticationMethod) else {
                throw .authenticationMethodMissing
            }
            size = 1 + (try properties.checkedSize(.auth, as: .v5, from: role))
        }
        return try PacketLayout(sending: .auth, from: role, remainingLength: size, version)
    }

    /// Writes the packet whose layout was computed.
    public func write(_ layout: PacketLayout, to writer: inout PacketWriter) {
        writer.fixedHeader(layout)
        guard layout.remainingLength > 0 else { return }
        writer.byte(reasonCode.rawValue)
        writer.properties(properties)
    }
}

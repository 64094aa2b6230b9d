/// SUBACK: the server's answer to SUBSCRIBE. MQTT 5.0 §3.9, MQTT 3.1.1 §3.9
public struct Suback: Hashable, Sendable {
    /// The identifier of the SUBSCRIBE.
    public var packetIdentifier: PacketIdentifier
    /// One for each filter, in its order: the granted level or an error. [MQTT-3.9.3-1]
    ///
    /// MQTT 3.1.1 knows one error, 0x80: every code from 0x80 on is written so. MQTT 3.1 knows none:
    /// encoding fails.
    public var reasonCodes: [ReasonCode]
    /// Reason string and user properties; left out before MQTT 5.0.
    public var properties: Properties

    /// A SUBACK with the given fields.
    public init(
        packetIdentifier: PacketIdentifier,
        reasonCodes: [ReasonCode],
        properties: Properties = Properties()
    ) {
        self.packetIdentifier = packetIdentifier
        self.reasonCodes = reasonCodes
        self.properties = properties
    }
}

extension Suback: EncodablePacket {
    /// Checks the packet and computes its lengths.
    public func layout(
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> PacketLayout {
        guard !reasonCodes.isEmpty else { throw .emptyPayload }
        let codes = ReasonCodeSet(.suback, from: .server)
        for code in reasonCodes {
            guard codes.contains(code.rawValue), version > .v31 || !code.isError else {
                throw .reasonCode(code)
            }
        }
        let size =
            2 + reasonCodes.count
            + (try properties.checkedSize(.acknowledgement, as: version, from: .server))
        return try PacketLayout(sending: .suback, from: role, remainingLength: size, version)
    }

    /// Writes the packet whose layout was computed.
    public func write(_ layout: PacketLayout, to writer: inout PacketWriter) {
        writer.fixedHeader(layout)
        writer.twoByteInteger(packetIdentifier.rawValue)
        if layout.version == .v5 { writer.properties(properties) }
        for code in reasonCodes {
            writer.byte(layout.version < .v5 && code.isError ? 0x80 : code.rawValue)
        }
    }
}

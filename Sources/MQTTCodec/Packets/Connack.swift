/// CONNACK: the server's answer to CONNECT. MQTT 5.0 §3.2, MQTT 3.1.1 §3.2
public struct Connack: Hashable, Sendable {
    /// Whether the server goes on with a stored session; not written in MQTT 3.1.
    public var sessionPresent: Bool
    /// The outcome.
    ///
    /// Written as the return code that says the same before MQTT 5.0; where there is none,
    /// encoding fails, and the server closes without a CONNACK. MQTT 3.1.1 [MQTT-3.2.2-6]
    public var reasonCode: ReasonCode
    /// The properties; left out before MQTT 5.0.
    public var properties: Properties

    /// A CONNACK with the given fields.
    public init(
        sessionPresent: Bool = false,
        reasonCode: ReasonCode = .success,
        properties: Properties = Properties()
    ) {
        self.sessionPresent = sessionPresent
        self.reasonCode = reasonCode
        self.properties = properties
    }

    /// A copy of a parsed packet that outlives its bytes.
    public init(_ view: ConnackView) {
        self.init(
            sessionPresent: view.sessionPresent,
            reasonCode: view.reasonCode,
            properties: view.properties.owned()
        )
    }
}

extension Connack: EncodablePacket {
    /// Checks the packet and computes its lengths.
    public func layout(
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> PacketLayout {
        guard !sessionPresent || reasonCode == .success else { throw .sessionPresentInRefusal }
        let isAllowed =
            version == .v5
            ? reasonCode.isAllowed(in: .connack, from: .server)
            : reasonCode.connectReturnCode != nil
        guard isAllowed else { throw .reasonCode(reasonCode) }
        let size = 2 + (try properties.checkedSize(.connack, as: version, from: .server))
        return try PacketLayout(sending: .connack, from: role, remainingLength: size, version)
    }

    /// Writes the packet whose layout was computed.
    public func write(_ layout: PacketLayout, to writer: inout PacketWriter) {
        writer.fixedHeader(layout)
        writer.byte(sessionPresent && layout.version > .v31 ? 1 : 0)
        if layout.version == .v5 {
            writer.byte(reasonCode.rawValue)
            writer.properties(properties)
        } else {
            writer.byte(reasonCode.connectReturnCode ?? reasonCode.rawValue)
        }
    }
}

/// A received CONNACK. MQTT 5.0 §3.2, MQTT 3.1.1 §3.2
public struct ConnackView: ~Escapable {
    private let bytes: Span<UInt8>
    /// Whether the server goes on with a stored session.
    public let sessionPresent: Bool
    /// The outcome; return codes of earlier versions appear as the code that says the same.
    public let reasonCode: ReasonCode
    private let propertyRegion: PropertyRegion

    @_lifetime(copy reader)
    init(_ reader: consuming ByteReader, _ version: ProtocolVersion) throws(PacketError) {
        var reader = reader
        let offset = reader.position
        let flags = try reader.byte()
        // MQTT 3.1 has no session present flag.
        guard flags <= (version == .v31 ? 0 : 1) else {
            throw .malformed(.init(.connackFlags(flags), at: offset))
        }
        let code = try reader.byte()
        if version == .v5 {
            guard ReasonCodeSet(.connack, from: .server).contains(code) else {
                throw .protocolError(.init(.reasonCode(code), at: offset + 1))
            }
            reasonCode = ReasonCode(rawValue: code)
            propertyRegion = try reader.properties(.connack, from: .server)
        } else {
            guard let translated = ReasonCode(connectReturnCode: code) else {
                throw .protocolError(.init(.reasonCode(code), at: offset + 1))
            }
            reasonCode = translated
            propertyRegion = .none
        }
        try reader.finish()
        if flags == 1, code != 0 {
            throw .protocolError(.init(.sessionPresentInRefusal, at: offset))
        }
        sessionPresent = flags == 1
        bytes = reader.bytes
    }

    /// The properties.
    public var properties: PropertiesView {
        @_lifetime(copy self)
        get { PropertiesView(bytes, propertyRegion) }
    }

    /// A copy that outlives the bytes.
    public func owned() -> Connack { Connack(self) }
}

/// A received SUBACK or UNSUBACK. MQTT 5.0 §3.9, §3.11
public struct SubackView: ~Escapable {
    private let bytes: Span<UInt8>
    /// The identifier of the request.
    public let packetIdentifier: PacketIdentifier
    private let propertyRegion: PropertyRegion
    private let payloadStart: Int

    @_lifetime(copy reader)
    init(
        _ reader: consuming ByteReader,
        _ type: PacketType,
        _ version: ProtocolVersion
    ) throws(PacketError) {
        var reader = reader
        packetIdentifier = try reader.packetIdentifier()
        propertyRegion =
            version == .v5 ? try reader.properties(.acknowledgement, from: .server) : .none
        payloadStart = reader.position
        if version < .v5, type == .unsuback {
            // UNSUBACK carries codes since MQTT 5.0.
            try reader.finish()
        } else {
            let codes: ReasonCodeSet =
                switch version {
                case .v5: ReasonCodeSet(type, from: .server)
                case .v311: ReasonCodeSet(low: 0b111, high: 1)
                case .v31: ReasonCodeSet(low: 0b111, high: 0)
                }
            guard reader.available > 0 else { throw reader.protocolError(.emptyPayload) }
            while reader.available > 0 {
                let offset = reader.position
                let code = try reader.byte()
                guard codes.contains(code) else {
                    throw .protocolError(.init(.reasonCode(code), at: offset))
                }
            }
        }
        bytes = reader.bytes
    }

    /// The properties.
    public var properties: PropertiesView {
        @_lifetime(copy self)
        get { PropertiesView(bytes, propertyRegion) }
    }

    /// One ``ReasonCode`` byte for each filter of the request, in its order; none in UNSUBACK before
    /// MQTT 5.0.
    public var reasonCodes: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(payloadStart..<bytes.count) }
    }
}

extension SubackView {
    /// A copy of a SUBACK that outlives the bytes.
    public func ownedSuback() -> Suback {
        Suback(
            packetIdentifier: packetIdentifier,
            reasonCodes: copiedCodes(),
            properties: properties.owned()
        )
    }

    /// A copy of an UNSUBACK that outlives the bytes.
    public func ownedUnsuback() -> Unsuback {
        Unsuback(
            packetIdentifier: packetIdentifier,
            reasonCodes: copiedCodes(),
            properties: properties.owned()
        )
    }

    private func copiedCodes() -> [ReasonCode] {
        let codes = reasonCodes
        return codes.indices.map { ReasonCode(rawValue: codes[$0]) }
    }
}

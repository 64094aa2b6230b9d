/// A received DISCONNECT or AUTH. MQTT 5.0 §3.14, §3.15
public struct ReasonView: ~Escapable {
    private let bytes: Span<UInt8>
    /// Why; 0x00 where the packet leaves it out, and before MQTT 5.0.
    public let reasonCode: ReasonCode
    private let propertyRegion: PropertyRegion

    @_lifetime(copy reader)
    init(
        _ reader: consuming ByteReader,
        _ type: PacketType,
        _ version: ProtocolVersion,
        _ role: Role
    ) throws(PacketError) {
        var reader = reader
        let start = reader.position
        var code: UInt8 = 0
        var region = PropertyRegion.none
        if version == .v5 {
            let isPresent = reader.available > 0
            if isPresent { code = try reader.byte() }
            guard ReasonCodeSet(type, from: role).contains(code) else {
                throw .protocolError(.init(.reasonCode(code), at: start))
            }
            // DISCONNECT may leave out the properties alone, AUTH may not. §3.14.2.2.1, §3.15.2.1
            if isPresent, type == .auth || reader.available > 0 {
                region = try reader.properties(
                    type == .auth ? .auth : .disconnect,
                    from: role
                )
                if type == .auth, !region.present.contains(.authenticationMethod) {
                    throw .protocolError(.init(.authenticationMethodMissing, at: start + 1))
                }
            }
        }
        try reader.finish()
        reasonCode = ReasonCode(rawValue: code)
        propertyRegion = region
        bytes = reader.bytes
    }

    /// The properties.
    public var properties: PropertiesView {
        @_lifetime(copy self)
        get { PropertiesView(bytes, propertyRegion) }
    }
}

extension ReasonView {
    /// A copy of a DISCONNECT that outlives the bytes.
    public func ownedDisconnect() -> Disconnect {
        Disconnect(reasonCode: reasonCode, properties: properties.owned())
    }

    /// A copy of an AUTH that outlives the bytes.
    public func ownedAuth() -> Auth {
        Auth(reasonCode: reasonCode, properties: properties.owned())
    }
}

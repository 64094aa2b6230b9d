/// A received PUBACK, PUBREC, PUBREL or PUBCOMP. MQTT 5.0 §3.4-§3.7
public struct AcknowledgementView: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>
    @usableFromInline let region: PropertyRegion
    /// The identifier of the PUBLISH.
    public let packetIdentifier: PacketIdentifier
    /// The outcome; success before MQTT 5.0, and where the packet leaves it out.
    public let reasonCode: ReasonCode

    /// One without properties, whose identifier and code were checked.
    @inlinable
    @inline(__always)
    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, checked identifier: UInt16, _ code: UInt8) {
        self.bytes = bytes
        region = .none
        packetIdentifier = PacketIdentifier(checked: identifier)
        reasonCode = ReasonCode(rawValue: code)
    }

    @inline(__always)
    @_lifetime(copy reader)
    init(
        _ reader: consuming ByteReader,
        _ codes: ReasonCodeSet,
        _ is5: Bool
    ) throws(PacketError) {
        var reader = reader
        packetIdentifier = try reader.packetIdentifier()
        var code: UInt8 = 0
        var region = PropertyRegion.none
        // Reason code and properties may be left out from the end. §3.4.2.1, §3.4.2.2.1
        if is5, reader.available > 0 {
            let offset = reader.position
            code = try reader.byte()
            guard codes.contains(code) else {
                throw .protocolError(.init(.reasonCode(code), at: offset))
            }
            if reader.available > 0 {
                region = try reader.properties(.acknowledgement, from: .server)
            }
        }
        try reader.finish()
        reasonCode = ReasonCode(rawValue: code)
        self.region = region
        bytes = reader.bytes
    }

    /// The properties.
    public var properties: PropertiesView {
        @inlinable
        @_lifetime(copy self)
        get { PropertiesView(bytes, region) }
    }

    /// A copy that outlives the bytes.
    public func owned() -> Acknowledgement { Acknowledgement(self) }
}

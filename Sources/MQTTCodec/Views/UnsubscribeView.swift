/// A received UNSUBSCRIBE. MQTT 5.0 §3.10, MQTT 3.1.1 §3.10
public struct UnsubscribeView: ~Escapable {
    private let bytes: Span<UInt8>
    /// The identifier that UNSUBACK repeats.
    public let packetIdentifier: PacketIdentifier
    private let propertyRegion: PropertyRegion
    private let payloadStart: Int
    /// How many filters there are, 1 or more.
    public let count: Int

    @_lifetime(copy reader)
    init(_ reader: consuming ByteReader, _ version: ProtocolVersion) throws(PacketError) {
        var reader = reader
        packetIdentifier = try reader.packetIdentifier()
        propertyRegion =
            version == .v5 ? try reader.properties(.unsubscribe, from: .client) : .none
        payloadStart = reader.position
        guard reader.available > 0 else { throw reader.protocolError(.emptyPayload) }
        var count = 0
        while reader.available > 0 {
            _ = try reader.topicFilter(version)
            count += 1
        }
        self.count = count
        bytes = reader.bytes
    }

    /// The properties.
    public var properties: PropertiesView {
        @_lifetime(copy self)
        get { PropertiesView(bytes, propertyRegion) }
    }

    /// A cursor in front of the first filter.
    @_lifetime(copy self)
    public func makeCursor() -> TopicFilterCursor { TopicFilterCursor(bytes, payloadStart) }

    /// A copy that outlives the bytes.
    public func owned() -> Unsubscribe { Unsubscribe(self) }
}

/// Walks over the filters of an UNSUBSCRIBE.
public struct TopicFilterCursor: ~Escapable {
    private let bytes: Span<UInt8>
    private var position: Int

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, _ position: Int) {
        self.bytes = bytes
        self.position = position
    }

    /// The next filter, or `nil` after the last one.
    @_lifetime(self: copy self)
    @_lifetime(copy self)
    public mutating func next() -> Span<UInt8>? {
        guard position < bytes.count else { return nil }
        let start = position + 2
        let end = start + (Int(bytes[position]) << 8 | Int(bytes[position + 1]))
        position = end
        return bytes.extracting(start..<end)
    }
}

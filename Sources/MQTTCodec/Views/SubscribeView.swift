/// A received SUBSCRIBE. MQTT 5.0 §3.8, MQTT 3.1.1 §3.8
public struct SubscribeView: ~Escapable {
    private let bytes: Span<UInt8>
    /// The identifier that SUBACK repeats.
    public let packetIdentifier: PacketIdentifier
    private let propertyRegion: PropertyRegion
    private let payloadStart: Int
    /// How many filters there are, 1 or more.
    public let count: Int

    @_lifetime(copy reader)
    init(_ reader: consuming ByteReader, _ version: ProtocolVersion) throws(PacketError) {
        var reader = reader
        packetIdentifier = try reader.packetIdentifier()
        propertyRegion = version == .v5 ? try reader.properties(.subscribe, from: .client) : .none
        payloadStart = reader.position
        guard reader.available > 0 else { throw reader.protocolError(.emptyPayload) }
        var count = 0
        while reader.available > 0 {
            let filter = try reader.topicFilter(version)
            let offset = reader.position
            let options = try reader.byte()
            // The level alone is by far the most common.
            if options > 2 { try Self.check(options, filter, version, reader, at: offset) }
            count += 1
        }
        self.count = count
        bytes = reader.bytes
    }

    @inline(never)
    private static func check(
        _ options: UInt8,
        _ filter: ByteRange,
        _ version: ProtocolVersion,
        _ reader: ByteReader,
        at offset: Int
    ) throws(PacketError) {
        let reserved: UInt8 = version == .v5 ? 0xC0 : 0xFC
        if options & reserved != 0 {
            throw .malformed(.init(.subscriptionOptions(options), at: offset))
        }
        if options & 3 == 3 { throw .protocolError(.init(.subscriptionQoS, at: offset)) }
        if options & 0x30 == 0x30 { throw .protocolError(.init(.retainHandling, at: offset)) }
        if options & 4 != 0, TextCheck.isShared(reader.bytes, filter.start, filter.count) {
            throw .protocolError(.init(.noLocalOnSharedSubscription, at: offset))
        }
    }

    /// The properties.
    public var properties: PropertiesView {
        @_lifetime(copy self)
        get { PropertiesView(bytes, propertyRegion) }
    }

    /// A cursor in front of the first filter.
    @_lifetime(copy self)
    public func makeCursor() -> SubscriptionCursor { SubscriptionCursor(bytes, payloadStart) }

    /// A copy that outlives the bytes.
    public func owned() -> Subscribe { Subscribe(self) }
}

/// Walks over the filters of a SUBSCRIBE.
public struct SubscriptionCursor: ~Escapable {
    private let bytes: Span<UInt8>
    private var position: Int

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>, _ position: Int) {
        self.bytes = bytes
        self.position = position
    }

    /// The next filter with its options, or `nil` after the last one.
    @_lifetime(self: copy self)
    @_lifetime(copy self)
    public mutating func next() -> SubscriptionView? {
        guard position < bytes.count else { return nil }
        let start = position + 2
        let end = start + (Int(bytes[position]) << 8 | Int(bytes[position + 1]))
        position = end + 1
        return SubscriptionView(
            topicFilter: bytes.extracting(start..<end),
            options: Subscription.Options(checked: bytes[end]),
            offset: start - 2
        )
    }
}

/// One filter of a received SUBSCRIBE.
public struct SubscriptionView: ~Escapable {
    /// The filter: text whose wildcards stand where they may.
    public let topicFilter: Span<UInt8>
    /// What is wanted for it.
    public let options: Subscription.Options
    /// Bytes from the start of the packet to the filter's length.
    public let offset: Int

    @_lifetime(copy topicFilter)
    init(topicFilter: Span<UInt8>, options: Subscription.Options, offset: Int) {
        self.topicFilter = topicFilter
        self.options = options
        self.offset = offset
    }
}

extension ByteReader {
    /// A length-prefixed topic filter that was checked.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func topicFilter(_ version: ProtocolVersion) throws(PacketError) -> ByteRange {
        let field = position
        let range = try binary()
        if !TextCheck.isPlainFilter(bytes, range.start, range.count) {
            try refuseFilter(range, version, field)
        }
        return range
    }

    @inline(never)
    private func refuseFilter(
        _ range: ByteRange,
        _ version: ProtocolVersion,
        _ field: Int
    ) throws(PacketError) {
        let sharing = version == .v5
        if let fault = TextCheck.filterFault(bytes, range.start, range.count, sharing: sharing) {
            throw .malformed(.init(.init(fault, inFilter: true), at: field))
        }
    }
}

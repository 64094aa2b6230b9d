/// SUBSCRIBE: the client asks for messages. MQTT 5.0 §3.8, MQTT 3.1.1 §3.8
public struct Subscribe: Hashable, Sendable {
    /// The identifier that SUBACK repeats.
    public var packetIdentifier: PacketIdentifier
    /// The filters, at least one. [MQTT-3.8.3-2]
    public var subscriptions: [Subscription]
    /// Subscription identifier and user properties; left out before MQTT 5.0.
    public var properties: Properties

    /// A SUBSCRIBE with the given fields.
    public init(
        packetIdentifier: PacketIdentifier,
        subscriptions: [Subscription],
        properties: Properties = Properties()
    ) {
        self.packetIdentifier = packetIdentifier
        self.subscriptions = subscriptions
        self.properties = properties
    }

    /// A copy of a parsed packet that outlives its bytes.
    public init(_ view: SubscribeView) {
        packetIdentifier = view.packetIdentifier
        properties = view.properties.owned()
        subscriptions = []
        subscriptions.reserveCapacity(view.count)
        var cursor = view.makeCursor()
        while let next = cursor.next() {
            subscriptions.append(
                Subscription(
                    topicFilter: String(checkedUTF8: next.topicFilter),
                    options: next.options
                )
            )
        }
    }
}

/// One filter of a SUBSCRIBE and what is wanted for it. MQTT 5.0 §3.8.3
public struct Subscription: Hashable, Sendable {
    /// The filter, such as `sensor/+/temperature`.
    @ExactBytes public var topicFilter: String
    /// What is wanted for it.
    public var options: Options

    /// A filter with its options.
    public init(topicFilter: String, options: Options) {
        self.topicFilter = topicFilter
        self.options = options
    }

    /// A filter with options in words.
    public init(
        topicFilter: String,
        maximumQoS: QoS,
        noLocal: Bool = false,
        retainAsPublished: Bool = false,
        retainHandling: RetainHandling = .send
    ) {
        self.topicFilter = topicFilter
        options = Options(
            maximumQoS: maximumQoS,
            noLocal: noLocal,
            retainAsPublished: retainAsPublished,
            retainHandling: retainHandling
        )
    }

    /// Which retained messages a subscription brings. MQTT 5.0 §3.8.3.1
    public enum RetainHandling: UInt8, Hashable, Sendable, CaseIterable {
        /// All that match.
        case send = 0
        /// All that match, unless the subscription existed.
        case sendIfNew = 1
        /// None.
        case doNotSend = 2
    }

    /// The option byte. MQTT 5.0 §3.8.3.1
    public struct Options: Hashable, Sendable {
        /// The byte on the wire; before MQTT 5.0 only the level is written.
        public let rawValue: UInt8

        /// Options in words.
        public init(
            maximumQoS: QoS,
            noLocal: Bool = false,
            retainAsPublished: Bool = false,
            retainHandling: RetainHandling = .send
        ) {
            rawValue =
                maximumQoS.rawValue | (noLocal ? 0b100 : 0) | (retainAsPublished ? 0b1000 : 0)
                | retainHandling.rawValue << 4
        }

        /// A byte that was checked before.
        init(checked rawValue: UInt8) { self.rawValue = rawValue }

        /// The highest level for messages of this subscription.
        public var maximumQoS: QoS { QoS(rawValue: rawValue & 3) ?? .atMostOnce }
        /// Whether the client's own messages are left out.
        public var noLocal: Bool { rawValue & 0b100 != 0 }
        /// Whether RETAIN stays as it was published.
        public var retainAsPublished: Bool { rawValue & 0b1000 != 0 }
        /// Which retained messages the subscription brings.
        public var retainHandling: RetainHandling {
            RetainHandling(rawValue: rawValue >> 4 & 3) ?? .send
        }
    }
}

extension Subscribe: EncodablePacket {
    /// Writes the packet behind what a buffer holds already.
    ///
    /// - Throws: ``EncodeError``; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the bytes of the packet; nothing is allocated.
    public func encode(
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) {
        try encodeInPlace(into: &output, as: version, from: role)
    }

    /// Checks the packet and computes its lengths.
    @inline(__always)
    public func layout(
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> PacketLayout {
        guard !subscriptions.isEmpty else { throw .emptyPayload }
        var size = 2 + (try properties.checkedSize(.subscribe, as: version, from: .client))
        let all = subscriptions.span
        for index in all.indices {
            size += 1 + (try all[index].filterSize(as: version))
        }
        return try PacketLayout(sending: .subscribe, from: role, remainingLength: size, version)
    }

    /// Writes the packet whose layout was computed.
    @inline(__always)
    public func write(_ layout: PacketLayout, to writer: inout PacketWriter) {
        writer.fixedHeader(layout)
        writer.twoByteInteger(packetIdentifier.rawValue)
        if layout.version == .v5 { writer.properties(properties) }
        let mask: UInt8 = layout.version == .v5 ? 0xFF : 0b11
        let all = subscriptions.span
        for index in all.indices {
            all[index].write(mask, to: &writer)
        }
    }
}

extension Subscription {
    @inline(__always)
    fileprivate func filterSize(as version: ProtocolVersion) throws(EncodeError) -> Int {
        // The storage itself: the property hands out a copy, whose reference is counted.
        let size = try _topicFilter.wrappedValue.encodedFilterSize(sharing: version == .v5)
        if version == .v5, options.noLocal {
            if topicFilter.utf8.starts(with: "$share/".utf8) { throw .noLocalOnSharedSubscription }
        }
        return size
    }

    @inline(__always)
    fileprivate func write(_ mask: UInt8, to writer: inout PacketWriter) {
        writer.field(_topicFilter.wrappedValue)
        writer.byte(options.rawValue & mask)
    }
}

/// A SUBSCRIBE to be written from borrowed bytes. MQTT 5.0 §3.8, MQTT 3.1.1 §3.8
///
/// ``Subscribe`` is the same for those who own their texts.
public struct SubscribeFields: PacketFields, ~Escapable {
    /// A filter, as a part of the texts, and what is wanted for it.
    public struct Entry: Hashable, Sendable {
        /// Where the filter stands in ``SubscribeFields/texts``.
        public var range: Range<Int>
        /// What is wanted for it.
        public var options: Subscription.Options

        /// A filter with its options.
        public init(range: Range<Int>, options: Subscription.Options) {
            self.range = range
            self.options = options
        }
    }

    /// The identifier that SUBACK repeats.
    public let packetIdentifier: PacketIdentifier
    /// The bytes that the filters are parts of.
    public let texts: Span<UInt8>
    /// The filters, at least one. [MQTT-3.8.3-2]
    public let entries: Span<Entry>
    /// Subscription identifier and user properties.
    public let properties: PropertiesView

    /// A SUBSCRIBE with the given fields.
    ///
    /// - Precondition: the entries' ranges are inside `texts`.
    @_lifetime(copy texts, copy entries, copy properties)
    public init(
        packetIdentifier: PacketIdentifier,
        texts: Span<UInt8>,
        entries: Span<Entry>,
        properties: PropertiesView
    ) {
        self.packetIdentifier = packetIdentifier
        self.texts = texts
        self.entries = entries
        self.properties = properties
    }

    /// Checks the fields and writes the packet behind what a buffer holds already.
    ///
    /// - Throws: ``EncodeError``; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the bytes of the packet; nothing is allocated.
    public func encode(
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) {
        guard entries.count > 0 else { throw .emptyPayload }
        var size = 2 + (try properties.checkedSize(.subscribe, as: version, from: .client))
        for index in entries.indices {
            let entry = entries[index]
            let count = entry.range.count
            guard count <= 0xFFFF else { throw .fieldTooLong(count) }
            if !TextCheck.isPlainFilter(texts, entry.range.lowerBound, count) {
                try refuse(entry, version)
            }
            size += 3 + count
        }
        let layout = try PacketLayout(
            sending: .subscribe,
            from: role,
            remainingLength: size,
            version
        )
        try output.writeFields(layout.packetSize) { writer in
            writer.fixedHeader(layout)
            writer.twoByteInteger(packetIdentifier.rawValue)
            if version == .v5 { writer.properties(properties) }
            let mask: UInt8 = version == .v5 ? 0xFF : 0b11
            for index in entries.indices {
                let entry = entries[index]
                writer.field(texts.extracting(entry.range))
                writer.byte(entry.options.rawValue & mask)
            }
        }
    }

    /// Looks closer at a filter that is not plain; shared ones are among them.
    @inline(never)
    private func refuse(_ entry: Entry, _ version: ProtocolVersion) throws(EncodeError) {
        let start = entry.range.lowerBound
        let count = entry.range.count
        let isLatest = version == .v5
        if let fault = TextCheck.filterFault(texts, start, count, sharing: isLatest) {
            throw fault.inFilter
        }
        if isLatest, entry.options.noLocal, TextCheck.isShared(texts, start, count) {
            throw .noLocalOnSharedSubscription
        }
    }
}

/// A message for many receivers: checked and copied once, encoded as a head for each receiver and a
/// tail that all of them share.
///
/// What differs between receivers (QoS, packet identifier, flags, subscription identifiers, remaining
/// expiry, topic alias) stands in the head together with the topic name; all other properties and
/// the payload are the tail. One value serves all versions: before MQTT 5.0 the tail is the payload.
///
/// A broker writes the head into a small buffer and hands both to one vectored write.
public struct SharedPublish: Hashable, Sendable {
    /// Topic name, properties that all receivers get, payload.
    private let storage: [UInt8]
    private let topicSize: Int
    private let propertySize: Int
    private let present: PropertySet

    /// What one receiver gets differently.
    public struct Delivery: Hashable, Sendable {
        /// The level of this delivery.
        public var qos: QoS
        /// Needed at QoS 1 and 2, `nil` at QoS 0.
        public var packetIdentifier: PacketIdentifier?
        /// Whether this repeats an earlier packet.
        public var isDuplicate: Bool
        /// The RETAIN flag of this delivery.
        public var retain: Bool
        /// Seconds that are left, `nil` for a message that does not expire. [MQTT-3.3.2-6]
        public var messageExpiryInterval: UInt32?
        /// A topic alias to send, 1...65 535.
        public var topicAlias: UInt16?
        /// Whether the topic name is left out, because the receiver knows the alias.
        public var omitsTopicName: Bool

        /// A delivery of QoS 0, or with an identifier of a higher level.
        public init(
            qos: QoS = .atMostOnce,
            packetIdentifier: PacketIdentifier? = nil,
            isDuplicate: Bool = false,
            retain: Bool = false,
            messageExpiryInterval: UInt32? = nil,
            topicAlias: UInt16? = nil,
            omitsTopicName: Bool = false
        ) {
            self.qos = qos
            self.packetIdentifier = packetIdentifier
            self.isDuplicate = isDuplicate
            self.retain = retain
            self.messageExpiryInterval = messageExpiryInterval
            self.topicAlias = topicAlias
            self.omitsTopicName = omitsTopicName
        }
    }

    /// Prepares a message.
    ///
    /// Subscription identifiers, message expiry and topic alias of `properties` are not taken over:
    /// they belong to a ``Delivery``.
    /// - Throws: ``EncodeError`` for a topic name, properties or a size that no PUBLISH can have.
    /// - Complexity: O(*n*) in the bytes of the message; allocates once for all receivers.
    public init(
        topicName: String,
        payload: Span<UInt8>,
        properties: Properties = Properties()
    ) throws(EncodeError) {
        _ = try topicName.encodedSize(.topicName)
        try properties.check(.publish, from: .server)
        try self.init(checked: topicName.utf8Span.span, properties, payload)
    }

    /// Prepares an owned message.
    ///
    /// - Throws: ``EncodeError`` as above.
    public init(_ publish: Publish) throws(EncodeError) {
        try self.init(
            topicName: publish.topicName,
            payload: publish.payload.span,
            properties: publish.properties
        )
    }

    /// Prepares a received message without copying it elsewhere first.
    ///
    /// - Parameters:
    ///   - view: the packet as it came.
    ///   - topicName: the name that the sender's topic alias stands for; looked at only where the
    ///     packet leaves the name out.
    /// - Throws: ``EncodeError/emptyTopic`` without any topic name, or another error of `topicName`.
    public init(_ view: PublishView, topicName: String = "") throws(EncodeError) {
        if view.topicName.isEmpty {
            try self.init(
                topicName: topicName,
                payload: view.payload,
                properties: view.properties.owned()
            )
        } else {
            try self.init(checked: view.topicName, view.properties.owned(), view.payload)
        }
    }

    private init(
        checked topicName: Span<UInt8>,
        _ properties: Properties,
        _ payload: Span<UInt8>
    ) throws(EncodeError) {
        let shared = properties.removing([
            .subscriptionIdentifier, .messageExpiryInterval, .topicAlias,
        ])
        let size = topicName.count + shared.byteCount + payload.count
        guard size <= VariableByteInteger.maximum else { throw .packetTooLarge(size) }
        topicSize = topicName.count
        propertySize = shared.byteCount
        present = shared.present
        storage = [UInt8](capacity: size) { (output: inout OutputSpan<UInt8>) in
            output.append(copying: topicName)
            output.append(copying: shared.storage.span)
            output.append(copying: payload)
        }
    }

    /// The topic name, checked.
    public var topicName: Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.span.extracting(0..<topicSize) }
    }

    /// The properties that all receivers get, in the order of the sender.
    public var properties: PropertiesView {
        @_lifetime(borrow self)
        get {
            PropertiesView(
                storage.span,
                PropertyRegion(start: topicSize, end: topicSize + propertySize, present: present)
            )
        }
    }

    /// The payload.
    public var payload: Span<UInt8> {
        @_lifetime(borrow self)
        get { storage.span.extracting((topicSize + propertySize)...) }
    }

    /// What follows every head of this version: from MQTT 5.0 on shared properties and payload,
    /// before that the payload.
    @_lifetime(borrow self)
    public func tail(as version: ProtocolVersion) -> Span<UInt8> {
        let start = version == .v5 ? topicSize : topicSize + propertySize
        return storage.span.extracting(start...)
    }
}

extension SharedPublish {
    /// Lengths of one head.
    struct HeadLayout {
        var headSize: Int
        var remainingLength: Int
        var propertyLength: Int
    }

    func headLayout(
        _ delivery: Delivery,
        _ subscriptionIdentifiers: Span<UInt32>,
        _ version: ProtocolVersion
    ) throws(EncodeError) -> HeadLayout {
        let topic = delivery.omitsTopicName && version == .v5 ? 0 : topicSize
        var size = 2 + topic
        if delivery.qos == .atMostOnce {
            guard delivery.packetIdentifier == nil, !delivery.isDuplicate else {
                throw .notAtQoS0
            }
        } else {
            guard delivery.packetIdentifier != nil else { throw .packetIdentifierMissing }
            size += 2
        }
        var properties = 0
        if version == .v5 {
            if delivery.omitsTopicName, delivery.topicAlias == nil { throw .emptyTopic }
            if delivery.topicAlias == 0 { throw .propertyValue(.topicAlias, 0) }
            for index in subscriptionIdentifiers.indices {
                let value = subscriptionIdentifiers[index]
                guard value > 0, value <= UInt32(VariableByteInteger.maximum) else {
                    throw .propertyValue(.subscriptionIdentifier, value)
                }
                properties += 1 + VariableByteInteger.size(Int(value))
            }
            if delivery.messageExpiryInterval != nil { properties += 5 }
            if delivery.topicAlias != nil { properties += 3 }
            size += properties
            properties += propertySize
            guard properties <= VariableByteInteger.maximum else {
                throw .propertiesTooLong(properties)
            }
            size += VariableByteInteger.size(properties)
        }
        let tail = storage.count - topicSize - (version == .v5 ? 0 : propertySize)
        let remaining = size + tail
        guard remaining <= VariableByteInteger.maximum else { throw .packetTooLarge(remaining) }
        return HeadLayout(
            headSize: 1 + VariableByteInteger.size(remaining) + size,
            remainingLength: remaining,
            propertyLength: properties
        )
    }

    /// Bytes of the whole packet for one receiver, to compare with its Maximum Packet Size.
    ///
    /// - Throws: ``EncodeError`` for a delivery that cannot be written.
    public func packetSize(
        for delivery: Delivery,
        subscriptionIdentifiers: Span<UInt32>,
        as version: ProtocolVersion
    ) throws(EncodeError) -> Int {
        let layout = try headLayout(delivery, subscriptionIdentifiers, version)
        return 1 + VariableByteInteger.size(layout.remainingLength) + layout.remainingLength
    }

    /// Writes the head for one receiver; ``tail(as:)`` must follow it.
    ///
    /// - Parameters:
    ///   - delivery: what this receiver gets differently.
    ///   - subscriptionIdentifiers: those of the matching subscriptions, 1...268 435 455; left out
    ///     before MQTT 5.0. [MQTT-3.3.4-3]
    ///   - output: gets at most 24 bytes, the topic name, and five for each identifier.
    ///   - version: the receiver's.
    /// - Returns: bytes written.
    /// - Throws: ``EncodeError``; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the topic name and the identifiers; nothing is allocated.
    @discardableResult
    public func encodeHead(
        for delivery: Delivery,
        subscriptionIdentifiers: Span<UInt32>,
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion
    ) throws(EncodeError) -> Int {
        let layout = try headLayout(delivery, subscriptionIdentifiers, version)
        let topic = storage.span.extracting(
            0..<(delivery.omitsTopicName && version == .v5 ? 0 : topicSize)
        )
        try output.write(layout.headSize) { writer in
            writer.byte(
                0x30 | (delivery.isDuplicate ? 0b1000 : 0) | delivery.qos.rawValue << 1
                    | (delivery.retain ? 1 : 0)
            )
            writer.variableByteInteger(layout.remainingLength)
            writer.field(topic)
            if let identifier = delivery.packetIdentifier {
                writer.twoByteInteger(identifier.rawValue)
            }
            guard version == .v5 else { return }
            writer.variableByteInteger(layout.propertyLength)
            for index in subscriptionIdentifiers.indices {
                writer.byte(PropertyIdentifier.subscriptionIdentifier.rawValue)
                writer.variableByteInteger(Int(subscriptionIdentifiers[index]))
            }
            if let seconds = delivery.messageExpiryInterval {
                writer.byte(PropertyIdentifier.messageExpiryInterval.rawValue)
                writer.fourByteInteger(seconds)
            }
            if let alias = delivery.topicAlias {
                writer.byte(PropertyIdentifier.topicAlias.rawValue)
                writer.twoByteInteger(alias)
            }
        }
        return layout.headSize
    }
}

extension OutputSpan<UInt8> {
    /// Appends bytes of a span; the caller made room.
    @_lifetime(self: copy self)
    mutating func append(copying source: Span<UInt8>) {
        for index in source.indices { append(source[index]) }
    }
}

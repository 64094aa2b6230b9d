internal import MQTTCodec
internal import MQTTTopics

// The short way of a QoS 0 message: those who get it get the bytes it came in.

extension Broker {
    /// Hands a QoS 0 message on without making a value of it, where every receiver gets the same bytes:
    /// no properties, no identifiers, no aliases, nobody to ask.
    ///
    /// What comes out is what the general way would send.
    ///
    /// - Returns: false when the message has to go the general way; nothing has been sent then.
    mutating func forward(
        _ packet: PublishView,
        _ bytes: Span<UInt8>,
        from session: SlotKey,
        as version: ProtocolVersion
    ) -> Bool {
        // QoS 0, not retained; shared tails are for larger ones.
        guard bytes[0] == 0x30, bytes.count < OutgoingPublish.sharedTailThreshold, !asksReceive,
            !packet.topicName.isEmpty, packet.properties.isEmpty, isUntapped(packet.topicName)
        else { return false }
        var matches = self.matches
        self.matches = []
        defer {
            matches.removeAll(keepingCapacity: matches.capacity <= 4_096)
            self.matches = matches
        }
        let turn = sharedTurn
        collectMatches(packet.topicName, from: session, into: &matches)
        for match in matches where !canForward(to: match, bytes.count + 1) {
            // The general way asks the share groups again.
            sharedTurn = turn
            return false
        }
        counters.received += 1
        matchEpoch &+= 1
        var other: [UInt8] = []
        for match in matches {
            guard let mark = sessions[match.session]?.mark, mark.epoch != matchEpoch else {
                continue
            }
            sessions[match.session]?.mark = (matchEpoch, 0)
            guard let key = sessions[match.session]?.connection,
                let receiver = connections[key]?.version
            else { continue }
            if (receiver == .v5) == (version == .v5) {
                add(bytes, to: key)
            } else {
                if other.isEmpty { other = Self.otherForm(of: packet, as: receiver) }
                add(other.span, to: key)
            }
        }
        return true
    }

    /// True when nobody but subscribers gets messages of this topic.
    private func isUntapped(_ topic: Span<UInt8>) -> Bool {
        guard configuration.unroutedTopicPrefixes.isEmpty else { return false }
        switch configuration.publishedTap {
        case .none: return true
        case .selected: return !policy.wantsPublished(topic)
        case .all: return false
        }
    }

    /// Whether this receiver gets the plain packet, now, or is away and gets nothing.
    private func canForward(to match: Match, _ size: Int) -> Bool {
        guard match.choices.identifier == 0, sessions[match.session]?.pendingQoS0 == 0 else {
            return false
        }
        guard let key = sessions[match.session]?.connection else { return true }
        return connections[key]?.takesPlain(size, limit: configuration.maximumOutboundBytes) ?? true
    }

    private mutating func add(_ bytes: Span<UInt8>, to key: SlotKey) {
        let limit = configuration.maximumOutboundBytes
        guard let added = connections[key]?.add(bytes, limit: limit) else { return }
        counters.sent &+= 1
        counters.bytesSent &+= UInt64(bytes.count)
        if added.isFirst { dirty.append(key) }
        if added.isFull { outputs.append(.suspendReading(ConnectionID(key: key))) }
    }

    /// The packet as MQTT 5 has it, with no properties, or as the older versions have it.
    private static func otherForm(
        of packet: PublishView,
        as version: ProtocolVersion
    ) -> [UInt8] {
        let topic = packet.topicName
        let payload = packet.payload
        let extra = version == .v5 ? 1 : 0
        var length = 2 + topic.count + extra + payload.count
        var bytes: [UInt8] = [0x30]
        bytes.reserveCapacity(length + 5)
        repeat {
            let digit = UInt8(truncatingIfNeeded: length & 0x7F)
            length >>= 7
            bytes.append(length > 0 ? digit | 0x80 : digit)
        } while length > 0
        bytes.append(UInt8(truncatingIfNeeded: topic.count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: topic.count))
        bytes.append(copying: topic)
        if extra == 1 { bytes.append(0) }
        bytes.append(copying: payload)
        return bytes
    }
}

extension Connection {
    /// Whether a packet without aliases fits, and nothing has to wait.
    func takesPlain(_ size: Int, limit: Int) -> Bool {
        outgoingAliases.limit == 0 && size <= maximumPacketSize && unwritten < limit
    }

    /// Adds bytes to what is sent next.
    ///
    /// - Returns: whether they are the first ones, and whether reading stops because of them.
    mutating func add(_ bytes: Span<UInt8>, limit: Int) -> (isFirst: Bool, isFull: Bool) {
        output.append(bytes)
        unwritten += bytes.count
        let isFirst = !isDirty
        isDirty = true
        let isFull = unwritten >= limit && !readingIsSuspended
        if isFull { readingIsSuspended = true }
        return (isFirst, isFull)
    }
}

internal import MQTTCodec
internal import MQTTTopics

// From an accepted message to the queues of those who subscribed to it.

extension Broker {
    /// Takes ownership of a message: stores it if it is to be retained, and queues it for
    /// every matching session. [MQTT-4.5.0-1]
    ///
    /// - Returns: how many sessions it was meant for.
    @discardableResult
    mutating func accept(_ message: Message, _ source: Source, at now: Now) -> Int {
        if configuration.publishedTap != .none { tap(message, source) }
        if !configuration.unroutedTopicPrefixes.isEmpty, isUnrouted(message) { return 0 }
        if message.retain {
            if message.isEmpty {
                let content = message.content
                forgetRetained(content)
                retained.remove(content.topicName)
            } else {
                keepRetained(message, at: now)
                retained.insert(message)
            }
        }
        return route(message, at: now)
    }

    /// True when the retained store has room for the message, or need not grow.
    func canRetain(_ message: Message) -> Bool {
        guard message.retain, !message.isEmpty, !isUnrouted(message) else { return true }
        let content = message.content
        if let old = retained[content.topicName] {
            return retained.byteCount - old.byteCount + message.byteCount
                <= configuration.maximumRetainedBytes
        }
        return retained.count < configuration.maximumRetainedMessages
            && retained.byteCount + message.byteCount <= configuration.maximumRetainedBytes
    }

    /// Matches once, merges what overlapping subscriptions of one session ask for into a
    /// single copy ([MQTT-3.3.4-2], [MQTT-3.3.4-4]), and delivers.
    private mutating func route(_ message: Message, at now: Now) -> Int {
        var matches = self.matches
        self.matches = []
        collectMatches(message, into: &matches)
        defer {
            matches.removeAll(keepingCapacity: matches.capacity <= 4_096)
            self.matches = matches
        }
        if matches.count == 1 {
            deliver(message, to: matches[0].session, merged(matches[0], message), at: now)
            return 1
        }
        matchEpoch &+= 1
        var merges: [(session: SlotKey, merge: Merge)] = []
        merges.reserveCapacity(matches.count)
        for match in matches {
            let session = match.session
            guard let mark = sessions[session]?.mark else { continue }
            if mark.epoch == matchEpoch {
                merges[mark.position].merge.add(merged(match, message))
            } else {
                sessions[session]?.mark = (matchEpoch, merges.count)
                merges.append((session, merged(match, message)))
            }
        }
        for (session, merge) in merges { deliver(message, to: session, merge, at: now) }
        return merges.count
    }

    /// Everybody who gets the message: of each share group one member.
    private mutating func collectMatches(
        _ message: Message,
        into matches: inout [Match]
    ) {
        let publisher = message.publisher
        var members: [Match] = []
        let content = message.content
        index.forEachMatch(TopicView(unchecked: content.topicName)) { match in
            if let group = match.group {
                members.append(Match(match.subscriber, match.options, group))
            } else if !(match.options.noLocal && match.subscriber == publisher) {
                matches.append(Match(match.subscriber, match.options, nil))
            }
        }
        var start = 0
        while start < members.count {
            var end = start + 1
            while end < members.count, members[end].group == members[start].group { end += 1 }
            matches.append(members[chooseMember(members[start..<end]) + start])
            start = end
        }
    }

    /// Which member of a share group is next: in turn, those that are connected first.
    ///
    /// - Returns: the position among `group`, which is not empty.
    mutating func chooseMember(_ group: ArraySlice<Match>) -> Int {
        sharedTurn &+= 1
        let offset = Int(truncatingIfNeeded: sharedTurn % UInt64(group.count))
        for step in 0..<group.count {
            let candidate = (offset + step) % group.count
            if sessions[group[group.startIndex + candidate].session]?.connection != nil {
                return candidate
            }
        }
        return offset
    }

    /// A subscription that matched.
    struct Match {
        let session: SlotKey
        let choices: SubscriptionChoices
        let group: ShareGroupIdentifier?

        init(
            _ session: SlotKey,
            _ choices: SubscriptionChoices,
            _ group: ShareGroupIdentifier?
        ) {
            self.session = session
            self.choices = choices
            self.group = group
        }
    }

    /// What the matching subscriptions of one session add up to.
    struct Merge {
        var qos: QoS
        var retain: Bool
        var identifiers: [UInt32]
        var group: ShareGroupIdentifier?

        mutating func add(_ other: Merge) {
            qos = max(qos, other.qos)
            retain = retain || other.retain
            identifiers += other.identifiers
            group = group ?? other.group
        }
    }

    /// One subscription's share. [MQTT-3.8.4-8] [MQTT-3.3.1-12] [MQTT-3.3.1-13]
    func merged(_ match: Match, _ message: Message) -> Merge {
        let choices = match.choices
        return Merge(
            qos: min(choices.qos, message.qos),
            retain: choices.retainAsPublished && message.retain,
            identifiers: choices.identifier == 0 ? [] : [choices.identifier],
            group: match.group
        )
    }

    mutating func deliver(
        _ message: Message,
        to session: SlotKey,
        _ merge: Merge,
        at now: Now
    ) {
        let delivery = Delivery(
            message: message,
            qos: merge.qos,
            retain: merge.retain,
            subscriptionIdentifiers: merge.identifiers,
            group: merge.group
        )
        deliver(delivery, to: session, mayWait: merge.qos != .atMostOnce, at: now)
    }

    /// Sends or queues one copy.
    ///
    /// `mayWait` says whether the copy is queued when it cannot be sent at once: a QoS 0 message to a
    /// slow client is dropped instead, a retained one is not.
    mutating func deliver(
        _ delivery: Delivery,
        to session: SlotKey,
        mayWait: Bool,
        at now: Now
    ) {
        guard let connection = sessions[session]?.connection else {
            if delivery.qos != .atMostOnce { enqueue(delivery, for: session, at: now) }
            return
        }
        let isFull =
            connections[connection]?.unwritten ?? 0 >= configuration.maximumOutboundBytes
        if delivery.qos == .atMostOnce {
            if sessions[session]?.pendingQoS0 ?? 0 > 0 || (isFull && mayWait) {
                enqueue(delivery, for: session, at: now)
            } else if isFull {
                counters.dropped += 1
            } else {
                sendNow(delivery, to: session, on: connection, at: now)
            }
        } else if isFull || sessions[session]?.pending.isEmpty == false
            || sessions[session]?.resends.isEmpty == false
            || sessions[session]?.inflight.outstanding ?? 0 >= window(of: connection)
        {
            enqueue(delivery, for: session, at: now)
        } else {
            sendNow(delivery, to: session, on: connection, at: now)
        }
    }

    /// Sends a copy that need not wait, except for the policy's answer.
    private mutating func sendNow(
        _ delivery: Delivery,
        to session: SlotKey,
        on connection: SlotKey,
        at now: Now
    ) {
        switch asksReceive ? mayReceive(delivery.message, session) : true {
        case true?: transmit(delivery, to: session, on: connection, at: now)
        case false?: counters.denied += 1
        case nil: enqueue(delivery, for: session, at: now)
        }
    }

    /// How many QoS 1 and 2 messages may be on their way. [MQTT-3.3.4-9]
    private func window(of connection: SlotKey) -> Int {
        min(connections[connection]?.receiveMaximum ?? 0, configuration.maximumInflight)
    }

    private mutating func enqueue(_ delivery: Delivery, for session: SlotKey, at now: Now) {
        let bytes = delivery.message.byteCount
        while let count = sessions[session]?.pending.count,
            let queued = sessions[session]?.pendingBytes,
            count >= configuration.maximumQueuedMessages
                || queued + bytes > configuration.maximumQueuedBytes
        {
            switch configuration.queueOverflow {
            case .dropOldest where count > 0:
                if let oldest = sessions[session]?.dequeue() { forget(oldest, of: session) }
                counters.dropped += 1
            case .disconnect:
                if let connection = sessions[session]?.connection { tooSlow.append(connection) }
                fallthrough
            default:
                counters.dropped += 1
                return
            }
        }
        var delivery = delivery
        keep(&delivery, .queued, of: session, at: now)
        sessions[session]?.enqueue(delivery)
    }

    /// Sends what waits for a client, as far as its window and its socket allow: first what is to
    /// be sent again, then what was not sent yet.
    mutating func pump(_ session: SlotKey, at now: Now) {
        guard let connection = sessions[session]?.connection else { return }
        while connections[connection]?.unwritten ?? .max < configuration.maximumOutboundBytes {
            let isOpen = sessions[session]?.inflight.outstanding ?? 0 < window(of: connection)
            if sessions[session]?.resends.isEmpty == false {
                guard isOpen, let identifier = sessions[session]?.resends.popFirst() else { return }
                resend(identifier, of: session, on: connection, at: now)
            } else if let next = sessions[session]?.pending.first {
                let isExpired = next.message.isExpired(at: now.monotonic)
                guard isOpen || isExpired || next.qos == .atMostOnce else { return }
                let isAllowed = isExpired ? true : mayReceive(next.message, session)
                guard let isAllowed else { return }
                _ = sessions[session]?.dequeue()
                if isExpired {
                    forget(next, of: session)
                    counters.expired += 1
                } else if !isAllowed {
                    forget(next, of: session)
                    counters.denied += 1
                } else {
                    transmit(next, to: session, on: connection, at: now)
                }
            } else {
                return
            }
        }
    }

    /// Sends a message for the first time.
    ///
    /// One that is too large for the client is dropped and counts as sent: [MQTT-3.1.2-24],
    /// [MQTT-3.1.2-25].
    private mutating func transmit(
        _ delivery: Delivery,
        to session: SlotKey,
        on connection: SlotKey,
        at now: Now
    ) {
        guard let packet = outgoing(delivery, on: connection, at: now) else {
            forget(delivery, of: session)
            counters.dropped += 1
            return
        }
        var identifier: PacketIdentifier?
        if delivery.qos != .atMostOnce {
            identifier = sessions[session]?.inflight.insert(delivery)
            guard let identifier else { return }
            if isDurable {
                var kept = delivery
                keep(&kept, .published(identifier), of: session, at: now)
                sessions[session]?.inflight.update(identifier, kept)
            }
        }
        sendPublish(packet, identifier, isDuplicate: false, on: connection)
    }

    /// The packet of a delivery; `nil` when the client does not take one of its size.
    private func outgoing(
        _ delivery: Delivery,
        on key: SlotKey,
        at now: Now
    ) -> OutgoingPublish? {
        guard let version = connections[key]?.version,
            let limit = connections[key]?.maximumPacketSize
        else { return nil }
        if connections[key]?.outgoingAliases.limit ?? 0 > 0 {
            let content = delivery.message.content
            let alias = connections[key]?.outgoingAliases.choose(content.topicName) ?? .name
            let packet = OutgoingPublish(delivery, alias, version: version, at: now.monotonic)
            if let packet, packet.size <= limit { return packet }
        }
        let packet = OutgoingPublish(delivery, .name, version: version, at: now.monotonic)
        guard let packet, packet.size <= limit else { return nil }
        return packet
    }

    /// Prepares to send again what was not acknowledged, with the same identifiers and in the
    /// same order; done when a session is resumed and at no other time. [MQTT-4.4.0-1]
    ///
    /// PUBREL goes out at once, PUBLISH as the window allows ([MQTT-3.3.4-10]).
    mutating func beginResend(_ session: SlotKey, on connection: SlotKey, at now: Now) {
        guard let entries = sessions[session]?.inflight.prepareResend() else { return }
        sessions[session]?.resends.removeAll()
        for entry in entries {
            switch entry.state {
            case .published: sessions[session]?.resends.append(entry.identifier)
            case .released:
                acknowledge(.pubrel, entry.identifier, .success, on: connection, at: now)
            }
        }
    }

    /// Sends one PUBLISH again, unless it was acknowledged meanwhile or is too large for the client
    /// as it is now.
    private mutating func resend(
        _ identifier: PacketIdentifier,
        of session: SlotKey,
        on connection: SlotKey,
        at now: Now
    ) {
        guard let entry = sessions[session]?.inflight[identifier], entry.awaitsResend,
            case .published(let delivery) = entry.state
        else { return }
        guard let packet = outgoing(delivery, on: connection, at: now) else {
            sessions[session]?.inflight.remove(identifier)
            forget(entry, of: session)
            counters.dropped += 1
            return
        }
        sessions[session]?.inflight.noteResent(identifier)
        sendPublish(packet, identifier, isDuplicate: true, on: connection)
    }
}

internal import IoTTime
internal import MQTTCodec
internal import MQTTTopics

// A broker from what was stored.

extension Broker {
    /// Takes over what an earlier broker stored; the first call of a new broker.
    ///
    /// Every client counts as away. One that was connected when the state was stored counts as
    /// disconnected now, so that its will and its expiry begin to run; what ran out meanwhile is due
    /// at the next ``handleTimeout(at:)``.
    ///
    /// - Throws: ``RestoreError``; the broker must not be used then.
    /// - Complexity: O(*n* log *n*) in what was stored.
    public mutating func restore(_ state: StoredState, at now: Now) throws(RestoreError) {
        guard isDurable else { throw .notDurable }
        guard connections.count == 0, sessions.count == 0, retained.count == 0 else {
            throw .notEmpty
        }
        var messages: [UInt64: Message] = [:]
        for (number, stored) in state.messages {
            messages[number] = Message(stored, at: now)
            journal.nextMessage = max(journal.nextMessage, number &+ 1)
        }
        for number in state.retained.sorted() {
            guard let message = messages[number] else { throw .unknownMessage(number) }
            let content = message.content
            guard retained[content.topicName] == nil else { throw .topicRetainedTwice(number) }
            retained.insert(message)
            journal.references[number, default: 0] += 1
        }
        let names = state.sessions.keys.sorted {
            $0.description.utf8.lexicographicallyPrecedes($1.description.utf8)
        }
        for name in names {
            guard let parts = state.sessions[name], let stored = parts.session else {
                throw .unknownSession(name)
            }
            let key = restore(stored, at: now)
            try restoreSubscriptions(parts, of: key, name)
            try restoreDeliveries(parts, of: key, name, messages)
            sessions[key]?.inbound = parts.inbound
            // From now on the store knows when it was disconnected.
            if stored.disconnectedAt == nil { keepSession(key) }
            armSession(key)
        }
        // A message that nothing needs was stored last before the end, with what needed it not.
        for number in state.messages.keys.sorted() where journal.references[number] == nil {
            journal.append(.removeMessage(number))
        }
    }

    private mutating func restore(_ stored: StoredSession, at now: Now) -> SlotKey {
        var session = Session(
            client: stored.client,
            expiryInterval: stored.expiryInterval,
            since: stored.disconnectedAt ?? now.wall
        )
        session.isStored = true
        let passed = max(0, now.wall.milliseconds(since: session.since))
        if stored.expiryInterval != .max {
            session.endsAt = now.monotonic.adding(seconds: Int64(stored.expiryInterval))
                .adding(milliseconds: -passed)
        }
        if let will = stored.will {
            session.will = StoredWill(will)
            session.willDueAt = now.monotonic.adding(seconds: Int64(will.delay))
                .adding(milliseconds: -passed)
        }
        let key = sessions.insert(session)
        sessionOf[stored.client.identifier] = key
        return key
    }

    private mutating func restoreSubscriptions(
        _ parts: StoredState.Session,
        of key: SlotKey,
        _ name: ClientIdentifier
    ) throws(RestoreError) {
        for filter in parts.subscriptions.keys.sorted() {
            guard let stored = parts.subscriptions[filter],
                let parsed = parse(
                    filter.utf8Span.span,
                    sessions[key]?.client.version ?? .v5,
                    stored.matchesParent ? configuration.dialect : .aws
                )
            else { throw .invalidFilter(name, filter) }
            let choices = SubscriptionChoices(
                qos: stored.qos,
                noLocal: stored.noLocal,
                retainAsPublished: stored.retainAsPublished,
                identifier: stored.identifier,
                matchesParent: stored.matchesParent
            )
            do {
                try index.insert(parsed, key, choices.applied(to: parsed))
            } catch {
                throw .invalidFilter(name, filter)
            }
            sessions[key]?.subscriptionCount += 1
        }
    }

    private mutating func restoreDeliveries(
        _ parts: StoredState.Session,
        of key: SlotKey,
        _ name: ClientIdentifier,
        _ messages: [UInt64: Message]
    ) throws(RestoreError) {
        for sequence in parts.deliveries.keys.sorted() {
            guard let stored = parts.deliveries[sequence] else { continue }
            journal.nextSequence = max(journal.nextSequence, sequence &+ 1)
            if case .released(let identifier) = stored.state {
                guard
                    sessions[key]?.inflight.restore(
                        identifier,
                        .released(sequence: sequence)
                    ) == true
                else { throw .identifierInUse(name, identifier) }
                continue
            }
            guard let message = messages[stored.message] else {
                throw .unknownMessage(stored.message)
            }
            journal.references[stored.message, default: 0] += 1
            var delivery = Delivery(
                message: message,
                qos: stored.qos,
                retain: stored.retain,
                subscriptionIdentifiers: stored.subscriptionIdentifiers
            )
            delivery.sequence = sequence
            if case .published(let identifier) = stored.state {
                guard sessions[key]?.inflight.restore(identifier, .published(delivery)) == true
                else { throw .identifierInUse(name, identifier) }
            } else {
                sessions[key]?.enqueue(delivery)
            }
        }
    }
}

extension Message {
    /// A message from the store; what is left of its life is counted from now.
    convenience init(_ stored: Broker.StoredMessage, at now: Broker.Now) {
        let left = stored.expiresAt.map {
            UInt32(clamping: ($0.milliseconds(since: now.wall) + 999) / 1_000)
        }
        self.init(
            stored.content,
            qos: stored.qos,
            retain: stored.retain,
            expiryInterval: left,
            // One that has expired must count as such at once.
            receivedAt: now.monotonic.adding(nanoseconds: left == 0 ? -1 : 0),
            publisher: nil,
            number: stored.number
        )
    }
}

extension StoredWill {
    /// A will from the store.
    init(_ stored: Broker.StoredSession.Will) {
        content = stored.content
        qos = stored.qos
        retain = stored.retain
        expiryInterval = stored.messageExpiryInterval
        delay = stored.delay
    }
}

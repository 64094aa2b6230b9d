internal import IoTTime
internal import MQTTCodec
internal import MQTTTopics

// What a durable broker notes of each change. In memory nothing has a number, and nothing is noted.

extension Broker {
    // MARK: Messages

    /// A number for a new message; 0 in memory.
    mutating func newMessageNumber() -> UInt64 {
        guard isDurable else { return 0 }
        defer { journal.nextMessage += 1 }
        return journal.nextMessage
    }

    /// One more delivery or topic needs a message.
    private mutating func refer(to message: Message, at now: Now) {
        let count = journal.references[message.number, default: 0]
        journal.references[message.number] = count + 1
        guard count == 0 else { return }
        let expiry = message.remainingExpiry(at: now.monotonic)
        journal.append(
            .putMessage(
                StoredMessage(
                    number: message.number,
                    content: message.content,
                    qos: message.qos,
                    retain: message.retain,
                    expiresAt: expiry.map { now.wall.adding(seconds: Int64($0)) }
                )
            )
        )
    }

    /// One delivery or topic less needs a message.
    private mutating func unrefer(_ number: UInt64) {
        guard let count = journal.references[number] else { return }
        if count > 1 {
            journal.references[number] = count - 1
        } else {
            journal.references[number] = nil
            journal.append(.removeMessage(number))
        }
    }

    mutating func keepRetained(_ message: Message, at now: Now) {
        guard isDurable else { return }
        forgetRetained(message.content)
        refer(to: message, at: now)
        journal.append(.putRetained(message.number))
    }

    mutating func forgetRetained(_ content: SharedPublish) {
        guard isDurable, let old = retained[content.topicName] else { return }
        journal.append(.removeRetained(old.number))
        unrefer(old.number)
    }

    // MARK: Deliveries

    /// Keeps a delivery as it stands; gives it its sequence number the first time.
    mutating func keep(
        _ delivery: inout Delivery,
        _ state: StoredDelivery.State,
        of session: SlotKey,
        at now: Now
    ) {
        guard isDurable, delivery.qos != .atMostOnce, sessions[session]?.isStored == true,
            let client = sessions[session]?.client.identifier
        else { return }
        if delivery.sequence == 0 {
            delivery.sequence = journal.nextSequence
            journal.nextSequence += 1
            refer(to: delivery.message, at: now)
        }
        journal.append(
            .putDelivery(
                client,
                StoredDelivery(
                    sequence: delivery.sequence,
                    message: delivery.message.number,
                    qos: delivery.qos,
                    retain: delivery.retain,
                    subscriptionIdentifiers: delivery.subscriptionIdentifiers,
                    state: state
                )
            )
        )
    }

    /// PUBREC came: the message is not needed any more, its identifier is.
    mutating func keepReleased(
        _ delivery: Delivery,
        _ identifier: PacketIdentifier,
        of session: SlotKey
    ) {
        guard delivery.sequence != 0, let client = sessions[session]?.client.identifier
        else { return }
        journal.append(
            .putDelivery(
                client,
                StoredDelivery(
                    sequence: delivery.sequence,
                    message: 0,
                    qos: .exactlyOnce,
                    retain: false,
                    subscriptionIdentifiers: [],
                    state: .released(identifier)
                )
            )
        )
        unrefer(delivery.message.number)
    }

    /// Forgets a delivery that is done, or dropped.
    mutating func forget(_ delivery: Delivery, of session: SlotKey) {
        guard delivery.sequence != 0, let client = sessions[session]?.client.identifier
        else { return }
        journal.append(.removeDelivery(client, sequence: delivery.sequence))
        unrefer(delivery.message.number)
    }

    /// Forgets what an exchange still keeps.
    mutating func forget(_ entry: InflightTable.Entry, of session: SlotKey) {
        switch entry.state {
        case .published(let delivery): forget(delivery, of: session)
        case .released(let sequence):
            guard sequence != 0, let client = sessions[session]?.client.identifier else { return }
            journal.append(.removeDelivery(client, sequence: sequence))
        }
    }

    // MARK: Sessions

    /// Keeps a session as it is now.
    mutating func keepSession(_ key: SlotKey) {
        guard isDurable, let session = sessions[key], session.isStored else { return }
        let will = session.will.map {
            StoredSession.Will(
                content: $0.content,
                qos: $0.qos,
                retain: $0.retain,
                messageExpiryInterval: $0.expiryInterval,
                delay: $0.delay
            )
        }
        journal.append(
            .putSession(
                StoredSession(
                    client: session.client,
                    expiryInterval: session.expiryInterval,
                    disconnectedAt: session.connection == nil ? session.since : nil,
                    will: will
                )
            )
        )
    }

    /// Forgets a session that ends.
    mutating func forgetSession(_ key: SlotKey) {
        guard isDurable, let session = sessions[key], session.isStored else { return }
        session.pending.forEach { if $0.sequence != 0 { unrefer($0.message.number) } }
        for entry in session.inflight.entries {
            if case .published(let delivery) = entry.state, delivery.sequence != 0 {
                unrefer(delivery.message.number)
            }
        }
        journal.append(.removeSession(session.client.identifier))
    }

    mutating func keepSubscription(
        _ filter: SubscriptionFilter,
        _ choices: SubscriptionChoices,
        of session: SlotKey
    ) {
        guard isDurable, sessions[session]?.isStored == true,
            let client = sessions[session]?.client.identifier
        else { return }
        journal.append(
            .putSubscription(
                client,
                StoredSubscription(
                    filter: filter.rawValue,
                    qos: choices.qos,
                    noLocal: choices.noLocal,
                    retainAsPublished: choices.retainAsPublished,
                    identifier: choices.identifier,
                    matchesParent: choices.matchesParent
                )
            )
        )
    }

    mutating func forgetSubscription(_ filter: SubscriptionFilter, of session: SlotKey) {
        guard isDurable, sessions[session]?.isStored == true,
            let client = sessions[session]?.client.identifier
        else { return }
        journal.append(.removeSubscription(client, filter: filter.rawValue))
    }

    /// Remembers, or forgets, that a QoS 2 message with this identifier arrived.
    mutating func noteInbound(
        _ identifier: PacketIdentifier,
        _ isOpen: Bool,
        of session: SlotKey
    ) -> Bool {
        let isChanged: Bool
        if isOpen {
            isChanged = sessions[session]?.inbound.insert(identifier).inserted == true
        } else {
            isChanged = sessions[session]?.inbound.remove(identifier) != nil
        }
        guard isDurable, isChanged, sessions[session]?.isStored == true,
            let client = sessions[session]?.client.identifier
        else { return isChanged }
        journal.append(
            isOpen ? .putInbound(client, identifier) : .removeInbound(client, identifier)
        )
        return isChanged
    }
}

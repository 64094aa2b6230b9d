internal import IoTTime
internal import MQTTCodec
internal import MQTTTopics

// Durability: changes go out as commands, and nothing that rests on a change leaves before it is
// stored. Without `Configuration.isDurable` none of this does anything.

extension Broker {
    /// A group of ``Output/store(_:_:)`` is stored, and so are all groups before it.
    ///
    /// Acknowledgements and messages that waited for it come out now.
    public mutating func stored(_ group: StoreID, at now: Now) {
        guard journal.note(group) else { return }
        let waiting = waitingForStore
        waitingForStore = RingBuffer()
        waiting.forEach { key in
            guard connections.contains(key) else { return }
            connections[key]?.isWaitingForStore = false
            if connections[key]?.isDirty == false {
                connections[key]?.isDirty = true
                dirty.append(key)
            }
        }
        settle(at: now)
    }

    /// A group could not be stored: what the broker remembers is more than what is kept.
    ///
    /// Every connection is closed, nobody is acknowledged anything more, and new connections are
    /// closed at once. Make a new broker from what was stored.
    public mutating func storageFailed(at now: Now) {
        hasStorageFailed = true
        for key in connections.keys { close(key, .server(.unspecifiedError), at: now) }
        settle(at: now)
    }

    // MARK: Holding back

    /// Makes what is sent next on a connection wait for everything that has changed so far.
    mutating func holdUntilStored(_ key: SlotKey) {
        guard isDurable else { return }
        let needed = journal.needed
        guard needed > journal.stored, let group = connections[key]?.outputGroup, group < needed
        else { return }
        sealOutput(key)
        connections[key]?.outputGroup = needed
    }

    /// Puts the unsent bytes aside, with the group they rest on.
    private mutating func sealOutput(_ key: SlotKey) {
        guard let batch = connections[key]?.output, !batch.isEmpty,
            let group = connections[key]?.outputGroup
        else { return }
        connections[key]?.output = OutboundBatch()
        connections[key]?.held.append(HeldBatch(group: group, batch: batch))
        connections[key]?.heldBytes += batch.byteCount
    }

    /// Takes the bytes of a connection that rest on nothing unstored.
    mutating func takeStoredBatch(_ key: SlotKey) -> OutboundBatch? {
        while let first = connections[key]?.held.first {
            guard first.group <= journal.stored else {
                waitForStore(key)
                return nil
            }
            _ = connections[key]?.held.popFirst()
            connections[key]?.heldBytes -= first.batch.byteCount
            let isLast = connections[key]?.held.isEmpty == true
            if !isLast || connections[key]?.output.isEmpty == false { dirty.append(key) }
            if isLast, connections[key]?.output.isEmpty == true {
                connections[key]?.isDirty = false
            }
            return first.batch
        }
        if connections[key]?.outputGroup ?? 0 > journal.stored,
            connections[key]?.output.isEmpty == false
        {
            waitForStore(key)
            return nil
        }
        return takeBatch(key)
    }

    private mutating func waitForStore(_ key: SlotKey) {
        connections[key]?.isDirty = false
        guard connections[key]?.isWaitingForStore == false else { return }
        connections[key]?.isWaitingForStore = true
        waitingForStore.append(key)
    }

    /// Before the end of a connection: hands out what may leave, forgets what may not.
    mutating func releaseHeld(_ key: SlotKey) {
        guard isDurable, connections.contains(key) else { return }
        while let first = connections[key]?.held.popFirst() {
            connections[key]?.heldBytes -= first.batch.byteCount
            if first.group <= journal.stored {
                outputs.append(.send(ConnectionID(key: key), first.batch))
            } else {
                connections[key]?.unwritten -= first.batch.byteCount
            }
        }
        if connections[key]?.outputGroup ?? 0 > journal.stored {
            let unsent = connections[key]?.output.byteCount ?? 0
            connections[key]?.unwritten -= unsent
            connections[key]?.output = OutboundBatch()
            connections[key]?.isDirty = false
        }
        connections[key]?.outputGroup = 0
    }

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
                    identifier: choices.identifier
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

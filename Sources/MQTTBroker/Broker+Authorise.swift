internal import IoTTime
internal import MQTTCodec
internal import MQTTTopics

// Questions that no packet asks: wills when they are due, deliveries, and a changed policy.

extension Broker {
    /// Publishes a will whose time has come, if the client may still publish it.
    ///
    /// The question at CONNECT was about the policy of that time.
    mutating func publish(_ will: DueWill, at now: Now) {
        let message = will.message
        let content = message.content
        switch policy.publish(
            will.client,
            topic: content.topicName,
            qos: message.qos,
            retain: message.retain
        ) {
        case .allow: release(will, at: now)
        case .deny: counters.denied += 1
        case .later:
            let action = Question.Action.publish(
                topic: [UInt8](copying: content.topicName),
                qos: message.qos,
                retain: message.retain
            )
            ask(Question(client: will.client, action: action), .will(will))
        }
    }

    /// Publishes a will that the policy allowed.
    mutating func release(_ will: DueWill, at now: Now) {
        guard canRetain(will.message) else {
            counters.drop(\.droppedQueueFull)
            return
        }
        counters.received += 1
        accept(will.message, .will(will.client), at: now)
    }

    /// Whether a session may be sent a message now; `nil` while the answer is awaited.
    mutating func mayReceive(_ message: Message, _ session: SlotKey) -> Bool? {
        guard asksReceive else { return true }
        if sessions[session]?.awaitedReceive != nil { return nil }
        let content = message.content
        let topic = content.topicName
        if let known = sessions[session]?.receiveCache.decision(for: topic) { return known }
        guard let client = sessions[session]?.client else { return false }
        let decision = policy.receive(client, topic: topic)
        if decision == .later {
            let copy = [UInt8](copying: topic)
            let effect = ask(
                Question(client: client, action: .receive(topic: copy)),
                .receive(session, topic: copy)
            )
            sessions[session]?.awaitedReceive = effect
            return nil
        }
        sessions[session]?.receiveCache.insert(
            topic,
            decision == .allow,
            capacity: configuration.receiveDecisionsPerSession
        )
        return decision == .allow
    }

    /// Replaces the policy and asks it about everything that was allowed before.
    public mutating func replacePolicy(_ policy: any BrokerPolicy, at now: Now) {
        self.policy = policy
        policyChanged(at: now)
    }

    /// Asks again: whether each connected client may remain, and whether each session, connected or
    /// kept, may keep each of its subscriptions; forgets every remembered answer about receiving.
    ///
    /// Who may not remain is disconnected with the reason of the refusal; a subscription that is not
    /// allowed any more is removed, which the client is not told: the protocol has no words for it.
    /// Deliveries that have begun are completed.
    ///
    /// - Complexity: O(sessions and subscriptions); the policy is asked about each.
    public mutating func policyChanged(at now: Now) {
        asksReceive = policy.decidesReceive
        for key in sessions.keys {
            sessions[key]?.receiveCache.removeAll()
            guard let client = sessions[key]?.client else { continue }
            if let connection = sessions[key]?.connection {
                switch policy.remain(client) {
                case .allow: break
                case .deny(let code):
                    close(connection, .server(code), at: now)
                    guard sessions.contains(key) else { continue }
                case .later:
                    ask(Question(client: client, action: .remain), .remain(connection))
                }
            }
            reconsiderSubscriptions(of: key, client, at: now)
            pump(key, at: now)
        }
        settle(at: now)
    }

    private mutating func reconsiderSubscriptions(
        of session: SlotKey,
        _ client: Client,
        at now: Now
    ) {
        var subscriptions: [(filter: [UInt8], qos: QoS)] = []
        index.forEachSubscription(of: session) { filter, choices in
            subscriptions.append((Array(filter.rawValue.utf8), choices.qos))
        }
        subscriptions.sort { $0.filter.lexicographicallyPrecedes($1.filter) }
        for (filter, qos) in subscriptions {
            switch policy.subscribe(client, filter: filter.span, qos: qos) {
            case .allow: continue
            case .deny: dropSubscription(filter.span, of: session, at: now)
            case .later:
                let action = Question.Action.subscribe(filter: filter, qos: qos)
                ask(Question(client: client, action: action), .keep(session, filter: filter))
            }
        }
    }

    /// Removes a subscription that is not allowed any more.
    mutating func dropSubscription(_ bytes: Span<UInt8>, of session: SlotKey, at now: Now) {
        guard let client = sessions[session]?.client,
            let filter = try? SubscriptionFilter(utf8: bytes),
            index.remove(filter, session) != nil
        else { return }
        sessions[session]?.subscriptionCount -= 1
        forgetSubscription(filter, of: session)
        if filter.shareName != nil { redispatchPending(of: session, at: now) }
        outputs.append(.event(.unsubscribed(client, filters: [filter.rawValue], at: now.wall)))
    }
}

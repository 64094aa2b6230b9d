internal import IoTTime
internal import MQTTCodec
internal import MQTTTopics

// SUBSCRIBE and UNSUBSCRIBE. MQTT 5.0 §3.8, §3.10

extension Broker {
    mutating func subscribe(_ packet: SubscribeView, on key: SlotKey, at now: Now) {
        guard let session = connections[key]?.session, let client = sessions[session]?.client
        else { return }
        guard let decisions = decideAll(packet, client, on: key) else { return }
        if denials(on: key).subscribe == .disconnect {
            for case .deny(let code) in decisions { return close(key, .server(code), at: now) }
        }
        let identifier = packet.properties.subscriptionIdentifier ?? 0
        var codes: [ReasonCode] = []
        var granted: [String] = []
        var replay: [Delivery] = []
        let dialect = dialect(of: key)
        var cursor = packet.makeCursor()
        while let entry = cursor.next() {
            if let code = refusal(of: entry.topicFilter, identifier, codes.count) {
                codes.append(code)
                continue
            }
            if case .deny(let code) = decisions[codes.count] {
                codes.append(code)
                continue
            }
            let choices = SubscriptionChoices(
                qos: min(entry.options.maximumQoS, configuration.maximumQoS),
                noLocal: entry.options.noLocal,
                retainAsPublished: entry.options.retainAsPublished,
                identifier: identifier,
                matchesParent: dialect == .oasis
            )
            switch add(entry.topicFilter, choices, for: session, client.version, dialect) {
            case .failure(let refusal): codes.append(refusal.code)
            case .success(let added):
                codes.append(ReasonCode(rawValue: choices.qos.rawValue))
                granted.append(added.filter.rawValue)
                if added.wantsRetained(entry.options.retainHandling) {
                    collectRetained(
                        added.filter,
                        choices,
                        dialect,
                        for: session,
                        at: now,
                        into: &replay
                    )
                }
            }
        }
        sendSuback(packet.packetIdentifier, codes, on: key, at: now)
        for delivery in replay { deliver(delivery, to: session, mayWait: true, at: now) }
        if !granted.isEmpty {
            outputs.append(.event(.subscribed(client, filters: granted, at: now.wall)))
        }
    }

    /// Asks about each filter, before the first one takes effect.
    private mutating func decideAll(
        _ packet: SubscribeView,
        _ client: Client,
        on key: SlotKey
    ) -> [Decision]? {
        var decisions: [Decision] = []
        var cursor = packet.makeCursor()
        while let entry = cursor.next() {
            let qos = entry.options.maximumQoS
            if let given = givenAnswer(decisions.count, on: key) {
                decisions.append(given)
                continue
            }
            let decision = policy.subscribe(client, filter: entry.topicFilter, qos: qos)
            if decision == .later {
                let filter = [UInt8](copying: entry.topicFilter)
                ask(
                    Question(client: client, action: .subscribe(filter: filter, qos: qos)),
                    on: key
                )
                return nil
            }
            record(decision, on: key)
            decisions.append(decision)
        }
        return decisions
    }

    /// What the configuration does not offer, or limits.
    private func refusal(
        of filter: Span<UInt8>,
        _ identifier: UInt32,
        _ position: Int
    ) -> ReasonCode? {
        if position >= configuration.maximumFiltersPerSubscribe { return .quotaExceeded }
        if identifier != 0, !configuration.subscriptionIdentifiersAvailable {
            return .subscriptionIdentifiersNotSupported
        }
        if !configuration.sharedSubscriptionsAvailable, filter.starts(with: "$share/") {
            return .sharedSubscriptionsNotSupported
        }
        guard !configuration.wildcardSubscriptionsAvailable else { return nil }
        for index in filter.indices
        where filter[index] == UInt8(ascii: "#") || filter[index] == UInt8(ascii: "+") {
            return .wildcardSubscriptionsNotSupported
        }
        return nil
    }

    /// A subscription that took effect.
    private struct Added {
        let filter: SubscriptionFilter
        let isNew: Bool

        /// Whether the retained messages are sent. [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]
        func wantsRetained(_ handling: Subscription.RetainHandling) -> Bool {
            switch handling {
            case .send: filter.shareName == nil
            case .sendIfNew: filter.shareName == nil && isNew
            case .doNotSend: false
            }
        }
    }

    private struct Refusal: Error {
        let code: ReasonCode
    }

    /// Adds or replaces one subscription. [MQTT-3.8.4-3]
    private mutating func add(
        _ bytes: Span<UInt8>,
        _ choices: SubscriptionChoices,
        for session: SlotKey,
        _ version: ProtocolVersion,
        _ dialect: TopicDialect
    ) -> Result<Added, Refusal> {
        guard let filter = parse(bytes, version, dialect) else {
            return .failure(Refusal(code: .topicFilterInvalid))
        }
        let isNew = index.options(of: filter, session) == nil
        if isNew, sessions[session]?.subscriptionCount ?? 0 >= configuration.maximumSubscriptions {
            return .failure(Refusal(code: .quotaExceeded))
        }
        do {
            try index.insert(filter, session, choices.applied(to: filter))
        } catch {
            return .failure(Refusal(code: .quotaExceeded))
        }
        if isNew { sessions[session]?.subscriptionCount += 1 }
        keepSubscription(filter, choices, of: session)
        return .success(Added(filter: filter, isNew: isNew))
    }

    /// Reads a filter; MQTT 3 knows no shared subscriptions, except in the AWS dialect.
    func parse(
        _ bytes: Span<UInt8>,
        _ version: ProtocolVersion,
        _ dialect: TopicDialect
    ) -> SubscriptionFilter? {
        let limits = TopicLimits(
            maximumBytes: configuration.maximumTopicBytes,
            maximumLevels: configuration.maximumTopicLevels
        )
        if version >= .v5 || dialect == .aws {
            return try? SubscriptionFilter(utf8: bytes, limits: limits)
        }
        return (try? TopicFilter(utf8: bytes, limits: limits)).map { .nonShared($0) }
    }

    /// The retained messages for one subscription, as copies with RETAIN 1. [MQTT-3.3.1-8]
    private mutating func collectRetained(
        _ filter: SubscriptionFilter,
        _ choices: SubscriptionChoices,
        _ dialect: TopicDialect,
        for session: SlotKey,
        at now: Now,
        into replay: inout [Delivery]
    ) {
        // The service behind the AWS dialect sends retained messages to exact filters only.
        if dialect == .aws, filter.topicFilter.isWildcard { return }
        var expired: [Message] = []
        let topicFilter = filter.topicFilter
        retained.forEachMatch(
            topicFilter.utf8,
            parentMatches: dialect == .oasis
        ) { message in
            if message.isExpired(at: now.monotonic) {
                expired.append(message)
            } else if !(choices.noLocal && message.publisher == session) {
                replay.append(
                    Delivery(
                        message: message,
                        qos: min(choices.qos, message.qos),
                        retain: true,
                        subscriptionIdentifiers: choices.identifier == 0
                            ? [] : [choices.identifier]
                    )
                )
            }
        }
        for message in expired {
            let content = message.content
            forgetRetained(content)
            retained.remove(content.topicName)
            counters.expired += 1
        }
    }

    mutating func unsubscribe(_ packet: UnsubscribeView, on key: SlotKey, at now: Now) {
        guard let session = connections[key]?.session, let client = sessions[session]?.client
        else { return }
        var codes: [ReasonCode] = []
        var removed: [String] = []
        var leftShareGroup = false
        var cursor = packet.makeCursor()
        while let bytes = cursor.next() {
            // What is already on its way is completed. [MQTT-3.10.4-3]
            if let filter = parse(bytes, client.version, dialect(of: key)),
                index.remove(filter, session) != nil
            {
                sessions[session]?.subscriptionCount -= 1
                forgetSubscription(filter, of: session)
                if filter.shareName != nil { leftShareGroup = true }
                removed.append(filter.rawValue)
                codes.append(.success)
            } else {
                codes.append(.noSubscriptionExisted)
            }
        }
        sendUnsuback(packet.packetIdentifier, codes, on: key, at: now)
        if leftShareGroup { redispatchPending(of: session, at: now) }
        if !removed.isEmpty {
            outputs.append(.event(.unsubscribed(client, filters: removed, at: now.wall)))
        }
    }
}

internal import IoTTime
internal import MQTTCodec
internal import MQTTTopics

// PUBLISH as it arrives, and the acknowledgements in both directions. MQTT 5.0 §3.3-§3.7, §4.3

extension Broker {
    mutating func publish(
        _ packet: PublishView,
        _ bytes: Span<UInt8>,
        on key: SlotKey,
        at now: Now
    ) {
        guard let session = connections[key]?.session else { return }
        if packet.qos > configuration.maximumQoS {
            return violate(.qosNotSupported, "MQTT-3.2.2-11", on: key, at: now)
        }
        if packet.retain, !configuration.retainAvailable {
            return violate(.retainNotSupported, "MQTT-3.2.2-14", on: key, at: now)
        }
        guard let aliased = resolveAlias(packet, on: key, at: now) else { return }
        if packet.qos == .exactlyOnce, let identifier = packet.packetIdentifier {
            if connections[key]?.version == .v5, let open = connections[key]?.unreleased,
                open.count >= max(1, configuration.receiveMaximum), !open.contains(identifier)
            {
                return violate(.receiveMaximumExceeded, "MQTT-3.3.4-7", on: key, at: now)
            }
            // A repeat is acknowledged and goes nowhere. [MQTT-4.3.3-10]
            if sessions[session]?.inbound.contains(identifier) == true {
                connections[key]?.unreleased.insert(identifier)
                return acknowledge(.pubrec, identifier, .success, on: key, at: now)
            }
        }
        let fault: ReasonCode?
        if aliased.isEmpty {
            guard let answer = mayPublish(packet, to: packet.topicName, session, on: key)
            else { return }
            fault = answer
        } else {
            guard let answer = mayPublish(packet, to: aliased.utf8Span.span, session, on: key)
            else { return }
            fault = answer
        }
        if let fault, fault != .success { return refusePublish(packet, fault, on: key, at: now) }
        if aliased.isEmpty, let version = connections[key]?.version,
            forward(packet, bytes, from: session, as: version)
        {
            return
        }
        own(packet, aliased, from: session, on: key, at: now)
    }

    /// Asks the rules and the policy.
    ///
    /// - Returns: success or the reason for a refusal; `nil` when the answer comes later.
    private mutating func mayPublish(
        _ packet: PublishView,
        to topic: Span<UInt8>,
        _ session: SlotKey,
        on key: SlotKey
    ) -> ReasonCode? {
        if let code = topicFault(topic, dialect(of: key)) { return code }
        guard let client = sessions[session]?.client else { return nil }
        var decision = givenAnswer(0, on: key)
        if decision == nil {
            decision = policy.publish(client, topic: topic, qos: packet.qos, retain: packet.retain)
        }
        switch decision {
        case .deny(let code)?: return code
        case .allow?: return .success
        case .later?, nil:
            let action = Question.Action.publish(
                topic: [UInt8](copying: topic),
                qos: packet.qos,
                retain: packet.retain
            )
            ask(Question(client: client, action: action), on: key)
            return nil
        }
    }

    /// Makes the message the broker's own and acknowledges it. [MQTT-3.3.4-1]
    private mutating func own(
        _ packet: PublishView,
        _ aliased: String,
        from session: SlotKey,
        on key: SlotKey,
        at now: Now
    ) {
        guard let content = try? SharedPublish(packet, topicName: aliased) else {
            // Only the name behind an alias makes it larger than the packet it came in.
            return refusePublish(packet, .packetTooLarge, on: key, at: now)
        }
        let message = Message(
            content,
            qos: packet.qos,
            retain: packet.retain,
            expiryInterval: packet.properties.messageExpiryInterval,
            receivedAt: now.monotonic,
            publisher: session,
            number: newMessageNumber()
        )
        guard canRetain(message) else {
            return refusePublish(packet, .quotaExceeded, on: key, at: now)
        }
        counters.received += 1
        if packet.qos == .exactlyOnce, let identifier = packet.packetIdentifier {
            _ = noteInbound(identifier, true, of: session)
            connections[key]?.unreleased.insert(identifier)
        }
        let count = accept(message, .client(session), at: now)
        let code: ReasonCode = count == 0 ? .noMatchingSubscribers : .success
        guard let identifier = packet.packetIdentifier else { return }
        let type: PacketType = packet.qos == .atLeastOnce ? .puback : .pubrec
        acknowledge(type, identifier, code, on: key, at: now)
    }

    /// Answers a PUBLISH that goes nowhere, as the protocol and the configuration have it.
    private mutating func refusePublish(
        _ packet: PublishView,
        _ code: ReasonCode,
        on key: SlotKey,
        at now: Now
    ) {
        let isVersion5 = connections[key]?.version == .v5
        // What cannot be kept must not look as if it were.
        let mustSay = code == .quotaExceeded || code == .packetTooLarge
        guard let identifier = packet.packetIdentifier, isVersion5 || !mustSay else {
            if mustSay || denials(on: key).publish == .disconnect {
                close(key, .server(code), at: now)
            }
            return
        }
        if !isVersion5, denials(on: key).publish == .disconnect {
            return close(key, .server(code), at: now)
        }
        let type: PacketType = packet.qos == .atLeastOnce ? .puback : .pubrec
        if !isVersion5, packet.qos == .exactlyOnce, let session = connections[key]?.session {
            // The client will send PUBREL.
            _ = noteInbound(identifier, true, of: session)
        }
        acknowledge(type, identifier, code, on: key, at: now)
    }

    /// Learns a topic alias, or looks one up. MQTT 5.0 §3.3.2.3.4
    ///
    /// - Returns: the topic that an alias stands for; empty where the packet has the name itself;
    ///   `nil` when the connection was closed over the alias.
    private mutating func resolveAlias(
        _ packet: PublishView,
        on key: SlotKey,
        at now: Now
    ) -> String? {
        guard let alias = packet.properties.topicAlias else { return "" }
        guard alias <= configuration.topicAliasMaximum else {
            violate(.topicAliasInvalid, "MQTT-3.3.2-9", on: key, at: now)
            return nil
        }
        let index = Int(alias) - 1
        let known = connections[key]?.aliases.count ?? 0
        if packet.topicName.isEmpty {
            guard index < known, let topic = connections[key]?.aliases[index], !topic.isEmpty
            else {
                violate(.protocolError, "§3.3.2.3.4", on: key, at: now)
                return nil
            }
            return topic
        }
        if index >= known {
            connections[key]?.aliases.append(
                contentsOf: repeatElement("", count: index + 1 - known)
            )
        }
        connections[key]?.aliases[index] = String(checkedUTF8: packet.topicName)
        return ""
    }

    /// Why nobody may publish to a topic, whatever the policy says.
    func topicFault(_ topic: Span<UInt8>, _ dialect: TopicDialect) -> ReasonCode? {
        var levels = topic.levelCount
        // The service does not count the three levels of `$aws/rules/NAME/`.
        if dialect == .aws, topic.starts(with: "$aws/rules/") { levels -= 3 }
        if levels > configuration.maximumTopicLevels
            || topic.count > configuration.maximumTopicBytes
        {
            return .topicNameInvalid
        }
        for prefix in configuration.reservedTopicPrefixes where topic.starts(with: prefix) {
            return .notAuthorized
        }
        return nil
    }
}

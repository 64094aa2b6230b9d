internal import IoTTime
internal import MQTTCodec
internal import MQTTTopics

// What a share group still has to get when a member leaves. MQTT 5.0 §4.8.2

extension Broker {
    /// The deliveries that another member gets when a session ends: those that were not sent, and
    /// those of QoS 1 that were not acknowledged; never one of QoS 2 that was sent, [MQTT-4.8.2-5].
    func sharedDeliveries(of session: SlotKey) -> [Delivery] {
        guard let state = sessions[session], state.pending.count > 0 || state.inflight.count > 0
        else { return [] }
        var list: [Delivery] = []
        let entries = state.inflight.entries.sorted { $0.order < $1.order }
        for entry in entries {
            guard case .published(let delivery) = entry.state else { continue }
            if delivery.group != nil, delivery.qos == .atLeastOnce { list.append(delivery) }
        }
        state.pending.forEach { if $0.group != nil { list.append($0) } }
        return list
    }

    /// Gives deliveries to members that are left; without any, they are dropped.
    mutating func redispatch(_ deliveries: [Delivery], at now: Now) {
        for delivery in deliveries {
            let members = members(for: delivery)
            if members.isEmpty || delivery.message.isExpired(at: now.monotonic) {
                counters.dropped += 1
                continue
            }
            let chosen = members[chooseMember(members[...])]
            deliver(
                delivery.message,
                to: chosen.session,
                merged(chosen, delivery.message),
                at: now
            )
        }
    }

    /// After a session left a group: what it was not sent goes to the members that are left.
    mutating func redispatchPending(of session: SlotKey, at now: Now) {
        guard sessions[session]?.pending.isEmpty == false else { return }
        var kept: [Delivery] = []
        var left: [Delivery] = []
        while let delivery = sessions[session]?.dequeue() {
            let members = delivery.group == nil ? [] : members(for: delivery)
            if members.isEmpty || members.contains(where: { $0.session == session }) {
                // Its own, or nobody else's: [MQTT-3.10.4-3].
                kept.append(delivery)
            } else {
                left.append(delivery)
            }
        }
        for delivery in kept { sessions[session]?.enqueue(delivery) }
        redispatch(left, at: now)
        for delivery in left { forget(delivery, of: session) }
    }

    /// The members of a delivery's group, as they are now.
    private func members(for delivery: Delivery) -> [Match] {
        guard let group = delivery.group else { return [] }
        var members: [Match] = []
        let content = delivery.message.content
        index.forEachMatch(TopicView(unchecked: content.topicName)) { match in
            if match.group == group {
                members.append(Match(match.subscriber, match.options, group))
            }
        }
        return members
    }
}

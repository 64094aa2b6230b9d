public import MQTTCodec
internal import MQTTTopics

// Answers for one client alone.
extension Broker {
    /// Sends a message of the server's own to one connected client, and to nobody else.
    ///
    /// It goes out as QoS 0 through the client's own subscriptions, and is kept nowhere: it is neither
    /// retained nor stored nor shown to the tap, and does not wait for a client that is gone or that
    /// does not read. The policy is asked whether the client may receive it.
    ///
    /// - Parameters:
    ///   - content: topic, payload and properties.
    ///   - client: the client as an event or a message named it. A connection that took its identifier
    ///     over gets nothing, where peers have an ``Peer/identity``: then it is another client.
    ///   - now: the time.
    /// - Returns: whether it was sent; false also without a matching subscription.
    /// - Complexity: O(subscriptions that match the topic).
    public mutating func send(_ content: SharedPublish, to client: Client, at now: Now) -> Bool {
        guard let session = sessionOf[client.identifier], sessions[session]?.client == client,
            let connection = sessions[session]?.connection
        else { return false }
        let message = Message(
            content,
            qos: .atMostOnce,
            retain: false,
            expiryInterval: nil,
            receivedAt: now.monotonic,
            publisher: nil,
            number: newMessageNumber()
        )
        var merge: Merge?
        index.forEachMatch(TopicView(unchecked: content.topicName)) { match in
            guard match.group == nil, match.subscriber == session else { return }
            let share = merged(Match(session, match.options, nil), message)
            merge?.add(share)
            if merge == nil { merge = share }
        }
        guard let merge, mayReceive(message, session) == true,
            sessions[session]?.pendingQoS0 == 0,
            connections[connection]?.unwritten ?? .max < configuration.maximumOutboundBytes
        else {
            counters.dropped += 1
            return false
        }
        let delivery = Delivery(
            message: message,
            qos: .atMostOnce,
            retain: false,
            subscriptionIdentifiers: merge.identifiers,
            group: nil
        )
        transmit(delivery, to: session, on: connection, at: now)
        settle(at: now)
        return true
    }
}

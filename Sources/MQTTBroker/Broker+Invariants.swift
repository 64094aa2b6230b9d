internal import MQTTCodec
internal import MQTTTopics

// What must hold between any two calls; for tests and fuzzing.

extension Broker {
    /// The first invariant that does not hold, or `nil` when all do.
    ///
    /// - Complexity: O(everything the broker holds).
    public var firstInconsistency: String? {
        connectionFault ?? sessionFault ?? boundsFault
    }

    private var connectionFault: String? {
        for key in connections.keys {
            guard let connection = connections[key] else { return "a key without connection" }
            if connection.unwritten < connection.output.byteCount + connection.heldBytes {
                return "unwritten too small"
            }
            if let fault = outputFault(connection) { return fault }
            if connection.aliases.count > Int(configuration.topicAliasMaximum) {
                return "too many aliases"
            }
            if let effect = connection.awaited, !isPacket(effects[effect], of: key) {
                return "lost effect"
            }
            if connection.session == nil {
                if connection.input.count > configuration.maximumConnectPacketSize,
                    connection.awaited == nil
                {
                    return "too much input before CONNECT"
                }
            } else if let session = connection.session,
                sessions[session]?.connection != key
            {
                return "a connection whose session is elsewhere"
            }
        }
        for (_, awaiting) in effects {
            if case .packet(let key) = awaiting, !connections.contains(key) {
                return "effect of nobody"
            }
        }
        return nil
    }

    private func outputFault(_ connection: Connection) -> String? {
        let isEmpty = connection.output.isEmpty && connection.held.isEmpty
        if !isDurable { return connection.isDirty == isEmpty ? "dirty without output" : nil }
        var bytes = 0
        connection.held.forEach { bytes += $0.batch.byteCount }
        if bytes != connection.heldBytes { return "held bytes" }
        return !isEmpty && !connection.isDirty && !connection.isWaitingForStore
            ? "output that waits for nothing" : nil
    }

    private func isPacket(_ awaiting: Awaiting?, of key: SlotKey) -> Bool {
        switch awaiting {
        case .packet(key)?, .authentication(key)?: true
        default: false
        }
    }

    private var sessionFault: String? {
        var subscriptions = 0
        for key in sessions.keys {
            guard let session = sessions[key] else { return "a key without session" }
            subscriptions += session.subscriptionCount
            if sessionOf[session.client.identifier] != key { return "session without a name" }
            if let connection = session.connection {
                if connections[connection]?.session != key { return "session of another" }
                if session.endsAt != nil || session.willDueAt != nil {
                    return "a connected session whose end is near"
                }
                if let fault = flowFault(session, connection) { return fault }
            } else if session.expiryInterval == 0 {
                return "a session that outlived its connection"
            }
            if session.inflight.count > configuration.maximumInflight {
                return "more exchanges than the limit"
            }
            if session.subscriptionCount > configuration.maximumSubscriptions {
                return "too many subscriptions"
            }
            if session.pending.count > configuration.maximumQueuedMessages
                || session.pendingBytes > configuration.maximumQueuedBytes
            {
                return "a queue beyond its limits"
            }
            if let fault = sumFault(session) { return fault }
        }
        if sessionOf.count != sessions.count { return "a name without session" }
        if index.statistics.subscriptions != subscriptions { return "subscription of nobody" }
        return nil
    }

    /// Nothing waits that could be sent, and no more is on its way than the client takes.
    private func flowFault(_ session: Session, _ key: SlotKey) -> String? {
        guard let connection = connections[key] else { return nil }
        let window = min(connection.receiveMaximum, configuration.maximumInflight)
        if session.inflight.outstanding > window { return "more in flight than the window" }
        let isFull = connection.unwritten >= configuration.maximumOutboundBytes
        let isOpen = session.inflight.outstanding < window
        let isAsking = session.awaitedReceive != nil
        let mayBegin = isOpen && session.inflight.count < configuration.maximumInflight
        if !isFull, !isAsking {
            if isOpen, !session.resends.isEmpty { return "a message is not sent again" }
            if mayBegin, !session.pending.isEmpty { return "a message that waits for nothing" }
        }
        if connection.version == .v5,
            connection.unreleased.count > max(1, Int(configuration.receiveMaximum))
        {
            return "more QoS 2 messages than the receive maximum"
        }
        return nil
    }

    private func sumFault(_ session: Session) -> String? {
        var bytes = 0
        var qos0 = 0
        session.pending.forEach {
            bytes += $0.message.byteCount
            if $0.qos == .atMostOnce { qos0 += 1 }
        }
        return bytes != session.pendingBytes || qos0 != session.pendingQoS0
            ? "queue sums" : nil
    }

    private var boundsFault: String? {
        if connections.count > configuration.maximumConnections { return "too many connections" }
        if sessions.count > configuration.maximumSessions { return "too many sessions" }
        if retained.count > configuration.maximumRetainedMessages { return "too many retained" }
        if timers.count > 2 * (connections.count + sessions.count) + 66 { return "timers pile up" }
        if !dueWills.isEmpty || !tooSlow.isEmpty { return "a step left undone" }
        return nil
    }
}

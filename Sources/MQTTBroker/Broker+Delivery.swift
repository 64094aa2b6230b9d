internal import MQTTCodec

// From a copy for one session to the bytes of its connection.

extension Broker {
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
                counters.drop(\.droppedSlowReceiver)
            } else {
                sendNow(delivery, to: session, on: connection, at: now)
            }
        } else if isFull || sessions[session]?.pending.isEmpty == false
            || sessions[session]?.resends.isEmpty == false
            || !mayBegin(session, on: connection)
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

    /// Whether one more PUBLISH of QoS 1 or 2 may be on its way. [MQTT-3.3.4-9]
    func isWindowOpen(_ session: SlotKey, on connection: SlotKey) -> Bool {
        let sent = sessions[session]?.inflight.outstanding ?? 0
        return sent
            < min(connections[connection]?.receiveMaximum ?? 0, configuration.maximumInflight)
    }

    /// Whether a message may be sent that was not sent before: exchanges of earlier connections are
    /// kept too, and all of them are limited.
    func mayBegin(_ session: SlotKey, on connection: SlotKey) -> Bool {
        isWindowOpen(session, on: connection)
            && sessions[session]?.inflight.count ?? 0 < configuration.maximumInflight
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
                counters.drop(\.droppedQueueFull)
            case .disconnect:
                if let connection = sessions[session]?.connection { tooSlow.append(connection) }
                fallthrough
            default:
                counters.drop(\.droppedQueueFull)
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
            if sessions[session]?.resends.isEmpty == false {
                guard isWindowOpen(session, on: connection),
                    let identifier = sessions[session]?.resends.popFirst()
                else { return }
                resend(identifier, of: session, on: connection, at: now)
            } else if let next = sessions[session]?.pending.first {
                let isExpired = next.message.isExpired(at: now.monotonic)
                guard
                    isExpired || next.qos == .atMostOnce || mayBegin(session, on: connection)
                else { return }
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
    mutating func transmit(
        _ delivery: Delivery,
        to session: SlotKey,
        on connection: SlotKey,
        at now: Now
    ) {
        guard let packet = outgoing(delivery, on: connection, at: now) else {
            forget(delivery, of: session)
            counters.drop(\.droppedTooLarge)
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
            counters.drop(\.droppedTooLarge)
            return
        }
        sessions[session]?.inflight.noteResent(identifier)
        sendPublish(packet, identifier, isDuplicate: true, on: connection)
    }
}

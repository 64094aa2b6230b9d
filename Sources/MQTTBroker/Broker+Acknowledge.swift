internal import MQTTCodec

// The acknowledgements that clients send. MQTT 5.0 §3.4-§3.7, §4.3

extension Broker {
    mutating func puback(_ packet: AcknowledgementView, on key: SlotKey, at now: Now) {
        let identifier = packet.packetIdentifier
        // An unknown identifier is no error: the message may have been dropped meanwhile.
        guard let session = connections[key]?.session,
            let entry = sessions[session]?.inflight[identifier]
        else { return }
        guard case .published(let delivery) = entry.state, delivery.qos == .atLeastOnce else {
            return violate(.protocolError, "MQTT-4.3.3-3", on: key, at: now)
        }
        // Whatever the reason code, the message is done. [MQTT-4.4.0-2]
        sessions[session]?.inflight.remove(identifier)
        forget(entry, of: session)
        pump(session, at: now)
    }

    mutating func pubrec(_ packet: AcknowledgementView, on key: SlotKey, at now: Now) {
        let identifier = packet.packetIdentifier
        guard let session = connections[key]?.session else { return }
        guard let entry = sessions[session]?.inflight[identifier] else {
            // A client that is told nothing would wait for ever; after a refusal it does not wait.
            if !packet.reasonCode.isError {
                acknowledge(.pubrel, identifier, .packetIdentifierNotFound, on: key, at: now)
            }
            return
        }
        if case .published(let delivery) = entry.state, delivery.qos != .exactlyOnce {
            return violate(.protocolError, "MQTT-4.3.2-3", on: key, at: now)
        }
        if packet.reasonCode.isError {
            sessions[session]?.inflight.remove(identifier)
            forget(entry, of: session)
            pump(session, at: now)
            return
        }
        if case .published(let delivery) = entry.state {
            sessions[session]?.inflight.release(identifier)
            keepReleased(delivery, identifier, of: session)
        }
        acknowledge(.pubrel, identifier, .success, on: key, at: now)
        // A message that was acknowledged before it was sent again leaves the queue's head.
        pump(session, at: now)
    }

    mutating func pubrel(_ packet: AcknowledgementView, on key: SlotKey, at now: Now) {
        guard let session = connections[key]?.session else { return }
        connections[key]?.unreleased.remove(packet.packetIdentifier)
        let isKnown = noteInbound(packet.packetIdentifier, false, of: session)
        let code: ReasonCode = isKnown ? .success : .packetIdentifierNotFound
        acknowledge(.pubcomp, packet.packetIdentifier, code, on: key, at: now)
    }

    mutating func pubcomp(_ packet: AcknowledgementView, on key: SlotKey, at now: Now) {
        guard let session = connections[key]?.session,
            let entry = sessions[session]?.inflight[packet.packetIdentifier]
        else { return }
        guard case .released = entry.state else {
            return violate(.protocolError, "MQTT-4.3.3-5", on: key, at: now)
        }
        sessions[session]?.inflight.remove(packet.packetIdentifier)
        forget(entry, of: session)
        pump(session, at: now)
    }
}

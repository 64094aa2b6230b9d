internal import IoTTime
internal import MQTTCodec

// CONNECT and DISCONNECT. MQTT 5.0 §3.1, §3.14

extension Broker {
    mutating func connect(
        _ packet: ConnectView,
        _ bytes: Span<UInt8>,
        on key: SlotKey,
        at now: Now
    ) throws(PacketError) {
        if connections[key]?.session != nil {
            throw .protocolError(ProtocolError(.repeatedPacket(.connect), at: 0))
        }
        connections[key]?.version = packet.protocolVersion
        guard let peer = connections[key]?.peer,
            let (identifier, isAssigned) = identify(packet, on: key, at: now)
        else { return }
        if sessionOf[identifier] == nil, sessions.count >= configuration.maximumSessions {
            return refuseClient(.quotaExceeded, on: key, at: now)
        }
        var userName: String?
        if let name = packet.userName { userName = String(checkedUTF8: name) }
        let client = Client(
            identifier: identifier,
            userName: userName,
            version: packet.protocolVersion,
            peer: peer
        )
        guard isAuthenticated(packet, bytes, client, on: key, at: now),
            mayConnect(packet, client, on: key, at: now)
        else { return }
        admit(packet, client, isAssigned: isAssigned, on: key, at: now)
    }

    /// The client identifier of a CONNECT, or an assigned one. [MQTT-3.1.3-6]
    ///
    /// - Returns: `nil` when the identifier was refused.
    private mutating func identify(
        _ packet: ConnectView,
        on key: SlotKey,
        at now: Now
    ) -> (ClientIdentifier, isAssigned: Bool)? {
        let bytes = packet.clientIdentifier
        if bytes.count > configuration.maximumClientIdentifierBytes {
            refuseClient(.clientIdentifierNotValid, on: key, at: now)
            return nil
        }
        if !bytes.isEmpty { return (ClientIdentifier(String(checkedUTF8: bytes)), false) }
        // MQTT 3.1 has no empty identifier, MQTT 3.1.1 only for clean sessions. [MQTT-3.1.3-8]
        let isAllowed =
            switch packet.protocolVersion {
            case .v31: false
            case .v311: packet.cleanStart
            case .v5: true
            }
        guard isAllowed else {
            refuseClient(.clientIdentifierNotValid, on: key, at: now)
            return nil
        }
        if let assigned = connections[key]?.assignedIdentifier { return (assigned, true) }
        let digits = [random.next(), random.next()].map { number in
            let text = String(number as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }
        let assigned = ClientIdentifier("auto-" + digits.joined())
        connections[key]?.assignedIdentifier = assigned
        return (assigned, true)
    }

    /// Asks the policy for the connection and for the will.
    ///
    /// - Returns: false when the client was refused, and when an answer comes later.
    private mutating func mayConnect(
        _ packet: ConnectView,
        _ client: Client,
        on key: SlotKey,
        at now: Now
    ) -> Bool {
        var password: Password?
        if let bytes = packet.password { password = Password([UInt8](copying: bytes)) }
        let first: Decision
        if let given = givenAnswer(0, on: key) {
            first = given
        } else {
            first = policy.connect(
                client,
                password: password,
                attributes: ConnectAttributes(packet)
            )
            if first == .later {
                ask(Question(client: client, action: .connect(password: password)), on: key)
                return false
            }
            record(first, on: key)
        }
        if case .deny(let code) = first {
            refuseClient(code, on: key, at: now)
            return false
        }
        guard let will = packet.will else { return true }
        return mayLeaveWill(will, client, on: key, at: now)
    }

    private mutating func mayLeaveWill(
        _ will: WillView,
        _ client: Client,
        on key: SlotKey,
        at now: Now
    ) -> Bool {
        let topic = will.topicName
        if let code = willFault(will) ?? topicFault(topic, dialect(of: key)) {
            refuseClient(code, on: key, at: now)
            return false
        }
        let decision: Decision
        if let given = givenAnswer(1, on: key) {
            decision = given
        } else {
            decision = policy.publish(client, topic: topic, qos: will.qos, retain: will.retain)
            if decision == .later {
                let action = Question.Action.publish(
                    topic: [UInt8](copying: topic),
                    qos: will.qos,
                    retain: will.retain
                )
                ask(Question(client: client, action: action), on: key)
                return false
            }
        }
        if case .deny(let code) = decision {
            refuseClient(code, on: key, at: now)
            return false
        }
        return true
    }

    /// Why no client may leave such a will. [MQTT-3.2.2-12] [MQTT-3.2.2-13]
    private func willFault(_ will: WillView) -> ReasonCode? {
        if will.qos > configuration.maximumQoS { return .qosNotSupported }
        return will.retain && !configuration.retainAvailable ? .retainNotSupported : nil
    }

    /// Answers CONNECT with a refusal and closes. [MQTT-3.2.2-7]
    mutating func refuseClient(_ code: ReasonCode, on key: SlotKey, at now: Now) {
        guard let version = connections[key]?.version else { return }
        sendConnack(code, as: version, on: key, at: now)
        close(key, .refused(code), at: now)
    }

    mutating func disconnect(_ packet: ReasonView, on key: SlotKey, at now: Now) {
        guard let session = connections[key]?.session else {
            // In the middle of an authentication.
            return close(key, .clientDisconnected(packet.reasonCode), at: now)
        }
        if let wanted = packet.properties.sessionExpiryInterval {
            // A session that was to end with its connection cannot be kept after all. §3.14.2.2.2
            if wanted != 0, sessions[session]?.expiryInterval == 0 {
                return violate(.protocolError, "§3.14.2.2.2", on: key, at: now)
            }
            sessions[session]?.expiryInterval = min(wanted, configuration.maximumSessionExpiry)
        }
        close(key, .clientDisconnected(packet.reasonCode), at: now)
    }
}

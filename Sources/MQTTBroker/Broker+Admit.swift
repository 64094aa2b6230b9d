internal import IoTTime
internal import MQTTCodec

// A CONNECT that nobody refused. MQTT 5.0 §3.1.4, §3.2

extension Broker {
    /// Takes the client in: session, limits, CONNACK, and what waited for it.
    mutating func admit(
        _ packet: ConnectView,
        _ client: Client,
        isAssigned: Bool,
        on key: SlotKey,
        at now: Now
    ) {
        // One client identifier has one connection. [MQTT-3.1.4-3]
        if let old = sessionOf[client.identifier], let other = sessions[old]?.connection {
            close(other, .takenOver, at: now)
        }
        if packet.cleanStart, let old = sessionOf[client.identifier] { endSession(old, at: now) }
        let expiry = grantedExpiry(packet)
        let isPresent = sessionOf[client.identifier] != nil
        let session = sessionOf[client.identifier] ?? newSession(client, expiry, at: now)
        sessions[session]?.attach(client, to: key, expiryInterval: expiry, will: packet.storedWill)
        sessions[session]?.since = now.wall
        connections[key]?.phase = .connected(session)
        connections[key]?.adopt(packet)
        connections[key]?.outgoingAliases.limit = Int(
            min(packet.properties.topicAliasMaximum ?? 0, configuration.outgoingTopicAliasMaximum)
        )
        keepSession(session)

        let keepAlive = grantedKeepAlive(packet)
        connections[key]?.patience = Int64(keepAlive) * 1_500_000_000
        sendConnack(
            .success,
            as: packet.protocolVersion,
            sessionPresent: isPresent,
            connackProperties(packet, client, isAssigned: isAssigned, expiry, keepAlive)
                + authenticationProperties(key),
            on: key,
            at: now
        )
        guard connections.contains(key) else { return }
        outputs.append(.event(.connected(client, sessionPresent: isPresent, at: now.wall)))
        arm(key, connectionDeadline(key))
        beginResend(session, on: key, at: now)
        pump(session, at: now)
    }

    private mutating func newSession(
        _ client: Client,
        _ expiry: UInt32,
        at now: Now
    ) -> SlotKey {
        var session = Session(client: client, expiryInterval: expiry, since: now.wall)
        session.isStored = isDurable && expiry > 0
        let key = sessions.insert(session)
        sessionOf[client.identifier] = key
        return key
    }

    /// The end of an enhanced authentication, as CONNACK carries it.
    private mutating func authenticationProperties(_ key: SlotKey) -> [Property] {
        guard let state = connections[key]?.authentication else { return [] }
        connections[key]?.authentication?.stage = .idle
        connections[key]?.authentication?.finalData = nil
        return [.authenticationMethod(state.method)]
            + (state.finalData.map { [.authenticationData($0)] } ?? [])
    }

    /// Seconds the session will outlive the connection.
    private func grantedExpiry(_ packet: ConnectView) -> UInt32 {
        let wanted: UInt32 =
            packet.protocolVersion >= .v5
            ? packet.properties.sessionExpiryInterval ?? 0 : packet.cleanStart ? 0 : .max
        return min(wanted, configuration.maximumSessionExpiry)
    }

    private func grantedKeepAlive(_ packet: ConnectView) -> UInt16 {
        guard let maximum = configuration.maximumKeepAlive else { return packet.keepAlive }
        return packet.keepAlive == 0 ? maximum : min(packet.keepAlive, maximum)
    }

    /// What the client has to know: only what differs from what it assumes.
    private func connackProperties(
        _ packet: ConnectView,
        _ client: Client,
        isAssigned: Bool,
        _ expiry: UInt32,
        _ keepAlive: UInt16
    ) -> [Property] {
        guard packet.protocolVersion >= .v5 else { return [] }
        var list: [Property] = []
        if expiry != packet.properties.sessionExpiryInterval ?? 0 {
            list.append(.sessionExpiryInterval(expiry))
        }
        if configuration.receiveMaximum < .max {
            list.append(.receiveMaximum(max(1, configuration.receiveMaximum)))
        }
        list.append(.maximumPacketSize(UInt32(clamping: configuration.maximumPacketSize)))
        if configuration.maximumQoS < .exactlyOnce {
            list.append(.maximumQoS(configuration.maximumQoS))
        }
        if !configuration.retainAvailable { list.append(.retainAvailable(false)) }
        if isAssigned { list.append(.assignedClientIdentifier(client.identifier.description)) }
        if configuration.topicAliasMaximum > 0 {
            list.append(.topicAliasMaximum(configuration.topicAliasMaximum))
        }
        if !configuration.wildcardSubscriptionsAvailable {
            list.append(.wildcardSubscriptionAvailable(false))
        }
        if !configuration.subscriptionIdentifiersAvailable {
            list.append(.subscriptionIdentifiersAvailable(false))
        }
        if !configuration.sharedSubscriptionsAvailable {
            list.append(.sharedSubscriptionAvailable(false))
        }
        if keepAlive != packet.keepAlive { list.append(.serverKeepAlive(keepAlive)) }
        // Only to those who asked for it. [MQTT-3.1.2-28]
        if packet.properties.requestResponseInformation == true,
            let information = policy.responseInformation(client)
        {
            list.append(.responseInformation(information))
        }
        return list
    }
}

extension Session {
    /// The client is back: timers stop, the old will is forgotten ([MQTT-3.1.3-9]).
    fileprivate mutating func attach(
        _ client: Broker.Client,
        to connection: SlotKey,
        expiryInterval: UInt32,
        will: StoredWill?
    ) {
        self.client = client
        self.connection = connection
        self.expiryInterval = expiryInterval
        self.will = will
        endsAt = nil
        willDueAt = nil
    }
}

extension Connection {
    /// Takes over the client's limits.
    fileprivate mutating func adopt(_ packet: ConnectView) {
        guard packet.protocolVersion >= .v5 else { return }
        let properties = packet.properties
        receiveMaximum = Int(properties.receiveMaximum ?? .max)
        if let size = properties.maximumPacketSize { maximumPacketSize = Int(size) }
    }
}

extension ConnectView {
    /// The will as the session keeps it; a decoded will can always be encoded again.
    fileprivate var storedWill: StoredWill? {
        guard let will else { return nil }
        return try? StoredWill(will)
    }
}

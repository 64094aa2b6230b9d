internal import IoTTime
public import MQTTCodec
internal import MQTTTopics

// The end of connections and of sessions.

extension Broker {
    /// Disconnects a client.
    ///
    /// - Parameters:
    ///   - client: the identifier of its session.
    ///   - reason: what an MQTT 5 client is told, such as 0x98, administrative action.
    ///   - discardsWill: whether the will is forgotten instead of published.
    ///   - endsSession: whether the session ends as well; it does even when the client is away.
    ///   - now: the time.
    /// - Returns: false when no such client is connected.
    @discardableResult
    public mutating func disconnect(
        _ client: ClientIdentifier,
        reason: ReasonCode = .administrativeAction,
        discardsWill: Bool = false,
        endsSession: Bool = false,
        at now: Now
    ) -> Bool {
        guard let session = sessionOf[client] else { return false }
        if discardsWill {
            sessions[session]?.will = nil
            sessions[session]?.willDueAt = nil
            keepSession(session)
        }
        let connection = sessions[session]?.connection
        if let connection { close(connection, .server(reason), at: now) }
        if endsSession { endSession(session, at: now) }
        settle(at: now)
        return connection != nil
    }

    /// Disconnects everybody with 0x8B, server shutting down; wills without delay are published to
    /// those whose turn has not come yet.
    ///
    /// In durable mode the outputs end with what is still to be stored.
    public mutating func shutDown(at now: Now) {
        for key in connections.keys { close(key, .server(.serverShuttingDown), at: now) }
        settle(at: now)
    }

    /// Ends a connection: says why where the protocol has words for it, hands out what is left, and
    /// lets the session live or die.
    mutating func close(_ key: SlotKey, _ reason: CloseReason, at now: Now) {
        guard let connection = connections[key] else { return }
        releaseHeld(key)
        if let code = Self.disconnectCode(for: reason), connection.version >= .v5,
            connection.session != nil
        {
            sendDisconnect(code, on: key)
        }
        if let batch = takeBatch(key) { outputs.append(.send(ConnectionID(key: key), batch)) }
        connections.remove(key)
        if let effect = connection.awaited { effects[effect] = nil }
        outputs.append(.close(ConnectionID(key: key), reason))
        if let session = connection.session { detach(session, reason, at: now) }
    }

    /// The code of the DISCONNECT that announces an end, if one is due.
    private static func disconnectCode(for reason: CloseReason) -> ReasonCode? {
        switch reason {
        case .clientDisconnected, .connectionLost, .handshakeTimeout, .refused: nil
        case .keepAliveTimeout: .keepAliveTimeout
        case .takenOver: .sessionTakenOver
        case .violation(let code, _, _), .server(let code): code
        }
    }

    /// The connection of a session is gone: its will and its expiry begin to run.
    private mutating func detach(_ key: SlotKey, _ reason: CloseReason, at now: Now) {
        guard let client = sessions[key]?.client, let expiry = sessions[key]?.expiryInterval
        else { return }
        sessions[key]?.connection = nil
        sessions[key]?.since = now.wall
        if reason == .clientDisconnected(.normalDisconnection) { sessions[key]?.will = nil }
        outputs.append(.event(.disconnected(client, reason, at: now.wall)))
        if expiry == 0 {
            endSession(key, at: now)
            return
        }
        if expiry != .max {
            sessions[key]?.endsAt = now.monotonic.adding(seconds: Int64(expiry))
        }
        if let delay = sessions[key]?.will?.delay {
            if delay == 0 {
                publishWill(of: key, at: now)
            } else {
                sessions[key]?.willDueAt = now.monotonic.adding(seconds: Int64(delay))
            }
        }
        keepSession(key)
        armSession(key)
    }

    /// Forgets a session and everything in it.
    ///
    /// Its will, if there still is one, is due now: it waits no longer than its session,
    /// [MQTT-3.1.2-8].
    mutating func endSession(_ key: SlotKey, at now: Now) {
        guard let client = sessions[key]?.client else { return }
        publishWill(of: key, at: now)
        let shared = sharedDeliveries(of: key)
        if sessions[key]?.subscriptionCount ?? 0 > 0 { index.removeAll(of: key) }
        redispatch(shared, at: now)
        forgetSession(key)
        sessions.remove(key)
        sessionOf[client.identifier] = nil
        outputs.append(.event(.sessionEnded(client.identifier)))
    }

    /// Lines the will up for publication and forgets it. [MQTT-3.1.2-10]
    mutating func publishWill(of key: SlotKey, at now: Now) {
        guard let will = sessions[key]?.will, let client = sessions[key]?.client else { return }
        sessions[key]?.will = nil
        sessions[key]?.willDueAt = nil
        let message = will.message(at: now.monotonic, by: key, number: newMessageNumber())
        dueWills.append(DueWill(client: client, message: message))
    }
}

public import IoTTime

// Handshake, keep alive, session expiry and will delay.

extension Broker {
    /// When ``handleTimeout(at:)`` is next worth calling; `nil`: not before another call.
    ///
    /// It may be earlier than necessary, never later.
    public var nextTimeout: MonotonicTime? { timers.first }

    /// Runs the timers that are due; an early call does nothing.
    public mutating func handleTimeout(at now: Now) {
        while let entry = timers.popDue(at: now.monotonic) {
            switch entry.owner {
            case .connection(let key) where connections[key]?.timer == entry.deadline:
                connections[key]?.timer = nil
                connectionTimer(key, at: now)
            case .session(let key) where sessions[key]?.timer == entry.deadline:
                sessions[key]?.timer = nil
                sessionTimer(key, at: now)
            case .connection, .session:
                continue
            }
        }
        settle(at: now)
    }

    /// When a connection has been silent for too long, as things stand now.
    func connectionDeadline(_ key: SlotKey) -> MonotonicTime? {
        guard let connection = connections[key] else { return nil }
        if connection.session == nil { return connection.openedAt + configuration.handshakeTimeout }
        if connection.patience == 0 { return nil }
        return connection.lastHeard.adding(nanoseconds: connection.patience)
    }

    /// Makes sure that a timer runs no later than `deadline`.
    mutating func arm(_ key: SlotKey, _ deadline: MonotonicTime?) {
        guard let deadline, connections.contains(key) else { return }
        if let timer = connections[key]?.timer, timer <= deadline { return }
        connections[key]?.timer = deadline
        insertTimer(deadline, for: .connection(key))
    }

    /// Makes sure that the session's next deadline is met.
    mutating func armSession(_ key: SlotKey) {
        guard let deadline = sessions[key]?.nextDeadline else { return }
        if let timer = sessions[key]?.timer, timer <= deadline { return }
        sessions[key]?.timer = deadline
        insertTimer(deadline, for: .session(key))
    }

    private mutating func insertTimer(_ deadline: MonotonicTime, for owner: TimerQueue.Owner) {
        timers.insert(deadline, for: owner)
        compactTimers()
    }

    /// Drops the entries of owners that are gone, once they are the larger part.
    mutating func compactTimers() {
        guard timers.count > 64, timers.count > 2 * (connections.count + sessions.count) else {
            return
        }
        var queue = timers
        timers = TimerQueue()
        queue.compact { entry in
            switch entry.owner {
            case .connection(let key): connections[key]?.timer == entry.deadline
            case .session(let key): sessions[key]?.timer == entry.deadline
            }
        }
        timers = queue
    }

    /// A keep alive timer is not moved by each packet: it looks when it fires. [MQTT-3.1.2-22]
    private mutating func connectionTimer(_ key: SlotKey, at now: Now) {
        guard let deadline = connectionDeadline(key) else { return }
        if deadline > now.monotonic {
            arm(key, deadline)
        } else {
            let isConnected = connections[key]?.session != nil
            close(key, isConnected ? .keepAliveTimeout : .handshakeTimeout, at: now)
        }
    }

    private mutating func sessionTimer(_ key: SlotKey, at now: Now) {
        if let due = sessions[key]?.willDueAt, due <= now.monotonic {
            publishWill(of: key, at: now)
        }
        if let end = sessions[key]?.endsAt, end <= now.monotonic {
            endSession(key, at: now)
        } else {
            keepSession(key)
            armSession(key)
        }
    }
}

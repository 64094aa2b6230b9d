internal import IoTTime
internal import MQTTCodec
internal import MQTTTopics

/// An MQTT broker without sockets, clocks or threads: bytes and a time go in, outputs come out.
///
/// One value has one owner, usually an event loop. The owner reports what its connections do
/// (``opened(_:at:)``, ``received(_:on:at:)``, ``written(_:on:at:)``, ``closed(_:at:)``), calls
/// ``handleTimeout(at:)`` no later than ``nextTimeout``, and after each call takes the outputs until
/// ``nextOutput()`` is `nil`. The same calls with the same random numbers give the same outputs.
///
/// Nothing a client sends makes a call fail or trap: what breaks a rule comes out as the
/// right CONNACK or DISCONNECT and a ``Output/close(_:_:)`` that says what was wrong and where.
public struct Broker: ~Copyable {
    let configuration: Configuration
    let isDurable: Bool
    var policy: any BrokerPolicy
    /// What the policy said when it was last set: whether deliveries are asked about at all.
    var asksReceive: Bool
    var random: any RandomNumberGenerator & Sendable

    var connections = SlotTable<Connection>()
    var sessions = SlotTable<Session>()
    var sessionOf: [ClientIdentifier: SlotKey] = [:]
    var index: SubscriptionIndex<SlotKey, SubscriptionChoices>
    var retained = RetainedStore()
    var timers = TimerQueue()

    var outputs = RingBuffer<Output>()
    /// Connections with unsent bytes in their ``Connection/output``, in the order they got them.
    var dirty = RingBuffer<SlotKey>()
    /// Wills that are due, and connections that are too slow: dealt with when the call at hand is
    /// done, so that one will cannot publish another one in the middle of a delivery.
    var dueWills = RingBuffer<DueWill>()
    var tooSlow = RingBuffer<SlotKey>()

    var effects: [EffectID: Awaiting] = [:]
    var nextEffect: UInt64 = 0
    var matchEpoch: UInt64 = 0
    var sharedTurn: UInt64 = 0
    /// Kept between messages, so that matching allocates nothing.
    var matches: [Match] = []
    var merges: [(session: SlotKey, merge: Merge)] = []
    var counters = Statistics()

    var journal = Journal()
    /// Connections whose next bytes rest on changes that are not stored yet.
    var waitingForStore = RingBuffer<SlotKey>()
    var hasStorageFailed = false

    /// Makes a broker without connections.
    ///
    /// - Parameters:
    ///   - configuration: limits and choices.
    ///   - policy: who may do what; ``AllowAll`` is for development.
    ///   - random: where assigned client identifiers and the index's hash seed come from. It must be
    ///     unpredictable: whoever guesses an identifier can take its session over.
    public init(
        configuration: Configuration = Configuration(),
        policy: any BrokerPolicy,
        random: any RandomNumberGenerator & Sendable
    ) {
        self.configuration = configuration
        isDurable = configuration.isDurable
        self.policy = policy
        asksReceive = policy.decidesReceive
        var random = random
        index = SubscriptionIndex(dialect: configuration.dialect, seed: random.next())
        self.random = random
    }

    /// A transport accepted a connection.
    ///
    /// - Parameters:
    ///   - peer: where it comes from.
    ///   - now: the time.
    /// - Returns: its name in all later calls. Beyond the limit of connections the next output
    ///   closes it again.
    public mutating func opened(_ peer: Peer, at now: Now) -> ConnectionID {
        let key = connections.insert(Connection(peer: peer, at: now.monotonic))
        if connections.count > configuration.maximumConnections || hasStorageFailed {
            close(key, .server(hasStorageFailed ? .unspecifiedError : .serverBusy), at: now)
        } else {
            arm(key, connectionDeadline(key))
        }
        return ConnectionID(key: key)
    }

    /// The transport of a connection is gone, or its peer will send nothing more.
    ///
    /// Does nothing for a connection that the broker closed itself.
    public mutating func closed(_ connection: ConnectionID, at now: Now) {
        close(connection.key, .connectionLost, at: now)
        settle(at: now)
    }

    /// So many bytes of earlier ``Output/send(_:_:)`` outputs reached the socket.
    public mutating func written(_ count: Int, on connection: ConnectionID, at now: Now) {
        let key = connection.key
        guard var unwritten = connections[key]?.unwritten else { return }
        let held = connections[key]?.heldBytes ?? 0
        let handedOut = unwritten - held - (connections[key]?.output.byteCount ?? 0)
        unwritten -= min(max(0, count), handedOut)
        connections[key]?.unwritten = unwritten
        if let session = connections[key]?.session { pump(session, at: now) }
        if connections[key]?.readingIsSuspended == true {
            connections[key]?.lastHeard = now.monotonic
            if connections[key]?.unwritten ?? 0 <= configuration.maximumOutboundBytes / 2 {
                connections[key]?.readingIsSuspended = false
                outputs.append(.resumeReading(connection))
                processHeldInput(key, at: now)
            }
        }
        settle(at: now)
    }

    /// Takes the oldest output; call until `nil` after every other call.
    public mutating func nextOutput() -> Output? {
        while let key = dirty.popFirst() {
            if let batch = isDurable ? takeStoredBatch(key) : takeBatch(key) {
                return .send(ConnectionID(key: key), batch)
            }
        }
        if let output = outputs.popFirst() { return output }
        if isDurable, let (group, commands) = journal.takeGroup() { return .store(group, commands) }
        return nil
    }

    /// Counters and sizes; O(sessions) for the number of queued messages.
    public var statistics: Statistics {
        var result = counters
        result.connections = connections.count
        result.sessions = sessions.count
        result.retainedMessages = retained.count
        for key in sessions.keys {
            result.queuedMessages += sessions[key]?.pending.count ?? 0
            result.subscriptions += sessions[key]?.subscriptionCount ?? 0
        }
        return result
    }

    /// The dialect of a connection's listener.
    func dialect(of key: SlotKey) -> TopicDialect {
        connections[key]?.peer.dialect ?? configuration.dialect
    }

    /// What a client sees of a refusal.
    func denials(on key: SlotKey) -> Configuration.Denials {
        configuration.denials(in: dialect(of: key))
    }

    /// Does what an earlier step left for later, until nothing is left.
    mutating func settle(at now: Now) {
        while true {
            if let will = dueWills.popFirst() {
                publish(will, at: now)
            } else if let key = tooSlow.popFirst() {
                close(key, .server(.quotaExceeded), at: now)
            } else {
                return compactTimers()
            }
        }
    }

    /// Removes the unsent bytes of a connection, or returns `nil` when there are none.
    mutating func takeBatch(_ key: SlotKey) -> OutboundBatch? {
        guard connections[key]?.isDirty == true else { return nil }
        let batch = connections[key]?.output
        connections[key]?.output = OutboundBatch()
        connections[key]?.isDirty = false
        return batch.flatMap { $0.isEmpty ? nil : $0 }
    }
}

#if Endpoint
internal import CoreMetrics
internal import DeviceRegistration
internal import DeviceShadow
internal import IoTTime
internal import Logging
internal import MQTTBroker
internal import MQTTCodec
internal import MQTTTopics
internal import NIOCore

/// One broker on one event loop: carries bytes and time in, and outputs to the channels.
///
/// Confined to its event loop. Outputs are taken once per turn of the loop, so that everything one
/// readiness cycle produces for a connection leaves in one write.
final class BrokerLoop {
    var broker: Broker
    /// Answers the broker; the same that it asks itself.
    let policy: any BrokerPolicy
    /// The shadow service, where the endpoint has one.
    let shadows: ShadowFace?
    var presence = PresenceMessages(random: SystemRandomNumberGenerator())
    let eventLoop: any EventLoop
    let logger: Logger
    /// Methods of enhanced authentication, and the exchanges that are open.
    let authentication: (any EnhancedAuthentication)?
    var exchanges: [Broker.ConnectionID: any AuthenticationExchange] = [:]
    /// What this endpoint counts.
    let metrics: EndpointMetrics
    /// How many connections are let in.
    private let rate: ConnectRate?
    /// Event loops of sockets beside this one.
    var bridges: [BrokerEnd] = []

    /// The database of a durable broker.
    var store: StoreQueue?
    /// Told once when that cannot be written.
    var whenStorageFails: () -> Void = {}
    /// Connections that brought more than the disk takes.
    var waitingForDisk: [Broker.ConnectionID] = []

    var links: [Broker.ConnectionID: ConnectionLink] = [:]
    /// Channels that are open, those whose connection the broker has already forgotten included.
    private var openChannels = 0
    private var whenIdle: EventLoopPromise<Void>?
    private(set) var isStopping = false
    /// Sees what was published.
    var rules: RulesEngine?
    /// Serves requests of provisioning.
    var provisioning: ProvisioningFace?
    /// How many rules made the message that is being published.
    private(set) var publishDepth = 0
    private var isDrainScheduled = false
    /// The time of the turn at hand.
    private var turnTime: Broker.Now?
    private var timer: (deadline: MonotonicTime, task: Scheduled<Void>)?

    init(
        broker: consuming Broker,
        policy: any BrokerPolicy,
        shadows: ShadowFace?,
        authentication: (any EnhancedAuthentication)? = nil,
        metrics: EndpointMetrics,
        rate: ConnectRate?,
        eventLoop: any EventLoop,
        logger: Logger
    ) {
        self.broker = broker
        self.policy = policy
        self.shadows = shadows
        self.authentication = authentication
        self.metrics = metrics
        self.rate = rate
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// A channel became active.
    func opened(_ link: ConnectionLink, peer: Broker.Peer) -> Broker.ConnectionID {
        openChannels += 1
        let id = broker.opened(peer, at: now())
        links[id] = link
        scheduleDrain()
        return id
    }

    /// Bytes arrived; the caller sees to the outputs.
    func received(_ bytes: ByteBuffer, on id: Broker.ConnectionID) {
        broker.received(bytes.readableBytesUInt8Span, on: id, at: now())
        if let store, store.isBehind { waitForDisk(id) }
    }

    /// A batch reached the socket; the caller sees to the outputs.
    func written(_ count: Int, on id: Broker.ConnectionID) {
        broker.written(count, on: id, at: now())
    }

    /// A channel became inactive.
    func closed(_ id: Broker.ConnectionID) {
        openChannels -= 1
        if links.removeValue(forKey: id) != nil { broker.closed(id, at: now()) }
        if !exchanges.isEmpty { exchanges[id] = nil }
        scheduleDrain()
        finishIfIdle()
    }

    /// Publishes a message of the endpoint's own.
    ///
    /// - Parameters:
    ///   - content: topic, payload and properties.
    ///   - qos: the highest level it is delivered with.
    ///   - retain: whether it replaces the retained message of its topic.
    ///   - expiry: seconds it may wait; `nil`: for ever.
    ///   - depth: how many rules it went through.
    /// - Returns: what became of it.
    func publish(
        _ content: SharedPublish,
        qos: QoS,
        retain: Bool,
        expiry: UInt32?,
        depth: Int = 0
    ) -> Broker.PublishResult {
        publishing(at: depth) {
            broker.publish(
                content,
                qos: qos,
                retain: retain,
                messageExpiryInterval: expiry,
                at: now()
            )
        }
    }

    /// Does something whose messages went through so many rules, and puts them out.
    func publishing<T>(at depth: Int, _ body: () -> T) -> T {
        // What waits was published by others.
        drain()
        publishDepth = depth
        defer { publishDepth = 0 }
        let result = body()
        drain()
        return result
    }

    /// The retained message of a topic.
    func retainedMessage(of topic: String) -> Broker.PublishedMessage? {
        broker.retainedMessage(of: topic.utf8Span.span, at: now())
    }

    /// Calls `body` with each retained message.
    func forEachRetained(matching filter: TopicFilter, _ body: (Broker.PublishedMessage) -> Void) {
        broker.forEachRetained(matching: filter, at: now(), body)
    }

    /// Brings the metrics up to date.
    func sampleMetrics() {
        metrics.sample(broker.statistics, refusedConnections: rate?.refused ?? 0, rules: rules)
    }

    /// Policies or certificates changed: live connections are judged again.
    func policyChanged() {
        guard !isStopping else { return }
        broker.policyChanged(at: now())
        scheduleDrain()
    }

    /// Ends connections whose certificate has run out; called every few seconds.
    func endExpired() {
        let now = now().wall
        let isAnyExpired = links.values.contains { link in
            link.identity?.certificate.map { now >= $0.validUntil } ?? false
        }
        if isAnyExpired { policyChanged() }
    }

    /// Tells every client, and closes what does not close by itself.
    ///
    /// - Returns: a future that is done when no channel is left.
    func stop() -> EventLoopFuture<Void> {
        isStopping = true
        let promise = eventLoop.makePromise(of: Void.self)
        whenIdle = promise
        broker.shutDown(at: now())
        drain()
        timer?.task.cancel()
        timer = nil
        finishIfIdle()
        return promise.futureResult
    }

    func finishIfIdle() {
        guard isStopping, openChannels == 0, store?.isIdle ?? true, let promise = whenIdle
        else { return }
        whenIdle = nil
        promise.succeed(())
    }

    func scheduleDrain() {
        guard !isDrainScheduled else { return }
        isDrainScheduled = true
        eventLoop.assumeIsolated().execute { self.drain() }
    }

    func drain() {
        isDrainScheduled = false
        while let output = broker.nextOutput() { perform(output) }
        for end in bridges { end.flush() }
        if let turnTime {
            let passed = Int64(clamping: NIODeadline.now().uptimeNanoseconds)
            metrics.turns.recordNanoseconds(passed - turnTime.monotonic.nanoseconds)
        }
        turnTime = nil
        if !isStopping { armTimer() }
    }

    private func perform(_ output: Broker.Output) {
        switch output {
        case .send(let id, let batch):
            links[id]?.write(batch)
        case .close(let id, let reason):
            logger.debug("closing", metadata: ["reason": "\(reason)"])
            links.removeValue(forKey: id)?.finish(reason)
        case .suspendReading(let id):
            links[id]?.setReading(false, for: .slowPeer)
        case .resumeReading(let id):
            links[id]?.setReading(true, for: .slowPeer)
        case .authorise(let effect, let question):
            answer(question, effect)
        case .authenticate(let effect, let step):
            authenticate(effect, step)
        case .store(let group, let commands):
            keep(group, commands)
        case .event(let event):
            log(event)
            announce(event)
        case .published(let message):
            if let provisioning, ProvisioningTopic.isReserved(message.topicName) {
                // Neither rules nor others see what may hold a token.
                return provisioning.serve(message, at: now().monotonic) { content, client in
                    _ = self.broker.send(content, to: client, at: self.now())
                    self.scheduleDrain()
                }
            }
            rules?.offer(message, at: now().wall, depth: publishDepth)
            if ShadowTopic.isReserved(message.topicName) { serveShadow(message) }
        }
    }

    /// Publishes an event of the registry.
    func publish(_ event: RegistrationEvent) {
        guard !isStopping else { return }
        broker.publish(event.topic, payload: event.payload.span, qos: .atLeastOnce, at: now())
        scheduleDrain()
    }

    private func armTimer() {
        guard let next = broker.nextTimeout else { return }
        if let timer, timer.deadline <= next { return }
        timer?.task.cancel()
        let task = eventLoop.assumeIsolated().scheduleTask(
            deadline: .uptimeNanoseconds(UInt64(max(0, next.nanoseconds)))
        ) { self.timerFired() }
        timer = (next, task)
    }

    private func timerFired() {
        timer = nil
        turnTime = nil
        broker.handleTimeout(at: now())
        drain()
    }

    /// The clocks, read once in a turn of the loop.
    func now() -> Broker.Now {
        if let turnTime { return turnTime }
        let now = SystemClock.now()
        turnTime = now
        return now
    }
}
#endif

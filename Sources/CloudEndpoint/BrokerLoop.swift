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
    private let policy: any BrokerPolicy
    /// The shadow service, where the endpoint has one.
    private let shadows: ShadowFace?
    private var presence = PresenceMessages(random: SystemRandomNumberGenerator())
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
    private var publishDepth = 0
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
    private func publishing<T>(at depth: Int, _ body: () -> T) -> T {
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

    private static func recheck(
        _ certificate: AdmittedCertificate,
        by admission: any CertificateAdmission,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<AdmissionVerdict> {
        let promise = eventLoop.makePromise(of: AdmissionVerdict.self)
        Task(executorPreference: AdmissionExecutor.shared) {
            promise.succeed(await admission.recheck(certificate, at: SystemClock.wall()))
        }
        return promise.futureResult
    }

    /// Publishes the lifecycle message of an event.
    private func announce(_ event: Broker.Event) {
        guard let message = presence.message(for: event) else { return }
        broker.publish(
            message.topicName,
            payload: message.payload.span,
            qos: .atLeastOnce,
            at: now()
        )
    }

    /// Publishes an event of the registry.
    func publish(_ event: RegistrationEvent) {
        guard !isStopping else { return }
        broker.publish(event.topic, payload: event.payload.span, qos: .atLeastOnce, at: now())
        scheduleDrain()
    }

    /// Serves a request to the shadow service.
    private func serveShadow(_ message: Broker.PublishedMessage) {
        guard let shadows else { return }
        let served = shadows.serve(message, at: now().wall, isHeard: isHeard)
        guard let served else { return }
        whenKept(served.reaction, served.key) { isKept in
            if isKept { self.publish(served.reaction.messages, at: self.now()) }
        }
    }

    /// Serves a request to the shadow service that came over HTTP.
    ///
    /// - Returns: the answer once what it says is kept; `nil` where the endpoint has no shadows.
    func shadow(
        _ operation: ShadowTopic.Operation,
        _ thing: String,
        _ name: String?,
        _ payload: [UInt8]
    ) -> EventLoopFuture<ShadowResult?> {
        guard let shadows else { return eventLoop.makeSucceededFuture(nil) }
        let reaction = shadows.serve(
            operation,
            thing: thing,
            name: name,
            payload: payload,
            at: now().wall,
            isHeard: isHeard
        )
        let promise = eventLoop.makePromise(of: ShadowResult?.self)
        whenKept(reaction, try? ShadowKey(thing: thing, name: name)) { isKept in
            guard isKept else {
                return promise.succeed(ShadowResult(ShadowRejection(.internalFailure)))
            }
            self.publish(reaction.messages, at: self.now())
            promise.succeed(reaction.result)
        }
        return promise.futureResult
    }

    /// Whether a subscriber or a rule gets messages of a topic.
    private func isHeard(_ topic: String) -> Bool {
        broker.hasSubscriber(topic) || rules?.concerns(topic) == true
    }

    /// Calls back on this loop once the outcome of a request is on disk, in the order of requests; at
    /// once where nothing has to be written.
    private func whenKept(
        _ reaction: ShadowReaction,
        _ key: ShadowKey?,
        _ body: @escaping (_ isKept: Bool) -> Void
    ) {
        guard let shadows, let database = shadows.database, let key,
            reaction.outcome != nil || shadows.hasRequestsInFlight
        else { return body(true) }
        shadows.began(key.thing)
        let bound = NIOLoopBound(body, eventLoop: eventLoop)
        let loop = NIOLoopBound(self, eventLoop: eventLoop)
        let eventLoop = eventLoop
        let depth = publishDepth
        database.write(reaction.outcome, of: key) { isStored in
            eventLoop.execute { loop.value.kept(isStored, key, depth, bound.value) }
        }
    }

    /// Forgets what the shadow service need not remember any longer.
    func sweepShadows() { shadows?.sweep(at: now().wall) }

    private func kept(_ isStored: Bool, _ key: ShadowKey, _ depth: Int, _ body: (Bool) -> Void) {
        shadows?.ended(key.thing)
        if !isStored { logger.critical("a shadow could not be written: its answer is withheld") }
        guard depth > 0 else {
            body(isStored)
            return scheduleDrain()
        }
        publishing(at: depth) { body(isStored) }
    }

    private func publish(_ messages: [ShadowMessage], at now: Broker.Now) {
        for message in messages {
            broker.publish(
                message.topic.description,
                payload: message.payload.span,
                qos: .atLeastOnce,
                at: now
            )
        }
    }

    /// Answers a question that waits for a certificate to be judged again.
    private func answer(_ question: Broker.Question, _ effect: Broker.EffectID) {
        guard let identity = question.client.peer.identity?.object as? ConnectionIdentity,
            let admission = identity.admission, let certificate = identity.certificate
        else {
            // No other policy of this endpoint defers its answer.
            return broker.completed(effect, .deny(.notAuthorized), at: now())
        }
        let version = admission.changes.version
        Self.recheck(certificate, by: admission, on: eventLoop).assumeIsolated().whenSuccess {
            verdict in
            identity.recheck(verdict, version: version)
            // What changed meanwhile is judged by the next change's own question.
            let decision: Broker.Decision =
                switch question.action {
                case .connect(let password):
                    self.policy.connect(question.client, password: password)
                case .remain: self.policy.remain(question.client)
                default: .deny(.notAuthorized)
                }
            self.broker.completed(effect, decision, at: self.now())
            self.drain()
        }
    }

    private func log(_ event: Broker.Event) {
        switch event {
        case .connected(let client, let sessionPresent, _):
            logger.info(
                "client connected",
                metadata: [
                    "client": "\(Self.quoted(client))", "address": "\(client.peer.address)",
                    "protocol": "\(client.version)", "session-present": "\(sessionPresent)",
                ]
            )
        case .disconnected(let client, let reason, _):
            logger.info(
                "client disconnected",
                metadata: ["client": "\(Self.quoted(client))", "reason": "\(reason)"]
            )
        case .subscribed(let client, let filters, _):
            logger.debug(
                "subscribed",
                metadata: ["client": "\(Self.quoted(client))", "filters": "\(filters)"]
            )
        default:
            return
        }
    }

    /// An identifier for a log: quoted, so that no character of it can end a line.
    private static func quoted(_ client: Broker.Client) -> String {
        String(reflecting: client.identifier.description)
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

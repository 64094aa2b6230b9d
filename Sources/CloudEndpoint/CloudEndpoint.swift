#if Endpoint
public import Logging
internal import MQTTBroker
internal import MQTTTopics
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle

/// Everything in one process: sockets, event loops and a clean stop around the cores.
///
/// The endpoint holds no protocol rule. It hands bytes and readings of the clocks to a
/// ``MQTTBroker/Broker`` and does what comes out.
public struct CloudEndpoint: Service, CustomStringConvertible {
    let configuration: Configuration
    let logger: Logger
    let whenListening: @Sendable ([ListeningAddress]) -> Void

    /// For logs; says nothing of the configuration.
    public var description: String { "CloudEndpoint" }

    /// Describes an endpoint; ``run()`` starts it.
    ///
    /// - Parameters:
    ///   - configuration: what to listen on and whom to let in.
    ///   - logger: gets lifecycle and connection events, never a payload or a password.
    ///   - whenListening: called once all listeners are bound, with their addresses.
    public init(
        configuration: Configuration,
        logger: Logger,
        whenListening: @escaping @Sendable ([ListeningAddress]) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.whenListening = whenListening
    }

    /// Binds, serves until the service group shuts down gracefully or the task is cancelled, then
    /// tells every client and closes.
    ///
    /// - Throws: ``StartError``, or the system's error when an address cannot be bound.
    public func run() async throws {
        let loops = EventLoops(count: configuration.eventLoops)
        do {
            try await serve(on: loops)
        } catch {
            try? await loops.shutDown()
            throw error
        }
        try await loops.shutDown()
        logger.info("stopped")
    }

    private func serve(on loops: EventLoops) async throws {
        let addresses = try configuration.listeners.map(resolve)
        if configuration.hasSecureListener, configuration.tls == nil {
            throw StartError.noCertificate
        }
        if !hasPolicy {
            logger.warning(
                "DEVELOPMENT MODE: no policies, every client may connect, publish and subscribe"
            )
        }
        let eventLoop = loops.broker
        let rate = ConnectRate(configuration.maximumConnectRate)
        let loop = try await makeBroker(on: eventLoop, rate)
        var loops = loops
        try await loops.connect(to: loop)
        let (failures, failed) = AsyncStream.makeStream(of: Void.self)
        try await attachDatabase(to: loop, on: eventLoop) { failed.yield() }
        try await startProvisioning(loop, on: eventLoop)
        let access = BrokerAccess(loop, on: eventLoop)
        let rules = try await startRules(loop, access, on: eventLoop)
        let gauge = HandshakeGauge(limit: configuration.maximumHandshakes)
        var servers: [any Channel] = []
        do {
            for (listener, address) in zip(configuration.listeners, addresses) {
                let pipeline = pipeline(of: listener, on: loops, gauge, rate)
                servers.append(try await bind(address, pipeline, on: loops.sockets))
            }
            let stopWatching = watchIdentities(loop, on: eventLoop)
            let stopCounting = publishCounters(loop)
            let stopSampling = sampleMetrics(loop)
            let sweeping = eventLoop.scheduleRepeatedTask(
                initialDelay: Self.shadowSweepInterval,
                delay: Self.shadowSweepInterval
            ) { _ in loop.value.sweepShadows() }
            let registry = configuration.tls?.admission as? any RegistrationEvents
            registry?.setPublisher { event in
                eventLoop.execute { loop.value.publish(event) }
            }
            defer {
                registry?.setPublisher(nil)
                stopWatching()
                stopCounting()
                stopSampling()
                sweeping.cancel()
            }
            try await webServer(access).run { [servers] web in
                announce(servers, web)
                // Graceful shutdown and cancellation stop the endpoint alike.
                try await Self.untilShutdown(or: failures)
            }
        } catch {
            await stop(servers, loop, on: eventLoop)
            await rules?.value
            throw error
        }
        await stop(servers, loop, on: eventLoop)
        await rules?.value
    }

    private func makeBroker(
        on eventLoop: any EventLoop,
        _ rate: ConnectRate?
    ) async throws -> NIOLoopBound<BrokerLoop> {
        let policy = EndpointPolicy(
            base: brokerPolicy(),
            authenticationMethods: configuration.authentication?.methods ?? [],
            refusedFilters: configuration.refusedFilters
        )
        return try await eventLoop.submit { [configuration, logger] in
            NIOLoopBound(
                BrokerLoop(
                    broker: Broker(
                        configuration: configuration.tappedBroker,
                        policy: policy,
                        random: SystemRandomNumberGenerator()
                    ),
                    policy: policy,
                    shadows: configuration.shadows.map {
                        ShadowFace(
                            service: $0,
                            database: configuration.shadowDatabase,
                            limits: configuration.shadowQuota
                        )
                    },
                    authentication: configuration.authentication,
                    metrics: EndpointMetrics(configuration.metrics),
                    rate: rate,
                    eventLoop: eventLoop,
                    logger: logger
                ),
                eventLoop: eventLoop
            )
        }.get()
    }

    /// How often versions of deleted shadows are forgotten, once they may be.
    private static let shadowSweepInterval = TimeAmount.hours(1)

    /// How often certificates of live connections are looked at.
    private static let expiryInterval = TimeAmount.seconds(1)

    /// Brings the metrics of backends that do not ask up to date, again and again.
    ///
    /// - Returns: what stops that.
    private func sampleMetrics(_ loop: NIOLoopBound<BrokerLoop>) -> () -> Void {
        guard !configuration.metrics.backends.isEmpty else { return {} }
        let interval = TimeAmount(configuration.metrics.interval)
        let task = loop.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: interval) { _ in
            loop.value.sampleMetrics()
        }
        return { task.cancel() }
    }

    /// Has live connections judged again when policies or admitted certificates change, and ends
    /// those whose certificate runs out.
    ///
    /// - Returns: what stops that.
    private func watchIdentities(
        _ loop: NIOLoopBound<BrokerLoop>,
        on eventLoop: any EventLoop
    ) -> () -> Void {
        guard let policies = configuration.policies else { return {} }
        let signals = [policies.changes, configuration.tls?.admission?.changes].compactMap { $0 }
        let observers = signals.map { signal in
            (signal, signal.add { eventLoop.execute { loop.value.policyChanged() } })
        }
        let sweep = eventLoop.scheduleRepeatedTask(
            initialDelay: Self.expiryInterval,
            delay: Self.expiryInterval
        ) { _ in loop.value.endExpired() }
        return {
            sweep.cancel()
            for (signal, observer) in observers { signal.remove(observer) }
        }
    }

    var hasPolicy: Bool { configuration.policies != nil || configuration.policy != nil }

    private func brokerPolicy() -> any BrokerPolicy {
        guard let directory = configuration.policies else {
            return configuration.policy ?? Broker.AllowAll()
        }
        return DirectoryPolicy(
            directory: directory,
            logger: logger,
            now: { SystemClock.wall() }
        )
    }

    private func startProvisioning(
        _ loop: NIOLoopBound<BrokerLoop>,
        on eventLoop: any EventLoop
    ) async throws {
        guard let responder = configuration.provisioning else { return }
        try await eventLoop.submit { [configuration, logger] in
            loop.value.provisioning = ProvisioningFace(
                responder,
                limits: configuration.provisioningLimits,
                eventLoop: eventLoop,
                logger: logger
            )
        }.get()
    }

    private func startRules(
        _ loop: NIOLoopBound<BrokerLoop>,
        _ access: BrokerAccess,
        on eventLoop: any EventLoop
    ) async throws -> Task<Void, Never>? {
        guard let rules = configuration.rules else { return nil }
        rules.connect { content, qos, retain, expiry, depth in
            try? await access.publish(
                content,
                qos: qos,
                retain: retain,
                expiry: expiry,
                depth: depth
            )
        }
        try await eventLoop.submit { loop.value.rules = rules }.get()
        return Task.detached { await rules.run() }
    }

    private func stop(
        _ servers: [any Channel],
        _ loop: NIOLoopBound<BrokerLoop>,
        on eventLoop: any EventLoop
    ) async {
        for server in servers { try? await server.close() }
        try? await eventLoop.flatSubmit { loop.value.stop() }.get()
        // Rules see what the clients' last wills brought, and then end.
        configuration.rules?.finish()
    }
}

extension CloudEndpoint.Configuration {
    /// Whether a certificate is needed.
    var hasSecureListener: Bool {
        listeners.contains(where: \.isSecure)
            || http?.listeners.contains(where: \.isSecure) == true
    }

    /// With shadows, the broker shows what is published to their topics.
    fileprivate var tappedBroker: Broker.Configuration {
        var broker = broker
        broker.isDurable = brokerDatabase != nil
        // What matches in one dialect alone matches in `.oasis`.
        if broker.dialect == .aws, listeners.contains(where: { $0.dialect == .oasis }) {
            broker.dialect = .oasis
        }
        if shadows != nil, broker.publishedTap == .none { broker.publishedTap = .selected }
        if provisioning != nil {
            if broker.publishedTap == .none { broker.publishedTap = .selected }
            // Requests may hold a token: they go to the endpoint alone.
            broker.unroutedTopicPrefixes += ProvisioningTopic.prefixes
        }
        if rules != nil {
            // Basic Ingest goes to rules alone.
            broker.publishedTap = .all
            broker.unroutedTopicPrefixes.append("$aws/rules/")
        }
        return broker
    }
}
#endif

#if Endpoint
internal import HTTPFiles
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// The HTTP listeners of an endpoint, on event loops of their own: a download never delays MQTT.
struct WebServer {
    private let configuration: CloudEndpoint.HTTPConfiguration?
    private let lingerTimeout: Duration
    private let security: HTTPSecurity?
    private let logger: Logger
    /// What answers, also for listeners that are not this type's.
    let service: HTTPService

    init(
        _ configuration: CloudEndpoint.Configuration,
        broker: BrokerAccess,
        isOpen: Bool,
        logger: Logger
    ) {
        self.configuration = configuration.http
        lingerTimeout = configuration.lingerTimeout
        self.logger = logger
        security = configuration.tls.map { HTTPSecurity($0, configuration, logger) }
        let limits = configuration.http?.limits ?? CloudEndpoint.HTTPLimits()
        service = HTTPService(
            routes: Self.routes(configuration, limits, broker, isOpen: isOpen),
            limits: limits
        )
    }

    private static func routes(
        _ configuration: CloudEndpoint.Configuration,
        _ limits: CloudEndpoint.HTTPLimits,
        _ broker: BrokerAccess,
        isOpen: Bool
    ) -> [String: any HTTPRoute] {
        let admin = AdminGuard(token: configuration.http?.adminToken)
        let access = DataAccess(
            isOpen: isOpen,
            admin: admin,
            directory: configuration.policies,
            admission: configuration.tls?.admission
        )
        var routes: [String: any HTTPRoute] = [
            "health": HealthRoute(),
            "metrics": MetricsRoute(
                broker: broker,
                registry: configuration.metrics.registry,
                process: ProcessMetrics(configuration.metrics),
                admin: admin
            ),
            "topics": PublishRoute(broker: broker, access: access, limits: limits),
            "retainedMessage": RetainedRoute(broker: broker, access: access),
        ]
        if let shadows = configuration.shadows {
            routes["things"] = ShadowRoute(broker: broker, access: access, limits: limits)
            routes["api"] = ShadowListRoute(service: shadows, access: access)
        }
        if let rules = configuration.rules {
            routes["rules"] = RulesRoute(engine: rules, admin: admin, limits: limits)
        }
        if let lists = configuration.tls?.admission as? any RevocationListPush {
            routes["crls"] = RevocationListRoute(lists: lists, admin: admin)
        }
        if let folder = configuration.http?.filesFolder {
            routes["files"] = FileRoute(
                folder: FileFolder(path: folder),
                limits: limits,
                threads: .singleton
            )
        }
        return routes
    }

    /// Binds, runs `body` while requests are answered, then stops.
    ///
    /// - Parameter body: gets the bound addresses; its end is the servers' end.
    /// - Throws: the system's error when an address cannot be bound, and what `body` throws.
    func run(
        _ body: @escaping @Sendable ([CloudEndpoint.ListeningAddress]) async throws -> Void
    ) async throws {
        guard let configuration, !configuration.listeners.isEmpty else { return try await body([]) }
        // The process's own loops: they are not the broker's, and never end.
        try await run(configuration.listeners, on: MultiThreadedEventLoopGroup.singleton, body)
    }

    private enum Event: Sendable {
        case bound(Int, CloudEndpoint.ListeningAddress)
        case ended((any Error)?)
    }

    private func run(
        _ listeners: [CloudEndpoint.HTTPConfiguration.Listener],
        on loops: any EventLoopGroup,
        _ body: @escaping @Sendable ([CloudEndpoint.ListeningAddress]) async throws -> Void
    ) async throws {
        var quiet = logger
        // Connection events of the server are for debugging; failures still show.
        if quiet.logLevel > .debug { quiet.logLevel = max(quiet.logLevel, .warning) }
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let services = listeners.enumerated().map { index, listener in
            service.application(
                on: listener,
                security: listener.isSecure ? security : nil,
                group: loops,
                logger: quiet
            ) {
                let scheme = listener.isSecure ? "https" : "http"
                guard let address = CloudEndpoint.ListeningAddress($0, scheme: scheme) else {
                    return
                }
                continuation.yield(.bound(index, address))
            }
        }
        let group = ServiceGroup(
            configuration: .init(services: services.map { .init(service: $0) }, logger: quiet)
        )
        // Detached: however the endpoint ends, the servers are told to end gracefully.
        let running = Task.detached {
            defer { continuation.yield(.ended(nil)) }
            do { try await group.run() } catch {
                continuation.yield(.ended(error))
                throw error
            }
        }
        do {
            let addresses = try await bound(events, count: listeners.count)
            try await body(addresses)
        } catch {
            await stop(group, running)
            throw error
        }
        await stop(group, running)
    }

    private func bound(
        _ events: AsyncStream<Event>,
        count: Int
    ) async throws -> [CloudEndpoint.ListeningAddress] {
        var addresses: [Int: CloudEndpoint.ListeningAddress] = [:]
        for await event in events {
            switch event {
            case .bound(let index, let address): addresses[index] = address
            case .ended(let error): throw error ?? CancellationError()
            }
            if addresses.count == count { break }
        }
        guard addresses.count == count else { throw CancellationError() }
        return addresses.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Lets answers that are on their way end, for a moment.
    private func stop(_ group: ServiceGroup, _ running: Task<Void, any Error>) async {
        await group.triggerGracefulShutdown()
        let timeout = lingerTimeout
        let timer = Task.detached {
            try await Task.sleep(for: timeout)
            running.cancel()
        }
        _ = await running.result
        timer.cancel()
    }
}

extension CloudEndpoint.ListeningAddress {
    /// The address of a bound socket; `nil` for one without a port.
    init?(_ address: SocketAddress?, scheme: String) {
        guard let address, let host = address.ipAddress, let port = address.port else { return nil }
        self.init(scheme: scheme, host: host, port: port)
    }
}
#endif

#if Endpoint
internal import Logging
internal import MQTTBroker
internal import NIOCore
internal import NIOPosix

// Addresses, sockets and the pipelines behind them.

extension CloudEndpoint {
    /// Resolves a listener's host and refuses one that is open without a policy.
    func resolve(_ listener: Configuration.Listener) throws -> SocketAddress {
        let address = try SocketAddress.makeAddressResolvingHost(listener.host, port: listener.port)
        guard hasPolicy || configuration.allowsAnonymous || address.isLoopback
        else { throw StartError.openWithoutPolicy(host: listener.host) }
        return address
    }

    func pipeline(
        of listener: Configuration.Listener,
        on loops: EventLoops,
        _ gauge: HandshakeGauge,
        _ rate: ConnectRate?
    ) -> ListenerPipeline {
        let handshake = listener.isSecure ? configuration.tls : nil
        return ListenerPipeline(
            listener: listener,
            handshake: handshake.map {
                TLSHandshake(
                    server: $0,
                    timeout: TimeAmount(configuration.tlsHandshakeTimeout),
                    logger: logger,
                    now: { SystemClock.wall() }
                )
            },
            gauge: gauge,
            loops: loops,
            lingerTimeout: TimeAmount(configuration.lingerTimeout),
            rate: rate,
            directory: configuration.policies,
            maximumFrameSize: configuration.broker.maximumPacketSize + 16,
            now: { SystemClock.wall() }
        )
    }

    func bind(
        _ address: SocketAddress,
        _ pipeline: ListenerPipeline,
        on group: any EventLoopGroup
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            // A channel keeps the buffer it last read into: small until more arrives.
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 65_536)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try pipeline.configure(channel) }
            }
            .bind(to: address)
            .get()
    }

    func webServer(_ access: BrokerAccess) throws -> WebServer {
        for listener in configuration.http?.listeners ?? [] {
            _ = try resolve(Configuration.Listener(host: listener.host, port: listener.port))
        }
        return WebServer(configuration, broker: access, isOpen: !hasPolicy, logger: logger)
    }

    func announce(_ servers: [any Channel], _ web: [ListeningAddress]) {
        let listening = zip(configuration.listeners, servers).compactMap {
            listener,
            server -> ListeningAddress? in
            guard let address = server.localAddress, let host = address.ipAddress,
                let port = address.port
            else { return nil }
            return ListeningAddress(scheme: listener.scheme, host: host, port: port)
        }
        for address in web { logger.info("listening on \(address)") }
        for (address, server) in zip(listening, servers) {
            if !hasPolicy, server.localAddress?.isLoopback == false {
                logger.warning("\(address) IS OPEN TO THE NETWORK WITHOUT ANY POLICY")
            }
            logger.info("listening on \(address)")
        }
        whenListening(listening + web)
    }
}

extension SocketAddress {
    /// True where only this machine can connect.
    var isLoopback: Bool {
        guard let ipAddress else { return true }
        return ipAddress.hasPrefix("127.") || ipAddress == "::1"
            || ipAddress.hasPrefix("::ffff:127.")
    }
}
#endif

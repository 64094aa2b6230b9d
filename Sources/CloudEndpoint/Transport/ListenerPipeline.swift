#if Endpoint
internal import IoTTime
internal import Logging
internal import NIOCore

/// From a new socket to the broker: TLS, WebSocket, MQTT, as the listener says.
struct ListenerPipeline: Sendable {
    let listener: CloudEndpoint.Configuration.Listener
    let handshake: TLSHandshake?
    let gauge: HandshakeGauge
    let loops: EventLoops
    let lingerTimeout: TimeAmount
    let rate: ConnectRate?
    let directory: PolicyDirectory?
    let maximumFrameSize: Int
    let now: @Sendable () -> WallClock

    /// Adds all handlers; on the channel's event loop.
    func configure(_ channel: any Channel) throws {
        guard rate?.admit() ?? true else { return channel.close(promise: nil) }
        guard let handshake else { return try addTransport(channel, HandshakeResult()) }
        try handshake.configure(channel, gauge) { channel, result in
            let deadline = try channel.pipeline.syncOperations.handler(
                type: HandshakeDeadline.self
            )
            deadline.finish()
            try addTransport(channel, result)
        }
    }

    private func addTransport(_ channel: any Channel, _ result: HandshakeResult) throws {
        switch listener.transport {
        case .tcp:
            try addMQTT(channel, result)
        case .webSocket:
            try WebSocketTransport.configure(channel, maximumFrameSize: maximumFrameSize) {
                try addMQTT($0, result)
            }
        }
    }

    private func addMQTT(_ channel: any Channel, _ result: HandshakeResult) throws {
        let identity = directory.map { directory in
            ConnectionIdentity(
                certificate: result.certificate,
                refusal: result.refusal,
                address: channel.remoteAddress?.ipAddress ?? "unknown",
                directory: directory,
                admission: result.certificate == nil ? nil : handshake?.server.admission,
                admittedAt: result.admittedAt,
                at: now()
            )
        }
        guard let port = loops.port(on: channel.eventLoop) else { return }
        let handler = MQTTConnectionHandler(
            port: port,
            principal: result.certificate?.id,
            identity: identity,
            dialect: listener.dialect,
            lingerTimeout: lingerTimeout
        )
        try channel.pipeline.syncOperations.addHandler(handler)
    }
}
#endif

#if Endpoint
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTPTypes

/// TLS of HTTP listeners: the same certificate, the same admission and the same bounds as for MQTT.
final class HTTPSecurity: Sendable {
    let handshake: TLSHandshake
    let gauge: HandshakeGauge

    init(
        _ server: TLSServer,
        _ configuration: CloudEndpoint.Configuration,
        _ logger: Logger
    ) {
        handshake = TLSHandshake(
            server: server,
            timeout: TimeAmount(configuration.tlsHandshakeTimeout),
            logger: logger,
            now: { SystemClock.wall() }
        )
        gauge = HandshakeGauge(limit: configuration.maximumHandshakes)
    }
}

/// HTTP/1.1 behind TLS: requests know who sent them, see ``HTTPPeer``.
struct SecureHTTPChannel: HTTPChannelHandler {
    /// A connection whose handshake may still run.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let opened: EventLoopFuture<Opened>
    }

    /// A connection after its handshake.
    struct Opened: Sendable {
        let requests: HTTP1Channel.Value
        let peer: HTTPPeer
    }

    let base: HTTP1Channel
    let security: HTTPSecurity

    var responder: HTTPChannelHandler.Responder { base.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let promise = channel.eventLoop.makePromise(of: Opened.self)
            // A handshake that fails closes the connection; later this changes nothing.
            channel.closeFuture.whenComplete { _ in promise.fail(ChannelError.eof) }
            try security.handshake.configure(channel, security.gauge) {
                channel,
                result in
                let pipeline = channel.pipeline.syncOperations
                try pipeline.handler(type: HandshakeDeadline.self).finish()
                base.setup(channel: channel, logger: logger)
                    .map { Opened(requests: $0, peer: HTTPPeer(result)) }
                    .cascade(to: promise)
            }
            return Value(channel: channel, opened: promise.futureResult)
        }
    }

    func handle(value: Value, logger: Logger) async {
        let channel = value.channel
        let opened = await withTaskCancellationHandler {
            try? await value.opened.get()
        } onCancel: {
            channel.close(promise: nil)
        }
        guard let opened else { return }
        await HTTPPeer.$current.withValue(opened.peer) {
            await base.handle(value: opened.requests, logger: logger)
        }
    }
}
#endif

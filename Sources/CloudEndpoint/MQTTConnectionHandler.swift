#if Endpoint
internal import IoTTime
internal import MQTTBroker
internal import NIOCore

/// The end of a channel's pipeline: bytes to the broker, batches to the socket.
final class MQTTConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let loop: BrokerLoop
    private let principal: String?
    private let identity: ConnectionIdentity?
    private var id: Broker.ConnectionID?
    private var context: ChannelHandlerContext?
    /// True once the broker has ended the connection: what still arrives is read and dropped.
    private var isFinished = false

    init(loop: BrokerLoop, principal: String?, identity: ConnectionIdentity?) {
        self.loop = loop
        self.principal = principal
        self.identity = identity
    }

    /// Whether the client's certificate has run out.
    func isExpired(at now: WallClock) -> Bool {
        identity?.certificate.map { now >= $0.validUntil } ?? false
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { open(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) { open(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let id, !isFinished else { return }
        let buffer = unwrapInboundIn(data)
        loop.received(buffer.readableBytesUInt8Span, on: id)
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard let id else { return }
        self.id = nil
        loop.closed(id)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func open(_ context: ChannelHandlerContext) {
        guard id == nil else { return }
        let address = context.remoteAddress?.ipAddress ?? "unknown"
        let peer = Broker.Peer(
            address: address,
            principal: principal,
            identity: identity.map { PeerIdentity($0) }
        )
        id = loop.opened(self, peer: peer)
    }

    /// Writes a batch and reports it when the socket has taken it.
    func write(_ batch: OutboundBatch) {
        guard let context, let id else { return }
        let segments = batch.segments
        for segment in segments.dropLast() {
            context.write(wrapOutboundOut(buffer(segment)), promise: nil)
        }
        guard let last = segments.last else { return }
        let count = batch.byteCount
        context.writeAndFlush(wrapOutboundOut(buffer(last)))
            .assumeIsolated()
            .whenSuccess { self.loop.written(count, on: id) }
    }

    private func buffer(_ segment: OutboundBatch.Segment) -> ByteBuffer {
        segment.withBytes { bytes in
            var buffer = ByteBuffer()
            // A span of raw memory is only read here.
            unsafe buffer.writeBytes(bytes.bytes)
            return buffer
        }
    }

    /// Turns reading on or off.
    func setReading(_ isOn: Bool) {
        context?.channel.setOption(.autoRead, value: isOn).whenFailure { _ in }
    }

    /// Closes after the last write.
    ///
    /// Closing a socket with unread input resets the connection, and the peer may lose the reason it
    /// was sent. So only the sending side is closed, input is read and dropped, and the rest
    /// follows when the peer closes or after a while.
    func finish(_ reason: Broker.CloseReason, lingerTimeout: TimeAmount) {
        guard let context else { return }
        isFinished = true
        switch reason {
        case .connectionLost, .clientDisconnected:
            context.close(promise: nil)
        default:
            setReading(true)
            context.close(mode: .output, promise: nil)
            context.eventLoop.assumeIsolated().scheduleTask(in: lingerTimeout) {
                self.context?.close(promise: nil)
            }
        }
    }
}
#endif

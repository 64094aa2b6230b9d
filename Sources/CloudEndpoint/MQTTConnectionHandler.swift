#if Endpoint
internal import MQTTBroker
internal import MQTTTopics
internal import NIOCore

/// The end of a channel's pipeline: bytes to the broker, batches to the socket.
final class MQTTConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Names of a connection.
    enum Name {
        /// Not yet open, or closed.
        case none
        /// On the broker's own event loop.
        case connection(Broker.ConnectionID)
        /// On another one.
        case token(UInt32)
    }

    private let port: any BrokerPort
    private let principal: String?
    let identity: ConnectionIdentity?
    private let dialect: TopicDialect?
    private let lingerTimeout: TimeAmount
    /// What the port calls this connection.
    var name = Name.none
    private var isActive = false
    private var context: ChannelHandlerContext?
    /// True once the broker has ended the connection: what still arrives is read and dropped.
    private var isFinished = false
    /// Who does not want anything read for now.
    private var suspensions: Suspension = []

    /// Why nothing is read.
    struct Suspension: OptionSet, Sendable {
        let rawValue: UInt8
        /// The peer does not take what it is sent.
        static let slowPeer = Suspension(rawValue: 1)
        /// The disk does not take what the clients send.
        static let slowDisk = Suspension(rawValue: 2)
        /// The broker's thread does not keep up.
        static let slowBroker = Suspension(rawValue: 4)
    }

    init(
        port: any BrokerPort,
        principal: String?,
        identity: ConnectionIdentity?,
        dialect: TopicDialect?,
        lingerTimeout: TimeAmount
    ) {
        self.port = port
        self.principal = principal
        self.identity = identity
        self.dialect = dialect
        self.lingerTimeout = lingerTimeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { open(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) { open(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isActive, !isFinished else { return }
        port.received(unwrapInboundIn(data), on: self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard isActive else { return }
        isActive = false
        port.closed(self)
        name = .none
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func open(_ context: ChannelHandlerContext) {
        guard !isActive else { return }
        isActive = true
        let address = context.remoteAddress?.ipAddress ?? "unknown"
        let peer = Broker.Peer(
            address: address,
            principal: principal,
            identity: identity.map { PeerIdentity($0) },
            dialect: dialect
        )
        port.opened(self, peer: peer)
    }

    /// Writes a batch and reports it when the socket has taken it.
    func write(_ batch: OutboundBatch) {
        guard let context, isActive else { return }
        let count = batch.byteCount
        var buffer = context.channel.allocator.buffer(capacity: count)
        batch.forEachSegment { bytes in
            // A span of raw memory is only read here.
            unsafe buffer.writeBytes(bytes.bytes)
        }
        context.writeAndFlush(wrapOutboundOut(buffer))
            .assumeIsolated()
            .whenSuccess { self.port.written(count, on: self) }
    }

    /// Turns reading on or off; it is on while nobody wants it off.
    func setReading(_ isOn: Bool, for reason: Suspension) {
        let before = suspensions
        if isOn { suspensions.remove(reason) } else { suspensions.insert(reason) }
        guard before.isEmpty != suspensions.isEmpty, !isFinished else { return }
        setAutoRead(suspensions.isEmpty)
    }

    private func setAutoRead(_ isOn: Bool) {
        try? context?.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }

    /// Closes after the last write.
    ///
    /// Closing a socket with unread input resets the connection, and the peer may lose the reason it
    /// was sent. So only the sending side is closed, input is read and dropped, and the rest
    /// follows when the peer closes or after a while.
    func finish(_ reason: Broker.CloseReason) {
        guard let context else { return }
        isFinished = true
        switch reason {
        case .connectionLost, .clientDisconnected:
            context.close(promise: nil)
        default:
            setAutoRead(true)
            context.close(mode: .output, promise: nil)
            context.eventLoop.assumeIsolated().scheduleTask(in: lingerTimeout) {
                self.context?.close(promise: nil)
            }
        }
    }
}
#endif

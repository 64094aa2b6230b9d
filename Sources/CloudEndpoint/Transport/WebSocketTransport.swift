#if Endpoint
internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket

/// MQTT bytes in binary WebSocket frames. [MQTT-6.0.0-1] to [MQTT-6.0.0-4]
///
/// A packet may span frames and a frame may hold several packets; anything but binary data ends the
/// connection.
final class WebSocketTransport: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = WebSocketFrame

    private var isInsideMessage = false
    private var isClosing = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard !isClosing else { return }
        // RFC 6455 §5.1: a client masks every frame.
        guard frame.maskKey != nil else { return fail(context, .protocolError) }
        switch frame.opcode {
        case .binary where !isInsideMessage, .continuation where isInsideMessage:
            isInsideMessage = !frame.fin
            let bytes = frame.unmaskedData
            if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
        case .text:
            fail(context, .unacceptableData)
        case .ping where frame.fin:
            let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .pong:
            return
        case .connectionClose:
            context.close(promise: nil)
        default:
            fail(context, .protocolError)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let frame = WebSocketFrame(fin: true, opcode: .binary, data: unwrapOutboundIn(data))
        context.write(wrapOutboundOut(frame), promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode != .input { sendClose(context, .normalClosure) }
        context.close(mode: mode, promise: promise)
    }

    private func fail(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode) {
        sendClose(context, code)
        context.close(promise: nil)
    }

    private func sendClose(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode) {
        guard !isClosing else { return }
        isClosing = true
        var data = context.channel.allocator.buffer(capacity: 2)
        data.write(webSocketErrorCode: code)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }
}

extension WebSocketTransport {
    /// The path of the upgrade request, and the subprotocol that it has to offer. [MQTT-6.0.0-3]
    static let path = "/mqtt"
    static let subprotocol = "mqtt"

    /// Answers HTTP with an upgrade to MQTT, or with an error.
    ///
    /// - Parameters:
    ///   - channel: a new channel, on its event loop.
    ///   - maximumFrameSize: bytes of one frame.
    ///   - then: adds what follows the upgrade.
    /// - Throws: NIO's error when the channel is already closed.
    static func configure(
        _ channel: any Channel,
        maximumFrameSize: Int,
        then: @escaping @Sendable (any Channel) throws -> Void
    ) throws {
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: maximumFrameSize,
            shouldUpgrade: { channel, head in
                let isOurs = path == head.uri.prefix { $0 != "?" }
                let offers = head.headers[canonicalForm: "Sec-WebSocket-Protocol"]
                guard isOurs, offers.contains(where: { $0 == subprotocol }) else {
                    return channel.eventLoop.makeSucceededFuture(nil)
                }
                return channel.eventLoop.makeSucceededFuture([
                    "Sec-WebSocket-Protocol": subprotocol
                ])
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(WebSocketTransport())
                    try then(channel)
                }
            }
        )
        let refusal = NIOLoopBound(NotAWebSocket(), eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(refusal.value, promise: nil)
                }
            )
        )
        try channel.pipeline.syncOperations.addHandler(refusal.value)
    }
}

/// Answers a request that is no upgrade to MQTT.
private final class NotAWebSocket: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let head = HTTPResponseHead(
            version: .http1_1,
            status: .upgradeRequired,
            headers: [
                "Upgrade": "websocket", "Connection": "upgrade, close", "Content-Length": "0",
            ]
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(mode: .output, promise: nil)
    }
}
#endif

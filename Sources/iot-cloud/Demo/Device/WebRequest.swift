#if Endpoint
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// One HTTPS request with a client certificate, on a connection of its own.
enum WebRequest {
    /// What the server says.
    struct Answer: Sendable {
        /// The status code.
        var status: UInt = 0
        /// The name of the error, where there is one.
        var errorType = ""
        /// The body.
        var body: [UInt8] = []
    }

    /// Asks, and waits for the whole answer.
    ///
    /// - Throws: NIO's error where the connection ends before that.
    static func get(
        _ path: String,
        as identity: ClientIdentity,
        from port: Int
    ) async throws -> Answer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Answer.self)
        let context = identity.webContext
        let connecting = ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: "localhost")
                    )
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(Receiver(promise))
                }
            }
            .connect(host: "127.0.0.1", port: port)
        connecting.whenFailure { promise.fail($0) }
        connecting.whenSuccess { channel in
            let head = HTTPRequestHead(
                version: .http1_1,
                method: .GET,
                uri: path,
                headers: ["Host": "localhost:\(port)", "Connection": "close"]
            )
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil)).cascadeFailure(to: promise)
        }
        return try await promise.futureResult.get()
    }

    private final class Receiver: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart

        private let promise: EventLoopPromise<Answer>
        private var answer = Answer()

        init(_ promise: EventLoopPromise<Answer>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                answer.status = head.status.code
                answer.errorType = head.headers.first(name: "x-amzn-ErrorType") ?? ""
            case .body(let bytes): answer.body += bytes.readableBytesView
            case .end:
                promise.succeed(answer)
                context.close(promise: nil)
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            promise.fail(ChannelError.eof)
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            promise.fail(error)
            context.close(promise: nil)
        }
    }
}
#endif

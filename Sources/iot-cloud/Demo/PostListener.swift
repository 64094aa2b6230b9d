#if Endpoint
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A web server of one page that notes what is posted to it.
final class PostListener: Sendable {
    /// A request with its body.
    struct Post: Sendable {
        var path: String
        var headers: HTTPHeaders
        var body: [UInt8]
    }

    private let server: any Channel
    private let posts: AsyncStream<Post>
    private let continuation: AsyncStream<Post>.Continuation

    /// The port that the system chose.
    let port: Int

    /// Listens on loopback.
    ///
    /// - Throws: the system's error.
    init() async throws {
        let (posts, continuation) = AsyncStream.makeStream(of: Post.self)
        server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Receiver(continuation))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        self.posts = posts
        self.continuation = continuation
        port = server.localAddress?.port ?? 0
    }

    /// The next request; `nil` where none comes within ten seconds.
    func next() async -> Post? {
        await withTaskGroup(of: Post?.self) { group in
            group.addTask { [posts] in
                for await post in posts { return post }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(10))
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// Stops listening.
    func stop() async { try? await server.close() }

    private final class Receiver: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let continuation: AsyncStream<Post>.Continuation
        private var post: Post?

        init(_ continuation: AsyncStream<Post>.Continuation) { self.continuation = continuation }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): post = Post(path: head.uri, headers: head.headers, body: [])
            case .body(let bytes): post?.body += bytes.readableBytesView
            case .end:
                if let post { continuation.yield(post) }
                post = nil
                let head = HTTPResponseHead(
                    version: .http1_1,
                    status: .noContent,
                    headers: ["Content-Length": "0"]
                )
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
#endif

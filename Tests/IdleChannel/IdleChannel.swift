#if Endpoint
import NIOCore
import NIOPosix

/// Answers what arrives with a CONNACK, and does nothing more.
///
/// What a connection of NIO costs without a broker. Prints its port.
@main
enum IdleChannel {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let connack = ByteBuffer(bytes: [0x20, 2, 0, 0])
            context.writeAndFlush(wrapOutboundOut(connack), promise: nil)
        }
    }

    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 0
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler())
                }
            }
            .bind(host: "127.0.0.1", port: port)
            .get()
        print(server.localAddress?.port ?? 0)
        try await server.closeFuture.get()
    }
}
#else
@main
enum IdleChannel {
    static func main() {}
}
#endif

#if Endpoint
import NIOCore
import NIOPosix
import NIOSSL

/// Answers what arrives with a CONNACK, and does nothing more.
///
/// What a connection of NIO costs without a broker; with files of a certificate and a key, one of
/// NIOSSL. Prints its port.
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
        let arguments = CommandLine.arguments.dropFirst()
        let port = arguments.first.flatMap { Int($0) } ?? 0
        let files = Array(arguments.dropFirst())
        let context = files.count == 2 ? try secure(files[0], files[1]) : nil
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try pipeline.addHandler(Handler())
                }
            }
            .bind(host: "127.0.0.1", port: port)
            .get()
        print(server.localAddress?.port ?? 0)
        try await server.closeFuture.get()
    }

    private static func secure(_ certificate: String, _ key: String) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate)
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            )
        )
    }
}
#else
@main
enum IdleChannel {
    static func main() {}
}
#endif

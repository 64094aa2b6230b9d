#if Endpoint
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Where requests of a rule go: scheme, host and port.
struct PostTarget: Hashable, Sendable, CustomStringConvertible {
    let isSecure: Bool
    let host: String
    let port: Int

    var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(isSecure ? "https" : "http")://\(name):\(port)"
    }

    /// What stands in the Host field.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Splits a URL into the fixed target and the path, which may hold templates.
    static func split(_ url: String) -> (PostTarget, path: String)? {
        guard let scheme = ["https://", "http://"].first(where: { url.hasPrefix($0) }) else {
            return nil
        }
        let rest = url.dropFirst(scheme.count)
        let slash = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<slash]
        let isSecure = scheme == "https://"
        // A template or user information would make the target depend on the message.
        guard !authority.isEmpty,
            authority.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                    || (0x61...0x7A).contains($0) || [0x2D, 0x2E, 0x3A, 0x5B, 0x5D].contains($0)
            })
        else { return nil }
        var host = authority
        var port: Int? = isSecure ? 443 : 80
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<end]
            let tail = authority[authority.index(after: end)...]
            if !tail.isEmpty { port = tail.hasPrefix(":") ? Int(tail.dropFirst()) : nil }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = Int(authority[authority.index(after: colon)...])
        }
        guard !host.isEmpty, let port, (1...65_535).contains(port) else { return nil }
        let tail = String(rest[slash...])
        return (
            PostTarget(isSecure: isSecure, host: String(host), port: port),
            tail.hasPrefix("/") ? tail : "/" + tail
        )
    }
}

/// One POST on a connection of its own.
enum PostRequest {
    private static let context = try? NIOSSLContext(configuration: .makeClientConfiguration())

    /// Sends a request and waits for the status; the answer's body is not read.
    ///
    /// - Throws: ``ActionFailure``, also when it takes longer than `timeout`.
    static func send(
        to target: PostTarget,
        path: String,
        fields: [(String, String)],
        body: [UInt8],
        timeout: TimeAmount
    ) async throws -> Int {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Int.self)
        let timer = loop.scheduleTask(in: timeout) {
            promise.fail(ActionFailure(target.description, "took too long"))
        }
        let connecting = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if target.isSecure {
                        guard let context else { throw ActionFailure(target.description, "no TLS") }
                        let name = target.host.contains(where: \.isLetter) ? target.host : nil
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: name)
                        )
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(StatusHandler(promise: promise))
                }
            }
            .connect(host: target.host, port: target.port)
        connecting.whenFailure { promise.fail($0) }
        connecting.whenSuccess { channel in
            promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
            var headers = HTTPHeaders(fields)
            headers.replaceOrAdd(name: "Host", value: target.authority)
            headers.replaceOrAdd(name: "Content-Length", value: "\(body.count)")
            headers.replaceOrAdd(name: "Connection", value: "close")
            if !headers.contains(name: "Content-Type") {
                headers.add(name: "Content-Type", value: "application/json")
            }
            let head = HTTPRequestHead(
                version: .http1_1,
                method: .POST,
                uri: path,
                headers: headers
            )
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            let content = IOData.byteBuffer(ByteBuffer(bytes: body))
            channel.write(HTTPClientRequestPart.body(content), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil)).cascadeFailure(to: promise)
        }
        defer { timer.cancel() }
        return try await promise.futureResult.get()
    }

    /// Takes the status of the first final answer.
    private final class StatusHandler: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart

        private let promise: EventLoopPromise<Int>

        init(promise: EventLoopPromise<Int>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let head) = unwrapInboundIn(data), head.status.code >= 200 else {
                return
            }
            promise.succeed(Int(head.status.code))
            context.close(promise: nil)
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

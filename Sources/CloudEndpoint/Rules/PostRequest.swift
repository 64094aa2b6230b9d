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
        try await exchange(
            with: target,
            path: path,
            fields: fields,
            body: body,
            timeout: timeout,
            answerLimit: nil
        ).status
    }

    /// What a server said.
    struct Answer: Sendable {
        var status: Int
        var body: [UInt8]
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// - Parameters:
    ///   - target: where to.
    ///   - path: the path, with the query.
    ///   - fields: header fields.
    ///   - body: the body.
    ///   - timeout: how long everything may take.
    ///   - answerLimit: bytes of the answer's body; one with more fails. `nil`: the body is not read.
    /// - Returns: status and body.
    /// - Throws: ``ActionFailure``, also when it takes longer than `timeout`.
    static func exchange(
        with target: PostTarget,
        path: String,
        fields: [(String, String)],
        body: [UInt8],
        timeout: TimeAmount,
        answerLimit: Int?
    ) async throws -> Answer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Answer.self)
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
                    try pipeline.addHandler(AnswerHandler(promise: promise, limit: answerLimit))
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

    /// Takes the first final answer.
    private final class AnswerHandler: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart

        private let promise: EventLoopPromise<Answer>
        private let limit: Int?
        private var answer: Answer?

        init(promise: EventLoopPromise<Answer>, limit: Int?) {
            self.promise = promise
            self.limit = limit
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                guard head.status.code >= 200 else { return }
                answer = Answer(status: Int(head.status.code), body: [])
                if limit == nil { finish(context) }
            case .body(let buffer):
                guard let limit, let count = answer?.body.count else { return }
                guard count + buffer.readableBytes <= limit else {
                    promise.fail(ActionFailure("answer", "is longer than \(limit) bytes"))
                    return context.close(promise: nil)
                }
                answer?.body += buffer.readableBytesView
            case .end: finish(context)
            }
        }

        private func finish(_ context: ChannelHandlerContext) {
            guard let answer else { return }
            self.answer = nil
            promise.succeed(answer)
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

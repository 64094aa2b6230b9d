#if Endpoint
internal import HTTPFiles
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import JSONDocument
internal import Logging
internal import NIOCore
internal import ServiceLifecycle

/// Answers requests by the first component of their path; the same over plain HTTP and over TLS.
struct HTTPService: HTTPResponder {
    typealias Context = HTTPContext

    private let routes: [String: any HTTPRoute]
    let limits: CloudEndpoint.HTTPLimits

    init(routes: [String: any HTTPRoute], limits: CloudEndpoint.HTTPLimits) {
        self.routes = routes
        self.limits = limits
    }

    func respond(to request: Request, context: HTTPContext) async throws -> Response {
        do {
            return try await route(request, context)
        } catch let failure as RequestFailure {
            return failure.response(isHead: request.method == .head)
        } catch is NIOTooManyBytesError {
            return RequestFailure(.contentTooLarge, "the body is too large")
                .response(isHead: false)
        }
    }

    private func route(_ request: Request, _ context: HTTPContext) async throws -> Response {
        guard let path = RequestPath(request.uri.path) else {
            throw RequestFailure(.badRequest, "the path is malformed")
        }
        guard let first = path.text(0), let route = routes[first] else {
            throw RequestFailure(.notFound, "not found")
        }
        guard route.methods.contains(request.method) else {
            throw RequestFailure(
                .methodNotAllowed,
                "the method is not allowed",
                code: "MethodNotAllowedException",
                headers: [.allow: route.methods.map(\.rawValue).joined(separator: ", ")]
            )
        }
        return try await route.respond(to: request, path: path.dropFirst(1), context: context)
    }

    /// HTTP/1.1 on a listener.
    ///
    /// - Parameters:
    ///   - listener: where.
    ///   - security: TLS for a listener that is secure.
    ///   - group: the loops that carry the connections.
    ///   - logger: gets connection events at debug level.
    ///   - whenBound: called once with the address, or not at all when binding fails.
    /// - Returns: the server; running it binds.
    func application(
        on listener: CloudEndpoint.HTTPConfiguration.Listener,
        security: HTTPSecurity?,
        group: any EventLoopGroup,
        logger: Logger,
        whenBound: @escaping @Sendable (SocketAddress?) -> Void
    ) -> Application<HTTPService> {
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: limits.headerBytes,
            maxHeaderListSize: limits.headerBytes,
            maxHeaderFieldCount: limits.headerFields
        )
        let http = HTTP1Channel.Configuration(
            idleTimeout: TimeAmount(limits.idleTimeout),
            httpDecoderConfiguration: decoder
        )
        return Application(
            responder: self,
            server: HTTPServerBuilder { responder in
                let plain = HTTP1Channel(responder: responder, configuration: http)
                guard let security else { return plain }
                return SecureHTTPChannel(base: plain, security: security)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(listener.host, port: listener.port),
                availableConnectionsDelegate: .maximum(limits.connections, logger: logger)
            ),
            onServerRunning: { whenBound($0.localAddress) },
            eventLoopGroupProvider: .shared(group),
            logger: logger
        )
    }
}

/// Says that the process answers.
struct HealthRoute: HTTPRoute {
    let methods: [HTTPRequest.Method] = [.get, .head]

    func respond(
        to request: Request,
        path: RequestPath,
        context: HTTPContext
    ) async throws -> Response {
        guard path.components.isEmpty else { throw RequestFailure(.notFound, "not found") }
        let response = Response.json(.ok, ["status": "ok"])
        return request.method == .head ? response.createHeadResponse() : response
    }
}
#endif

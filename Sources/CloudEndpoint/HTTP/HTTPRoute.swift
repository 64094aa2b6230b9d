#if Endpoint
internal import HTTPFiles
internal import HTTPTypes
internal import Hummingbird
internal import JSONDocument
internal import Logging
internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What answers requests below one first path component.
protocol HTTPRoute: Sendable {
    /// What a request may do; any other method is answered with 405.
    var methods: [HTTPRequest.Method] { get }

    /// Answers.
    ///
    /// - Parameters:
    ///   - request: the request; its body is not read yet.
    ///   - path: what follows the first component.
    ///   - context: who asks, and when.
    /// - Returns: the answer.
    /// - Throws: ``RequestFailure`` for an answer with an error.
    func respond(
        to request: Request,
        path: RequestPath,
        context: HTTPContext
    ) async throws -> Response
}

/// Who sent a request, and when.
struct HTTPContext: InitializableFromSource, Sendable {
    /// Where the connection comes from.
    let peer: SocketAddress?
    /// Tagged with a number for the request.
    let logger: Logger
    /// Who the handshake says it is; `nil` without TLS.
    let identity: HTTPPeer?
    /// Seconds since 1970.
    let now: Int64

    init(source: ApplicationRequestContextSource) {
        peer = source.channel.remoteAddress
        identity = HTTPPeer.current
        logger = source.logger
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        now = Int64(time.tv_sec)
    }
}

/// A request that is answered with an error.
struct RequestFailure: Error {
    let status: HTTPResponse.Status
    /// The name of the error, as clients of the REST interfaces switch on it.
    let code: String?
    /// For people; never holds a payload.
    let message: String
    /// Further header fields.
    let headers: HTTPFields

    init(
        _ status: HTTPResponse.Status,
        _ message: String,
        code: String? = nil,
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers
    }

    /// `{"message": …}`, and the name in `x-amzn-ErrorType`.
    func response(isHead: Bool) -> Response {
        var headers = headers
        if let code, let name = HTTPField.Name("x-amzn-ErrorType") { headers[name] = code }
        let response = Response.json(status, ["message": .string(message)], headers: headers)
        return isHead ? response.createHeadResponse() : response
    }
}
#endif

#if Endpoint
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Who may administer: whoever has the token, or is on this machine and no web page's script.
///
/// Behind TLS the token alone counts: devices connect there, maybe through a proxy on this machine.
struct AdminGuard: Sendable {
    /// The token of `Authorization: Bearer …`; `nil`: none opens the door.
    let token: String?

    /// The shortest token, in bytes.
    static let minimumTokenBytes = 16

    /// Whether a request comes with a token, right or wrong; other schemes, such as the signatures of
    /// AWS clients, say nothing here.
    static func hasToken(_ request: Request) -> Bool {
        request.headers[.authorization]?.lowercased().hasPrefix("bearer ") ?? false
    }

    /// Lets a request pass.
    ///
    /// - Throws: ``RequestFailure`` with 401 for a wrong token, 403 otherwise.
    func check(_ request: Request, _ context: HTTPContext) throws {
        if Self.hasToken(request), let field = request.headers[.authorization] {
            let given = field.utf8.dropFirst(7)
            guard let token, Self.areEqual(Array(given), Array(token.utf8)) else {
                throw RequestFailure(
                    .unauthorized,
                    "the token is wrong",
                    code: "UnauthorizedException",
                    headers: [.wwwAuthenticate: "Bearer"]
                )
            }
            return
        }
        guard context.identity == nil, context.peer?.isLoopback == true, isDirect(request) else {
            throw RequestFailure(
                .forbidden,
                "only for this machine, or with a bearer token",
                code: "ForbiddenException"
            )
        }
    }

    /// False for what a proxy passed on, and for a script of a web page: a page may reach this
    /// machine through a name of its own, but it cannot leave `Origin` or the name away.
    private func isDirect(_ request: Request) -> Bool {
        let names = ["X-Forwarded-For", "Forwarded", "Via", "Origin", "Sec-Fetch-Site"]
        for name in names.compactMap({ HTTPField.Name($0) }) where request.headers[name] != nil {
            return false
        }
        let host = request.head.authority ?? ""
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        return ["localhost", "[::1]"].contains(name.lowercased()) || name.hasPrefix("127.")
    }

    /// Takes as long whatever the bytes are.
    private static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        var difference: UInt8 = a.count == b.count ? 0 : 1
        for index in b.indices { difference |= b[index] ^ (index < a.count ? a[index] : 0) }
        return difference == 0
    }
}

extension Request {
    /// The body, up to a limit.
    ///
    /// - Throws: ``RequestFailure`` with 413.
    func bytes(upTo limit: Int, code: String? = nil) async throws -> [UInt8] {
        let tooLarge = RequestFailure(.contentTooLarge, "the body is too large", code: code)
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw tooLarge
        }
        var bytes: [UInt8] = []
        for try await buffer in body {
            guard bytes.count + buffer.readableBytes <= limit else { throw tooLarge }
            bytes += buffer.readableBytesView
        }
        return bytes
    }
}
#endif

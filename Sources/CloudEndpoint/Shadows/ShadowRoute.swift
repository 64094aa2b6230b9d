#if Endpoint
internal import AccessPolicy
internal import DeviceShadow
internal import HTTPFiles
internal import HTTPTypes
internal import Hummingbird
internal import IoTTime
internal import JSONDocument
internal import NIOCore

/// `/things/{thing}/shadow?name=`: reads, updates and deletes a shadow.
struct ShadowRoute: HTTPRoute {
    let broker: BrokerAccess
    let access: DataAccess
    let limits: CloudEndpoint.HTTPLimits

    let methods: [HTTPRequest.Method] = [.get, .post, .delete]

    func respond(
        to request: Request,
        path: RequestPath,
        context: HTTPContext
    ) async throws -> Response {
        guard path.components.count == 2, let thing = path.text(0), path.text(1) == "shadow" else {
            throw RequestFailure(.notFound, "not found", code: "ResourceNotFoundException")
        }
        guard let query = RequestQuery(request.uri.query) else {
            throw RequestFailure(
                .badRequest,
                "the query is malformed",
                code: "InvalidRequestException"
            )
        }
        let (operation, action): (ShadowTopic.Operation, PolicyAction) =
            switch request.method {
            case .post: (.update, .updateThingShadow)
            case .delete: (.delete, .deleteThingShadow)
            default: (.get, .getThingShadow)
            }
        let resource = query["name"].map { thing + "/" + $0 } ?? thing
        try await access.check(request, context) { $0.may(action, .thing, resource) }
        var payload: [UInt8] = []
        if operation == .update {
            payload = try await request.bytes(
                upTo: limits.bodyBytes,
                code: "RequestEntityTooLargeException"
            )
        }
        guard let result = try await broker.shadow(operation, thing, query["name"], payload) else {
            throw RequestFailure(.notFound, "not found", code: "ResourceNotFoundException")
        }
        return Response(result)
    }
}

/// `/api/things/shadow/ListNamedShadowsForThing/{thing}?pageSize=&nextToken=`.
struct ShadowListRoute: HTTPRoute {
    let service: ShadowService<MemoryShadowStore>
    let access: DataAccess

    let methods: [HTTPRequest.Method] = [.get]

    func respond(
        to request: Request,
        path: RequestPath,
        context: HTTPContext
    ) async throws -> Response {
        try await access.check(request, context) { $0.may(.listNamedShadowsForThing) }
        let prefix = ["things", "shadow", "ListNamedShadowsForThing"]
        guard path.components.count == 4, let thing = path.text(3),
            prefix.indices.allSatisfy({ path.text($0) == prefix[$0] })
        else { throw RequestFailure(.notFound, "not found", code: "ResourceNotFoundException") }
        let query = RequestQuery(request.uri.query)
        var pageSize: Int?
        if let text = query?["pageSize"] {
            // A size that is no number is refused as one that is out of range.
            pageSize = Int(text) ?? 0
        }
        return Response(
            await service.list(
                thing: thing,
                pageSize: pageSize,
                nextToken: query?["nextToken"],
                at: WallClock(seconds: context.now)
            )
        )
    }
}

extension Response {
    /// An answer of the shadow service.
    init(_ result: ShadowResult) {
        var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        if let type = result.errorType, let name = HTTPField.Name("x-amzn-ErrorType") {
            headers[name] = type
        }
        self.init(
            status: HTTPResponse.Status(code: result.status),
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: result.body))
        )
    }
}
#endif

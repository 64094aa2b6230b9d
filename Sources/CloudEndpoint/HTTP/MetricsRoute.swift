#if Endpoint
internal import HTTPFiles
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOPosix
internal import PrometheusMetrics

/// `GET /metrics`, for administrators.
struct MetricsRoute: HTTPRoute {
    let broker: BrokerAccess
    let registry: PrometheusRegistry
    let process: ProcessMetrics
    let admin: AdminGuard

    let methods: [HTTPRequest.Method] = [.get]

    func respond(
        to request: Request,
        path: RequestPath,
        context: HTTPContext
    ) async throws -> Response {
        try admin.check(request, context)
        guard path.components.isEmpty else { throw RequestFailure(.notFound, "not found") }
        try await broker.sampleMetrics()
        try await NIOThreadPool.singleton.runIfActive { process.sample() }
        return Response(
            status: .ok,
            headers: [
                .contentType: PrometheusRegistry.contentType, .cacheControl: "no-store",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: registry.text()))
        )
    }
}
#endif

#if Endpoint
internal import HTTPFiles
internal import HTTPTypes
internal import Hummingbird
internal import IoTTime
internal import JSONDocument

/// `PUT /crls`: takes a revocation list of a registered CA, PEM or DER, from administrators.
///
/// | Status | Means |
/// | --- | --- |
/// | 200 | it applies: live connections whose certificate it names have ended |
/// | 400 | it is malformed, a delta list, an indirect one, or not valid now |
/// | 409 | one that is as new is known |
/// | 422 | no CA of this endpoint signed it |
struct RevocationListRoute: HTTPRoute {
    let lists: any RevocationListPush
    let admin: AdminGuard

    let methods: [HTTPRequest.Method] = [.put]

    func respond(
        to request: Request,
        path: RequestPath,
        context: HTTPContext
    ) async throws -> Response {
        try admin.check(request, context)
        guard path.components.isEmpty else { throw RequestFailure(.notFound, "not found") }
        let file = try await request.bytes(upTo: PushedRevocationList.maximumBytes)
        switch await lists.push(file, at: WallClock(seconds: context.now)) {
        case .accepted(let issuer, let entries):
            return .json(
                .ok,
                [
                    "caCertificateId": .string(issuer),
                    "entries": .number(JSONNumber(Int64(entries))),
                ]
            )
        case .malformed(let what), .unsuitable(let what):
            throw RequestFailure(.badRequest, what, code: "InvalidRequestException")
        case .notNewer:
            throw RequestFailure(
                .conflict,
                "a list that is as new is known",
                code: "ConflictingResourceUpdateException"
            )
        case .notOfAuthority:
            throw RequestFailure(
                .unprocessableContent,
                "no CA of this endpoint signed it",
                code: "CertificateValidationException"
            )
        case .failed(let what):
            throw RequestFailure(.internalServerError, what, code: "InternalFailureException")
        }
    }
}
#endif

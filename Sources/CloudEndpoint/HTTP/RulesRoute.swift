#if Endpoint
internal import HTTPFiles
internal import HTTPTypes
internal import Hummingbird
internal import JSONDocument

/// Rules by HTTP, for administrators.
///
/// | Request | Does |
/// | --- | --- |
/// | `GET /rules` | lists names, filters and counters |
/// | `GET /rules/NAME` | gives the document and the counters |
/// | `POST /rules/NAME` | makes a rule; 409 where there is one |
/// | `PUT /rules/NAME` | makes or replaces a rule |
/// | `PATCH /rules/NAME` | replaces members of the document, such as `ruleDisabled` |
/// | `POST /rules/NAME/enable`, `…/disable` | switches it |
/// | `DELETE /rules/NAME` | removes it |
struct RulesRoute: HTTPRoute {
    let engine: RulesEngine
    let admin: AdminGuard
    let limits: CloudEndpoint.HTTPLimits

    let methods: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete]

    func respond(
        to request: Request,
        path: RequestPath,
        context: HTTPContext
    ) async throws -> Response {
        try admin.check(request, context)
        guard let name = path.text(0), !name.isEmpty else {
            guard request.method == .get, path.components.count <= 1 else { throw Self.missing() }
            return .json(.ok, ["rules": .array(engine.ruleNames.compactMap(summary))])
        }
        switch (request.method, path.components.count, path.text(1)) {
        case (.get, 1, _): return try details(name)
        case (.delete, 1, _): return try delete(name)
        case (.put, 1, _): return try await put(name, request)
        case (.post, 1, _):
            guard engine.document(of: name) == nil else {
                throw RequestFailure(
                    .conflict,
                    "the rule exists",
                    code: "ResourceAlreadyExistsException"
                )
            }
            return try await put(name, request)
        case (.patch, 1, _): return try await patch(name, request)
        case (.post, 2, "enable"): return try enable(name, true)
        case (.post, 2, "disable"): return try enable(name, false)
        default: throw Self.missing()
        }
    }

    private static func missing() -> RequestFailure {
        // The service says 401 where a rule is not there; that tells nobody anything.
        RequestFailure(.notFound, "there is no such rule", code: "ResourceNotFoundException")
    }

    private func summary(_ name: String) -> JSONValue? {
        guard let metrics = engine.metrics(of: name) else { return nil }
        return [
            "ruleName": .string(name), "ruleArn": .string(Self.arn(name)),
            "topicPattern": engine.topicFilter(of: name).map { .string($0) } ?? .null,
            "ruleDisabled": .bool(engine.isEnabled(name) != true), "metrics": Self.json(metrics),
        ]
    }

    private static func arn(_ name: String) -> String {
        "arn:aws:iot:local:123456789012:rule/\(name)"
    }

    private static func json(_ metrics: RuleMetrics) -> JSONValue {
        [
            "matched": number(metrics.matched), "fired": number(metrics.fired),
            "failed": number(metrics.failed),
            "succeededActions": number(metrics.succeededActions),
            "failedActions": number(metrics.failedActions),
        ]
    }

    private static func number(_ value: UInt64) -> JSONValue {
        .number(JSONNumber(Int64(clamping: value)))
    }

    private func details(_ name: String) throws -> Response {
        guard var document = engine.document(of: name), let metrics = engine.metrics(of: name)
        else {
            throw Self.missing()
        }
        document["ruleName"] = .string(name)
        return .json(
            .ok,
            [
                "ruleArn": .string(Self.arn(name)), "rule": .object(document),
                "metrics": Self.json(metrics),
            ]
        )
    }

    private func delete(_ name: String) throws -> Response {
        guard try engine.remove(name) else { throw Self.missing() }
        try engine.save()
        return .json(.ok, [:])
    }

    private func put(_ name: String, _ request: Request) async throws -> Response {
        try apply(name, .object(try await document(request)))
    }

    private func patch(_ name: String, _ request: Request) async throws -> Response {
        guard var document = engine.document(of: name) else { throw Self.missing() }
        // RFC 7396 at the top level: `null` removes a member.
        for member in try await self.document(request) {
            document[member.name] = member.value.isNull ? nil : member.value
        }
        return try apply(name, .object(document))
    }

    private func enable(_ name: String, _ isOn: Bool) throws -> Response {
        guard var document = engine.document(of: name) else { throw Self.missing() }
        document["ruleDisabled"] = .bool(!isOn)
        return try apply(name, .object(document))
    }

    private func document(_ request: Request) async throws -> JSONObject {
        let bytes = try await request.bytes(upTo: limits.bodyBytes)
        do {
            if let object = try JSONValue(parsing: bytes.span).object { return object }
        } catch {
            throw Self.invalid("line \(error.line), column \(error.column): \(error.violation)")
        }
        throw Self.invalid("the body must be a JSON object")
    }

    private static func invalid(
        _ message: String,
        _ code: String = "InvalidRequestException"
    )
        -> RequestFailure
    {
        RequestFailure(.badRequest, message, code: code)
    }

    private func apply(_ name: String, _ document: JSONValue) throws -> Response {
        do {
            try engine.set(name, document)
        } catch {
            throw Self.invalid(
                error.description,
                error.kind == .syntax ? "SqlParseException" : "InvalidRequestException"
            )
        }
        try engine.save()
        return .json(.ok, [:])
    }
}
#endif

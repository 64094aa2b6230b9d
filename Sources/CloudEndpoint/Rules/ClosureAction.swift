#if Endpoint
internal import RulesSQL

/// Calls Swift code that the program registered: `{"name": "notify"}`.
struct ClosureAction: RuleAction {
    let kind = "closure"
    let requiresHost = false
    private let name: String
    private let closure: @Sendable (RuleOutput) async throws -> Void
    private let worker = ActionWorker()

    init(_ reader: RuleReader, _ services: RuleServices) throws(RuleConfigurationError) {
        try reader.allow(["name"])
        name = try reader.required("name")
        guard let closure = services.configuration.closures[name] else {
            throw reader.error("name", "no such closure is registered")
        }
        self.closure = closure
    }

    func prepare(
        _ payload: [UInt8],
        _ message: RuleMessage,
        _ runner: inout RuleRunner
    ) async throws(ActionFailure) -> PreparedAction {
        let output = RuleOutput(
            ruleName: runner.ruleName,
            topic: String(decoding: message.topic, as: UTF8.self),
            clientIdentifier: message.context.clientID,
            payload: payload
        )
        let closure = closure
        return PreparedAction(resource: name, worker: worker) { try await closure(output) }
    }
}
#endif

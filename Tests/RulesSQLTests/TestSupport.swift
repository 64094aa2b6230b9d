import IoTTime
import RulesSQL

/// Runs one statement; the output as text, `nil` where the rule does not fire.
func run(
    _ sql: String,
    _ payload: String = "{}",
    topic: String = "a/b",
    version: SQLVersion = .v2016,
    limits: EvaluationLimits = .default
) throws -> String? {
    switch try outcome(sql, payload, topic: topic, version: version, limits: limits) {
    case (.produced, let output): String(decoding: output, as: UTF8.self)
    default: nil
    }
}

/// Runs one statement; the outcome and the output.
func outcome(
    _ sql: String,
    _ payload: String = "{}",
    topic: String = "a/b",
    version: SQLVersion = .v2016,
    limits: EvaluationLimits = .default
) throws -> (Outcome, [UInt8]) {
    let program = try Program(parsing: sql, version: version)
    var state: UInt64 = 7
    var evaluator = Evaluator(
        limits: limits,
        environment: RuleEnvironment(random: {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return state
        })
    )
    var output: [UInt8] = []
    let outcome = evaluator.evaluate(
        program,
        topic: Array(topic.utf8).span,
        payload: Array(payload.utf8).span,
        context: MessageContext(now: WallClock(milliseconds: 1_700_000_000_123)),
        into: &output
    )
    return (outcome, output)
}

/// The error of a statement that must not parse.
func failure(
    _ sql: String,
    version: SQLVersion = .v2016,
    limits: SyntaxLimits = .default
)
    -> SQLSyntaxError?
{
    do throws(SQLSyntaxError) {
        _ = try Program(parsing: sql, version: version, limits: limits)
        return nil
    } catch {
        return error
    }
}

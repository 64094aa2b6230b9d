import IoTTime
import JSONDocument
import RulesSQL
import Testing

/// Answers by name; counts nothing, fails on request.
private struct ScriptedHost: RuleHost {
    struct Refused: Error {}

    func answer(_ call: HostCall) async throws -> JSONValue? {
        guard call.arguments.first != .string("bad") else { throw Refused() }
        return .object(JSONObject([("asked", .array(call.arguments))]))
    }
}

@Suite("rules SQL: functions that ask the host")
struct HostTests {
    private func run(_ sql: String, _ payload: String = "{}") async throws -> (Outcome, String) {
        let program = try Program(parsing: sql, version: .v2016)
        #expect(program.requiresHost)
        var draws: UInt64 = 0
        var evaluator = Evaluator(
            environment: RuleEnvironment(random: {
                draws += 1
                return draws &* 0x9E37_79B9_7F4A_7C15
            })
        )
        var output: [UInt8] = []
        let outcome = await evaluator.evaluate(
            program,
            topic: Array("a/b".utf8),
            payload: Array(payload.utf8),
            context: MessageContext(now: WallClock(milliseconds: 0)),
            host: ScriptedHost(),
            into: &output
        )
        return (outcome, String(decoding: output, as: UTF8.self))
    }

    @Test("calls are made in order, each once, and their answers are values")
    func answers() async throws {
        let sql =
            "SELECT get_thing_shadow(a, 'r').asked[0] AS x, aws_lambda('f', {'k': a}).asked AS y"
        let (_, output) = try await run(sql, "{\"a\":\"t\"}")
        #expect(output == "{\"x\":\"t\",\"y\":[\"f\",{\"k\":\"t\"}]}")
    }

    @Test("random numbers stay the same when an evaluation starts over")
    func repeats() async throws {
        let sql = "SET @id = newuuid() SELECT get_thing_shadow(@id, 'r').asked[0] = @id AS same"
        let (_, output) = try await run(sql)
        #expect(output == "{\"same\":true}")
    }

    @Test("a failing call ends the rule, unless get_or_default stands around it")
    func failures() async throws {
        let (outcome, output) = try await run("SELECT get_thing_shadow('bad', 'r') AS x")
        guard case .failed(let error) = outcome,
            case .hostCallFailed(function: "get_thing_shadow", _) = error.violation
        else {
            Issue.record("\(outcome)")
            return
        }
        #expect(output.isEmpty)
        let (_, rescued) = try await run(
            "SELECT get_or_default(get_thing_shadow('bad', 'r'), 1) AS x"
        )
        #expect(rescued == "{\"x\":1}")
    }

    @Test("an Undefined argument makes the call Undefined, and no call is made")
    func undefinedArgument() async throws {
        let (_, output) = try await run("SELECT get_thing_shadow(missing, 'r') AS x")
        #expect(output == "{}")
    }
}

import IoTTestSupport
import IoTTime
import MQTTTopics
import RulesSQL
import Testing

@Suite("rules SQL: sets of rules")
struct RuleSetTests {
    private func rule(_ name: String, _ sql: String, isEnabled: Bool = true) throws -> RuleSet.Rule
    {
        RuleSet.Rule(
            name: name,
            program: try Program(parsing: sql, version: .v2016),
            isEnabled: isEnabled
        )
    }

    private func fired(_ set: RuleSet, _ topic: String, _ payload: String) -> [String] {
        var evaluator = Evaluator(environment: RuleEnvironment(random: { 4 }))
        var output: [UInt8] = []
        var lines: [String] = []
        evaluator.evaluate(
            set,
            topic: Array(topic.utf8).span,
            payload: Array(payload.utf8).span,
            context: MessageContext(now: WallClock(milliseconds: 5)),
            into: &output
        ) { rule, outcome, bytes in
            guard case .produced(let range) = outcome else { return }
            lines.append(rule.name + " " + String(decoding: bytes[range], as: UTF8.self))
        }
        return lines
    }

    @Test("rules run in order, by topic; disabled ones and other topics do not")
    func byTopic() throws {
        let set = try RuleSet(
            [
                rule("a", "SELECT x FROM 'd/+' WHERE x > 1"), rule("b", "SELECT 1 AS n FROM 'd/#'"),
                rule("c", "SELECT * FROM 'e/#'"),
                rule("d", "SELECT * FROM 'd/1'", isEnabled: false),
            ],
            seed: 9
        )
        #expect(fired(set, "d/1", "{\"x\":2}") == ["a {\"x\":2}", "b {\"n\":1}"])
        #expect(fired(set, "d/1", "{\"x\":1}") == ["b {\"n\":1}"])
        #expect(fired(set, "d", "{}") == [])
    }

    @Test("Basic Ingest runs the rule it names, whatever its FROM says")
    func basicIngest() throws {
        let set = try RuleSet(
            [
                rule("a", "SELECT topic() AS t FROM 'x'"), rule("b", "SELECT 1 AS n"),
                rule("off", "SELECT 1 AS n", isEnabled: false),
            ],
            seed: 9
        )
        #expect(fired(set, "$aws/rules/a/p/q", "{}") == ["a {\"t\":\"p/q\"}"])
        #expect(fired(set, "$aws/rules/b/p", "{}") == ["b {\"n\":1}"])
        #expect(fired(set, "$aws/rules/off/p", "{}") == [])
        #expect(fired(set, "$aws/rules/none/p", "{}") == [])
    }

    @Test("adding and removing give new sets and leave the old one as it was")
    func snapshots() throws {
        let first = try RuleSet([rule("a", "SELECT 1 AS n FROM 't'")], seed: 1)
        let second = try first.adding([rule("b", "SELECT 2 AS n FROM 't'")])
        let third = try second.removing(["a"])
        let fourth = try third.adding([rule("b", "SELECT 3 AS n FROM 't'")])
        #expect(fired(first, "t", "{}") == ["a {\"n\":1}"])
        #expect(fired(second, "t", "{}") == ["a {\"n\":1}", "b {\"n\":2}"])
        #expect(fired(third, "t", "{}") == ["b {\"n\":2}"])
        #expect(fired(fourth, "t", "{}") == ["b {\"n\":3}"])
        #expect(throws: RuleSet.Violation.duplicateName("a")) {
            try RuleSet([rule("a", "SELECT *"), rule("a", "SELECT *")], seed: 1)
        }
    }

    @Test("what several rules ask is computed once, and gives what each rule alone gives")
    func shares() throws {
        var random = SplitMix64(seed: 11)
        var rules: [RuleSet.Rule] = []
        for index in 0..<60 {
            let operand = random.pick([
                "upper(c)", "c", "x + 1", "y.z", "decode(encode(c, 'base64'), 'base64')",
            ])
            let sql =
                "SELECT \(operand) AS v, x FROM 't' WHERE x > \(random.below(3)) "
                + random.pick(["AND", "OR"]) + " upper(c) <> '\(random.pick(["A", "B"]))'"
            rules.append(try rule("r\(index)", sql))
        }
        let set = try RuleSet(rules, seed: 2)
        #expect(set.sharedExpressions > 0)
        for payload in [
            "{\"x\":1,\"c\":\"a\"}", "{\"x\":2,\"c\":\"b\",\"y\":{\"z\":1}}", "{}", "[]",
        ] {
            var alone: [String] = []
            for rule in rules {
                alone += fired(try RuleSet([rule], seed: 3), "t", payload)
            }
            #expect(fired(set, "t", payload) == alone)
        }
    }

    @Test("a dry run counts what each rule would have done")
    func dryRun() throws {
        let set = try RuleSet(
            [
                rule("hot", "SELECT t FROM '+/m' WHERE t > 50"),
                rule("bad", "SELECT *, 1 AS a FROM 'b/m'"),
            ],
            seed: 1
        )
        let context = MessageContext(now: WallClock(milliseconds: 0))
        let messages = [("a/m", "{\"t\":60}"), ("a/m", "{\"t\":40}"), ("b/m", "raw")].map {
            RecordedMessage(topic: Array($0.0.utf8), payload: Array($0.1.utf8), context: context)
        }
        var evaluator = Evaluator(environment: RuleEnvironment(random: { 4 }))
        let counts = evaluator.dryRun(set, over: messages)
        #expect(counts["hot"]?.matched == 3)
        #expect(counts["hot"]?.fired == 1)
        #expect(counts["hot"]?.outputBytes == 8)
        #expect(counts["bad"]?.failed == 1)
        #expect(counts["bad"]?.firstFailure == RuleError(.payloadIsNoObject))
    }
}

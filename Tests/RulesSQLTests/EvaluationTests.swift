import IoTTestSupport
import IoTTime
import JSONDocument
import RulesSQL
import Testing

@Suite("rules SQL: evaluation")
struct EvaluationTests {
    @Test("SELECT * with items splices, and gives what parsing, merging and writing gives")
    func splices() throws {
        var random = SplitMix64(seed: 3)
        for _ in 0..<500 {
            var members: [String] = []
            for name in ["a", "b", "c", "d"] where !random.oneIn(3) {
                let value = random.pick([
                    "1", "10.0", "1E3", "1.50", "\"s\\n\"", "null", "[1.0, {\"x\":2.0}]", "{ }",
                ])
                members.append("\"\(name)\" : \(value)")
            }
            let payload = "{ " + members.joined(separator: " , ") + " }"
            let output = try #require(try run("SELECT *, 5 AS b, missing AS c, 7 AS z", payload))
            var expected = try #require(JSONValue(parsing: payload).object)
            expected.updateValue(5, for: "b")
            expected.updateValue(7, for: "z")
            #expect(try JSONValue(parsing: output) == .object(expected), "\(payload)")
        }
    }

    @Test("2016-03-23 rewrites whole numbers under * too; 2015-10-08 copies")
    func wholeNumbers() throws {
        let payload = "{\"a\":10.0,\"b\":[1E2,1.5],\"c\":{\"d\":0.0}}"
        #expect(try run("SELECT *", payload) == "{\"a\":10,\"b\":[100,1.5],\"c\":{\"d\":0}}")
        #expect(try run("SELECT *", payload, version: .v2015) == payload)
    }

    @Test("a name that stands twice in the payload counts once, with its last value")
    func duplicates() throws {
        #expect(try run("SELECT *, 1 AS z", "{\"a\":1,\"a\":2}") == "{\"a\":2,\"z\":1}")
        #expect(try run("SELECT a", "{\"a\":1,\"\\u0061\":2}") == "{\"a\":2}")
    }

    @Test("items beside * need an object")
    func rawPayload() throws {
        #expect(try outcome("SELECT *, 1 AS a", "[1]").0 == .failed(RuleError(.payloadIsNoObject)))
        #expect(
            try outcome("SELECT *, 1 AS a", "no json").0 == .failed(RuleError(.payloadIsNoObject))
        )
        #expect(try run("SELECT *, 1 AS a", "") == "{\"a\":1}")
    }

    @Test("two calls of newuuid differ, two of timestamp agree")
    func calls() throws {
        let output = try #require(
            try run("SELECT newuuid() AS a, newuuid() AS b, timestamp() AS c, timestamp() AS d")
        )
        let object = try JSONValue(parsing: output)
        #expect(object["a"] != object["b"])
        #expect(object["c"] == object["d"])
        let uuid = Array(object["a"]?.string ?? "")
        #expect(uuid.count == 36 && uuid[14] == "4" && "89ab".contains(uuid[19]))
    }

    @Test(
        "limits hold at their value and not one further",
        arguments: [
            ("SELECT * ", "{\"a\":12345}", 11, 100, nil),
            ("SELECT * ", "{\"a\":123456}", 11, 100, RuleError.Limit.payloadBytes),
            ("SELECT a + a AS r", "{\"a\":\"12\"}", 100, 4, nil),
            ("SELECT a + a + 'x' AS r", "{\"a\":\"12\"}", 100, 4, RuleError.Limit.stringBytes),
        ] as [(String, String, Int, Int, RuleError.Limit?)]
    )
    func limits(
        sql: String,
        payload: String,
        bytes: Int,
        string: Int,
        limit: RuleError.Limit?
    ) throws {
        var limits = EvaluationLimits.default
        limits.payloadBytes = bytes
        limits.stringBytes = string
        let (outcome, output) = try outcome(sql, payload, limits: limits)
        if let limit {
            #expect(outcome == .failed(RuleError(.limit(limit))))
            #expect(output.isEmpty)
        } else {
            guard case .produced = outcome else {
                Issue.record("\(outcome)")
                return
            }
        }
    }

    @Test("JSON depth, output and steps are limited")
    func moreLimits() throws {
        var limits = EvaluationLimits.default
        limits.jsonDepth = 3
        #expect(try run("SELECT *", "{\"a\":[[1]]}", limits: limits) != nil)
        let deep = try outcome("SELECT *", "{\"a\":[[[1]]]}", limits: limits)
        #expect(deep.0 == .failed(RuleError(.limit(.jsonDepth))))
        limits = .default
        limits.outputBytes = 7
        #expect(try run("SELECT a AS r", "{\"a\":1}", limits: limits) == "{\"r\":1}")
        #expect(
            try outcome("SELECT a AS r", "{\"a\":12}", limits: limits).0
                == .failed(RuleError(.limit(.outputBytes)))
        )
        limits = .default
        limits.steps = 1_000
        let list = "[" + (0..<2_000).map(String.init).joined(separator: ",") + "]"
        #expect(
            try outcome(
                "SELECT (SELECT VALUE x + 1 FROM a AS x) AS r",
                "{\"a\":\(list)}",
                limits: limits
            )
            .0 == .failed(RuleError(.limit(.steps)))
        )
    }

    @Test(
        "a trace says which operand kept WHERE from being true",
        arguments: [
            (
                "a > 5 AND b = 'x'", "{\"a\":7,\"b\":\"y\"}",
                "b = 'x': false, because b is String \"y\""
            ),
            ("a > 5 AND b = 'x'", "{\"b\":\"x\"}", "a > 5: Undefined, because a is Undefined"),
            (
                "a > 5", "{\"a\":true}",
                "a > 5: Undefined, because a is Boolean true and is compared with Int 5"
            ),
            (
                "a = 1 OR NOT c", "{\"a\":2,\"c\":true}",
                "a = 1: false, because a is Int 2\nc: true"
            ),
            (
                "upper(a) = b", "{\"a\":\"x\"}",
                "upper(a) = b: Undefined, because upper(a) is String \"X\" and b is Undefined"
            ),
        ]
    )
    func traces(condition: String, payload: String, expected: String) throws {
        let program = try Program(
            parsing: "SELECT * FROM 'a/b' WHERE \(condition)",
            version: .v2016
        )
        var evaluator = Evaluator(environment: RuleEnvironment(random: { 0 }))
        let trace = evaluator.trace(
            program,
            topic: Array("a/b".utf8).span,
            payload: Array(payload.utf8).span,
            context: MessageContext(now: WallClock(milliseconds: 0))
        )
        #expect(trace.description == expected)
    }

    @Test("explain prints constants folded and equal operations once")
    func explains() throws {
        let program = try Program(
            parsing: "SELECT upper('a') + 'b' AS r, x.y + 1 AS s FROM 't' WHERE x.y + 1 > 2",
            version: .v2016
        )
        let text = program.explain()
        #expect(text.contains("constant \"Ab\""))
        #expect(text.components(of: "field x.y") == 1)
        #expect(text.contains("; kept"))
    }
}

extension String {
    /// How often `part` occurs.
    func components(of part: String) -> Int {
        var count = 0
        var rest = Substring(self)
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}

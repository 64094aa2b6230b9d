import RulesSQL
import Testing

@Suite("rules SQL: regular expressions")
struct RegularExpressionTests {
    private func match(_ pattern: String, _ text: String) throws -> String? {
        let bytes = Array(text.utf8)
        let found = try RegularExpression(pattern).firstMatch(in: bytes)
        return found?[0].map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test(
        "the leftmost match by Java's order of preference",
        arguments: [
            ("(hi)*", "hihihello", "hihi"), ("a|ab", "ab", "a"), ("a{2,}", "caaaa", "aaaa"),
            ("a{1,2}?", "aaa", "a"), ("^b", "ab", nil), ("(?m)^b$", "a\nb\nc", "b"),
            ("b$", "b\n", "b"), ("b\\z", "b\n", nil), ("[a-c&&[^b]]+", "bacb", "ac"),
            ("[]a]+", "x]a", "]a"), ("\\bfoo\\b", "a foo.", "foo"), ("(?i)ABC", "xabc", "abc"),
            ("a.c", "a\nc", nil), ("(?s)a.c", "a\nc", "a\nc"), ("\\Qa.b\\E", "a.b", "a.b"),
            ("\\p{Lu}+", "aÄÖx", "ÄÖ"), ("\\x41\\u0042", "AB", "AB"), ("é+", "caféé", "éé"),
            ("(?:a|b)*c", "ababc", "ababc"), ("", "abc", ""), ("x?", "abc", ""),
            ("(a*)*", "aab", "aa"), ("(|a)+", "aa", ""), ("[^\\d\\s]+", "1 x2", "x"),
            ("(?:a|\\b|[^b]){2,}", "aaa--", "aaa"),
        ] as [(String, String, String?)]
    )
    func matches(pattern: String, text: String, expected: String?) throws {
        #expect(try match(pattern, text) == expected)
    }

    @Test(
        "what Java refuses is invalid",
        arguments: [
            "[z-", "(", ")", "*a", "a**", "[z-a]", "a{2,1}", "\\", "\\q", "{1}", "a{x}", "[]",
        ]
    )
    func invalid(pattern: String) {
        #expect(throws: RegularExpression.Violation.invalid) { try RegularExpression(pattern) }
    }

    @Test(
        "what needs backtracking is unsupported, and refused where it is literal",
        arguments: [
            ("(?=a)", "look-ahead"), ("(?<!a)", "look-behind"), ("(a)\\1", "a back-reference"),
            ("a++", "a possessive quantifier"), ("(?>a)", "an atomic group"),
            ("a{1001}", "more than 1000 repetitions"), ("(a{999}){999}", "too many repetitions"),
        ]
    )
    func unsupported(pattern: String, what: String) {
        #expect(throws: RegularExpression.Violation.unsupported(what)) {
            try RegularExpression(pattern)
        }
        #expect(
            failure("SELECT regexp_matches(a, '\(pattern)') AS r")?.violation
                == .unsupportedPattern(what)
        )
    }

    @Test("an unsupported pattern from the payload is Undefined")
    func unsupportedDynamic() throws {
        #expect(try run("SELECT regexp_matches('a', p) AS r", "{\"p\":\"(?=a)a\"}") == "{}")
    }

    @Test("^(a+)+$ takes steps in proportion to the text")
    func linear() throws {
        let expression = try RegularExpression("^(a+)+$")
        for length in [1_000, 10_000] {
            let text = [UInt8](repeating: 0x61, count: length) + [0x62]
            #expect(try expression.firstMatch(in: text, steps: 20 * length) == nil)
        }
    }

    @Test("a search that runs out of steps ends the rule")
    func exhausted() throws {
        var limits = EvaluationLimits.default
        limits.steps = 100
        let payload = "{\"t\":\"" + String(repeating: "a", count: 500) + "\"}"
        let result = try outcome("SELECT regexp_matches(t, 'a*b') AS r", payload, limits: limits)
        #expect(result.0 == .failed(RuleError(.limit(.steps))))
    }

    @Test(
        "replacements take groups by number and name, and refuse what is no group",
        arguments: [
            ("'abc', '(b)', '[$1]'", "{\"r\":\"a[b]c\"}"),
            ("'abc', '(?<x>b)', '${x}${x}'", "{\"r\":\"abbc\"}"),
            ("'abc', 'x*', '-'", "{\"r\":\"-a-b-c-\"}"), ("'abc', '(b)', '$2'", "{}"),
            ("'abc', 'b', '$'", "{}"), ("'abc', 'b', '\\$'", "{\"r\":\"a$c\"}"),
            ("'abc', '(b)', '$12'", "{\"r\":\"ab2c\"}"),
        ]
    )
    func replaces(arguments: String, expected: String) throws {
        #expect(try run("SELECT regexp_replace(\(arguments)) AS r") == expected)
    }
}

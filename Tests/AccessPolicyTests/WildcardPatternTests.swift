import IoTTestSupport
import IoTTime
import Testing

@testable import AccessPolicy

/// The plain definition of `*` and `?`, exponential and obviously right.
private func naive(
    _ pattern: ArraySlice<Unicode.Scalar>,
    _ text: ArraySlice<Unicode.Scalar>
) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    let rest = pattern.dropFirst()
    if first == "*" {
        return naive(rest, text) || (!text.isEmpty && naive(pattern, text.dropFirst()))
    }
    guard let character = text.first, first == "?" || first == character else { return false }
    return naive(rest, text.dropFirst())
}

@Suite("AWS IoT policies: wildcards")
struct WildcardPatternTests {
    let context = AuthorizationContext(now: .epoch)

    func matches(_ pattern: String, _ text: String) throws -> Bool {
        let text = Array(text.utf8)
        return try WildcardPattern(pattern.utf8, .init()).match(text.span, in: context) == .matched
    }

    @Test("§3 `*` is any run, `?` exactly one character; compared with the plain definition")
    func agreesWithTheDefinition() throws {
        var random = SplitMix64(seed: 7)
        let alphabet = Array("aaab/é€".unicodeScalars)
        for _ in 0..<10_000 {
            var pattern = String.UnicodeScalarView()
            for _ in 0..<random.below(9) {
                pattern.append(random.pick(alphabet + ["*", "*", "?"]))
            }
            var text = String.UnicodeScalarView()
            for _ in 0..<random.below(12) { text.append(random.pick(alphabet)) }
            let expected = naive(Array(pattern)[...], Array(text)[...])
            #expect(
                try matches(String(pattern), String(text)) == expected,
                "\(String(pattern)) on \(String(text))"
            )
        }
    }

    @Test("§3 a piece of more than 64 characters with `?` between two stars")
    func longPieces() throws {
        let piece = String(repeating: "ab?", count: 40)
        let text = String(repeating: "abc", count: 40)
        #expect(try matches("*\(piece)*", "xx\(text)yy"))
        #expect(try !matches("*\(piece)d*", "xx\(text)yy"))
        #expect(try matches("*\(piece)d*", "xx\(text)dyy"))
    }

    @Test("§3 a `?` takes a whole scalar of several bytes, wherever it stands")
    func scalars() throws {
        #expect(try matches("?", "€"))
        #expect(try !matches("??", "€"))
        #expect(try matches("*?b*", "x€bx"))
        #expect(try matches("a*?", "a€"))
        #expect(try !matches("?a?", "€a"))
    }

    @Test("§4 a substituted value is data: its `*`, `?` and `${` stand for themselves")
    func substitutionIsData() throws {
        var context = context
        for value in ["*", "?", "${iot:ClientId}", "a*b"] {
            context.set(.clientID, to: value)
            for (before, after) in [("", ""), ("x/", ""), ("*/", "/*")] {
                let pattern = try WildcardPattern(
                    "\(before)${iot:ClientId}\(after)".utf8,
                    .init()
                )
                func match(_ client: String) -> WildcardPattern.MatchResult {
                    let text = Array(
                        (before.replacing("*", with: "q") + client
                            + after.replacing("*", with: "r")).utf8
                    )
                    return pattern.match(text.span, in: context)
                }
                #expect(match(value) == .matched)
                #expect(match("azb") == .notMatched)
                #expect(match("z") == .notMatched)
            }
        }
    }

    @Test("§3 patterns that make naive matchers slow take linear time")
    func linear() throws {
        let clock = ContinuousClock()
        let text = String(repeating: "a", count: 65_000)
        let patterns = [
            String(repeating: "*a", count: 30) + "b",
            "*" + String(repeating: "a", count: 1_000) + "b*",
            "*" + String(repeating: "a?", count: 1_000) + "b*",
            String(repeating: "*?", count: 1_024),
        ]
        for pattern in patterns {
            let time = try clock.measure { _ = try matches(pattern, text) }
            // Quadratic would be 65 million steps and more; a debug build does these in well under 1 s.
            #expect(time < .seconds(5), "\(pattern.prefix(20))")
        }
    }

    @Test("§4 `${` without `}` and names that are none are refused at their place")
    func refusesVariables() throws {
        #expect(throws: PatternError.unterminatedVariable(at: 1)) {
            try WildcardPattern("a${iot:ClientId".utf8, .init())
        }
        #expect(throws: PatternError.badVariableName(at: 3)) {
            try WildcardPattern("a${}".utf8, .init())
        }
        #expect(throws: PatternError.badVariableName(at: 2)) {
            try WildcardPattern("${a b}".utf8, .init())
        }
    }
}

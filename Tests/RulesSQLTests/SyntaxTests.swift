import IoTTestSupport
import RulesSQL
import Testing

@Suite("rules SQL: syntax")
struct SyntaxTests {
    @Test(
        "errors name the offending token, say what was expected and where",
        arguments: [
            (
                "SELECT a b FROM 't'", 9..<10,
                "unexpected 'b': expected AS, ',', FROM, WHERE or the end"
            ),
            ("SELECT", 6..<6, "unexpected end: expected an expression"),
            ("SELECT * FROM t/1", 14..<15, "unexpected 't': expected a topic filter in quotes"),
            ("SELECT nosuch(1) AS r", 7..<13, "unknown function 'nosuch'"),
            (
                "SELECT uper(a) AS r", 7..<11,
                "unknown function 'uper': did you mean 'upper'?"
            ),
            ("SELECT a FROM 't", 14..<16, "the string has no closing quote"),
            ("SELECT a ; FROM 't'", 9..<10, "unexpected character ';'"),
            ("SELECT VALUE a, b FROM 't'", 16..<17, "SELECT VALUE takes exactly one item"),
            ("SELECT 1 FROM 't'", 7..<8, "this item needs AS and a name"),
            ("SELECT @x AS r", 7..<9, "@x is not assigned before this place"),
            ("SELECT upper(*) AS r", 13..<14, "'*' cannot stand here"),
            ("SELECT cast(a AS blob) AS r", 17..<21, "'blob' is no type of CAST"),
            ("SELECT 1E1000 AS r", 7..<13, "the number 1E1000 is outside 1E-999...9.99E999"),
        ]
    )
    func namesTheToken(sql: String, range: Range<Int>, message: String) {
        let error = failure(sql)
        #expect(error?.range == range)
        #expect(error?.description == message)
    }

    @Test("an error is rendered with line, column and a caret below the text")
    func rendersCaret() {
        let sql = "SELECT a,\n\tb c FROM 't'"
        #expect(
            failure(sql)?.rendered(in: sql)
                == "2:4: error: unexpected 'c': expected AS, ',', FROM, WHERE or the end\n"
                + "\tb c FROM 't'\n\t  ^"
        )
    }

    @Test(
        "printing gives canonical text that parses to the same tree",
        arguments: [
            (
                "select  *, a.b[1].c as x.y from 'a/+' where not a = 1 and (b or c) or -d + 2 * 3 > 1",
                "SELECT *, a.b[1].c AS x.y FROM 'a/+' WHERE NOT a = 1 AND (b OR c) OR -d + 2 * 3 > 1"
            ),
            ("SELECT (a - b) - (c - d) AS r", "SELECT (a - b) - (c - d) AS r"),
            ("SELECT value FROM 't'", "SELECT value FROM 't'"),
            ("SELECT VALUE value FROM 't'", "SELECT VALUE value FROM 't'"),
            (
                "SET @a = 'it''s', @b = @a SELECT case x when 1 then 2 else 3 end AS r",
                "SET @a = 'it''s', @b = @a SELECT CASE x WHEN 1 THEN 2 ELSE 3 END AS r"
            ),
            (
                "SELECT (select value q from e as z where z.q in [1,2]) as r, {\"k\":1} as o",
                "SELECT (SELECT VALUE q FROM e AS z WHERE z.q IN [1, 2]) AS r, {'k': 1} AS o"
            ),
        ]
    )
    func prints(sql: String, canonical: String) throws {
        let statement = try SelectStatement(parsing: sql, version: .v2016)
        #expect(statement.description == canonical)
        #expect(try SelectStatement(parsing: canonical, version: .v2016) == statement)
    }

    @Test("print(parse(x)) parses to the same tree for generated statements")
    func roundTrips() throws {
        var random = SplitMix64(seed: 0x5EED)
        for _ in 0..<3_000 {
            let sql =
                "SELECT " + Generator.expression(&random, 4) + " AS r FROM 't/#' WHERE "
                + Generator.expression(&random, 3)
            let statement = try SelectStatement(parsing: sql, version: .v2016)
            let again = try SelectStatement(parsing: statement.description, version: .v2016)
            #expect(again == statement, "\(sql)")
        }
    }

    @Test("any prefix of a statement parses or is refused with a range inside of it")
    func prefixes() {
        let sql =
            "SET @a = {'k': [1, 2.5e3]} SELECT *, get(@a, \"k\") AS r.s FROM 'a/#' "
            + "WHERE EXISTS (SELECT * FROM x AS y WHERE y <> NULL) AND CASE 1 WHEN 1 THEN true END"
        for length in 0...sql.utf8.count {
            let prefix = String(decoding: Array(sql.utf8)[..<length], as: UTF8.self)
            if let error = failure(prefix) {
                #expect(error.range.upperBound <= length)
                #expect(!error.rendered(in: prefix).isEmpty)
            }
        }
        #expect(failure(sql) == nil)
    }

    @Test("limits hold at their value and not one further")
    func limits() {
        func nested(_ n: Int) -> String {
            "SELECT " + String(repeating: "(", count: n) + "a" + String(repeating: ")", count: n)
                + " AS r"
        }
        #expect(failure(nested(127)) == nil)
        #expect(
            failure(nested(128))?.violation == .tooLarge("expressions nest too deeply", limit: 128)
        )
        let small = SyntaxLimits(statementBytes: 20, depth: 8, listLength: 2, variables: 1)
        #expect(failure("SELECT abcdefg, cdef", limits: small) == nil)
        #expect(
            failure("SELECT abcdefg, cdefg", limits: small)?.violation
                == .tooLarge("the statement has 21 bytes", limit: 20)
        )
        #expect(failure("SELECT a, b", limits: small) == nil)
        #expect(
            failure("SELECT a, b, c", limits: small)?.violation
                == .tooLarge("too many items", limit: 2)
        )
        let wide = SyntaxLimits(statementBytes: 100, depth: 8, listLength: 9, variables: 1)
        #expect(failure("SET @a = 1 SELECT @a", limits: wide) == nil)
        #expect(
            failure("SET @a = 1, @b = 2 SELECT @a", limits: wide)?.violation
                == .tooLarge("too many SET variables", limit: 1)
        )
    }

    @Test("long chains of operators are no deep trees")
    func chains() throws {
        let sum = (0..<1_000).map { "f\($0)" }.joined(separator: " + ")
        #expect(try run("SELECT \(sum) AS r") == "{}")
        let any = (0..<1_000).map { "a = \($0)" }.joined(separator: " OR ")
        #expect(try run("SELECT 1 AS r WHERE \(any)", "{\"a\":999}") == "{\"r\":1}")
        #expect(failure("SELECT \(sum) + " + sum + " AS r") != nil)
    }

    @Test("the first version refuses what came with 2016-03-23")
    func versions() {
        for sql in [
            "SELECT [1] AS r", "SELECT {} AS r", "SELECT (SELECT a FROM b) AS r",
            "SELECT length(a) AS r", "SELECT cast(a AS Decimal) AS r",
        ] {
            #expect(failure(sql) == nil)
            guard case .needsVersion2016? = failure(sql, version: .v2015)?.violation else {
                Issue.record("\(sql) is accepted in 2015-10-08")
                continue
            }
        }
    }

    @Test("variables may not stand where the service wants the value itself")
    func fixedArguments() {
        let sql = "SET @r = 'x' SELECT get_thing_shadow('t', @r) AS s"
        #expect(failure(sql)?.violation == .variableNotAllowed(function: "get_thing_shadow"))
        #expect(failure("SET @r = 'x' SELECT get_thing_shadow(@r, 'x') AS s") == nil)
    }
}

/// Expressions of every kind.
enum Generator {
    static func expression(_ random: inout SplitMix64, _ depth: Int) -> String {
        guard depth > 0 else {
            return random.pick(["a", "b", "value", "1", "2.5", "'s'", "TRUE", "NULL", "1E3"])
        }
        func inner() -> String { expression(&random, depth - 1) }
        switch random.below(14) {
        case 0: return inner() + random.pick([" + ", " - ", " * ", " / ", " % "]) + inner()
        case 1: return inner() + random.pick([" = ", " <> ", " < ", " >= ", " IN "]) + inner()
        case 2: return "((\(inner())) AND (\(inner())))"
        case 3: return "((\(inner())) OR (\(inner())))"
        case 4: return "(NOT (\(inner())))"
        case 5: return "(-(\(inner())))"
        case 6: return "(\(inner())).c[\(inner())]"
        case 7: return "upper(\(inner()))"
        case 8: return "CAST(\(inner()) AS Int)"
        case 9: return "CASE \(inner()) WHEN \(inner()) THEN \(inner()) ELSE \(inner()) END"
        case 10: return "[\(inner()), \(inner())]"
        case 11: return "{'k': \(inner())}"
        case 12: return "(SELECT VALUE \(inner()) FROM e AS x WHERE \(inner()))"
        default: return "(\(inner()))"
        }
    }
}

import BenchmarkSupport
import IoTCYardstickSQLite
import IoTCYardstickSimdjson
import IoTTime
import RulesSQL
import RulesSQLSystem

/// The bars of rules SQL; every body's result is checked before it is timed.
@main
enum RulesSQLBenchmarks {
    static let sql = """
        SELECT *, newuuid() AS requestId, topic(2) AS deviceId, timestamp() AS timestamp \
        FROM 'device/+/sensor/+/v1' WHERE temperature > 50 AND color <> 'red'
        """

    static func main() throws {
        let program = BenchmarkProgram(
            "RulesSQL against simdjson (DOM parse alone) and SQLite JSON1"
        )
        try rule(program)
        try set(program)
        compile(program)
        try patterns(program)
        program.finish()
    }

    /// Payloads of 200 bytes; 37 of 100 pass the filter.
    static func payloads(idName: String = "id") -> [[UInt8]] {
        (0..<100).map { index in
            let temperature = index < 50 ? "\(51 + index % 40).\(index % 9 + 1)" : "\(index % 50).5"
            let color = index < 37 ? "blue" : "red"
            var text = """
                {"\(idName)":"sensor-\(1000 + index)","temperature":\(temperature),"color":"\(color)",\
                "humidity":\(30 + index % 40),"battery":3.\(71 + index % 9),"seq":\(100_000 + index),\
                "location":{"lat":47.615694,"lon":-122.3359976},"ok":true,"note":"
                """
            while text.utf8.count < 198 { text += "x" }
            return Array((text + "\"}").utf8)
        }
    }

    static func context() -> MessageContext {
        MessageContext(now: WallClock(milliseconds: 1_700_000_000_123), clientID: "client-1")
    }

    static func rule(_ program: BenchmarkProgram) throws {
        let payloads = payloads()
        let rule = try Program(parsing: sql, version: .v2016)
        let topic = Array("device/d-17/sensor/s3/v1".utf8)
        let context = context()
        let parsers = payloads.map { text in
            text.withUnsafeBufferPointer { iot_simdjson_make($0.baseAddress, $0.count) }
        }
        defer { for parser in parsers { iot_simdjson_free(parser) } }
        func run(_ count: Int) -> (fired: UInt64, bytes: UInt64) {
            var evaluator = Evaluator(environment: .system())
            var output: [UInt8] = []
            var fired: UInt64 = 0
            var bytes: UInt64 = 0
            for index in 0..<count {
                output.removeAll(keepingCapacity: true)
                let payload = payloads[index % 100]
                let outcome = evaluator.evaluate(
                    rule,
                    topic: topic.span,
                    payload: payload.span,
                    context: context,
                    into: &output
                )
                if case .produced(let range) = outcome {
                    fired += 1
                    bytes += UInt64(range.count)
                }
            }
            return (fired, bytes)
        }
        if run(100).fired != 37 { program.fail("not 37 of 100 messages fire") }
        var sink: UInt64 = 0
        program.compare(
            "rules/rule over 200 B, 37 % firing",
            count: 200_000,
            bar: 1.5,
            peer: (
                "simdjson DOM parse",
                { count in
                    var sum: UInt64 = 0
                    for index in 0..<count { sum &+= iot_simdjson_parse(parsers[index % 100], 1) }
                    sink &+= sum
                    return 0
                }
            ),
            ours: { count in
                sink &+= run(count).fired
                return 0
            }
        )
        blackHole(sink)
        firing(program, "rules/firing message alone", rule, payloads[0], topic)
        // An item that replaces a member: the payload is written member by member.
        let replacing = Self.payloads(idName: "deviceId")[0]
        firing(program, "rules/firing message, a member replaced", rule, replacing, topic)
        sqlite(program, payloads, run: run)
    }

    static func firing(
        _ program: BenchmarkProgram,
        _ name: String,
        _ rule: Program,
        _ payload: [UInt8],
        _ topic: [UInt8]
    ) {
        let context = context()
        program.compare(name, count: 200_000) { count in
            var evaluator = Evaluator(environment: .system())
            var output: [UInt8] = []
            var bytes: UInt64 = 0
            for _ in 0..<count {
                output.removeAll(keepingCapacity: true)
                _ = evaluator.evaluate(
                    rule,
                    topic: topic.span,
                    payload: payload.span,
                    context: context,
                    into: &output
                )
                bytes &+= UInt64(output.count)
            }
            return bytes
        }
    }

    static func sqlite(
        _ program: BenchmarkProgram,
        _ payloads: [[UInt8]],
        run: (Int) -> (fired: UInt64, bytes: UInt64)
    ) {
        let statement = """
            SELECT json_set(?1, '$.requestId', ?2, '$.deviceId', ?3, '$.timestamp', ?4) \
            WHERE json_extract(?1, '$.temperature') > 50 AND json_extract(?1, '$.color') <> 'red'
            """
        guard let peer = iot_sqlite_make(statement) else { return program.fail("SQLite") }
        defer { iot_sqlite_free(peer) }
        let uuid = "123a4567-b89c-42d3-a456-789012345000"
        program.compare(
            "rules/rule over 200 B",
            count: 100_000,
            bar: 0.2,
            peer: (
                "SQLite JSON1",
                { count in
                    var fired: UInt64 = 0
                    for index in 0..<count {
                        let length = payloads[index % 100].withUnsafeBufferPointer {
                            iot_sqlite_run(
                                peer,
                                $0.baseAddress,
                                $0.count,
                                uuid,
                                "d-17",
                                1_700_000_000_123
                            )
                        }
                        if length > 0 { fired += 1 }
                    }
                    return fired
                }
            ),
            ours: { run($0).fired }
        )
    }

    static func set(_ program: BenchmarkProgram) throws {
        var rules: [RuleSet.Rule] = []
        for index in 0..<1_000 {
            let text = """
                SELECT *, \(index) AS rule FROM 'site/\(index % 100)/line/+/m\(index)' \
                WHERE temperature > \(index % 60) AND color = 'c\(index % 7)'
                """
            rules.append(
                RuleSet.Rule(
                    name: "r\(index)",
                    program: try Program(parsing: text, version: .v2016)
                )
            )
        }
        let payload = payloads()[0]
        let context = context()
        func run(_ set: RuleSet, _ topic: [UInt8], _ count: Int) -> UInt64 {
            var evaluator = Evaluator(environment: .system())
            var output: [UInt8] = []
            var matched: UInt64 = 0
            for _ in 0..<count {
                output.removeAll(keepingCapacity: true)
                let matches = evaluator.evaluate(
                    set,
                    topic: topic.span,
                    payload: payload.span,
                    context: context,
                    into: &output
                ) { _, _, _ in }
                matched &+= UInt64(matches)
            }
            return matched
        }
        let thousand = try RuleSet(rules, seed: 0x5EED)
        let elsewhere = Array("device/d-17/sensor/s3/v1".utf8)
        program.compare(
            "rules/topic matches none of 1,000 rules",
            count: 1_000_000,
            expect: 0,
            bar: 100
        ) { run(thousand, elsewhere, $0) }
        var more: [RuleSet.Rule] = []
        for index in 0..<101 {
            let text = """
                SELECT *, \(index) AS rule FROM 'device/+/sensor/+/v1' \
                WHERE temperature > \(100 + index % 60) AND color <> 'red'
                """
            more.append(
                RuleSet.Rule(
                    name: "m\(index)",
                    program: try Program(parsing: text, version: .v2016)
                )
            )
        }
        // The message is read once, so that 1/101 of that is in the number too.
        let many = try RuleSet(more, seed: 1)
        if run(many, elsewhere, 1) != 101 { program.fail("not all 101 rules match") }
        program.compare(
            "rules/each matching, not firing rule of 101",
            count: 1_010_000,
            bar: 100
        ) { count in run(many, elsewhere, count / 101) }
    }

    static func compile(_ program: BenchmarkProgram) {
        program.compare("rules/parse and compile the statement", count: 20_000, bar: 20_000) {
            count in
            var fields: UInt64 = 0
            for _ in 0..<count {
                if let rule = try? Program(parsing: sql, version: .v2016), rule.source != nil {
                    fields += 1
                }
            }
            return fields
        }
    }

    static func patterns(_ program: BenchmarkProgram) throws {
        let expression = try RegularExpression("^(a+)+$")
        for length in [1_000, 10_000] {
            let text = [UInt8](repeating: 0x61, count: length - 1) + [0x62]
            let count = 1_000_000 / length
            program.compare("rules/^(a+)+$ on \(length) B, no match", count: count) { count in
                var misses: UInt64 = 0
                for _ in 0..<count {
                    do {
                        if try expression.firstMatch(in: text) == nil { misses += 1 }
                    } catch {
                        misses += 1_000_000
                    }
                }
                return misses
            }
        }
    }
}

import BenchmarkSupport
import Foundation
import IoTCYardstickSimdjson
import JSONDocument

@main
enum JSONBenchmarks {
    static func main() {
        let kernel = String(cString: iot_simdjson_kernel())
        let program = BenchmarkProgram(
            "JSONDocument against simdjson (DOM, \(kernel)) and Foundation"
        )
        parse(program)
        lookup(program)
        tree(program)
        write(program)
        decimals(program)
        program.finish()
    }

    static func parse(_ program: BenchmarkProgram) {
        let large = Workload.telemetryArray(bytes: 1_000_000)
        let cases: [(String, [UInt8], Int, Double?)] = [
            ("200 B telemetry", Workload.telemetry, 200_000, 1),
            ("1 KB shadow", Workload.shadow, 50_000, nil),
            ("1 MB telemetry", large, 60, 2),
            ("1 MB telemetry, indented", Workload.indented(large), 60, 2),
            ("1 MB prose", Workload.prose(bytes: 1_000_000), 60, 2),
        ]
        for (name, text, count, bar) in cases {
            let peer = text.withUnsafeBufferPointer { iot_simdjson_make($0.baseAddress, $0.count) }
            defer { iot_simdjson_free(peer) }
            var reader = JSONReader()
            program.compare(
                "json/parse \(name) (\(text.count) B)",
                count: count,
                bar: bar,
                peer: ("simdjson", { iot_simdjson_parse(peer, $0) }),
                ours: { parseSum(text, &reader, $0) }
            )
        }
        let data = Data(Workload.telemetry)
        var reader = JSONReader()
        program.compare(
            "json/parse 200 B against Foundation",
            count: 2000,
            bar: 0.05,
            peer: (
                "JSONSerialization",
                { count in
                    var sum: UInt64 = 0
                    for _ in 0..<count {
                        let value = try? JSONSerialization.jsonObject(with: data)
                        sum += UInt64((value as? [String: Any])?.count ?? 0)
                    }
                    return sum
                }
            ),
            ours: { parseSum(Workload.telemetry, &reader, $0) }
        )
    }

    @inline(never)
    static func parseSum(_ text: [UInt8], _ reader: inout JSONReader, _ count: Int) -> UInt64 {
        var sum: UInt64 = 0
        for _ in 0..<count {
            do {
                sum += UInt64(try reader.parse(text.span).count)
            } catch {
                return .max
            }
        }
        return sum
    }

    static func lookup(_ program: BenchmarkProgram) {
        let text = Workload.telemetry
        let peer = text.withUnsafeBufferPointer { iot_simdjson_make($0.baseAddress, $0.count) }
        defer { iot_simdjson_free(peer) }
        let color: JSONKey = "color"
        let temperature: JSONKey = "temperature"
        program.compare(
            "json/lookup of two members",
            count: 1_000_000,
            peer: ("simdjson", { iot_simdjson_lookup(peer, "color", "temperature", $0) }),
            ours: { lookupSum(text, color, temperature, $0) }
        )
        program.compare(
            "json/lookup of two members, absolute",
            count: 1_000_000,
            bar: 20,
            ours: { lookupSum(text, color, temperature, $0) }
        )
    }

    @inline(never)
    static func lookupSum(_ text: [UInt8], _ a: JSONKey, _ b: JSONKey, _ count: Int) -> UInt64 {
        var reader = JSONReader()
        guard let view = try? reader.parse(text.span) else { return .max }
        var sum: UInt64 = 0
        for _ in 0..<count {
            if let value = view.member(a), value.kind == .string { sum += 1 }
            if let value = view.member(b), value.kind == .number { sum += 2 }
        }
        return sum
    }

    static func tree(_ program: BenchmarkProgram) {
        let text = Workload.shadow
        var reader = JSONReader()
        program.compare(
            "json/1 KB to tree",
            count: 10_000,
            bar: 3000,
            ours: { treeSum(text, &reader, $0) }
        )
        let data = Data(text)
        program.compare(
            "json/1 KB to tree against Foundation",
            count: 500,
            peer: (
                "JSONSerialization",
                { count in
                    var sum: UInt64 = 0
                    for _ in 0..<count {
                        let value = try? JSONSerialization.jsonObject(with: data)
                        sum += UInt64((value as? [String: Any])?.count ?? 0)
                    }
                    return sum
                }
            ),
            ours: { treeSum(text, &reader, $0) }
        )
    }

    @inline(never)
    static func treeSum(_ text: [UInt8], _ reader: inout JSONReader, _ count: Int) -> UInt64 {
        var sum: UInt64 = 0
        for _ in 0..<count {
            guard let view = try? reader.parse(text.span) else { return .max }
            sum += UInt64(JSONValue(view).object?.count ?? 0)
        }
        return sum
    }

    static func write(_ program: BenchmarkProgram) {
        guard let value = try? JSONValue(parsing: Workload.shadow.span) else {
            return program.fail("the shadow does not parse")
        }
        let object = try? JSONSerialization.jsonObject(with: Data(Workload.shadow))
        program.compare(
            "json/write 1 KB tree",
            count: 500,
            peer: (
                "JSONSerialization",
                { count in
                    guard let object else { return 0 }
                    var sum = 0
                    for _ in 0..<count {
                        let data = try? JSONSerialization.data(withJSONObject: object)
                        sum += (data?.count ?? 0) > 0 ? 1 : 0
                    }
                    return UInt64(sum)
                }
            ),
            ours: { count in
                var writer = JSONWriter(capacity: 2048)
                var sum: UInt64 = 0
                for _ in 0..<count {
                    writer.removeAll()
                    writer.write(value)
                    sum += writer.bytes.count > 0 ? 1 : 0
                }
                return sum
            }
        )
        var reader = JSONReader()
        let drop: [JSONKey] = ["color"]
        program.compare(
            "json/200 B: parse, drop a member, add one",
            count: 100_000,
            ours: { count in
                var writer = JSONWriter(capacity: 512)
                var sum: UInt64 = 0
                for _ in 0..<count {
                    guard let view = try? reader.parse(Workload.telemetry.span) else { return .max }
                    writer.removeAll()
                    writer.beginObject()
                    writer.spliceMembers(of: view, except: drop)
                    writer.name("requestId")
                    writer.write(17)
                    writer.endObject()
                    sum += UInt64(writer.bytes.count)
                }
                return sum
            }
        )
    }

    static func decimals(_ program: BenchmarkProgram) {
        let text = Array("51.25".utf8)
        program.compare("json/decimal parse 51.25", count: 500_000) { count in
            var sum: UInt64 = 0
            for _ in 0..<count {
                sum &+= UInt64(Decimal34(utf8: text.span)?.exponent.magnitude ?? 0)
            }
            return sum
        }
        guard let a = Decimal34("51.25"), let b = Decimal34("12.75"),
            let c = Decimal34("3.141592653589793238462643383279503"),
            let d = Decimal34("2.718281828459045235360287471352662")
        else { return program.fail("decimals") }
        let pairs = [("short", a, b), ("34 digits", c, d)]
        for (name, x, y) in pairs {
            let operations: [(String, (Decimal34, Decimal34) -> Decimal34?)] = [
                ("+", { $0.adding($1) }), ("*", { $0.multiplied(by: $1) }),
                ("/", { $0.divided(by: $1) }), ("%", { $0.remainder(dividingBy: $1) }),
                ("<", { $0 < $1 ? $0 : $1 }),
            ]
            for (symbol, operation) in operations {
                program.compare("json/decimal \(symbol) \(name)", count: 300_000) { count in
                    var sum: UInt64 = 0
                    for _ in 0..<count { sum &+= operation(x, y)?.isNegative == true ? 2 : 1 }
                    return sum
                }
            }
        }
    }
}

import Foundation
import IoTTestSupport
import JSONDocument
import Testing

@Suite("Decimal34")
struct DecimalTests {
    static let vectors = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Vectors/decimal/vectors.txt")

    @Test("arithmetic, comparison and reading give what Python's decimal gives, exponents included")
    func againstPython() throws {
        let text = try String(contentsOf: Self.vectors, encoding: .utf8)
        var passed = 0
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ").map(String.init)
            let result = Self.evaluate(parts[0], parts[1], parts[2])
            if result == parts[3] {
                passed += 1
            } else {
                Issue.record("\(line): \(result)")
            }
        }
        #expect(passed > 10_000)
        print("decimal: \(passed) passed, 0 failed, 0 skipped")
    }

    static func evaluate(_ operation: String, _ x: String, _ y: String) -> String {
        guard let a = Decimal34(x), let b = Decimal34(y) else { return "-" }
        switch operation {
        case "+": return a.adding(b)?.description ?? "-"
        case "-": return a.subtracting(b)?.description ?? "-"
        case "*": return a.multiplied(by: b)?.description ?? "-"
        case "/": return a.divided(by: b)?.description ?? "-"
        case "%": return a.remainder(dividingBy: b)?.description ?? "-"
        case "=": return a.description
        default:
            if a == b { return a.hashValue == b.hashValue ? "0" : "hash" }
            return a < b ? "-1" : "1"
        }
    }

    @Test(
        "equal numbers hash equally, whatever their exponents",
        arguments: [
            ("1E3", "1000"), ("1.50", "1.5"), ("0E5", "0.000"), ("-0", "0"), ("1E999", "1000E996"),
        ]
    )
    func hashing(a: String, b: String) throws {
        let (x, y) = (try #require(Decimal34(a)), try #require(Decimal34(b)))
        #expect(x == y && x.hashValue == y.hashValue && !(x < y) && !(y < x))
        #expect(x.normalized.description == y.normalized.description)
    }

    @Test("the range: 9.99E999 is read, 1E1000 is not, below 1E-1032 is 0")
    func range() throws {
        let nines = String(repeating: "9", count: 34)
        #expect(Decimal34("\(nines)E966")?.description == "9.\(nines.dropFirst())E+999")
        #expect(Decimal34("1E1000") == nil && Decimal34("\(nines)9E965") == nil)
        #expect(Decimal34("1E-999")?.description == "1E-999")
        #expect(Decimal34("1E-1032")?.isZero == false && Decimal34("1E-1033")?.isZero == true)
        #expect(Decimal34("1E99999999999999999999") == nil)
        #expect(Decimal34("0E99999999999999999999")?.isZero == true)
        #expect(Decimal34("1E-99999999999999999999")?.isZero == true)
        let big = try #require(Decimal34("1E999"))
        #expect(big.multiplied(by: 10) == nil && big.divided(by: 0) == nil)
        #expect(big.remainder(dividingBy: 0) == nil)
        #expect(Decimal34("1" + String(repeating: "0", count: 5000) + "E-5000") == 1)
    }

    @Test(
        "texts of another form are refused",
        arguments: [
            "", "-", "+", ".5", "5.", "1e", "1e+", "1 ", " 1", "1x", "0x1", "NaN", "Infinity",
            "1.2.3", "١",
        ]
    )
    func refuses(text: String) { #expect(Decimal34(text) == nil) }

    @Test("conversions to and from Int64 and Double")
    func conversions() throws {
        for value in [0, 1, -1, .max, .min, 1 << 53] as [Int64] {
            #expect(Int64(exactly: Decimal34(value)) == value)
        }
        #expect(Int64(exactly: try #require(Decimal34("9223372036854775808"))) == nil)
        #expect(Int64(exactly: try #require(Decimal34("1E18"))) == 1_000_000_000_000_000_000)
        #expect(Int64(exactly: try #require(Decimal34("1E19"))) == nil)
        #expect(Int64(exactly: try #require(Decimal34("1.50"))) == nil)
        #expect(Int64(exactly: try #require(Decimal34("-12.00"))) == -12)
        var random = SplitMix64(seed: 64)
        for _ in 0..<5000 {
            let value = Double(bitPattern: random.next())
            guard value.isFinite, value.magnitude > 1e-300, let x = Decimal34(value) else {
                continue
            }
            #expect(x.doubleValue == value && Double(x.description) == value)
        }
        #expect(Decimal34(0.1)?.description == "0.1" && Decimal34(Double.infinity) == nil)
        #expect(Decimal34("51.25")?.doubleValue == 51.25)
    }

    @Test(
        "rounding to places",
        arguments: [
            ("2.745", 2, FloatingPointRoundingRule.toNearestOrEven, "2.74"),
            ("2.745", 2, .toNearestOrAwayFromZero, "2.75"), ("-1.2", 0, .down, "-2"),
            ("-1.2", 0, .up, "-1"),
            ("1.5", 0, .toNearestOrAwayFromZero, "2"), ("-1.5", 0, .toNearestOrAwayFromZero, "-2"),
            ("1E-500", 0, .up, "1"), ("1E-500", 0, .towardZero, "0"),
            ("1E-500", 0, .toNearestOrEven, "0"),
            ("155", -1, .toNearestOrEven, "1.6E+2"), ("3", 5, .up, "3"),
            ("0.5", 0, .towardZero, "0"),
            ("0.5", 0, .awayFromZero, "1"), ("9.99", 1, .up, "10.0"),
        ]
    )
    func rounding(text: String, places: Int, rule: FloatingPointRoundingRule, result: String) throws
    {
        #expect(
            try #require(Decimal34(text)).rounded(toPlaces: places, rule)?.description == result
        )
    }

    @Test("zeros behind the point go, whole numbers become plain")
    func stripping() throws {
        for (text, result) in [
            ("2.00", "2"), ("1E3", "1000"), ("1.50", "1.5"), ("0.000", "0"), ("1E40", "1E+40"),
            ("100", "100"),
        ] {
            #expect(try #require(Decimal34(text)).strippingFractionZeros.description == result)
        }
        #expect(try #require(Decimal34("10.0")).isWhole && !(#require(Decimal34("10.1")).isWhole))
        #expect(MemoryLayout<Decimal34>.size == 16)
    }
}

import CBORCodec
import IoTTestSupport
import Testing

/// A plain tree and the plainest reader and writer of it: what the codec is compared with.
indirect enum Tree: Equatable {
    case integer(Int64)
    case bytes([UInt8])
    case text(String)
    case array([Tree])
    case map([(Tree, Tree)])
    case tag(UInt64, Tree)
    case simple(UInt8)
    case float(Double)

    static func == (a: Tree, b: Tree) -> Bool { a.oracle == b.oracle }

    static func random(_ g: inout SplitMix64, depth: Int) -> Tree {
        switch g.below(depth == 0 ? 5 : 8) {
        case 0: return .integer(Int64(bitPattern: g.next() >> UInt64(g.below(64))))
        case 1: return .bytes(g.bytes(g.below(300)))
        case 2: return .text(String((0..<g.below(30)).map { _ in g.pick(Array("aß€😀\"\\")) }))
        case 3: return .simple(g.pick([20, 21, 22, 23, 32, 255]))
        case 4:
            return .float(g.pick([0, -0.0, 1.5, 65504, 65505, 1e300, 5.960464477539063e-8, 0.1]))
        case 5: return .array((0..<g.below(5)).map { _ in random(&g, depth: depth - 1) })
        case 6:
            var pairs: [(Tree, Tree)] = []
            for _ in 0..<g.below(6) {
                let key = random(&g, depth: 0)
                if !pairs.contains(where: { $0.0 == key }) {
                    pairs.append((key, random(&g, depth: depth - 1)))
                }
            }
            return .map(pairs)
        default: return .tag(g.next() >> UInt64(g.below(64)), random(&g, depth: depth - 1))
        }
    }

    /// Deterministic bytes, the slow and obvious way.
    var oracle: [UInt8] {
        switch self {
        case .integer(let v): return v >= 0 ? head(0, UInt64(v)) : head(1, UInt64(-(v + 1)))
        case .bytes(let v): return head(2, UInt64(v.count)) + v
        case .text(let v): return head(3, UInt64(v.utf8.count)) + Array(v.utf8)
        case .array(let v): return head(4, UInt64(v.count)) + v.flatMap(\.oracle)
        case .map(let v):
            let pairs = v.map { ($0.0.oracle, $0.1.oracle) }
                .sorted { $0.0.lexicographicallyPrecedes($1.0) }
            return head(5, UInt64(v.count)) + pairs.flatMap { $0.0 + $0.1 }
        case .tag(let n, let v): return head(6, n) + v.oracle
        case .simple(let v): return v < 24 ? [0xE0 | v] : [0xF8, v]
        case .float(let v):
            if v.isNaN { return [0xF9, 0x7E, 0] }
            if let half = Tree.halves[v.bitPattern] {
                return [0xF9, UInt8(half >> 8), UInt8(half & 255)]
            }
            let single = Float(v)
            if Double(single) == v { return [0xFA] + big(UInt64(single.bitPattern), 4) }
            return [0xFB] + big(v.bitPattern, 8)
        }
    }

    /// Every value that sixteen bits can hold, by its bits in double precision.
    static let halves = Dictionary(
        uniqueKeysWithValues: (UInt16.min...UInt16.max).filter { !half($0).isNaN }
            .map { (half($0).bitPattern, $0) }
    )

    static func half(_ bits: UInt16) -> Double {
        let e = Int(bits >> 10 & 31)
        let f = Double(bits & 1023)
        var power = 1.0
        for _ in 0..<abs(e - 25) { power = e > 25 ? power * 2 : power / 2 }
        let magnitude =
            e == 0 ? f * 0x1p-24 : e == 31 ? (f == 0 ? .infinity : .nan) : (1024 + f) * power
        return bits & 0x8000 == 0 ? magnitude : -magnitude
    }

    func big(_ v: UInt64, _ n: Int) -> [UInt8] {
        (0..<n).reversed().map { UInt8(truncatingIfNeeded: v >> UInt64($0 * 8)) }
    }

    func head(_ major: UInt8, _ v: UInt64) -> [UInt8] {
        if v < 24 { return [major << 5 | UInt8(v)] }
        if v < 256 { return [major << 5 | 24] + big(v, 1) }
        if v < 65_536 { return [major << 5 | 25] + big(v, 2) }
        if v < 4_294_967_296 { return [major << 5 | 26] + big(v, 4) }
        return [major << 5 | 27] + big(v, 8)
    }

    func encode(into encoder: inout CBOREncoder) throws {
        switch self {
        case .integer(let v): encoder.append(integer: v)
        case .bytes(let v): encoder.append(byteString: v)
        case .text(let v): encoder.append(textString: v)
        case .array(let v):
            encoder.append(arrayCount: v.count)
            for item in v { try item.encode(into: &encoder) }
        case .map(let v):
            try encoder.append(
                map: v.map { pair in
                    var key = CBOREncoder()
                    try pair.0.encode(into: &key)
                    var value = CBOREncoder()
                    try pair.1.encode(into: &value)
                    return (key.bytes, value.bytes)
                }
            )
        case .tag(let n, let v):
            encoder.append(tag: n)
            try v.encode(into: &encoder)
        case .simple(let v):
            switch v {
            case 20, 21: encoder.append(bool: v == 21)
            case 22: encoder.appendNull()
            default: encoder.append(encoded: oracle)
            }
        case .float(let v): encoder.append(float: v)
        }
    }

    static func decode(_ decoder: inout CBORDecoder) throws(CBORError) -> Tree {
        switch try decoder.peekMajorType() {
        case .unsigned, .negative: return .integer(try decoder.readInteger())
        case .byteString: return .bytes(decoder.bytes(in: try decoder.readByteString()))
        case .textString: return .text(decoder.text(in: try decoder.readTextString()))
        case .array:
            var items: [Tree] = []
            for _ in 0..<(try decoder.readArrayCount()) { items.append(try decode(&decoder)) }
            return .array(items)
        case .map:
            var pairs: [(Tree, Tree)] = []
            var map = try decoder.readMap()
            while try decoder.nextKey(of: &map) {
                let key = try decode(&decoder)
                pairs.append((key, try decode(&decoder)))
            }
            return .map(pairs)
        case .tag: return .tag(try decoder.readTag(), try decode(&decoder))
        case .simple:
            let start = decoder.position
            do throws(CBORError) {
                return .simple(try decoder.readSimple())
            } catch {
                precondition(decoder.position == start)
                return .float(try decoder.readFloat())
            }
        }
    }
}

@Suite("RFC 8949 encoding")
struct CBOREncodingTests {
    @Test("§4.2.1 random trees: bytes equal the oracle's, and decode to the same tree")
    func roundTrip() throws {
        var g = SplitMix64(seed: 8949)
        for _ in 0..<600 {
            let tree = Tree.random(&g, depth: 4)
            var encoder = CBOREncoder()
            try tree.encode(into: &encoder)
            let bytes = encoder.bytes
            #expect(bytes == tree.oracle)
            for profile in [CBORProfile.deterministic, .wellFormed] {
                var decoder = CBORDecoder(bytes.span, profile: profile)
                #expect(try Tree.decode(&decoder) == tree)
                try decoder.finish()
                try check(bytes, profile)
            }
            // Every proper prefix is an error, never a trap and never a success.
            let cut = g.below(bytes.count)
            #expect(throws: CBORError.self) { try check(Array(bytes[..<cut])) }
        }
    }

    @Test("§4.2.1 whatever the deterministic profile takes encodes to the same bytes")
    func mutations() throws {
        var g = SplitMix64(seed: 42)
        var taken = 0
        for _ in 0..<6_000 {
            var bytes = Tree.random(&g, depth: 2).oracle
            bytes[g.below(bytes.count)] = UInt8(truncatingIfNeeded: g.next())
            var decoder = CBORDecoder(bytes.span)
            guard let tree = try? Tree.decode(&decoder), decoder.isAtEnd else {
                continue
            }
            guard (try? check(bytes)) != nil else { continue }
            taken += 1
            if tree.oracle != bytes {
                #expect(tree.oracle == bytes, "\(bytes)")
            }
        }
        #expect(taken > 500)
    }

    @Test("Appendix A half-precision values, all 65 536 of them, survive the way there and back")
    func halves() throws {
        for bits in UInt16.min...UInt16.max {
            let bytes = [0xF9, UInt8(bits >> 8), UInt8(bits & 255)]
            var decoder = CBORDecoder(bytes.span, profile: .wellFormed)
            let value = try decoder.readFloat()
            let expected = Tree.half(bits)
            #expect(value.bitPattern == expected.bitPattern || (value.isNaN && expected.isNaN))
            if !value.isNaN {
                #expect(CBOREncoder.encode { $0.append(float: value) } == bytes)
            }
        }
    }

    @Test("§5.6 an encoder refuses two equal keys")
    func duplicateKeys() {
        var encoder = CBOREncoder()
        #expect(throws: CBORError(.duplicateKey, at: 0)) {
            try encoder.append(map: [([1], [0]), ([2], [0]), ([1], [5])])
        }
        #expect(encoder.bytes == [])
    }
}

@Suite("RFC 8949 §8 diagnostic notation")
struct CBORDiagnosticNotationTests {
    @Test(
        "Appendix A examples",
        arguments: [
            ("00", "0"), ("1818", "24"), ("1bffffffffffffffff", "18446744073709551615"),
            ("3bffffffffffffffff", "-18446744073709551616"), ("3863", "-100"), ("f93c00", "1.0"),
            ("f97c00", "Infinity"), ("f97e00", "NaN"), ("f9fc00", "-Infinity"), ("f4", "false"),
            ("f7", "undefined"), ("f0", "simple(16)"), ("f8ff", "simple(255)"),
            ("c11a514b67b0", "1(1363896240)"), ("4401020304", "h'01020304'"), ("60", "\"\""),
            ("62225c", "\"\\\"\\\\\""), ("62c3bc", "\"ü\""), ("80", "[]"),
            ("8301820203820405", "[1, [2, 3], [4, 5]]"),
            ("a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}"),
            ("5f42010243030405ff", "(_ h'0102', h'030405')"),
            ("9f018202039f0405ffff", "[_ 1, [2, 3], [_ 4, 5]]"),
            ("bf61610161629f0203ffff", "{_ \"a\": 1, \"b\": [_ 2, 3]}"),
        ]
    )
    func appendixA(text: String, expected: String) throws {
        let bytes = hex(text)
        #expect(try CBORDiagnosticNotation().describe(bytes.span) == expected)
    }

    @Test("embedded items open on demand, layout by levels, output ends at its limit")
    func options() throws {
        let bytes = hex("a20243820102034101")
        let good = hex("a2024382010203420102")
        #expect(
            try CBORDiagnosticNotation(expandsEmbedded: true).describe(good.span)
                == "{2: <<[1, 2]>>, 3: h'0102'}"
        )
        #expect(
            try CBORDiagnosticNotation(indentation: 2, expandsEmbedded: true).describe(good.span)
                == "{\n  2: <<[\n    1,\n    2\n  ]>>,\n  3: h'0102'\n}"
        )
        #expect(try CBORDiagnosticNotation(maximumOutput: 3).describe(good.span) == "{2: …")
        #expect(throws: CBORError.self) {
            try CBORDiagnosticNotation().describe(bytes.span.extracting(first: bytes.count - 1))
        }
    }
}

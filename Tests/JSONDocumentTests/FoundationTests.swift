import Foundation
import IoTTestSupport
import JSONDocument
import Testing

@Suite("Differential against Foundation")
struct FoundationTests {
    @Test("§2–§8 generated texts: both accept the same ones and see the same values")
    func generated() throws {
        var random = SplitMix64(seed: 404)
        var disagreements: [String] = []
        for _ in 0..<3000 {
            var text = Array(Self.value(&random, 3).utf8)
            if random.oneIn(2), !text.isEmpty {
                let place = random.below(text.count)
                if random.oneIn(2) {
                    text[place] = random.pick(Array("{}[]\",:0.eE+-\\u tfn1/".utf8))
                } else {
                    text.remove(at: place)
                }
            }
            let theirs = try? JSONSerialization.jsonObject(
                with: Data(text),
                options: .fragmentsAllowed
            )
            let ours = try? JSONValue(parsing: text.span, options: .init(duplicateKeys: .last))
            let shown = String(decoding: text, as: UTF8.self)
            // Foundation refuses numbers above the range of Double; see the list.
            if theirs == nil, let ours, Self.hasHugeNumber(ours) { continue }
            if (theirs == nil) != (ours == nil) {
                disagreements.append(shown)
            } else if let theirs, let ours {
                #expect(Self.same(theirs, ours), "\(shown)")
            }
        }
        #expect(disagreements.isEmpty, "\(disagreements.prefix(10))")
    }

    @Test("the list of Foundation's deviations (Docs/Conformance/JSON.md) is up to date")
    func listIsCurrent() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appendingPathComponent("Vectors/json/vectors.json")
        var wrong: Set<String> = []
        // Texts nested 100 000 deep are left out: Foundation is not asked to survive them here.
        for each in try VectorTests.load(file) where each.bytes.count <= 100_000 {
            let data = Data(each.bytes)
            let theirs = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            let isWrong = (theirs != nil) != (each.expect == "accept")
            if each.expect != "either" && isWrong { wrong.insert(each.name) }
        }
        #expect(wrong == Self.deviations, "\(wrong.symmetricDifference(Self.deviations).sorted())")
    }

    /// Names of vectors that Foundation (Swift 6.3 on Linux) answers otherwise.
    static let deviations: Set<String> = [
        // Accepts a comma before the closing bracket.
        "2 structure refused 8", "2 structure refused 16", "5 arrays refused 2",
        // Accepts UTF-16, and a byte order mark in front of UTF-8.
        "8.1 UTF-16 LE", "8.1 UTF-16 BE with mark", "2 structure refused 32",
        // Refuses numbers that Double cannot hold.
        "6 numbers accepted 17", "6 numbers accepted 19", "9 a number of 100 000 digits",
        // Accepts duplicate names, as §4 allows, and has another limit of depth.
        "4 objects refused 0", "4 objects refused 1", "4 objects refused 2", "4 objects refused 3",
        "4 objects refused 4", "4 objects refused 5", "9 129 nested arrays",
    ]

    static func hasHugeNumber(_ value: JSONValue) -> Bool {
        switch value {
        case .number(let number): !number.double.isFinite
        case .array(let elements): elements.contains(where: hasHugeNumber)
        case .object(let object): object.contains { hasHugeNumber($0.value) }
        default: false
        }
    }

    static func value(_ random: inout SplitMix64, _ depth: Int) -> String {
        switch random.below(depth > 0 ? 8 : 6) {
        case 0: return random.pick(["null", "true", "false"])
        case 1: return String(random.below(1000) - 500)
        case 2: return "\(random.below(100)).\(random.below(1000))"
        case 3: return "\(random.below(10))e\(random.below(20) - 10)"
        case 4, 5: return "\"" + string(&random) + "\""
        case 6:
            let elements = (0..<random.below(4)).map { _ in value(&random, depth - 1) }
            return "[" + elements.joined(separator: random.oneIn(4) ? " , " : ",") + "]"
        default:
            let members = (0..<random.below(4)).map {
                "\"k\($0)" + string(&random) + "\":" + value(&random, depth - 1)
            }
            return "{" + members.joined(separator: ",") + "}"
        }
    }

    static func string(_ random: inout SplitMix64) -> String {
        (0..<random.below(5)).map { _ in
            random.pick([
                "a", "xyz", "é", "温", "🔥", "\\n", "\\\"", "\\u0041", "\\ud83d\\ude00", "\\\\", " ",
            ])
        }.joined()
    }

    static func same(_ theirs: Any, _ ours: JSONValue) -> Bool {
        switch ours {
        case .null: return theirs is NSNull
        case .bool(let value): return (theirs as? NSNumber)?.boolValue == value
        case .number(let value):
            guard let number = theirs as? NSNumber else { return false }
            return number.doubleValue == value.double
        case .string(let value):
            return (theirs as? String).map { Array($0.utf8) } == Array(value.utf8)
        case .array(let elements):
            guard let array = theirs as? [Any], array.count == elements.count else { return false }
            return zip(array, elements).allSatisfy { same($0, $1) }
        case .object(let object):
            guard let dictionary = theirs as? [String: Any], dictionary.count == object.count else {
                return false
            }
            return object.allSatisfy { member in
                dictionary[member.name].map { same($0, member.value) } ?? false
            }
        }
    }
}

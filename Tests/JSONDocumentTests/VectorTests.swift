import Foundation
import IoTTestSupport
import JSONDocument
import Testing

@Suite("RFC 8259 vectors")
struct VectorTests {
    struct Case {
        var name: String
        var expect: String
        var bytes: [UInt8]
    }

    /// One case of our own file form (Tests/Vectors/json/PROVENANCE.md).
    struct Entry: Decodable {
        struct Piece: Decodable {
            var text: String
            var count: Int
            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                text = try container.decode(String.self)
                count = try container.decode(Int.self)
            }
        }
        var name: String
        var expect: String
        var text: String?
        var hex: String?
        var `repeat`: [Piece]?

        var bytes: [UInt8] {
            if let text { return Array(text.utf8) }
            if let hex {
                let digits = Array(hex.utf8).map { UInt8($0 < 0x3A ? $0 - 0x30 : $0 - 0x57) }
                return stride(from: 0, to: digits.count, by: 2).map {
                    digits[$0] << 4 | digits[$0 + 1]
                }
            }
            return (`repeat` ?? []).flatMap { piece in
                Array(String(repeating: piece.text, count: piece.count).utf8)
            }
        }
    }

    static func load(_ location: URL) throws -> [Case] {
        let values = try location.resourceValues(forKeys: [.isDirectoryKey])
        guard values.isDirectory == true else {
            let entries = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: location))
            return entries.map { Case(name: $0.name, expect: $0.expect, bytes: $0.bytes) }
        }
        // The layout of JSONTestSuite: the files may also stand in a folder below.
        var cases: [Case] = []
        let names = FileManager.default.enumerator(atPath: location.path)?.allObjects ?? []
        for name in names.compactMap({ $0 as? String }).sorted() where name.hasSuffix(".json") {
            let file = (name as NSString).lastPathComponent
            let kinds = ["y_": "accept", "n_": "reject", "i_": "either"]
            guard let expect = kinds[String(file.prefix(2))] else { continue }
            let data = try Data(contentsOf: location.appendingPathComponent(name))
            cases.append(Case(name: file, expect: expect, bytes: [UInt8](data)))
        }
        return cases
    }

    @Test("§2–§9 every text is accepted or refused as the suite says")
    func runsWhole() throws {
        let suite = VectorSuite(
            label: "json",
            variable: "IOT_VECTORS_JSON",
            vendored: "json/vectors.json"
        )
        guard let location = suite.location else { return suite.reportMissing() }
        let cases = try Self.load(location)
        // Texts with a name twice are legal (§4): the suite is about the grammar, unless it is ours.
        let isOurs = location.path.hasSuffix("Tests/Vectors/json/vectors.json")
        var reader = JSONReader(options: .init(duplicateKeys: isOurs ? .reject : .last))
        var passed = 0
        var failed = 0
        for each in cases {
            let isAccepted = (try? reader.validate(each.bytes.span)) != nil
            if each.expect == "either" || isAccepted == (each.expect == "accept") {
                passed += 1
            } else {
                failed += 1
                Issue.record("\(each.name): should be \(each.expect)")
            }
        }
        #expect(passed > 0)
        suite.report(passed: passed, failed: failed, skipped: 0)
    }

    @Test("§2 every accepted text is refused when its last byte is missing or one is added")
    func refusesChangedLength() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let cases = try Self.load(root.appendingPathComponent("Vectors/json/vectors.json"))
        var reader = JSONReader()
        for each in cases where each.expect == "accept" && each.bytes.count < 1000 {
            #expect(throws: JSONError.self) { try reader.validate((each.bytes + [0x5D]).span) }
            guard let last = each.bytes.last, [0x5D, 0x7D, 0x22].contains(last) else { continue }
            #expect(throws: JSONError.self) {
                try reader.validate(Array(each.bytes.dropLast()).span)
            }
        }
    }
}

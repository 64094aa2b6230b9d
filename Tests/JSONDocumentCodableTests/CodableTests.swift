import Foundation
import JSONDocument
import JSONDocumentCodable
import Testing

@Suite("Codable bridge")
struct CodableTests {
    struct Device: Codable, Equatable {
        enum Mode: String, Codable { case auto, manual }
        struct Position: Codable, Equatable {
            var lat: Double
            var lon: Float
        }
        var name: String
        var serial: UInt64
        var offset: Int8
        var mode: Mode
        var position: Position?
        var tags: [String]
        var limits: [String: Int]
        var nothing: Bool?
        var open: JSONValue
    }

    static let device = Device(
        name: "pump",
        serial: .max,
        offset: -128,
        mode: .auto,
        position: .init(lat: 48.125, lon: 11.5),
        tags: ["a", "b"],
        limits: ["high": 1],
        nothing: nil,
        open: ["x": [1, nil, "y"]]
    )

    @Test("what is encoded decodes to the same value")
    func roundTrip() throws {
        let tree = try JSONValueEncoder().encode(Self.device)
        #expect(tree["serial"]?.number?.text == "18446744073709551615")
        #expect(tree["open"] == ["x": [1, nil, "y"]])
        #expect(try JSONValueDecoder().decode(Device.self, from: tree) == Self.device)
    }

    @Test("Foundation's coder and ours agree on the same type")
    func againstFoundation() throws {
        let theirs = try JSONEncoder().encode(Self.device)
        let ours = try JSONValueEncoder().encode(Self.device)
        #expect(try JSONValue(parsing: [UInt8](theirs).span) == ours)
        #expect(
            try JSONDecoder().decode(Device.self, from: Data(ours.description.utf8)) == Self.device
        )
    }

    @Test("a number is decoded exactly or not at all")
    func numbers() throws {
        let decoder = JSONValueDecoder()
        func value(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }
        #expect(try decoder.decode(Int.self, from: value("1e2")) == 100)
        #expect(try decoder.decode(UInt8.self, from: value("255.0")) == 255)
        for text in ["256", "-1", "1.5", "1e400", "\"1\"", "true", "null"] {
            #expect(throws: DecodingError.self) {
                try decoder.decode(UInt8.self, from: value(text))
            }
        }
        #expect(throws: DecodingError.self) {
            try decoder.decode(Double.self, from: value("1e400"))
        }
        #expect(throws: DecodingError.self) { try decoder.decode(Bool.self, from: value("1")) }
        #expect(throws: EncodingError.self) { try JSONValueEncoder().encode(Double.infinity) }
        #expect(throws: EncodingError.self) { try JSONValueEncoder().encode([Float.nan]) }
    }

    @Test("errors carry the path of the value")
    func paths() throws {
        let tree = try JSONValue(parsing: #"{"a":[{"b":1},{"b":"x"}]}"#)
        struct Inner: Decodable { var b: Int }
        struct Outer: Decodable { var a: [Inner] }
        do {
            _ = try JSONValueDecoder().decode(Outer.self, from: tree)
            Issue.record("should not decode")
        } catch DecodingError.typeMismatch(_, let context) {
            #expect(context.codingPath.map(\.stringValue) == ["a", "1", "b"])
        }
        #expect(throws: DecodingError.self) {
            try JSONValueDecoder().decode(Outer.self, from: try JSONValue(parsing: "{}"))
        }
    }

    @Test("empty containers and optionals keep their form")
    func empty() throws {
        struct Empty: Codable, Equatable {}
        #expect(try JSONValueEncoder().encode(Empty()) == [:])
        #expect(try JSONValueEncoder().encode([Int]()) == [])
        #expect(try JSONValueEncoder().encode([Int?.none, 1]) == [nil, 1])
        #expect(try JSONValueDecoder().decode([Int?].self, from: [nil, 1]) == [nil, 1])
    }
}

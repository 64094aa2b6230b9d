import Foundation
import JSONDocument
import JSONDocumentCodable
import Testing

/// Every kind of container, each against Foundation's coder on the same type.
@Suite("Codable containers")
struct ContainerTests {
    /// Writes and reads by both coders, crosswise.
    private func cross<T: Codable & Equatable>(_ value: T) throws {
        let ours = try JSONValueEncoder().encode(value)
        let theirs = try JSONEncoder().encode(value)
        #expect(try JSONValue(parsing: [UInt8](theirs).span) == ours)
        #expect(try JSONValueDecoder().decode(T.self, from: ours) == value)
        #expect(try JSONDecoder().decode(T.self, from: Data(ours.description.utf8)) == value)
    }

    private struct Widths: Codable, Equatable {
        var i8: [Int8] = [.min, .max]
        var i16: [Int16] = [.min, .max]
        var i32: [Int32] = [.min, .max]
        var i64: [Int64] = [.min, .max]
        var i: [Int] = [.min, .max]
        var u8: [UInt8] = [.min, .max]
        var u16: [UInt16] = [.min, .max]
        var u32: [UInt32] = [.min, .max]
        var u64: [UInt64] = [.min, .max]
        var u: [UInt] = [.min, .max]
        var flags = [true, false]
        var gaps: [Int?] = [1, nil, 3]
        var rows: [[String: [Double]]] = [["a": [0.5]], [:]]
    }

    @Test("integers of every width at both ends, flags, gaps and arrays of arrays")
    func widths() throws { try cross(Widths()) }

    @Test("a number beyond the width is refused, whatever the width")
    func tooLarge() throws {
        func refuses<T: Codable & FixedWidthInteger>(_ type: T.Type) throws {
            let value = JSONValue.number(JSONNumber(String(T.max) + "0") ?? 0)
            #expect(throws: DecodingError.self) { try JSONValueDecoder().decode(type, from: value) }
        }
        try refuses(Int8.self)
        try refuses(Int16.self)
        try refuses(Int32.self)
        try refuses(Int64.self)
        try refuses(Int.self)
        try refuses(UInt8.self)
        try refuses(UInt16.self)
        try refuses(UInt32.self)
        try refuses(UInt64.self)
        try refuses(UInt.self)
    }

    /// Nested containers by hand, and a `nil` that is written.
    private struct Nested: Codable, Equatable {
        enum Keys: String, CodingKey { case position, path, gone, mixed }
        enum Inner: String, CodingKey { case x, y }
        var x = 1
        var y = 2
        var path = ["a", "b"]

        init() {}

        init(from decoder: any Decoder) throws {
            let outer = try decoder.container(keyedBy: Keys.self)
            #expect(outer.allKeys.count == 4 && outer.contains(.gone))
            #expect(try outer.decodeNil(forKey: .gone))
            let position = try outer.nestedContainer(keyedBy: Inner.self, forKey: .position)
            x = try position.decode(Int.self, forKey: .x)
            y = try position.decode(Int.self, forKey: .y)
            var list = try outer.nestedUnkeyedContainer(forKey: .path)
            path = []
            while !list.isAtEnd { path.append(try list.decode(String.self)) }
            #expect(list.count == path.count)
            #expect(throws: DecodingError.self) { try list.decode(String.self) }
            var mixed = try outer.nestedUnkeyedContainer(forKey: .mixed)
            #expect(try mixed.decodeNil())
            #expect(try !mixed.decodeNil())
            let first = try mixed.nestedContainer(keyedBy: Inner.self)
            #expect(try first.decode(Int.self, forKey: .x) == x)
            var second = try mixed.nestedUnkeyedContainer()
            #expect(try second.decode(Int.self) == y)
            #expect(try Bool(from: mixed.superDecoder()))
        }

        func encode(to encoder: any Encoder) throws {
            var outer = encoder.container(keyedBy: Keys.self)
            var position = outer.nestedContainer(keyedBy: Inner.self, forKey: .position)
            try position.encode(x, forKey: .x)
            try position.encode(y, forKey: .y)
            var list = outer.nestedUnkeyedContainer(forKey: .path)
            for step in path { try list.encode(step) }
            try outer.encodeNil(forKey: .gone)
            var mixed = outer.nestedUnkeyedContainer(forKey: .mixed)
            try mixed.encodeNil()
            var first = mixed.nestedContainer(keyedBy: Inner.self)
            try first.encode(x, forKey: .x)
            var second = mixed.nestedUnkeyedContainer()
            try second.encode(y)
            try true.encode(to: mixed.superEncoder())
        }
    }

    @Test("nested containers by hand, in objects and in arrays")
    func nested() throws { try cross(Nested()) }

    /// A class whose superclass goes below `super`, and below a key of its own.
    private class Base: Codable {
        var name = "base"
        init() {}
    }
    private final class Derived: Base {
        enum Keys: String, CodingKey { case size, copy }
        var size = 7
        override init() { super.init() }
        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            size = try container.decode(Int.self, forKey: .size)
            #expect(try Base(from: container.superDecoder(forKey: .copy)).name == "base")
            try super.init(from: container.superDecoder())
        }
        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(size, forKey: .size)
            try super.encode(to: container.superEncoder())
            try super.encode(to: container.superEncoder(forKey: .copy))
        }
    }

    @Test("a superclass stands below super, or below the key that was asked for")
    func superclass() throws {
        let tree = try JSONValueEncoder().encode(Derived())
        #expect(tree == ["size": 7, "super": ["name": "base"], "copy": ["name": "base"]])
        #expect(try JSONValueDecoder().decode(Derived.self, from: tree).size == 7)
    }

    private struct Silent: Encodable {
        func encode(to encoder: any Encoder) { #expect(encoder.userInfo.isEmpty) }
    }

    @Test("a value that encodes nothing is an error; one that is a tree is taken as it is")
    func edges() throws {
        #expect(throws: EncodingError.self) { try JSONValueEncoder().encode(Silent()) }
        #expect(try JSONValueEncoder().encode(JSONValue.null) == .null)
        #expect(try JSONValueEncoder().encode(true) == true)
        #expect(try JSONValueDecoder().decode(Bool.self, from: false) == false)
        #expect(throws: DecodingError.self) { try JSONValueDecoder().decode(Bool.self, from: 0) }
        #expect(throws: DecodingError.self) { try JSONValueDecoder().decode([Int].self, from: 0) }
    }
}

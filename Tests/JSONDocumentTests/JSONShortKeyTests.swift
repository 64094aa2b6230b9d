import JSONDocument
import Testing

@Suite("RFC 8259 §4: members by short names")
struct JSONShortKeyTests {
    private func value(_ text: String, _ key: JSONShortKey) throws -> Int64? {
        let bytes = Array(text.utf8)
        var reader = JSONReader()
        let view = try reader.parse(bytes.span)
        guard let member = view.member(key), let number = member.number else { return nil }
        return number.int64
    }

    @Test("a name of up to 16 bytes is found, its neighbours are not", arguments: 0...16)
    func found(size: Int) throws {
        let name = String("abcdefghijklmnop".prefix(size))
        let key = try #require(JSONKey(name).short)
        let other = size == 0 ? "x" : String(name.dropLast()) + "_"
        #expect(try value(#"{"\#(name)":1}"#, key) == 1)
        #expect(try value(#"{"\#(other)":0,"\#(name)":1,"list":[{"\#(name)":2}]}"#, key) == 1)
        #expect(try value(#"{"\#(other)":0}"#, key) == nil)
        #expect(try value(#"["\#(name)",1]"#, key) == nil)
    }

    @Test("an escaped name is found by what it stands for", arguments: 1...16)
    func escaped(size: Int) throws {
        let name = String("abcdefghijklmnop".prefix(size))
        let key = try #require(JSONKey(name).short)
        #expect(try value(#"{"\u0061\#(name.dropFirst())":1}"#, key) == 1)
        #expect(try value(#"{"\u0062\#(name.dropFirst())":1}"#, key) == nil)
    }

    @Test("a name of 17 bytes has no short form")
    func long() {
        #expect(JSONKey("abcdefghijklmnopq").short == nil)
    }
}

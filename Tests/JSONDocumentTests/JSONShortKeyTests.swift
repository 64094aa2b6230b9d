import IoTTestSupport
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

    @Test("hasMember says what member finds: roots of any size, nested objects, escapes, doubles")
    func hasMember() throws {
        var random = SplitMix64(seed: 7)
        let names = (0..<40).map { "n\($0)" } + ["", "é", "\u{1F600}", "abcdefghijklmnop"]
        let keys = try names.map { try #require(JSONKey($0).short) }
        var options = JSONReader.Options()
        options.duplicateKeys = .last
        var reader = JSONReader(options: options)
        var found = 0
        for size in 0..<120 {
            var text = "{"
            for number in 0..<size {
                let name = names[random.below(names.count)]
                let isEscaped = name.hasPrefix("n") && random.below(5) == 0
                let written = isEscaped ? "\\u006e" + name.dropFirst() : name
                text += (number == 0 ? "" : ",") + "\"\(written)\":"
                text += number % 7 == 3 ? "{\"n1\":1}" : "\(number)"
            }
            let bytes = Array((text + "}").utf8)
            let view = try reader.parse(bytes.span)
            for key in keys {
                #expect(view.hasMember(key) == (view.member(key) != nil))
                if view.hasMember(key) { found += 1 }
            }
            var members = view.members
            while let member = members.next() {
                guard member.value.kind == .object else { continue }
                #expect(member.value.hasMember(keys[1]) && !member.value.hasMember(keys[2]))
            }
        }
        #expect(found > 1_000)
        for text in ["1", "\"n1\"", "[{\"n1\":1}]", "null"] {
            let bytes = Array(text.utf8)
            #expect(try !reader.parse(bytes.span).hasMember(keys[1]))
        }
    }

    @Test("a root says whether it is verbatim as a value within says it of the same text")
    func verbatim() throws {
        var options = JSONReader.Options()
        options.duplicateKeys = .last
        var reader = JSONReader(options: options)
        let texts = [
            "{}", "[]", "1", "-0", "1.5", "1.50", "10", "1e2", "1E2", "1.5e2", "0.0", "\"1e2\"",
            "[1,2.5,[3.25]]", "[1,2.5,[3.20]]", "{\"a\":1,\"b\":{\"c\":[0.10]}}",
            "{\"a\":1,\"b\":{\"c\":1,\"c\":2}}", "{\"a\":1,\"a\":1}", "{ \"a\" : 1 }",
            "{" + (0..<40).map { "\"n\($0)\":\($0)" }.joined(separator: ",") + ",\"n3\":0}",
            "{" + (0..<40).map { "\"n\($0)\":\($0).5" }.joined(separator: ",") + "}",
        ]
        var count = 0
        for text in texts {
            let outer = Array(text.utf8)
            let isVerbatim = try reader.parse(outer.span).isVerbatim
            let inner = Array("[\(text)]".utf8)
            var elements = try reader.parse(inner.span).elements
            #expect(elements.next()?.isVerbatim == isVerbatim, "\(text)")
            if isVerbatim { count += 1 }
        }
        #expect(count == 10)
    }
}

import JSONDocument
import Testing

@Suite("Views of a text")
struct ViewTests {
    @Test("RFC 6901 §5 the examples of the RFC")
    func pointerExamples() throws {
        let text = Array(
            #"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#
                .utf8
        )
        var reader = JSONReader()
        let view = try reader.parse(text.span)
        let tree = JSONValue(view)
        let cases: [(String, String)] = [
            ("/foo", #"["bar","baz"]"#), ("/foo/0", #""bar""#), ("/", "0"), ("/a~1b", "1"),
            ("/c%d", "2"), ("/e^f", "3"), ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"),
            ("/ ", "7"), ("/m~0n", "8"),
        ]
        for (pointer, expected) in cases {
            let pointer = try JSONPointer(pointer)
            if let found = view.value(at: pointer) {
                #expect(JSONValue(found).description == expected)
            } else {
                Issue.record("\(pointer) not found")
            }
            #expect(tree[pointer]?.description == expected)
        }
        #expect(tree[try JSONPointer("")] == tree)
        for missing in [
            "/bar", "/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/0/x", "/foo/bar", "/foo/-1",
        ] {
            let pointer = try JSONPointer(missing)
            // A view cannot be captured by the macro, so the answers are taken first.
            let isMissing = view.value(at: pointer) == nil
            #expect(isMissing && tree[pointer] == nil, "\(missing)")
        }
    }

    @Test("RFC 6901 §3 a pointer starts with a slash and escapes only ~ and /")
    func pointerSyntax() throws {
        #expect(try JSONPointer("/a~1b~0c/0").description == "/a~1b~0c/0")
        #expect(try JSONPointer("/~01").tokens[0].key == "~1")
        #expect(throws: JSONError(.malformedPointer, at: 0, line: 1, column: 1)) {
            try JSONPointer("a")
        }
        #expect(throws: JSONError(.malformedPointer, at: 2, line: 1, column: 3)) {
            try JSONPointer("/a~")
        }
        #expect(throws: JSONError(.malformedPointer, at: 1, line: 1, column: 2)) {
            try JSONPointer("/~2")
        }
    }

    @Test("values, kinds and source ranges")
    func ranges() throws {
        let text = Array(#" {"a" : "x\n" , "b":[1, true,null, {}]} "#.utf8)
        var reader = JSONReader()
        let view = try reader.parse(text.span)
        #expect(view.sourceRange == 1..<39 && view.kind == .object && view.count == 2)
        var ranges: [Range<Int>] = []
        var names: [String] = []
        var cursor = view.members
        while let member = cursor.next() {
            ranges.append(member.sourceRange)
            names.append(member.name.value)
        }
        #expect(ranges == [2..<13, 16..<38] && names == ["a", "b"])
        guard let a = view["a"], let string = a.string, let b = view["b"] else {
            Issue.record("members not found")
            return
        }
        #expect(a.sourceRange == 8..<13 && string.isEscaped && string.utf8Count == 2)
        #expect(string.value == "x\n" && string.utf8 == [0x78, 0x0A])
        var kinds: [JSONKind] = []
        var elements = b.elements
        while let element = elements.next() { kinds.append(element.kind) }
        #expect(kinds == [.number, .bool, .null, .object])
        #expect(b.element(at: 1)?.bool == true && b.element(at: 2)?.isNull == true)
        let outside = [
            b.element(at: 4) == nil, b.element(at: -1) == nil, b.element(at: .max) == nil,
            view["c"] == nil, b["a"] == nil, a.element(at: 0) == nil,
        ]
        let path = view.value(at: ["b"] as [JSONKey])?.kind
        #expect(outside == [true, true, true, true, true, true])
        #expect(b.count == 4 && path == .array)
        let empty: [UInt8] = [UInt8](capacity: 1) { output in
            #expect(a.string(into: &output) == -1)
        }
        let filled: [UInt8] = [UInt8](capacity: 2) { output in
            #expect(a.string(into: &output) == 2)
        }
        #expect(empty.isEmpty && filled == [0x78, 0x0A])
    }

    @Test("a member is found whatever its name's length, with and without escapes")
    func names() throws {
        for length in 0..<40 {
            let name = String(repeating: "k", count: length)
            for other in ["", ",\"z\":[]"] {
                let text = Array(
                    "{\"x\(name)\":0,\"\(name)\":1,\"\\u006b\\n\(name)\":2\(other)}".utf8
                )
                var reader = JSONReader()
                let view = try reader.parse(text.span)
                #expect(view.member(JSONKey(name))?.number?.int64 == 1)
                #expect(view.member(JSONKey("k\n" + name))?.number?.int64 == 2)
                #expect(view.member(utf8: Array(("x" + name).utf8).span)?.number?.int64 == 0)
                let isMissing = view.member(JSONKey(name + "q")) == nil
                #expect(isMissing)
            }
        }
    }

    @Test("§6 numbers as integers, decimals and doubles")
    func numbers() throws {
        let cases: [(String, Int64?, Double)] = [
            ("0", 0, 0), ("-0", 0, 0), ("9223372036854775807", .max, 0x1p63),
            ("-9223372036854775808", .min, -0x1p63), ("9223372036854775808", nil, 0x1p63),
            ("1e2", 100, 100), ("1.0", 1, 1), ("1.5", nil, 1.5), ("12e-1", nil, 1.2),
            ("1200e-2", 12, 12), ("1e400", nil, .infinity), ("1e-400", nil, 0),
            ("100000000000000000000e-2", 1_000_000_000_000_000_000, 1e18), ("0e999", 0, 0),
        ]
        for (text, int, double) in cases {
            let bytes = Array(text.utf8)
            var reader = JSONReader()
            let view = try reader.parse(bytes.span)
            #expect(view.number?.int64 == int, "\(text)")
            #expect(view.number?.double == double, "\(text)")
            #expect(view.number?.decimal == Decimal34(text))
        }
    }
}

import JSONDocument
import Testing

@Suite("smoke")
struct SmokeTests {
    @Test("parses")
    func parses() throws {
        var reader = JSONReader()
        let text = Array(#"{"a": 1, "bb": [true, null, -1.5e3, "x\u0041\ud83d\ude00"], "c": {"d": {}}}"#.utf8)
        let view = try reader.parse(text.span)
        #expect(view.count == 3)
        #expect(view.kind == .object)
        let bb = try JSONPointer("/bb/3")
        if let v = view.value(at: bb), let s = v.string {
            #expect(s.value == "xA😀")
        } else {
            Issue.record("no value")
        }
        var w = JSONWriter()
        w.write(view)
        #expect(w.text == #"{"a":1,"bb":[true,null,-1.5e3,"x\u0041\ud83d\ude00"],"c":{"d":{}}}"#)
        let tree = JSONValue(view)
        #expect(tree.description == #"{"a":1,"bb":[true,null,-1.5e3,"xA😀"],"c":{"d":{}}}"#)
        var p = JSONWriter(style: .pretty(indent: 2))
        p.write(tree)
        print(p.text)
        #expect(try JSONValue(parsing: p.text) == tree)
    }
    @Test("decimals")
    func decimals() throws {
        let a = try #require(Decimal34("1"))
        let b = try #require(Decimal34("3"))
        #expect(a.divided(by: b)?.description == "0.3333333333333333333333333333333333")
        #expect(Decimal34("1e999")?.description == "1E+999")
        #expect(Decimal34("1e1000") == nil)
        #expect(MemoryLayout<JSONValue>.size <= 17, "\(MemoryLayout<JSONValue>.size)")
        print(MemoryLayout<JSONValue>.size, MemoryLayout<JSONValue>.stride)
    }
}

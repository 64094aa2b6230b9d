import JSONDocument
import Testing

@Suite("Writing")
struct WriterTests {
    @Test("§7 only what must be escaped is escaped, in its shortest form")
    func escapes() {
        var writer = JSONWriter()
        writer.write("a\"\\/\u{8}\u{9}\u{A}\u{C}\u{D}\u{0}\u{1F}\u{7F}é🔥")
        #expect(writer.text == #""a\"\\/\b\t\n\f\r\u0000\u001f"# + "\u{7F}é🔥\"")
    }

    @Test("calls put commas and colons where they belong")
    func calls() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("a")
        writer.write(-12)
        writer.name("b" as JSONKey)
        writer.beginArray()
        writer.null()
        writer.write(true)
        writer.write(Decimal34(15))
        writer.write(Int64.min)
        writer.beginArray()
        writer.endArray()
        writer.write("x")
        writer.endArray()
        writer.name("c")
        writer.beginObject()
        writer.endObject()
        writer.endObject()
        #expect(writer.text == #"{"a":-12,"b":[null,true,15,-9223372036854775808,[],"x"],"c":{}}"#)
        writer.removeAll()
        writer.write(false)
        #expect(writer.finish() == Array("false".utf8))
    }

    @Test("the pretty style puts each member on a line and leaves empty containers closed")
    func pretty() throws {
        let text = Array(#"{"a":[1,{"b":[]}],"c":{},"d":" "}"#.utf8)
        var reader = JSONReader()
        let view = try reader.parse(text.span)
        let expected = """
            {
              "a": [
                1,
                {
                  "b": []
                }
              ],
              "c": {},
              "d": " "
            }
            """
        var fromView = JSONWriter(style: .pretty(indent: 2))
        fromView.write(view)
        #expect(fromView.text == expected)
        var fromTree = JSONWriter(style: .pretty(indent: 2))
        fromTree.write(JSONValue(view))
        #expect(fromTree.text == expected)
    }

    @Test("the minimal style drops white space and keeps the text of strings and numbers")
    func minimal() throws {
        let text = Array(" { \"a\\u0041\" : [ 1.0 , 1E2 ] ,\n\"b\" : { } } ".utf8)
        var reader = JSONReader()
        let view = try reader.parse(text.span)
        var writer = JSONWriter()
        writer.write(view)
        #expect(writer.text == #"{"a\u0041":[1.0,1E2],"b":{}}"#)
        writer.removeAll()
        writer.splice(view.source)
        #expect(writer.text == "{ \"a\\u0041\" : [ 1.0 , 1E2 ] ,\n\"b\" : { } }")
    }

    @Test("splicing copies members as they are, in runs, without those that are left out")
    func splice() throws {
        func splice(
            _ text: String,
            _ except: [JSONKey],
            _ options: JSONReader.Options = .strict
        ) throws -> String {
            var reader = JSONReader(options: options)
            let bytes = Array(text.utf8)
            let view = try reader.parse(bytes.span)
            var writer = JSONWriter()
            writer.beginObject()
            writer.spliceMembers(of: view, except: except)
            writer.name("new")
            writer.write(1)
            writer.endObject()
            return writer.text
        }
        let text = #"{ "a":1 , "b": 2,"c":[ 3 ] ,"d":{} }"#
        #expect(try splice(text, []) == #"{"a":1 , "b": 2,"c":[ 3 ] ,"d":{},"new":1}"#)
        #expect(try splice(text, ["b"]) == #"{"a":1,"c":[ 3 ] ,"d":{},"new":1}"#)
        #expect(try splice(text, ["a", "d", "x"]) == #"{"b": 2,"c":[ 3 ],"new":1}"#)
        #expect(try splice(text, ["a", "b", "c", "d"]) == #"{"new":1}"#)
        #expect(try splice("{}", []) == #"{"new":1}"#)
        #expect(try splice("[1]", []) == #"{"new":1}"#)
        #expect(try splice(#"{"\u0061":1,"b":2}"#, ["a"]) == #"{"b":2,"new":1}"#)
        let twice = #"{"a":1,"b":2,"a":3,"c":4}"#
        #expect(
            try splice(twice, [], .init(duplicateKeys: .first)) == #"{"a":1,"b":2,"c":4,"new":1}"#
        )
        #expect(
            try splice(twice, [], .init(duplicateKeys: .last)) == #"{"b":2,"a":3,"c":4,"new":1}"#
        )
    }
}

import IoTTestSupport
import JSONDocument
import Testing

@Suite("The mutable tree")
struct TreeTests {
    @Test("equality is by meaning: numbers by value, names in any order, strings by code points")
    func equality() throws {
        func equal(_ a: String, _ b: String) throws -> Bool {
            let (x, y) = (try JSONValue(parsing: a), try JSONValue(parsing: b))
            if x == y { #expect(x.hashValue == y.hashValue, "\(a) \(b)") }
            #expect((x == y) == (y == x))
            return x == y
        }
        let same = [
            ("1", "1.0"), ("1", "10e-1"), ("100", "1E2"), ("0", "-0.00e5"), ("1e400", "10e399"),
            ("0.001", "1e-3"),
            (
                "12345678901234567890123456789012345678901",
                "12345678901234567890123456789012345678901.0"
            ),
            (#"{"a":1,"b":2}"#, #"{"b":2.0,"a":1}"#), (#""\u0041""#, #""A""#), ("[]", "[ ]"),
            (#"[{"a":[1,{"x":0,"y":1}]}]"#, #"[{"a":[1,{"y":1,"x":0}]}]"#), ("10.10", "10.1"),
        ]
        for (a, b) in same { #expect(try equal(a, b), "\(a) \(b)") }
        let different = [
            ("1", "true"), ("0", "false"), ("0", "null"), ("1", "\"1\""), ("1", "-1"),
            ("1e400", "1e401"),
            ("9007199254740993", "9007199254740992"), ("[1,2]", "[2,1]"), ("{}", "[]"), ("10", "1"),
            (#"{"a":1}"#, #"{"a":1,"b":2}"#), (#"{"a":1}"#, #"{"b":1}"#), (#""é""#, "\"e\u{301}\""),
            (
                "12345678901234567890123456789012345678901",
                "12345678901234567890123456789012345678902"
            ),
            ("1.01", "1.1"), ("101", "11"),
        ]
        for (a, b) in different { #expect(try !equal(a, b), "\(a) \(b)") }
    }

    @Test("§6 the text of a number survives: 1.0, 1e400, integers above 2^53")
    func numberText() throws {
        let text = #"[1.0,1e400,9007199254740993,-0,1E+2,0.10,123456789012345678901234567890.5]"#
        #expect(try JSONValue(parsing: text).description == text)
        #expect(JSONNumber("01") == nil && JSONNumber("") == nil && JSONNumber("1 ") == nil)
        #expect(JSONNumber("1e5")?.int64 == 100_000 && JSONNumber(Double.nan) == nil)
        #expect(JSONNumber(0.1)?.text == "0.1" && JSONNumber(Decimal34(7)).text == "7")
    }

    @Test("members keep their order through changes and removals", arguments: [3, 8, 9, 40])
    func order(count: Int) {
        var object = JSONObject()
        for i in 0..<count { object["n\(i)"] = .number(JSONNumber(i)) }
        object["n1"] = "changed"
        #expect(object.names == (0..<count).map { "n\($0)" })
        object["n0"] = nil
        #expect(object.removeValue(for: "absent") == nil)
        #expect(object.names == (1..<count).map { "n\($0)" })
        #expect(object["n1"] == "changed" && object["n0"] == nil)
        for i in 2..<count { #expect(object["n\(i)"] == .number(JSONNumber(i))) }
        object["n0"] = true
        #expect(object.last?.name == "n0" && object.count == count)
        object.removeAll { $0.name == "n1" }
        #expect(!object.contains("n1") && object.contains("n0"))
    }

    @Test("random changes give what a list of pairs gives")
    func againstList() {
        var random = SplitMix64(seed: 5)
        var object = JSONObject()
        var list: [(String, JSONValue)] = []
        for step in 0..<4000 {
            let name = "k\(random.below(30))"
            let place = list.firstIndex { $0.0 == name }
            if random.oneIn(3) {
                object[name] = nil
                if let place { list.remove(at: place) }
            } else {
                let value = JSONValue.number(JSONNumber(step))
                object[name] = value
                if let place { list[place].1 = value } else { list.append((name, value)) }
            }
            #expect(object.names == list.map(\.0))
            #expect(object[name] == list.first { $0.0 == name }?.1)
        }
    }

    @Test("names are compared by bytes: é in one code point is not é in two")
    func nameBytes() {
        let object: JSONObject = ["\u{E9}": 1, "e\u{301}": 2]
        #expect(object.count == 2 && object["\u{E9}"] == 1 && object["e\u{301}"] == 2)
    }

    @Test("a change deep inside happens in place")
    func inPlace() throws {
        var value = try JSONValue(parsing: #"{"state":{"desired":{"a":[1,2]}}}"#)
        value.object?["state"]?.object?["desired"]?.object?["a"]?.array?.append(3)
        value["new"] = ["x": nil]
        #expect(value.description == #"{"state":{"desired":{"a":[1,2,3]}},"new":{"x":null}}"#)
        value.object?["state"] = nil
        #expect(value.description == #"{"new":{"x":null}}"#)
        var number: JSONValue = 1
        number["a"] = 2
        #expect(number == 1)
    }

    @Test("the compact form is the text without white space, and reads back")
    func compact() throws {
        let text = Array(#" { "a" : [ 1.0 , "\u0041" ] } "#.utf8)
        let compact = try CompactJSON(parsing: text.span)
        #expect(compact.description == #"{"a":[1.0,"\u0041"]}"#)
        var reader = JSONReader()
        let view = try compact.view(in: &reader)
        let tree = JSONValue(view)
        #expect(tree == ["a": [1, "A"]])
        #expect(CompactJSON(tree).description == #"{"a":[1.0,"A"]}"#)
        #expect(throws: JSONError.self) { try CompactJSON(parsing: Array("[1,]".utf8).span) }
    }
}

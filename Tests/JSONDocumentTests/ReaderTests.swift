import IoTTestSupport
import JSONDocument
import Testing

func error(_ text: String, _ options: JSONReader.Options = .strict) -> JSONError? {
    do throws(JSONError) {
        _ = try JSONValue(parsing: text, options: options)
        return nil
    } catch {
        return error
    }
}

@Suite("RFC 8259 reading")
struct ReaderTests {
    @Test(
        "§2–§8 a fault names its rule, byte, line and column",
        arguments: [
            ("", .truncated, 0, 1, 1), ("[1,\n 2 3]", .unexpectedByte(0x33), 7, 2, 4),
            ("{\"é\":\r\n x}", .unexpectedByte(0x78), 9, 2, 2),
            ("[\r\r\n\n01]", .malformedNumber, 6, 4, 2), ("tru", .truncated, 3, 1, 4),
            ("nulx", .unexpectedByte(0x78), 3, 1, 4), ("\u{FEFF}1", .byteOrderMark, 0, 1, 1),
            ("1 2", .trailingBytes, 2, 1, 3), ("1.", .truncated, 2, 1, 3),
            ("[1.]", .malformedNumber, 3, 1, 4), ("-", .truncated, 1, 1, 2),
            ("[-x]", .malformedNumber, 2, 1, 3), ("[1e+]", .malformedNumber, 4, 1, 5),
            ("\"a\nb\"", .controlCharacter(0x0A), 2, 1, 3), ("\"\\q\"", .malformedEscape, 1, 1, 2),
            ("\"ab\\ud800\"", .loneSurrogate, 3, 1, 4), ("\"a", .truncated, 2, 1, 3),
            ("{\"a\":1,\"b\":2,\"a\":3}", .duplicateKey, 13, 1, 14),
            ("{\"a\" 1}", .unexpectedByte(0x31), 5, 1, 6),
            ("{1:2}", .unexpectedByte(0x31), 1, 1, 2),
            ("[1}", .unexpectedByte(0x7D), 2, 1, 3), ("{\"a\":1,}", .unexpectedByte(0x7D), 7, 1, 8),
        ] as [(String, JSONError.Violation, Int, Int, Int)]
    )
    func reports(text: String, violation: JSONError.Violation, offset: Int, line: Int, column: Int)
    {
        #expect(error(text) == JSONError(violation, at: offset, line: line, column: column))
    }

    @Test("§8.1 malformed UTF-8 is reported at the first byte of the bad sequence")
    func malformedUTF8() {
        var reader = JSONReader()
        let text = Array("[\"ab".utf8) + [0xE2, 0x28, 0xA1, 0x22, 0x5D]
        #expect(throws: JSONError(.malformedUTF8, at: 4, line: 1, column: 5)) {
            try reader.validate(text.span)
        }
    }

    @Test("§9 depth: the limit is accepted, one more is refused, however it is nested")
    func depth() {
        let options = JSONReader.Options(maximumDepth: 3)
        #expect(error("[[[]],{\"a\":[]}]", options) == nil)
        #expect(error("[[{\"a\":[]}]]", options)?.violation == .tooDeep(limit: 3))
        #expect(error("[[{\"a\":[]}]]", options)?.offset == 7)
        let highest = JSONReader.Options(maximumDepth: .max)
        let limit = JSONReader.Options.highestDepth
        func nested(_ n: Int) -> String {
            String(repeating: "[", count: n) + String(repeating: "]", count: n)
        }
        #expect(error(nested(limit), highest) == nil)
        #expect(error(nested(limit + 1), highest)?.violation == .tooDeep(limit: limit))
        #expect(error("[]", .init(maximumDepth: 0))?.violation == .tooDeep(limit: 0))
        #expect(error("[]", .init(maximumDepth: -5)) != nil)
        #expect(error("1", .init(maximumDepth: 0)) == nil)
    }

    @Test("§9 length: the limit is accepted, one more is refused")
    func length() {
        #expect(error("[1,2]", .init(maximumLength: 5)) == nil)
        #expect(error("[1,2]", .init(maximumLength: 4))?.violation == .tooLong(limit: 4))
    }

    @Test("§4 duplicate names are refused, or the first or the last one counts")
    func duplicates() throws {
        let text = #"{"a":1,"b":{"c":1,"\u0063":2},"a":3}"#
        #expect(error(text)?.violation == .duplicateKey)
        let first = try JSONValue(parsing: text, options: .init(duplicateKeys: .first))
        #expect(first.description == #"{"a":1,"b":{"c":1}}"#)
        let last = try JSONValue(parsing: text, options: .init(duplicateKeys: .last))
        #expect(last.description == #"{"b":{"c":2},"a":3}"#)
    }

    @Test(
        "§4 duplicates are found in objects of every size, also when names collide",
        arguments: [
            2, 3, 23, 24, 25, 26, 70, 1000,
        ]
    )
    func duplicatesInLargeObjects(count: Int) throws {
        for (i, j) in [(0, count - 1), (count / 2, count - 1), (0, 1)] where i != j {
            var names = (0..<count).map { "name\($0)" }
            names[j] = names[i]
            let text =
                "{" + names.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",") + "}"
            #expect(error(text)?.violation == .duplicateKey)
            let first = try JSONValue(parsing: text, options: .init(duplicateKeys: .first))
            let last = try JSONValue(parsing: text, options: .init(duplicateKeys: .last))
            #expect(first.object?.count == count - 1 && last.object?.count == count - 1)
            #expect(first[names[i]] == .number(JSONNumber(i)))
            #expect(last[names[i]] == .number(JSONNumber(j)))
        }
        let distinct = (0..<count).map { "\"name\($0)\":\($0)" }.joined(separator: ",")
        #expect(error("{" + distinct + "}") == nil)
    }

    @Test("§4 a large object with a name three times keeps one member")
    func triplicates() throws {
        let members = (0..<40).map { "\"n\($0 % 13)\":\($0)" }.joined(separator: ",")
        for (policy, value) in [(JSONReader.DuplicateKeys.first, 0), (.last, 39)] {
            let tree = try JSONValue(
                parsing: "{" + members + "}",
                options: .init(duplicateKeys: policy)
            )
            #expect(tree.object?.count == 13)
            #expect(tree["n0"] == .number(JSONNumber(value)))
        }
    }

    @Test("every placement of a special byte in a string gives the same answer")
    func stringBoundaries() throws {
        var reader = JSONReader()
        let specials: [(String, Bool)] = [
            ("\\n", true), ("é", true), ("温", true), ("🔥", true), ("\\u00e9", true),
            ("\\ud83d\\ude00", true), ("\u{1}", false), ("\\x", false), ("\\ud800", false),
            ("\u{7F}", true),
        ]
        for (special, isGood) in specials {
            for before in 0..<36 {
                for after in [0, 1, 7, 8, 9, 15, 16, 17] {
                    let content =
                        String(repeating: "x", count: before) + special
                        + String(repeating: "y", count: after)
                    for text in ["\"\(content)\"", "[\"\(content)\"]", "{\"\(content)\":1}    "] {
                        let bytes = Array(text.utf8)
                        #expect(((try? reader.validate(bytes.span)) != nil) == isGood, "\(text)")
                    }
                }
            }
        }
    }

    @Test("every placement of an end of digits or blanks gives the same answer")
    func numberBoundaries() throws {
        var reader = JSONReader()
        for digits in 1..<40 {
            let number = String(repeating: "7", count: digits)
            for text in [number, "-\(number).\(number)e-\(number)", "[\(number),\(number)]"] {
                #expect((try? reader.validate(Array(text.utf8).span)) != nil)
                #expect((try? reader.validate(Array((text + "x").utf8).span)) == nil)
                #expect((try? reader.validate(Array((text + ".").utf8).span)) == nil)
            }
            let blanks = String(repeating: " ", count: digits)
            for blank in [blanks, blanks + "\n" + blanks, "\t" + blanks, blanks + "\r\n"] {
                let text =
                    "\(blank)[\(blank)1\(blank),\(blank){\(blank)\"a\"\(blank):\(blank)2\(blank)}\(blank)]\(blank)"
                #expect((try? reader.validate(Array(text.utf8).span)) != nil)
                #expect((try? reader.validate(Array((text + "\u{B}").utf8).span)) == nil)
            }
        }
    }

    @Test("a text's placement in memory changes nothing")
    func alignment() throws {
        let text = Array(#"{"abcdefgh":[1.5,"ünï\n",true],"x":{"y":"0123456789abcdef"}}"#.utf8)
        let expected = try JSONValue(parsing: text.span)
        for shift in 0..<32 {
            let shifted = [UInt8](repeating: 0x5B, count: shift) + text + [0x5D]
            let span = shifted.span.extracting(shift..<shift + text.count)
            #expect(try JSONValue(parsing: span) == expected)
            // Bytes behind the span are never looked at.
            for cut in 1..<text.count {
                #expect((try? JSONValue(parsing: span.extracting(0..<cut))) == nil)
            }
        }
    }

    @Test("a reader that failed reads the next text as a new one does")
    func reuse() throws {
        var reader = JSONReader()
        let good = Array("{\"a\":[1,2,3]}".utf8)
        for bad in [
            "[[[[", "{\"a\":1,\"a\":2}", "\"\\u12", "[1,2,3,,]", String(repeating: "[", count: 300),
        ] {
            #expect((try? reader.validate(Array(bad.utf8).span)) == nil)
            let view = try reader.parse(good.span)
            #expect(JSONValue(view).description == "{\"a\":[1,2,3]}")
        }
    }

    @Test(
        "random changes of a text are refused with a position inside it, or read back from what is written"
    )
    func mutationsNeverTrap() throws {
        var random = SplitMix64(seed: 8259)
        var reader = JSONReader()
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e9é"],"b":{"c":null,"d":true}}"#.utf8)
        for _ in 0..<20_000 {
            var changed = text
            for _ in 0..<1 + random.below(3) {
                changed[random.below(changed.count)] = UInt8(random.below(256))
            }
            do throws(JSONError) {
                let view = try reader.parse(changed.span)
                let tree = JSONValue(view)
                #expect((try? JSONValue(parsing: tree.description)) == tree)
            } catch {
                #expect((0...changed.count).contains(error.offset))
            }
        }
    }
}

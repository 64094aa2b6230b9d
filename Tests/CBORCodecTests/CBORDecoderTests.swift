import CBORCodec
import IoTTestSupport
import Testing

/// Bytes of hexadecimal text.
func hex(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Skips one item and demands the end.
func check(
    _ bytes: [UInt8],
    _ profile: CBORProfile = .deterministic,
    limits: CBORLimits = .default
) throws(CBORError) {
    var decoder = CBORDecoder(bytes.span, profile: profile, limits: limits)
    try decoder.skipItem()
    try decoder.finish()
}

func violation(
    _ text: String,
    _ profile: CBORProfile = .deterministic,
    limits: CBORLimits = .default
) -> CBORError? {
    do {
        try check(hex(text), profile, limits: limits)
        return nil
    } catch {
        return error
    }
}

@Suite("RFC 8949 decoding")
struct CBORDecoderTests {
    @Test(
        "§4.2.1 an argument in more bytes than it needs is refused, in the shortest form taken",
        arguments: [
            ("17", "1817"), ("1818", "190018"), ("18ff", "1900ff"), ("190100", "1a00000100"),
            ("19ffff", "1a0000ffff"), ("1a00010000", "1b0000000000010000"), ("37", "3817"),
            ("4161", "580161"), ("6161", "780161"), ("80", "9800"), ("a0", "b800"),
            ("c100", "d80100"),
        ]
    )
    func shortestArguments(short: String, long: String) {
        #expect(violation(short) == nil)
        #expect(violation(long) == CBORError(.argumentNotShortest, at: 0))
        #expect(violation(long, .wellFormed) == nil)
    }

    @Test(
        "§3 truncated items, lengths and counts beyond the input",
        arguments: [
            ("", CBORError.Violation.truncated(needed: 1, available: 0), 0),
            ("18", .truncated(needed: 2, available: 1), 0),
            ("1b00000000000000", .truncated(needed: 9, available: 8), 0),
            ("4261", .lengthExceedsInput(claimed: 2, available: 1), 0),
            ("5bffffffffffffffff", .lengthExceedsInput(claimed: .max, available: 0), 0),
            ("7bffffffffffffffff", .lengthExceedsInput(claimed: .max, available: 0), 0),
            ("9bffffffffffffffff", .countExceedsInput(claimed: .max, available: 0), 0),
            ("9affffffff00", .countExceedsInput(claimed: 0xFFFF_FFFF, available: 1), 0),
            ("bbffffffffffffffff", .countExceedsInput(claimed: .max, available: 0), 0),
            ("a20000", .countExceedsInput(claimed: 2, available: 1), 0),
            ("820018", .truncated(needed: 2, available: 1), 2),
            ("c1", .truncated(needed: 1, available: 0), 1),
        ]
    )
    func truncated(text: String, expected: CBORError.Violation, offset: Int) {
        for profile in [CBORProfile.deterministic, .wellFormed] {
            #expect(violation(text, profile) == CBORError(expected, at: offset))
        }
    }

    @Test("§3 additional information 28 to 30 is reserved; 31 has no meaning for 0, 1 and 6")
    func reserved() {
        for major in UInt8(0)...7 {
            for info in UInt8(28)...30 {
                let byte = String(major << 5 | info, radix: 16)
                let text = byte.count == 1 ? "0" + byte : byte
                #expect(violation(text) == CBORError(.reservedAdditionalInformation(info), at: 0))
            }
        }
        for text in ["1f", "3f", "df"] {
            #expect(violation(text) == CBORError(.reservedAdditionalInformation(31), at: 0))
        }
    }

    @Test("§3.2 indefinite lengths belong to the well-formed profile alone")
    func indefinite() {
        for text in ["5f42010243030405ff", "7f61616162ff", "9f01ff", "bf6161019fff", "bf616101ff"] {
            #expect(violation(text) == CBORError(.indefiniteLength, at: 0))
        }
        #expect(violation("5f42010243030405ff", .wellFormed) == nil)
        #expect(violation("7f61616162ff", .wellFormed) == nil)
        #expect(violation("9f018202039f0405ffff", .wellFormed) == nil)
        #expect(violation("bf6161019f6162ff02ff", .wellFormed) == nil)
        #expect(violation("ff", .wellFormed) == CBORError(.unexpectedBreak, at: 0))
        #expect(violation("81ff", .wellFormed) == CBORError(.unexpectedBreak, at: 1))
        #expect(violation("bf01ff", .wellFormed) == CBORError(.unexpectedBreak, at: 2))
        #expect(violation("5f6161ff", .wellFormed) == CBORError(.chunkType(.textString), at: 1))
        #expect(violation("5f5fffff", .wellFormed) == CBORError(.indefiniteLength, at: 1))
        #expect(
            violation("9f", .wellFormed) == CBORError(.truncated(needed: 1, available: 0), at: 1)
        )
    }

    @Test("§5.6 duplicate keys are refused in either profile, disorder in the deterministic one")
    func keys() {
        #expect(violation("a201000200") == nil)
        #expect(violation("a202000100") == CBORError(.keysOutOfOrder, at: 3))
        #expect(violation("a202000100", .wellFormed) == nil)
        #expect(violation("a201000100") == CBORError(.duplicateKey, at: 3))
        #expect(violation("a3010002000100", .wellFormed) == CBORError(.duplicateKey, at: 5))
        #expect(violation("bf010002000100ff", .wellFormed) == CBORError(.duplicateKey, at: 5))
        // Bytewise order of encoded keys: 10, 100, -1, "z", "aa", [100], [-1], false.
        #expect(violation("a80a00186400200061 7a0062616100811864008120 00f400") == nil)
    }

    @Test("§3.1 text is UTF-8: shortest forms, no surrogates, nothing cut off")
    func utf8() {
        #expect(violation("62c3bc") == nil)
        #expect(violation("64f0908591") == nil)
        for text in ["61ff", "62c080", "63eda080", "62c328", "61c3", "64f4908080", "63e08080"] {
            #expect(violation(text) == CBORError(.invalidUTF8, at: 0))
            #expect(violation(text, .wellFormed) == CBORError(.invalidUTF8, at: 0))
        }
    }

    @Test("§3.3 simple values below 32 take one byte")
    func simple() {
        for text in ["e0", "f4", "f5", "f6", "f7", "f820", "f8ff"] {
            #expect(violation(text) == nil)
        }
        #expect(violation("f81f") == CBORError(.simpleValueNotShortest(31), at: 0))
        #expect(violation("f800", .wellFormed) == CBORError(.simpleValueNotShortest(0), at: 0))
    }

    @Test("§4.2.1 floats are in their shortest exact form, NaN is f97e00")
    func floats() {
        for text in ["f90000", "f98000", "f97e00", "f97c00", "fa47c35000", "fb3ff199999999999a"] {
            #expect(violation(text) == nil)
        }
        for text in [
            "fa3f800000", "fb3ff0000000000000", "fa7fc00000", "f97e01", "fb36a0000000000000",
        ] {
            #expect(violation(text) == CBORError(.floatNotShortest, at: 0))
            #expect(violation(text, .wellFormed) == nil)
        }
    }

    @Test("limits: depth at the limit and one above")
    func depth() {
        let limits = CBORLimits(depth: 16)
        for head in ["81", "c1", "a100"] {
            let at = String(repeating: head, count: 16) + "00"
            let above = String(repeating: head, count: 17) + "00"
            #expect(violation(at, limits: limits) == nil)
            #expect(
                violation(above, limits: limits)
                    == CBORError(.tooDeep(limit: 16), at: 16 * head.count / 2)
            )
        }
        let bomb = [UInt8](repeating: 0x81, count: 100_000)
        #expect(throws: CBORError(.tooDeep(limit: 16), at: 16)) { try check(bomb) }
        #expect(throws: CBORError(.tooDeep(limit: 256), at: 256)) {
            try check(bomb, limits: CBORLimits(depth: .max))
        }
    }

    @Test("limits: elements at the limit and one above")
    func elements() {
        let limits = CBORLimits(elements: 3)
        #expect(violation("83000000", limits: limits) == nil)
        #expect(
            violation("8400000000", limits: limits) == CBORError(.tooManyElements(limit: 3), at: 0)
        )
        #expect(violation("a3000001000200", limits: limits) == nil)
        #expect(
            violation("a400000100020003 00", limits: limits)
                == CBORError(.tooManyElements(limit: 3), at: 0)
        )
        #expect(violation("9f000000ff", .wellFormed, limits: limits) == nil)
        #expect(
            violation("9f00000000ff", .wellFormed, limits: limits)
                == CBORError(.tooManyElements(limit: 3), at: 4)
        )
    }

    @Test("typed reads name what they wanted and leave the item unread")
    func typedReads() throws {
        let bytes = hex("2043010203")
        var decoder = CBORDecoder(bytes.span)
        var error: CBORError?
        do throws(CBORError) { _ = try decoder.readUnsigned() } catch let e { error = e }
        #expect(error == CBORError(.unexpectedType(expected: .unsigned, found: .negative), at: 0))
        #expect(try decoder.readInteger() == -1)
        do throws(CBORError) { _ = try decoder.readTextString() } catch let e { error = e }
        #expect(
            error == CBORError(.unexpectedType(expected: .textString, found: .byteString), at: 1)
        )
        let range = try decoder.readByteString()
        #expect(range == 2..<5)
        #expect(decoder.bytes(in: range) == [1, 2, 3])
        try decoder.finish()
    }

    @Test("integers cover −2⁶³...2⁶³−1 and nothing beyond")
    func integers() throws {
        for (text, value) in [
            ("1b7fffffffffffffff", Int64.max), ("3b7fffffffffffffff", Int64.min), ("00", 0),
        ] {
            let bytes = hex(text)
            var decoder = CBORDecoder(bytes.span)
            #expect(try decoder.readInteger() == value)
        }
        for text in ["1b8000000000000000", "3b8000000000000000"] {
            #expect(throws: CBORError(.integerOutOfRange, at: 0)) {
                let bytes = hex(text)
                var decoder = CBORDecoder(bytes.span)
                _ = try decoder.readInteger()
            }
        }
    }

    @Test("maps hand out keys in order and report the second of two")
    func maps() throws {
        let bytes = hex("a2010202410f")
        var decoder = CBORDecoder(bytes.span)
        var map = try decoder.readMap()
        #expect(map.count == 2)
        var seen: [UInt64] = []
        while try decoder.nextKey(of: &map) {
            seen.append(try decoder.readUnsigned())
            try decoder.skipItem()
        }
        #expect(seen == [1, 2])
        try decoder.finish()
        for profile in [CBORProfile.deterministic, .wellFormed] {
            #expect(throws: CBORError(.duplicateKey, at: 3)) {
                let bytes = hex("a201020103")
                var decoder = CBORDecoder(bytes.span, profile: profile)
                var map = try decoder.readMap()
                while try decoder.nextKey(of: &map) {
                    try decoder.skipItem()
                    try decoder.skipItem()
                }
            }
        }
    }

    @Test("embedded items keep the offsets of the whole input and count as a level")
    func nested() throws {
        let bytes = hex("8143820118")
        #expect(violation("8143820118") == nil)
        var decoder = CBORDecoder(bytes.span, limits: CBORLimits(depth: 2))
        _ = try decoder.readArrayCount()
        let range = try decoder.readByteString()
        var inner = try decoder.nested(in: range)
        var error: CBORError?
        do throws(CBORError) { try inner.skipItem() } catch let e { error = e }
        #expect(error == CBORError(.truncated(needed: 2, available: 1), at: 4))
        let second = try inner.nested(in: 3..<3)
        do throws(CBORError) { _ = try second.nested(in: 3..<3) } catch let e { error = e }
        #expect(error == CBORError(.tooDeep(limit: 2), at: 3))
    }

    @Test("bytes after the item are an error")
    func trailing() {
        #expect(violation("0000") == CBORError(.trailingBytes(1), at: 1))
    }
}

import IoTTestSupport
import Testing

@testable import X509Verification

@Suite("X.690 §10 distinguished encoding")
struct DERTests {
    private func element(_ bytes: [UInt8]) throws -> DERElement {
        var cursor = DERCursor(0..<bytes.count)
        return try cursor.next(bytes.span)
    }

    @Test("§10.1 lengths are definite, minimal and within their container")
    func lengths() throws {
        #expect(try element([0x04, 0x01, 0xAA]).content == 2..<3)
        #expect(try element([0x04, 0x81, 0x80] + [UInt8](repeating: 0, count: 128)).end == 131)
        let cases: [([UInt8], MalformedDER)] = [
            ([0x30], .init(.truncated(needed: 2, available: 1), at: 0)),
            ([0x30, 0x80, 0, 0], .init(.indefiniteLength, at: 1)),
            ([0x04, 0x81, 0x01, 0xAA], .init(.lengthNotMinimal, at: 1)),
            ([0x04, 0x82, 0x00, 0x80], .init(.lengthNotMinimal, at: 1)),
            ([0x04, 0x85, 1, 1, 1, 1, 1], .init(.lengthTooLarge, at: 1)),
            ([0x04, 0x82, 0x01], .init(.truncated(needed: 2, available: 1), at: 1)),
            ([0x04, 0x02, 0xAA], .init(.truncated(needed: 2, available: 1), at: 0)),
            ([0x1F, 0x81, 0x00, 0x00], .init(.highTagNumber, at: 0)),
        ]
        for (bytes, error) in cases {
            #expect(throws: error, "\(bytes)") { _ = try element(bytes) }
        }
    }

    @Test("§8.3 integers are minimal")
    func integers() throws {
        func read(_ bytes: [UInt8]) throws -> Int {
            var cursor = DERCursor(0..<bytes.count)
            return try DERCursor.smallInteger(cursor.integer(bytes.span), bytes.span)
        }
        #expect(try read([2, 2, 0, 0x80]) == 128)
        #expect(throws: MalformedDER(.integerNotMinimal, at: 0)) { _ = try read([2, 2, 0, 0x7F]) }
        #expect(throws: MalformedDER(.integerNotMinimal, at: 0)) { _ = try read([2, 0]) }
        #expect(throws: MalformedDER(.integerNotMinimal, at: 0)) {
            _ = try read([2, 2, 0xFF, 0x80])
        }
        #expect(throws: MalformedDER(.integerOutOfRange, at: 0)) { _ = try read([2, 1, 0xFF]) }
        #expect(throws: MalformedDER(.integerOutOfRange, at: 0)) {
            _ = try read([2, 5, 1, 0, 0, 0, 0])
        }
    }

    @Test("§11.1 and §11.5 a BOOLEAN is FF, and its default is left out")
    func booleans() throws {
        func read(_ bytes: [UInt8]) throws -> Bool {
            var cursor = DERCursor(0..<bytes.count)
            return try cursor.booleanDefaultFalse(bytes.span)
        }
        #expect(try read([1, 1, 0xFF]))
        #expect(try !read([]))
        #expect(throws: MalformedDER(.defaultEncoded, at: 0)) { _ = try read([1, 1, 0]) }
        #expect(throws: MalformedDER(.booleanNotCanonical, at: 0)) { _ = try read([1, 1, 1]) }
        #expect(throws: MalformedDER(.booleanNotCanonical, at: 0)) {
            _ = try read([1, 2, 0xFF, 0xFF])
        }
    }

    @Test("§11.2 unused bits of a BIT STRING are zero; named bits end in a one")
    func bitStrings() throws {
        func read(_ bytes: [UInt8]) throws -> UInt16 {
            var cursor = DERCursor(0..<bytes.count)
            return try cursor.namedBits(bytes.span)
        }
        #expect(try read([3, 2, 5, 0xA0]) == 0b101)
        #expect(try read([3, 3, 7, 0, 0x80]) == 1 << 8)
        #expect(throws: MalformedDER(.bitString, at: 0)) { _ = try read([3, 2, 4, 0xA0]) }
        #expect(throws: MalformedDER(.bitString, at: 0)) { _ = try read([3, 2, 6, 0xA0]) }
        #expect(throws: MalformedDER(.bitString, at: 0)) { _ = try read([3, 2, 8, 0]) }
        #expect(throws: MalformedDER(.bitString, at: 0)) { _ = try read([3, 1, 1]) }
        #expect(throws: MalformedDER(.bitString, at: 0)) { _ = try read([3, 4, 0, 1, 1, 1]) }
    }

    @Test("§8.19 identifiers round-trip through their dotted form")
    func identifiers() throws {
        for text in ["2.5.4.3", "1.2.840.113549.1.1.11", "2.999.1", "0.9.2342.19200300.100.1.25"] {
            #expect(ObjectIdentifier(text)?.description == text)
        }
        for text in ["", "1", "3.1", "1.40", "1.2.", "1.02", "1.2.99999999999999999999", "a.b"] {
            #expect(ObjectIdentifier(text) == nil, "\(text)")
        }
        let huge = ObjectIdentifier(
            checked: [0x2A] + [UInt8](repeating: 0xFF, count: 100_000) + [1]
        )
        #expect(huge.description == "1.2.?")
        #expect(ObjectIdentifier.emailAddress == ObjectIdentifier("1.2.840.113549.1.9.1"))
        #expect(
            ObjectIdentifier.domainComponent == ObjectIdentifier("0.9.2342.19200300.100.1.25")
        )
    }

    @Test("RFC 5280 §4.1.2.5 a time has seconds, ends in Z, and is a real moment")
    func times() throws {
        func read(_ text: String, _ tag: UInt8) throws -> Int64 {
            let bytes = DERWriter.element(tag, Array(text.utf8))
            var cursor = DERCursor(0..<bytes.count)
            return try DERTime.read(&cursor, bytes.span).seconds
        }
        #expect(try read("700101000000Z", 0x17) == 0)
        #expect(try read("491231235959Z", 0x17) == 2_524_607_999)
        #expect(try read("500101000000Z", 0x17) == -631_152_000)
        #expect(try read("99991231235959Z", 0x18) == 253_402_300_799)
        #expect(try read("20240229000000Z", 0x18) == 1_709_164_800)
        for text in [
            "7001010000Z", "700101000000+0000", "701301000000Z", "700230000000Z", "700101240000Z",
            "700101006000Z", "700101000060Z", "7001010000 0Z",
        ] {
            #expect(throws: MalformedDER(.time, at: 0), "\(text)") { _ = try read(text, 0x17) }
        }
        #expect(throws: MalformedDER(.time, at: 0)) { _ = try read("20550101000000.5Z", 0x18) }
        #expect(throws: MalformedDER(.time, at: 0)) { _ = try read("20230229000000Z", 0x18) }
    }

    @Test("what the writer writes, the cursor reads, for contents of every length class")
    func writer() throws {
        var random = SplitMix64(seed: 4)
        for count in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = random.bytes(count)
            let bytes = DERWriter.octetString(content)
            let element = try element(bytes)
            #expect(bytes.span.array(element.content) == content)
            #expect(element.end == bytes.count)
        }
        for value in [0, 1, 127, 128, 255, 256, 65_537, 1 << 30] {
            let bytes = DERWriter.integer(value)
            var cursor = DERCursor(0..<bytes.count)
            let read = try cursor.integer(bytes.span)
            #expect(try DERCursor.smallInteger(read, bytes.span) == value)
        }
    }
}

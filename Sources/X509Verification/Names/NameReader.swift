/// Checks the DER of a `Name` without decoding it.
enum NameReader {
    /// Reads one `Name`; notes what RFC 5280 forbids but the grammar allows.
    ///
    /// - Throws: ``MalformedDER`` for a wrong structure, an RDN that is empty or out of order, and
    ///   strings that are not in their encoding.
    static func read(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) -> DERElement {
        let name = try cursor.expect(DERTag.sequence, bytes)
        var rdns = DERCursor(name.content)
        while !rdns.isAtEnd {
            let rdn = try rdns.expect(DERTag.set, bytes)
            try readSet(rdn, bytes, &findings)
        }
        return name
    }

    /// The content of one RelativeDistinguishedName, whatever its tag.
    static func readSet(
        _ rdn: DERElement,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) {
        var attributes = DERCursor(rdn.content)
        guard !attributes.isAtEnd else { throw MalformedDER(.name, at: rdn.start) }
        var previous: DERElement?
        while !attributes.isAtEnd {
            let attribute = try attributes.expect(DERTag.sequence, bytes)
            if let previous, !isOrdered(previous.whole, attribute.whole, bytes) {
                throw MalformedDER(.setNotSorted, at: attribute.start)
            }
            previous = attribute
            var fields = DERCursor(attribute.content)
            let type = try fields.objectIdentifier(bytes)
            let value = try fields.next(bytes)
            try fields.finish()
            try NameString.check(value, bytes, type.content, &findings)
        }
    }

    private static func isOrdered(_ a: Range<Int>, _ b: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        for i in 0..<min(a.count, b.count) {
            let left = bytes[a.lowerBound + i]
            let right = bytes[b.lowerBound + i]
            if left != right { return left < right }
        }
        return a.count < b.count
    }
}

/// The string types of `DirectoryString` and of older attributes.
enum NameString {
    /// Checks a value's encoding, and notes characters and lengths that RFC 5280 forbids.
    static func check(
        _ value: DERElement,
        _ bytes: Span<UInt8>,
        _ type: Range<Int>,
        _ findings: inout Findings
    ) throws(MalformedDER) {
        let content = value.content
        var count = content.count
        switch value.tag {
        case DERTag.printableString:
            for i in content where !isPrintable(bytes[i]) {
                findings.note(.nameCharacters, at: value.start)
                break
            }
        case DERTag.utf8String:
            var hasNUL = false
            var isASCII = true
            for i in content {
                hasNUL = hasNUL || bytes[i] == 0
                isASCII = isASCII && bytes[i] < 0x80
            }
            if hasNUL { findings.note(.nameCharacters, at: value.start) }
            if !isASCII { count = try checkUTF8(value, bytes) }
        case DERTag.ia5String:
            for i in content {
                guard bytes[i] < 0x80 else { throw MalformedDER(.name, at: value.start) }
                if bytes[i] == 0 { findings.note(.nameCharacters, at: value.start) }
            }
        case DERTag.teletexString:
            for i in content where bytes[i] == 0 {
                findings.note(.nameCharacters, at: value.start)
                break
            }
        case DERTag.bmpString, DERTag.universalString:
            count = try checkWide(value, bytes, &findings)
        default:
            return
        }
        if let bound = upperBound(bytes, type), count > bound {
            findings.note(.nameLength, at: value.start)
        }
    }

    private static func checkUTF8(
        _ value: DERElement,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) -> Int {
        do {
            let text = try UTF8Span(validating: bytes.extracting(value.content))
            var scalars = 0
            var iterator = text.makeUnicodeScalarIterator()
            while iterator.next() != nil { scalars += 1 }
            return scalars
        } catch {
            throw MalformedDER(.name, at: value.start)
        }
    }

    /// BMPString (two bytes a character) and UniversalString (four).
    private static func checkWide(
        _ value: DERElement,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) -> Int {
        let width = value.tag == DERTag.bmpString ? 2 : 4
        guard value.content.count % width == 0 else { throw MalformedDER(.name, at: value.start) }
        var i = value.contentStart
        while i < value.end {
            var code: UInt32 = 0
            for k in 0..<width { code = code << 8 | UInt32(bytes[i + k]) }
            guard Unicode.Scalar(code) != nil else { throw MalformedDER(.name, at: value.start) }
            if code == 0 { findings.note(.nameCharacters, at: value.start) }
            i += width
        }
        return value.content.count / width
    }

    /// X.680 §41.4.
    static func isPrintable(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20, 0x27...0x29, 0x2B...0x2F, 0x3A, 0x3D,
            0x3F:
            true
        default: false
        }
    }

    /// The most characters an attribute may have. RFC 5280 appendix A.1
    private static func upperBound(_ bytes: Span<UInt8>, _ type: Range<Int>) -> Int? {
        guard type.count == 3, bytes[type.lowerBound] == 0x55, bytes[type.lowerBound + 1] == 0x04
        else { return bytes.packed(type) == KnownOID.emailAddress ? 255 : nil }
        switch bytes[type.lowerBound + 2] {
        case 3, 5, 10, 11, 12: return 64
        case 6: return 2
        case 7, 8, 65: return 128
        case 4, 41, 42, 43, 44: return 32_768
        default: return nil
        }
    }

    /// The text of a string value; `nil` for another type.
    static func text(_ bytes: Span<UInt8>, _ value: DERElement) -> String? {
        switch value.tag {
        case DERTag.utf8String, DERTag.printableString, DERTag.ia5String:
            return String(decoding: bytes.array(value.content), as: UTF8.self)
        case DERTag.teletexString:
            // Taken as ISO 8859-1, which is what is found in certificates.
            var text = ""
            for i in value.content { text.unicodeScalars.append(Unicode.Scalar(bytes[i])) }
            return text
        case DERTag.bmpString, DERTag.universalString:
            let width = value.tag == DERTag.bmpString ? 2 : 4
            var text = ""
            var i = value.contentStart
            while i + width <= value.end {
                var code: UInt32 = 0
                for k in 0..<width { code = code << 8 | UInt32(bytes[i + k]) }
                text.unicodeScalars.append(Unicode.Scalar(code) ?? "\u{FFFD}")
                i += width
            }
            return text
        default:
            return nil
        }
    }
}

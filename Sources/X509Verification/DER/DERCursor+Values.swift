// Primitive values, each checked to the one form that DER allows.
extension DERCursor {
    /// Reads a BOOLEAN DEFAULT FALSE: absent is false, and a written FALSE is refused. X.690 §11.5
    mutating func booleanDefaultFalse(_ bytes: Span<UInt8>) throws(MalformedDER) -> Bool {
        guard let element = try optional(DERTag.boolean, bytes) else { return false }
        guard element.content.count == 1 else {
            throw MalformedDER(.booleanNotCanonical, at: element.start)
        }
        switch bytes[element.contentStart] {
        case 0xFF: return true
        case 0x00: throw MalformedDER(.defaultEncoded, at: element.start)
        default: throw MalformedDER(.booleanNotCanonical, at: element.start)
        }
    }

    /// Reads an INTEGER of any size in its shortest form and returns its element. X.690 §8.3
    ///
    /// - Throws: ``MalformedDER`` for another tag, and for a superfluous first octet.
    public mutating func integer(_ bytes: Span<UInt8>) throws(MalformedDER) -> DERElement {
        try integer(bytes, tag: DERTag.integer)
    }

    /// Reads an INTEGER under another tag.
    mutating func integer(
        _ bytes: Span<UInt8>,
        tag: UInt8
    ) throws(MalformedDER) -> DERElement {
        let element = try expect(tag, bytes)
        try Self.checkInteger(element, bytes)
        return element
    }

    /// X.690 §8.3: at least one byte, and the first nine bits not all alike.
    static func checkInteger(_ element: DERElement, _ bytes: Span<UInt8>) throws(MalformedDER) {
        let count = element.end - element.contentStart
        guard count > 0 else { throw MalformedDER(.integerNotMinimal, at: element.start) }
        guard count > 1 else { return }
        let first = bytes[element.contentStart]
        let negative = bytes[element.contentStart + 1] & 0x80 != 0
        if (first == 0 && !negative) || (first == 0xFF && negative) {
            throw MalformedDER(.integerNotMinimal, at: element.start)
        }
    }

    /// The value of a checked INTEGER that is at least 0 and fits 31 bits.
    static func smallInteger(
        _ element: DERElement,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) -> Int {
        try checkInteger(element, bytes)
        guard element.content.count <= 4, bytes[element.contentStart] & 0x80 == 0 else {
            throw MalformedDER(.integerOutOfRange, at: element.start)
        }
        var value = 0
        for i in element.content { value = value << 8 | Int(bytes[i]) }
        return value
    }

    /// Reads an OBJECT IDENTIFIER in its shortest form and returns its element. X.690 §8.19
    mutating func objectIdentifier(
        _ bytes: Span<UInt8>,
        tag: UInt8 = DERTag.objectIdentifier
    ) throws(MalformedDER) -> DERElement {
        let element = try expect(tag, bytes)
        guard element.contentStart < element.end, bytes[element.end - 1] & 0x80 == 0 else {
            throw MalformedDER(.objectIdentifier, at: element.start)
        }
        var startsArc = true
        for i in element.content {
            let byte = bytes[i]
            if startsArc && byte == 0x80 {
                throw MalformedDER(.objectIdentifier, at: element.start)
            }
            startsArc = byte & 0x80 == 0
        }
        return element
    }

    /// Reads a BIT STRING and returns the offsets of its bytes and the count of unused bits.
    /// X.690 §8.6, §11.2
    mutating func bitString(
        _ bytes: Span<UInt8>,
        tag: UInt8 = DERTag.bitString
    ) throws(MalformedDER) -> (content: Range<Int>, unused: Int) {
        let element = try expect(tag, bytes)
        guard element.contentStart < element.end else {
            throw MalformedDER(.bitString, at: element.start)
        }
        let unused = Int(bytes[element.contentStart])
        let content = element.contentStart + 1..<element.end
        guard unused < 8, unused == 0 || !content.isEmpty else {
            throw MalformedDER(.bitString, at: element.start)
        }
        if unused > 0, bytes[element.end - 1] & (1 << UInt8(unused) - 1) != 0 {
            throw MalformedDER(.bitString, at: element.start)
        }
        return (content, unused)
    }

    /// Reads a BIT STRING of whole bytes.
    mutating func octetAlignedBitString(
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) -> Range<Int> {
        let start = position
        let (content, unused) = try bitString(bytes)
        guard unused == 0 else { throw MalformedDER(.bitString, at: start) }
        return content
    }

    /// Reads a BIT STRING of named bits: trailing zero bits are left out. X.690 §11.2.2
    ///
    /// - Returns: bit 0 of the string in bit 0 of the value; bits from 16 on are refused.
    mutating func namedBits(
        _ bytes: Span<UInt8>,
        tag: UInt8 = DERTag.bitString
    ) throws(MalformedDER) -> UInt16 {
        let start = position
        let (content, unused) = try bitString(bytes, tag: tag)
        guard content.count <= 2 else { throw MalformedDER(.bitString, at: start) }
        var value: UInt16 = 0
        for (index, i) in content.enumerated() {
            let byte = bytes[i]
            for bit in 0..<8 where byte & (0x80 >> UInt8(bit)) != 0 {
                value |= 1 << UInt16(index * 8 + bit)
            }
        }
        if let last = content.last, unused < 8, bytes[last] & (1 << UInt8(unused)) == 0 {
            // Only a string without any bit may end in a zero bit, and it then has no byte at all;
            // one zero byte is what several encoders write, so it is told apart from broken ones.
            if value != 0 { throw MalformedDER(.bitString, at: start) }
        }
        return value
    }
}

extension Span<UInt8> {
    /// Whether the bytes in `range` are those of `other` in `otherRange`.
    ///
    /// Both ranges are checked once, and then eight bytes are compared at a time: names and keys are
    /// compared so often that single bytes showed in a profile.
    func equals(_ range: Range<Int>, _ other: Span<UInt8>, _ otherRange: Range<Int>) -> Bool {
        guard range.count == otherRange.count else { return false }
        let left = extracting(range)
        let right = other.extracting(otherRange)
        return unsafe left.withUnsafeBytes { a in
            unsafe right.withUnsafeBytes { b in
                var i = 0
                while i + 8 <= a.count {
                    let x = unsafe a.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                    let y = unsafe b.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                    if x != y { return false }
                    i += 8
                }
                while i < a.count {
                    if unsafe a[i] != b[i] { return false }
                    i += 1
                }
                return true
            }
        }
    }

    /// A copy of the bytes in `range`.
    func array(_ range: Range<Int>) -> [UInt8] {
        [UInt8](capacity: range.count) { output in
            for i in range { output.append(self[i]) }
        }
    }
}

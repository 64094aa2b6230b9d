/// The form in which names compare. RFC 5280 §7.1
///
/// Every attribute becomes its type's octets, then its text in lower case with white space trimmed and
/// runs of it made one blank; an attribute ends in `1F 3B`, an RDN in `1F 2F`. A `1F` in a text is
/// doubled, so that no text can look like an end. The attributes of an RDN are sorted.
enum CanonicalName {
    static let escape: UInt8 = 0x1F

    static func form(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(range.count + 16)
        do throws(MalformedDER) {
            var outer = DERCursor(range)
            var rdns = DERCursor(try outer.next(bytes).content)
            while !rdns.isAtEnd {
                try appendRDN(try rdns.next(bytes).content, bytes, &output)
            }
        } catch {
            // The name was checked when it was read.
            return ""
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// One RDN: sorted where it has more than one attribute.
    static func appendRDN(
        _ content: Range<Int>,
        _ bytes: Span<UInt8>,
        _ output: inout [UInt8]
    ) throws(MalformedDER) {
        var attributes = DERCursor(content)
        let first = try attributes.next(bytes)
        if attributes.isAtEnd {
            try appendAttribute(first, bytes, &output)
        } else {
            var forms: [[UInt8]] = []
            var cursor = DERCursor(content)
            while !cursor.isAtEnd {
                var form: [UInt8] = []
                try appendAttribute(try cursor.next(bytes), bytes, &form)
                forms.append(form)
            }
            forms.sort { a, b in a.lexicographicallyPrecedes(b) }
            for form in forms { output.append(contentsOf: form) }
        }
        output.append(escape)
        output.append(UInt8(ascii: "/"))
    }

    private static func appendAttribute(
        _ attribute: DERElement,
        _ bytes: Span<UInt8>,
        _ output: inout [UInt8]
    ) throws(MalformedDER) {
        var fields = DERCursor(attribute.content)
        let type = try fields.next(bytes)
        for i in type.content { appendHexadecimal(bytes[i], &output) }
        output.append(UInt8(ascii: "="))
        appendValue(try fields.next(bytes), bytes, &output)
        output.append(escape)
        output.append(UInt8(ascii: ";"))
    }

    private static func appendValue(
        _ value: DERElement,
        _ bytes: Span<UInt8>,
        _ output: inout [UInt8]
    ) {
        var isASCII = true
        switch value.tag {
        case DERTag.utf8String, DERTag.printableString, DERTag.ia5String:
            for i in value.content where bytes[i] >= 0x80 { isASCII = false }
        default:
            isASCII = false
        }
        if isASCII {
            appendASCII(value.content, bytes, &output)
        } else if let text = NameString.text(bytes, value) {
            appendText(text, &output)
        } else {
            output.append(UInt8(ascii: "#"))
            for i in value.whole { appendHexadecimal(bytes[i], &output) }
        }
    }

    private static func appendASCII(
        _ content: Range<Int>,
        _ bytes: Span<UInt8>,
        _ output: inout [UInt8]
    ) {
        var pendingSpace = false
        var isEmpty = true
        for i in content {
            let byte = bytes[i]
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                pendingSpace = !isEmpty
                continue
            }
            if pendingSpace { output.append(0x20) }
            pendingSpace = false
            isEmpty = false
            if byte == escape { output.append(escape) }
            output.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
        }
    }

    private static func appendText(_ text: String, _ output: inout [UInt8]) {
        var pendingSpace = false
        var isEmpty = true
        for scalar in text.lowercased().unicodeScalars {
            if scalar.properties.isWhitespace {
                pendingSpace = !isEmpty
                continue
            }
            if pendingSpace { output.append(0x20) }
            pendingSpace = false
            isEmpty = false
            if scalar.value == UInt32(escape) { output.append(escape) }
            output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    private static func appendHexadecimal(_ byte: UInt8, _ output: inout [UInt8]) {
        let digits: StaticString = "0123456789abcdef"
        unsafe output.append(digits.utf8Start[Int(byte >> 4)])
        unsafe output.append(digits.utf8Start[Int(byte & 15)])
    }
}

extension CanonicalName {
    /// Whether two names have the same form, without building it for names of ASCII.
    static func matches(
        _ a: Span<UInt8>,
        _ aRange: Range<Int>,
        _ b: Span<UInt8>,
        _ bRange: Range<Int>
    ) -> Bool {
        if a.equals(aRange, b, bRange) { return true }
        do throws(MalformedDER) {
            var aOuter = DERCursor(aRange)
            var bOuter = DERCursor(bRange)
            var aRDNs = DERCursor(try aOuter.next(a).content)
            var bRDNs = DERCursor(try bOuter.next(b).content)
            while !aRDNs.isAtEnd && !bRDNs.isAtEnd {
                let left = try aRDNs.next(a).content
                let right = try bRDNs.next(b).content
                guard try matchesRDN(a, left, b, right) else { return false }
            }
            return aRDNs.isAtEnd && bRDNs.isAtEnd
        } catch {
            // Both names were checked when they were read.
            return false
        }
    }

    private static func matchesRDN(
        _ a: Span<UInt8>,
        _ left: Range<Int>,
        _ b: Span<UInt8>,
        _ right: Range<Int>
    ) throws(MalformedDER) -> Bool {
        if a.equals(left, b, right) { return true }
        var aCursor = DERCursor(left)
        var bCursor = DERCursor(right)
        var aFields = DERCursor(try aCursor.next(a).content)
        var bFields = DERCursor(try bCursor.next(b).content)
        if aCursor.isAtEnd, bCursor.isAtEnd {
            guard a.equals(try aFields.next(a).content, b, try bFields.next(b).content) else {
                return false
            }
            let first = try aFields.next(a)
            let second = try bFields.next(b)
            if isASCIIText(first, a), isASCIIText(second, b) {
                return matchesASCII(a, first.content, b, second.content)
            }
        }
        var aForm: [UInt8] = []
        var bForm: [UInt8] = []
        try appendRDN(left, a, &aForm)
        try appendRDN(right, b, &bForm)
        return String(decoding: aForm, as: UTF8.self) == String(decoding: bForm, as: UTF8.self)
    }

    private static func isASCIIText(_ value: DERElement, _ bytes: Span<UInt8>) -> Bool {
        switch value.tag {
        case DERTag.utf8String, DERTag.printableString, DERTag.ia5String:
            for i in value.content where bytes[i] >= 0x80 { return false }
            return true
        default:
            return false
        }
    }

    /// Folds case and white space on the way.
    private static func matchesASCII(
        _ a: Span<UInt8>,
        _ aRange: Range<Int>,
        _ b: Span<UInt8>,
        _ bRange: Range<Int>
    ) -> Bool {
        var left = FoldedASCII(position: aRange.lowerBound, end: aRange.upperBound)
        var right = FoldedASCII(position: bRange.lowerBound, end: bRange.upperBound)
        while true {
            let x = left.next(a)
            guard x == right.next(b) else { return false }
            if x == nil { return true }
        }
    }
}

/// The characters of an ASCII text in lower case, white space trimmed and its runs made one blank.
private struct FoldedASCII {
    var position: Int
    let end: Int
    private var hasStarted = false

    init(position: Int, end: Int) {
        self.position = position
        self.end = end
    }

    mutating func next(_ bytes: Span<UInt8>) -> UInt8? {
        let start = position
        while position < end, bytes[position] == 0x20 || (0x09...0x0D).contains(bytes[position]) {
            position += 1
        }
        guard position < end else { return nil }
        if position > start, hasStarted {
            hasStarted = false
            return 0x20
        }
        hasStarted = true
        let byte = bytes[position]
        position += 1
        return (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}

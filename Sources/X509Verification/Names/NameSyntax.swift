/// The texts that RFC 5280 allows in names: preferred name syntax, mailboxes, URIs.
enum NameSyntax {
    /// Whether `range` is a host name of RFC 1034 §3.5 as RFC 1123 §2.1 extends it.
    ///
    /// With `wildcard` the first label may be `*`, followed by at least one more.
    static func isHost(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        wildcard: Bool = false
    ) -> Bool {
        guard (1...253).contains(range.count) else { return false }
        var start = range.lowerBound
        if bytes[start] == UInt8(ascii: "*") {
            guard wildcard, range.count > 2, bytes[start + 1] == UInt8(ascii: ".") else {
                return false
            }
            start += 2
        }
        var labelStart = start
        var isAllDigits = true
        for i in start..<range.upperBound {
            let byte = bytes[i]
            switch byte {
            case UInt8(ascii: "."):
                guard i > labelStart, i - labelStart <= 63, bytes[i - 1] != UInt8(ascii: "-")
                else { return false }
                labelStart = i + 1
                isAllDigits = true
            case UInt8(ascii: "-"):
                guard i > labelStart else { return false }
                isAllDigits = false
            case 0x30...0x39: break
            case 0x41...0x5A, 0x61...0x7A: isAllDigits = false
            default: return false
            }
        }
        // A last label of digits alone would be an IPv4 address in its text form, no host name.
        return labelStart < range.upperBound && range.upperBound - labelStart <= 63
            && bytes[range.upperBound - 1] != UInt8(ascii: "-") && !isAllDigits
    }

    /// The offset of the `@` of a `Mailbox` of RFC 5321 §4.1.2; `nil` where it is none.
    static func mailboxSeparator(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard range.count >= 3, let at = lastIndex(of: UInt8(ascii: "@"), bytes, range),
            (1...64).contains(at - range.lowerBound),
            isLocalPart(bytes, range.lowerBound..<at)
        else { return nil }
        let domain = at + 1..<range.upperBound
        return isHost(bytes, domain) || isAddressLiteral(bytes, domain) ? at : nil
    }

    private static func isLocalPart(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        if bytes[range.lowerBound] == UInt8(ascii: "\"") { return isQuoted(bytes, range) }
        var previous = UInt8(ascii: ".")
        for i in range {
            let byte = bytes[i]
            if byte == UInt8(ascii: ".") {
                guard previous != byte else { return false }
            } else if !isAtext(byte) {
                return false
            }
            previous = byte
        }
        return previous != UInt8(ascii: ".")
    }

    private static func isQuoted(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count >= 3, bytes[range.upperBound - 1] == UInt8(ascii: "\"") else {
            return false
        }
        var i = range.lowerBound + 1
        while i < range.upperBound - 1 {
            if bytes[i] == UInt8(ascii: "\\") { i += 1 } else if bytes[i] == 0x22 { return false }
            guard i < range.upperBound - 1, (0x20...0x7E).contains(bytes[i]) else { return false }
            i += 1
        }
        return true
    }

    private static func isAtext(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2F,
            0x3D, 0x3F, 0x5E...0x60, 0x7B...0x7E:
            true
        default: false
        }
    }

    private static func isAddressLiteral(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count > 2, bytes[range.lowerBound] == UInt8(ascii: "["),
            bytes[range.upperBound - 1] == UInt8(ascii: "]")
        else { return false }
        for i in range.lowerBound + 1..<range.upperBound - 1 {
            let byte = bytes[i]
            guard isAtext(byte) || byte == 0x2E || byte == 0x3A else { return false }
        }
        return true
    }

    /// Whether `range` is an absolute URI: a scheme, a colon, and characters of RFC 3986 §2.
    static func isURI(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard let colon = firstIndex(of: UInt8(ascii: ":"), bytes, range),
            colon > range.lowerBound, colon + 1 < range.upperBound
        else { return false }
        for i in range.lowerBound..<colon {
            switch bytes[i] {
            case 0x41...0x5A, 0x61...0x7A: break
            case 0x30...0x39, 0x2B, 0x2D, 0x2E:
                guard i > range.lowerBound else { return false }
            default: return false
            }
        }
        for i in colon + 1..<range.upperBound {
            switch bytes[i] {
            case 0x21, 0x23...0x3B, 0x3D, 0x3F...0x5B, 0x5D, 0x5F, 0x61...0x7A, 0x7E: break
            default: return false
            }
        }
        return true
    }

    /// The host of a URI's authority; `nil` where it has none. RFC 3986 §3.2
    static func uriHost(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int>? {
        guard let colon = firstIndex(of: UInt8(ascii: ":"), bytes, range),
            colon + 2 < range.upperBound, bytes[colon + 1] == 0x2F, bytes[colon + 2] == 0x2F
        else { return nil }
        var start = colon + 3
        var end = start
        while end < range.upperBound, bytes[end] != 0x2F, bytes[end] != 0x3F, bytes[end] != 0x23 {
            end += 1
        }
        if let at = lastIndex(of: UInt8(ascii: "@"), bytes, start..<end) { start = at + 1 }
        if start < end, bytes[start] == UInt8(ascii: "[") { return start..<end }
        if let port = firstIndex(of: UInt8(ascii: ":"), bytes, start..<end) { end = port }
        return start < end ? start..<end : nil
    }

    static func firstIndex(of byte: UInt8, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        for i in range where bytes[i] == byte { return i }
        return nil
    }

    static func lastIndex(of byte: UInt8, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        for i in range.reversed() where bytes[i] == byte { return i }
        return nil
    }

    /// Whether two texts are equal but for the case of ASCII letters.
    static func equalsIgnoringCase(
        _ a: Span<UInt8>,
        _ aRange: Range<Int>,
        _ b: Span<UInt8>,
        _ bRange: Range<Int>
    ) -> Bool {
        guard aRange.count == bRange.count else { return false }
        for i in 0..<aRange.count
        where lower(a[aRange.lowerBound + i]) != lower(b[bRange.lowerBound + i]) {
            return false
        }
        return true
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
}

/// The text of addresses, and the addresses of texts.
enum IPAddressText {
    static func text(_ octets: [UInt8]) -> String {
        switch octets.count {
        case 4: return octets.map(String.init).joined(separator: ".")
        case 8: return text(Array(octets[..<4])) + "/" + text(Array(octets[4...]))
        case 16:
            return stride(from: 0, to: 16, by: 2).map {
                String(UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1]), radix: 16)
            }.joined(separator: ":")
        case 32: return text(Array(octets[..<16])) + "/" + text(Array(octets[16...]))
        default: return octets.map(hexadecimal).joined()
        }
    }

    /// Dotted decimal of four parts, or the forms of RFC 4291 §2.2.
    static func octets(_ text: String) -> [UInt8]? {
        text.utf8.contains(UInt8(ascii: ":")) ? version6(text) : version4(text)
    }

    private static func version4(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: [UInt8] = []
        for part in parts {
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                part.utf8.count == 1 || part.utf8.first != 0x30, let octet = UInt8(part)
            else { return nil }
            octets.append(octet)
        }
        return octets
    }

    private static func version6(_ text: String) -> [UInt8]? {
        var head: [UInt8] = []
        var tail: [UInt8] = []
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return nil }
        for (index, half) in halves.enumerated() where !half.isEmpty {
            let groups = half.split(separator: ":", omittingEmptySubsequences: false)
            for (position, group) in groups.enumerated() {
                var octets: [UInt8]
                if group.utf8.contains(0x2E) {
                    guard index == halves.count - 1, position == groups.count - 1,
                        let v4 = version4(String(group))
                    else { return nil }
                    octets = v4
                } else {
                    guard (1...4).contains(group.utf8.count), group.utf8.first != 0x2B,
                        let value = UInt16(group, radix: 16)
                    else { return nil }
                    octets = [UInt8(value >> 8), UInt8(value & 0xFF)]
                }
                if index == 0 { head += octets } else { tail += octets }
                guard head.count + tail.count <= 16 else { return nil }
            }
        }
        let gap = 16 - head.count - tail.count
        guard halves.count == 2 ? gap >= 2 : gap == 0 else { return nil }
        return head + [UInt8](repeating: 0, count: gap) + tail
    }
}

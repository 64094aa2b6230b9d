/// A fault of the text, before its line and column are known.
struct TapeFault: Error {
    var violation: JSONError.Violation
    var offset: Int

    init(_ violation: JSONError.Violation, at offset: Int) {
        self.violation = violation
        self.offset = offset
    }
}

extension ByteSource {
    /// Goes on with a string at its first byte that is not plain ASCII.
    ///
    /// Gives the index of the closing quote, and whether there were escapes. `start` is the index of
    /// that byte, or `count`.
    @inline(never)
    func stringEnd(from start: Int) throws(TapeFault) -> (end: Int, isEscaped: Bool) {
        var i = start
        var isEscaped = false
        while i < count {
            let byte = self[i]
            if byte == 0x22 { return (i, isEscaped) }
            if byte >= 0x80 {
                i = try multibyteEnd(from: i)
                continue
            }
            if byte == 0x5C {
                isEscaped = true
                i = try escapeEnd(from: i)
            } else if byte < 0x20 {
                throw TapeFault(.controlCharacter(byte), at: i)
            }
            i = plainEnd(from: i)
        }
        throw TapeFault(.truncated, at: count)
    }

    /// The index behind one escape. RFC 8259 §7
    private func escapeEnd(from start: Int) throws(TapeFault) -> Int {
        guard start + 1 < count else { throw TapeFault(.truncated, at: count) }
        switch self[start + 1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return start + 2
        case 0x75: break
        default: throw TapeFault(.malformedEscape, at: start)
        }
        let unit = try codeUnit(from: start)
        if unit & 0xF800 != 0xD800 { return start + 6 }
        guard unit < 0xDC00, start + 7 < count, self[start + 6] == 0x5C, self[start + 7] == 0x75
        else { throw TapeFault(.loneSurrogate, at: start) }
        guard try codeUnit(from: start + 6) & 0xFC00 == 0xDC00 else {
            throw TapeFault(.loneSurrogate, at: start)
        }
        return start + 12
    }

    /// The value of the escape `\uXXXX` at `start`.
    private func codeUnit(from start: Int) throws(TapeFault) -> UInt32 {
        var value: UInt32 = 0
        for i in start + 2..<start + 6 {
            guard i < count else { throw TapeFault(.truncated, at: count) }
            guard let digit = hexDigit(self[i]) else {
                throw TapeFault(.malformedEscape, at: start)
            }
            value = value << 4 | digit
        }
        return value
    }

    /// The index behind a run of well-formed sequences of two to four bytes. RFC 3629 §4
    private func multibyteEnd(from start: Int) throws(TapeFault) -> Int {
        var i = start
        while i < count {
            let lead = self[i]
            if lead < 0x80 { return i }
            if lead & 0xF0 == 0xE0, i &+ 3 <= count {
                let second = self[i &+ 1]
                let isBad =
                    (second & 0xC0 != 0x80) || (self[i &+ 2] & 0xC0 != 0x80)
                    || (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0)
                if isBad { throw TapeFault(.malformedUTF8, at: i) }
                i &+= 3
            } else if lead >= 0xC2, lead < 0xE0, i &+ 2 <= count {
                if self[i &+ 1] & 0xC0 != 0x80 { throw TapeFault(.malformedUTF8, at: i) }
                i &+= 2
            } else if lead >= 0xF0, lead < 0xF5, i &+ 4 <= count {
                let second = self[i &+ 1]
                let isBad =
                    (second & 0xC0 != 0x80) || (self[i &+ 2] & 0xC0 != 0x80)
                    || (self[i &+ 3] & 0xC0 != 0x80) || (lead == 0xF0 && second < 0x90)
                    || (lead == 0xF4 && second >= 0x90)
                if isBad { throw TapeFault(.malformedUTF8, at: i) }
                i &+= 4
            } else {
                throw TapeFault(.malformedUTF8, at: i)
            }
        }
        return i
    }
}

/// The value of a hexadecimal digit of either case.
func hexDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x37)
    case 0x61...0x66: UInt32(byte - 0x57)
    default: nil
    }
}

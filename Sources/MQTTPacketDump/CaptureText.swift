/// Reads the bytes of a capture from a file's content: binary, or hexadecimal text.
public enum CaptureText {
    /// Hexadecimal text that cannot be read.
    public struct Failure: Error, Hashable, Sendable {
        /// What is wrong.
        @nonexhaustive
        public enum Violation: Hashable, Sendable {
            /// A character that is no digit and no separator.
            case unexpected(UInt8)
            /// A digit without its second half.
            case halfByte
            /// More bytes than are wanted.
            case tooLong(limit: Int)
        }

        /// What is wrong.
        public let violation: Violation
        /// Bytes from the start of the text to the place.
        public let offset: Int

        /// A failure and its place.
        public init(_ violation: Violation, at offset: Int) {
            self.violation = violation
            self.offset = offset
        }
    }

    /// Whether a file is text rather than packets: no packet starts with a printable letter or digit
    /// followed by text only.
    public static func isText(_ content: Span<UInt8>) -> Bool {
        for index in content.indices {
            let byte = content[index]
            guard (0x20..<0x7F).contains(byte) || (0x09...0x0D).contains(byte) else { return false }
        }
        return !content.isEmpty
    }

    /// The bytes that hexadecimal text stands for.
    ///
    /// Takes digits in pairs with spaces, commas, colons and `0x` between them, comments from `#` to
    /// the end of the line, and the output of `xxd` and `hexdump -C` with their offset and text
    /// columns.
    /// - Parameters:
    ///   - text: ASCII.
    ///   - maximumBytes: the largest result, default 64 MiB.
    /// - Returns: the bytes.
    /// - Throws: ``Failure`` at the first character that does not fit.
    /// - Complexity: O(*n*)
    public static func bytes(
        ofHexadecimal text: Span<UInt8>,
        maximumBytes: Int = 64 << 20
    ) throws(Failure) -> [UInt8] {
        var result: [UInt8] = []
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != 0x0A { end += 1 }
            try readLine(text, columns(text, start, end), maximumBytes, &result)
            start = end + 1
        }
        return result
    }

    /// The part of a line that holds digits.
    private static func columns(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Range<Int> {
        var digits = start
        while digits < end, value(text[digits]) != nil { digits += 1 }
        let count = digits - start
        // xxd: offset, colon, digits, two spaces, text.
        if count >= 4, digits < end, text[digits] == 0x3A,
            digits + 1 < end, text[digits + 1] == 0x20
        {
            var close = digits + 2
            while close + 1 < end, !(text[close] == 0x20 && text[close + 1] == 0x20) { close += 1 }
            return (digits + 1)..<(close + 1 < end ? close : end)
        }
        // hexdump -C: eight digits and two spaces, or the closing offset alone.
        if count == 8, digits == end || text[digits] == 0x0D {
            return isClosingOffset(text, start) ? end..<end : start..<end
        }
        if count == 8, digits + 1 < end, text[digits] == 0x20, text[digits + 1] == 0x20 {
            return digits..<end
        }
        return start..<end
    }

    /// Whether the line before had an offset column too.
    private static func isClosingOffset(_ text: Span<UInt8>, _ start: Int) -> Bool {
        guard start > 1 else { return false }
        var index = start - 2
        while index > 0, text[index] == 0x0D { index -= 1 }
        return text[index] == 0x7C
    }

    private static func readLine(
        _ text: Span<UInt8>,
        _ range: Range<Int>,
        _ limit: Int,
        _ result: inout [UInt8]
    ) throws(Failure) {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = text[index]
            if byte == 0x23 || byte == 0x7C { return }
            if byte == 0x30, index + 1 < range.upperBound, text[index + 1] | 0x20 == 0x78 {
                index += 2
                continue
            }
            if let high = value(byte) {
                guard index + 1 < range.upperBound, let low = value(text[index + 1]) else {
                    throw Failure(.halfByte, at: index)
                }
                guard result.count < limit else { throw Failure(.tooLong(limit: limit), at: index) }
                result.append(high << 4 | low)
                index += 2
                continue
            }
            let isSeparator = byte == 0x20 || (0x09...0x0D).contains(byte)
            guard isSeparator || byte == 0x2C || byte == 0x3A else {
                throw Failure(.unexpected(byte), at: index)
            }
            index += 1
        }
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}

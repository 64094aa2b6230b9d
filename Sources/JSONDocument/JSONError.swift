/// A text that is no JSON text, or one that breaks a limit.
public struct JSONError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// The text ended inside a value, or held no value at all. RFC 8259 §2
        case truncated
        /// A byte that the grammar does not allow here. RFC 8259 §2
        case unexpectedByte(UInt8)
        /// A byte order mark. RFC 8259 §8.1
        case byteOrderMark
        /// Something other than white space after the value. RFC 8259 §2
        case trailingBytes
        /// A number with a leading zero, or without digits where the grammar asks for some.
        /// RFC 8259 §6
        case malformedNumber
        /// A control character (U+0000 to U+001F) inside a string. RFC 8259 §7
        case controlCharacter(UInt8)
        /// A backslash that no escape follows. RFC 8259 §7
        case malformedEscape
        /// Half of a surrogate pair, which no UTF-8 text can hold. RFC 8259 §8.2
        case loneSurrogate
        /// Bytes that are no UTF-8. RFC 8259 §8.1, RFC 3629 §3
        case malformedUTF8
        /// A member name that the object holds already. RFC 8259 §4
        case duplicateKey
        /// More nested arrays and objects than the limit. RFC 8259 §9
        case tooDeep(limit: Int)
        /// More bytes than the limit. RFC 8259 §9
        case tooLong(limit: Int)
        /// A JSON Pointer that does not start with `/`, or a `~` that neither `0` nor `1` follows.
        /// RFC 6901 §3
        case malformedPointer
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the text to the first byte that is wrong.
    public let offset: Int
    /// The line of that byte, from 1; CR, LF and CR LF end a line.
    public let line: Int
    /// The column of that byte, from 1, in Unicode scalars.
    public let column: Int

    /// A violation and where it is.
    public init(_ violation: Violation, at offset: Int, line: Int, column: Int) {
        self.violation = violation
        self.offset = offset
        self.line = line
        self.column = column
    }

    /// A violation in `text`; counts the lines before `offset`.
    init(_ violation: Violation, at offset: Int, in text: Span<UInt8>) {
        var line = 1
        var column = 1
        var previous: UInt8 = 0
        for i in 0..<min(offset, text.count) {
            let byte = text[i]
            if byte == 0x0D || (byte == 0x0A && previous != 0x0D) {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 && byte != 0x0A {
                column += 1
            }
            previous = byte
        }
        self.init(violation, at: offset, line: line, column: column)
    }
}

/// Bytes that break a rule of CBOR, or of the profile they were read with.
public struct CBORError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// The item needs more bytes than are left. RFC 8949 §3
        case truncated(needed: Int, available: Int)
        /// A string's length points past the end of the input. RFC 8949 §3
        case lengthExceedsInput(claimed: UInt64, available: Int)
        /// An array or a map claims more items than the input can hold. RFC 8949 §3
        case countExceedsInput(claimed: UInt64, available: Int)
        /// An array or a map holds more items than the limit allows.
        case tooManyElements(limit: Int)
        /// Arrays, maps, tags and embedded items are nested deeper than the limit allows.
        case tooDeep(limit: Int)
        /// Additional information 28, 29 or 30. RFC 8949 §3
        case reservedAdditionalInformation(UInt8)
        /// An argument is not in its shortest form. RFC 8949 §4.2.1
        case argumentNotShortest
        /// An indefinite length, where only definite ones are allowed. RFC 8949 §4.2.1
        case indefiniteLength
        /// A break outside of an item of indefinite length. RFC 8949 §3.2.1
        case unexpectedBreak
        /// A chunk of a string of indefinite length has another type than the string. RFC 8949 §3.2.3
        case chunkType(CBORMajorType)
        /// A simple value below 32 in two bytes. RFC 8949 §3.3
        case simpleValueNotShortest(UInt8)
        /// A floating-point value that a shorter form holds exactly. RFC 8949 §4.2.1
        case floatNotShortest
        /// A map key that does not come after the one before it. RFC 8949 §4.2.1
        case keysOutOfOrder
        /// A map key that appears twice. RFC 8949 §5.6
        case duplicateKey
        /// A text string that is not UTF-8. RFC 8949 §3.1
        case invalidUTF8
        /// An item of another type than the reader asked for.
        case unexpectedType(expected: CBORMajorType, found: CBORMajorType)
        /// A simple value that is not the one asked for (a Boolean, null, a float).
        case unexpectedSimpleValue(UInt8)
        /// An integer outside of the range asked for.
        case integerOutOfRange
        /// Bytes after the last item.
        case trailingBytes(Int)
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the input to the first byte of the item that is wrong.
    public let offset: Int

    /// Notes a violation and where it is.
    public init(_ violation: Violation, at offset: Int) {
        self.violation = violation
        self.offset = offset
    }
}

/// The eight major types. RFC 8949 §3.1
public enum CBORMajorType: UInt8, Hashable, Sendable {
    /// An unsigned integer, 0...2⁶⁴−1.
    case unsigned = 0
    /// A negative integer, −2⁶⁴...−1.
    case negative
    /// A string of bytes.
    case byteString
    /// A string of UTF-8.
    case textString
    /// An array of items.
    case array
    /// A map of pairs of items.
    case map
    /// A tagged item.
    case tag
    /// A simple value, a floating-point value or a break.
    case simple
}

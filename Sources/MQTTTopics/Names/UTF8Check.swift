/// Well-formedness of UTF-8, one scalar at a time (Unicode 16, Table 3-7).
enum UTF8Check {
    /// The length in bytes of the scalar that starts at `offset` with a byte of 0x80 or more.
    ///
    /// - Returns: `nil` for a continuation byte, an overlong form, a surrogate, a value past
    ///   U+10FFFF, or a scalar that the end cuts off.
    static func scalarLength(_ bytes: Span<UInt8>, at offset: Int) -> Int? {
        let lead = bytes[offset]
        let left = bytes.count - offset
        switch lead {
        case 0xC2...0xDF:
            guard left >= 2, isContinuation(bytes[offset + 1]) else { return nil }
            return 2
        case 0xE0...0xEF:
            guard left >= 3, isContinuation(bytes[offset + 2]) else { return nil }
            let second = bytes[offset + 1]
            let range: ClosedRange<UInt8> =
                switch lead {
                case 0xE0: 0xA0...0xBF
                case 0xED: 0x80...0x9F
                default: 0x80...0xBF
                }
            return range.contains(second) ? 3 : nil
        case 0xF0...0xF4:
            guard left >= 4, isContinuation(bytes[offset + 2]), isContinuation(bytes[offset + 3])
            else { return nil }
            let second = bytes[offset + 1]
            let range: ClosedRange<UInt8> =
                switch lead {
                case 0xF0: 0x90...0xBF
                case 0xF4: 0x80...0x8F
                default: 0x80...0xBF
                }
            return range.contains(second) ? 4 : nil
        default:
            return nil
        }
    }

    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}

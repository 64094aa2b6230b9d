/// A number as it stands in the text. RFC 8259 §6
public struct JSONNumberText: ~Escapable {
    /// The characters of the number.
    public let text: Span<UInt8>
    /// Whether it has neither a fraction nor an exponent.
    public let isInteger: Bool

    @inlinable
    @_lifetime(copy text)
    init(text: Span<UInt8>, isInteger: Bool) {
        self.text = text
        self.isInteger = isInteger
    }

    /// The number with at most 34 digits, rounded half to even; `nil` where it is too large.
    public var decimal: Decimal34? { Decimal34(utf8: text) }

    /// The number, where it is whole and fits; `1.0` and `1e2` count as whole.
    public var int64: Int64? {
        if isInteger, text.count <= 18 {
            var value: Int64 = 0
            let isNegative = text[0] == 0x2D
            for k in (isNegative ? 1 : 0)..<text.count {
                value = value &* 10 &+ Int64(text[k] &- 0x30)
            }
            return isNegative ? -value : value
        }
        // A text may hold more digits than a Decimal34, which then rounds.
        return JSONNumber(self).int64
    }

    /// The nearest number of binary64; infinite where it is too large.
    public var double: Double { JSONNumber(self).double }

    /// A copy that can be kept.
    public var owned: JSONNumber { JSONNumber(self) }
}

/// A number of any size and precision, kept as its text. RFC 8259 §6
///
/// `1.0`, `1e400` and integers above 2^53 survive a round trip as they are. Texts of up to 15 bytes
/// need no memory of their own.
///
/// Two numbers are equal when they stand for the same value, however it is written: `1`, `1.0` and
/// `10e-1`. The comparison is exact, without any limit of digits. (Exponents of more than 18 digits
/// are only compared as text.)
public struct JSONNumber: Sendable, CustomStringConvertible {
    /// The number as it was written.
    public let text: String

    /// A number from its text; `nil` where that is no number of RFC 8259 §6.
    public init?(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        guard Self.isNumber(text.utf8Span.span) else { return nil }
        self.text = text
    }

    /// A whole number.
    public init(_ value: Int64) { text = String(value) }

    /// A whole number.
    public init(_ value: Int) { text = String(value) }

    /// A decimal number, written as ``Decimal34/description``.
    public init(_ value: Decimal34) { text = value.description }

    /// The shortest text that reads back as `value`; `nil` for infinities and NaN.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = value.description
    }

    /// A copy of a number in a text.
    public init(_ number: borrowing JSONNumberText) { self.init(checked: number.text) }

    /// A number whose text the parser has checked.
    init(checked text: Span<UInt8>) {
        self.text = String(copying: unsafe UTF8Span(unchecked: text, isKnownASCII: true))
    }

    /// The number with at most 34 digits, rounded half to even; `nil` where it is too large.
    public var decimal: Decimal34? { Decimal34(text) }

    /// The number, where it is whole and fits.
    public var int64: Int64? {
        if let value = Int64(text) { return value }
        var text = text
        text.makeContiguousUTF8()
        return NumberShape(text.utf8Span.span).int64(text.utf8Span.span)
    }

    /// The nearest number of binary64; infinite where it is too large.
    public var double: Double { Double(text) ?? 0 }

    /// ``text``.
    public var description: String { text }

    private static func isNumber(_ text: Span<UInt8>) -> Bool {
        unsafe text.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, bytes.count > 0 else { return false }
            let source = unsafe ByteSource(base: base, count: bytes.count)
            guard let end = try? source.numberEnd(from: 0).end else { return false }
            return end == bytes.count
        }
    }
}

extension JSONNumber: Hashable {
    /// Whether both stand for the same value.
    public static func == (a: JSONNumber, b: JSONNumber) -> Bool {
        if a.text == b.text { return true }
        var (p, q) = (a.text, b.text)
        p.makeContiguousUTF8()
        q.makeContiguousUTF8()
        let (x, y) = (p.utf8Span.span, q.utf8Span.span)
        let (s, t) = (NumberShape(x), NumberShape(y))
        guard s.isNegative == t.isNegative, s.isZero == t.isZero else { return false }
        if s.isZero { return true }
        guard let m = s.exponent, let n = t.exponent, m == n else { return false }
        var (i, j) = (s.first, t.first)
        while true {
            if i < x.count, x[i] == 0x2E { i += 1 }
            if j < y.count, y[j] == 0x2E { j += 1 }
            if i > s.last || j > t.last { return i > s.last && j > t.last }
            if x[i] != y[j] { return false }
            i += 1
            j += 1
        }
    }

    /// Feeds the value, so that equal numbers hash equally.
    public func hash(into hasher: inout Hasher) {
        var text = text
        text.makeContiguousUTF8()
        let bytes = text.utf8Span.span
        let shape = NumberShape(bytes)
        guard !shape.isZero else { return hasher.combine(0) }
        guard let exponent = shape.exponent else { return hasher.combine(text) }
        hasher.combine(shape.isNegative)
        hasher.combine(exponent)
        for k in shape.first...shape.last where bytes[k] != 0x2E { hasher.combine(bytes[k]) }
    }
}

extension JSONNumber: ExpressibleByIntegerLiteral {
    /// A whole number.
    public init(integerLiteral value: Int64) { self.init(value) }
}

/// A number's text taken apart: ± 0.d₁d₂…dₙ × 10^exponent, d₁ and dₙ not 0.
private struct NumberShape {
    var isNegative = false
    /// Where the first and the last digit that is not 0 stand.
    var first = -1
    var last = -1
    /// `nil` where it has more than 18 digits.
    var exponent: Int? = 0

    var isZero: Bool { first < 0 }

    init(_ text: Span<UInt8>) {
        var i = 0
        if i < text.count, text[i] == 0x2D {
            isNegative = true
            i += 1
        }
        var position = 0
        var point: Int?
        var firstPosition = 0
        while i < text.count {
            let byte = text[i]
            if byte == 0x2E {
                point = position
            } else if byte &- 0x30 < 10 {
                if byte != 0x30 {
                    if first < 0 {
                        first = i
                        firstPosition = position
                    }
                    last = i
                }
                position += 1
            } else {
                break
            }
            i += 1
        }
        if isZero { isNegative = false }
        guard let written = Self.writtenExponent(text, from: i) else {
            exponent = nil
            return
        }
        exponent = written + (point ?? position) - firstPosition
    }

    private static func writtenExponent(_ text: Span<UInt8>, from letter: Int) -> Int? {
        guard letter < text.count else { return 0 }
        var i = letter + 1
        var isBelow = false
        if i < text.count, text[i] == 0x2B || text[i] == 0x2D {
            isBelow = text[i] == 0x2D
            i += 1
        }
        while i < text.count, text[i] == 0x30 { i += 1 }
        guard text.count - i <= 18 else { return nil }
        var value = 0
        while i < text.count {
            value = value * 10 + Int(text[i] &- 0x30)
            i += 1
        }
        return isBelow ? -value : value
    }

    func int64(_ text: Span<UInt8>) -> Int64? {
        if isZero { return 0 }
        guard let exponent, exponent > 0, exponent <= 19 else { return nil }
        var value: Int64 = 0
        var left = exponent
        for k in first...last where text[k] != 0x2E {
            guard left > 0, Self.append(Int64(text[k] &- 0x30), isNegative, &value) else {
                return nil
            }
            left -= 1
        }
        for _ in 0..<left {
            guard Self.append(0, isNegative, &value) else { return nil }
        }
        return value
    }

    private static func append(_ digit: Int64, _ isNegative: Bool, _ value: inout Int64) -> Bool {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) =
            isNegative
            ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
        value = sum
        return !overflow && !carry
    }
}

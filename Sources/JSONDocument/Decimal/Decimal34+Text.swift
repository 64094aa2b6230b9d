extension Decimal34: LosslessStringConvertible {
    /// The most bytes ``write(to:)`` appends.
    public static var maximumTextLength: Int { 42 }

    /// Reads `[-+]digits[.digits][(e|E)[+-]digits]`, rounded to 34 digits half to even.
    ///
    /// The grammar is that of RFC 8259 §6, but a plus sign and leading zeros are allowed.
    ///
    /// - Returns: `nil` where the text has another form or the number is too large. A number that is
    ///   too small becomes 0.
    public init?(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        self.init(utf8: text.utf8Span.span)
    }

    /// Reads a number from UTF-8; see ``init(_:)-(String)``.
    ///
    /// - Complexity: O(*n*) in the bytes; no allocation.
    public init?(utf8 text: Span<UInt8>) {
        var reader = DecimalReader()
        guard reader.read(text), let value = reader.value else { return nil }
        self = value
    }

    /// The number as text, such as `1.50`, `1E+3`, `-1E-7`.
    ///
    /// The form is Java's BigDecimal.toString: an exponent is printed where the number's exponent is
    /// above 0 or its first digit stands more than six places behind the point. The text is also a
    /// number of RFC 8259, and ``init(_:)-(String)`` gives the same digits and exponent back.
    public var description: String {
        let bytes = [UInt8](capacity: Self.maximumTextLength) { output in _ = write(to: &output) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends ``description``.
    ///
    /// - Returns: the bytes that were appended; -1, with nothing appended, where less than
    ///   ``maximumTextLength`` bytes are free.
    public func write(to output: inout OutputSpan<UInt8>) -> Int {
        guard output.freeCapacity >= Self.maximumTextLength else { return -1 }
        let before = output.count
        if isNegative { output.append(0x2D) }
        let digits = DecimalDigits(coefficient)
        let exponent = exponent
        let adjusted = exponent + digits.count - 1
        if exponent <= 0, adjusted >= -6 {
            // Digits, with the point inside or zeros in front of them.
            let whole = digits.count + exponent
            if whole <= 0 {
                output.append(0x30)
                output.append(0x2E)
                for _ in whole..<0 { output.append(0x30) }
                for k in 0..<digits.count { output.append(digits[k]) }
            } else {
                for k in 0..<digits.count {
                    if k == whole { output.append(0x2E) }
                    output.append(digits[k])
                }
            }
        } else {
            for k in 0..<digits.count {
                if k == 1 { output.append(0x2E) }
                output.append(digits[k])
            }
            Self.append(exponent: adjusted, to: &output)
        }
        return output.count - before
    }

    private static func append(exponent: Int, to output: inout OutputSpan<UInt8>) {
        output.append(0x45)
        output.append(exponent < 0 ? 0x2D : 0x2B)
        let digits = DecimalDigits(UInt128(exponent.magnitude))
        for k in 0..<digits.count { output.append(digits[k]) }
    }
}

/// The digits of a coefficient as ASCII; `0` for 0.
private struct DecimalDigits {
    private var storage = InlineArray<40, UInt8>(repeating: 0x30)
    private var start = 40

    init(_ value: UInt128) {
        var rest = value
        // Nineteen digits at a time, so that most divisions are of 64 bits.
        while rest >> 64 != 0 {
            let (quotient, part) = rest.quotientAndRemainder(
                dividingBy: 1_000_000_000_000_000_000
            )
            append(UInt64(truncatingIfNeeded: part), width: 18)
            rest = quotient
        }
        append(UInt64(truncatingIfNeeded: rest), width: 1)
    }

    /// Puts digits in front, at least `width`.
    private mutating func append(_ value: UInt64, width: Int) {
        var value = value
        var width = width
        while value > 0 || width > 0 {
            start -= 1
            storage[start] = 0x30 + UInt8(truncatingIfNeeded: value % 10)
            value /= 10
            width -= 1
        }
    }

    var count: Int { 40 - start }
    subscript(index: Int) -> UInt8 { storage[start + index] }
}

/// Collects the digits of a number's text.
private struct DecimalReader {
    private var isNegative = false
    private var coefficient: UInt128 = 0
    /// Digits of the coefficient; at most 36 are kept.
    private var digits = 0
    private var exponent = 0
    private var isInexact = false

    var value: Decimal34? {
        Decimal34.rounded(
            isNegative: isNegative,
            coefficient: coefficient,
            exponent: exponent,
            isInexact: isInexact
        )
    }

    /// Whether `text` has the form of a number.
    mutating func read(_ text: Span<UInt8>) -> Bool {
        var i = 0
        if i < text.count, text[i] == 0x2D || text[i] == 0x2B {
            isNegative = text[i] == 0x2D
            i += 1
        }
        var start = i
        readDigits(text, &i, isFraction: false)
        guard i > start else { return false }
        if i < text.count, text[i] == 0x2E {
            i += 1
            start = i
            readDigits(text, &i, isFraction: true)
            guard i > start else { return false }
        }
        if i < text.count, text[i] | 0x20 == 0x65 {
            i += 1
            guard readExponent(text, &i) else { return false }
        }
        return i == text.count
    }

    private mutating func readDigits(_ text: Span<UInt8>, _ i: inout Int, isFraction: Bool) {
        let start = i
        var dropped = 0
        // The first 19 digits are collected in 64 bits.
        var small = UInt64(truncatingIfNeeded: coefficient)
        while i < text.count, digits < 19 {
            let digit = text[i] &- 0x30
            guard digit < 10 else { break }
            small = small &* 10 &+ UInt64(digit)
            if small != 0 { digits += 1 }
            i += 1
        }
        if digits <= 19, coefficient >> 64 == 0 { coefficient = UInt128(small) }
        while i < text.count {
            let digit = text[i] &- 0x30
            guard digit < 10 else { break }
            if digits < 36 {
                coefficient = coefficient &* 10 &+ UInt128(digit)
                digits += 1
            } else {
                dropped += 1
                if digit != 0 { isInexact = true }
            }
            i += 1
        }
        exponent += dropped - (isFraction ? i - start : 0)
    }

    private mutating func readExponent(_ text: Span<UInt8>, _ i: inout Int) -> Bool {
        var isBelow = false
        if i < text.count, text[i] == 0x2D || text[i] == 0x2B {
            isBelow = text[i] == 0x2D
            i += 1
        }
        let start = i
        var magnitude = 0
        while i < text.count {
            let digit = text[i] &- 0x30
            guard digit < 10 else { break }
            // A text of digits cannot make up for an exponent this large.
            if magnitude < 1_000_000_000_000_000 { magnitude = magnitude * 10 + Int(digit) }
            i += 1
        }
        exponent += isBelow ? -magnitude : magnitude
        return i > start
    }
}

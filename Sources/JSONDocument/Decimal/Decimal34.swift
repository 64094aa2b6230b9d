/// A decimal number of up to 34 digits.
///
/// The value is ± coefficient × 10^exponent with a coefficient below 10^34. Normal magnitudes reach
/// from 1E-999 to 9.99…E999, and 0; results that are not exact are rounded half to even. Below
/// 1E-999 digits are lost one by one down to 1E-1032, as IEEE 754 does it.
///
/// The exponent is kept: `1.50` prints as `1.50`, and the exponents of results are those of the
/// General Decimal Arithmetic specification (which Java's BigDecimal and Python's decimal follow).
/// Comparison and hashing look at the number alone: `1.50` equals `1.5` and `1E3` equals `1000`.
/// There is no negative zero, no infinity and no NaN: an operation that has no result in the range
/// gives `nil`.
///
/// A value takes 16 bytes and never allocates.
@frozen
public struct Decimal34: Sendable {
    /// Bit 63 the sign, bits 49 to 59 the exponent + 1032, bits 0 to 48 the coefficient's top.
    @usableFromInline let high: UInt64
    /// The lower 64 bits of the coefficient.
    @usableFromInline let low: UInt64

    /// The number of digits.
    public static var precision: Int { 34 }
    /// The largest exponent of a number written with one digit before the point.
    public static var maximumExponent: Int { 999 }
    /// The smallest exponent of a normal number written with one digit before the point.
    public static var minimumExponent: Int { -999 }

    static let bias = 1032
    static let coefficientBits: UInt64 = (1 << 49) - 1

    /// - Precondition: coefficient < 10^34, exponent in -1032...999; zero is positive.
    init(isNegative: Bool, coefficient: UInt128, exponent: Int) {
        let top = UInt64(truncatingIfNeeded: coefficient >> 64)
        let field = UInt64(truncatingIfNeeded: exponent + Self.bias) << 49
        high = (isNegative && coefficient != 0 ? 1 << 63 : 0) | field | top
        low = UInt64(truncatingIfNeeded: coefficient)
    }

    /// Whole numbers of 64 bits are always exact.
    public init(_ value: Int64) {
        self.init(isNegative: value < 0, coefficient: UInt128(value.magnitude), exponent: 0)
    }

    /// Whole numbers of 64 bits are always exact.
    public init(_ value: Int) { self.init(Int64(value)) }

    /// 0.
    public static var zero: Decimal34 {
        Decimal34(isNegative: false, coefficient: 0, exponent: 0)
    }

    /// Whether the number is below 0.
    public var isNegative: Bool { high >> 63 != 0 }
    /// Whether the number is 0.
    public var isZero: Bool { low == 0 && high & Self.coefficientBits == 0 }

    /// The digits as a whole number, without the sign; below 10^34.
    public var coefficient: UInt128 { UInt128(high & Self.coefficientBits) << 64 | UInt128(low) }

    /// The power of ten the coefficient is multiplied with; -1032...999.
    public var exponent: Int { Int(truncatingIfNeeded: high >> 49 & 0x7FF) - Self.bias }

    /// The exponent of the first digit.
    var adjustedExponent: Int { exponent + Digits.count(coefficient) - 1 }

    /// Whether the coefficient fits 62 bits, so that sums of two fit an Int64.
    @inline(__always)
    var isSmall: Bool { high & Self.coefficientBits == 0 && low >> 62 == 0 }

    /// The number without its sign.
    public var magnitude: Decimal34 {
        Decimal34(isNegative: false, coefficient: coefficient, exponent: exponent)
    }

    /// The number with the other sign; 0 stays 0.
    public static prefix func - (x: Decimal34) -> Decimal34 {
        Decimal34(isNegative: !x.isNegative, coefficient: x.coefficient, exponent: x.exponent)
    }

    /// Whether the number is whole: `10.0` and `1E3` are.
    public var isWhole: Bool {
        if exponent >= 0 || isZero { return true }
        return Digits.trailingZeros(coefficient, limit: -exponent) == -exponent
    }

    /// The same number with as few digits as possible: `2.00` gives `2`, `1000` gives `1E+3`.
    public var normalized: Decimal34 {
        let (coefficient, exponent) = canonical
        return Decimal34(isNegative: isNegative, coefficient: coefficient, exponent: exponent)
    }

    /// The same number without zeros behind the point: `2.00` gives `2`, `1E+3` gives `1000` where
    /// 34 digits suffice.
    public var strippingFractionZeros: Decimal34 {
        let exponent = exponent
        if exponent == 0 { return self }
        if isZero { return .zero }
        if exponent > 0 {
            let coefficient = coefficient
            guard exponent + Digits.count(coefficient) <= 34 else { return self }
            let wide = coefficient * Digits.powerOfTen(exponent)
            return Decimal34(isNegative: isNegative, coefficient: wide, exponent: 0)
        }
        let zeros = Digits.trailingZeros(coefficient, limit: -exponent)
        return Decimal34(
            isNegative: isNegative,
            coefficient: coefficient / Digits.powerOfTen(zeros),
            exponent: exponent + zeros
        )
    }

    /// Coefficient without trailing zeros and the exponent that belongs to it; 0 and 0 for zero.
    var canonical: (UInt128, Int) {
        let coefficient = coefficient
        if coefficient == 0 { return (0, 0) }
        let zeros = min(Digits.trailingZeros(coefficient, limit: 33), 999 - exponent)
        if zeros <= 0 { return (coefficient, exponent) }
        return (coefficient / Digits.powerOfTen(zeros), exponent + zeros)
    }

    /// Rounds a result to 34 digits and the range of exponents.
    ///
    /// `isInexact` says that more digits, not all 0, followed `coefficient`, which then has at least
    /// 36 digits. `nil` where the result is too large.
    static func rounded(
        isNegative: Bool,
        coefficient: UInt128,
        exponent: Int,
        isInexact: Bool = false
    ) -> Decimal34? {
        var coefficient = coefficient
        var exponent = exponent
        var digits = Digits.count(coefficient)
        let excess = max(digits - 34, -bias - exponent)
        if excess > 0 {
            coefficient = Digits.dropping(excess, of: coefficient, digits, isInexact)
            exponent += excess
            digits = Digits.count(coefficient)
            if digits > 34 {
                coefficient /= 10
                exponent += 1
                digits = 34
            }
        }
        if coefficient == 0 {
            let clamped = min(max(exponent, -bias), maximumExponent)
            return Decimal34(isNegative: false, coefficient: 0, exponent: clamped)
        }
        guard exponent + digits - 1 <= maximumExponent else { return nil }
        return Decimal34(isNegative: isNegative, coefficient: coefficient, exponent: exponent)
    }
}

extension Decimal34: ExpressibleByIntegerLiteral {
    /// Whole numbers of 64 bits are always exact.
    public init(integerLiteral value: Int64) { self.init(value) }
}

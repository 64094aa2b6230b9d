extension Decimal34 {
    /// The sum, rounded half to even; `nil` where it is too large.
    public func adding(_ other: Decimal34) -> Decimal34? {
        if (high ^ other.high) << 1 == 0, isSmall, other.isSmall {
            // Same exponent, or signs apart at most: 62-bit integers.
            let a = isNegative ? -Int64(low) : Int64(low)
            let b = other.isNegative ? -Int64(other.low) : Int64(other.low)
            let sum = a + b
            return Decimal34(
                isNegative: sum < 0,
                coefficient: UInt128(sum.magnitude),
                exponent: exponent
            )
        }
        return exponent >= other.exponent
            ? Self.sum(self, other) : Self.sum(other, self)
    }

    /// The difference, rounded half to even; `nil` where it is too large.
    public func subtracting(_ other: Decimal34) -> Decimal34? { adding(-other) }

    /// The product, rounded half to even; `nil` where it is too large.
    public func multiplied(by other: Decimal34) -> Decimal34? {
        let isNegative = isNegative != other.isNegative
        let exponent = exponent + other.exponent
        let product = coefficient.multipliedFullWidth(by: other.coefficient)
        if product.high == 0 {
            return Self.rounded(
                isNegative: isNegative,
                coefficient: product.low,
                exponent: exponent
            )
        }
        // At least 39 digits: keep 36 and whether the others were all 0.
        let upper = Digits.powerOfTen(34).dividingFullWidth(product).quotient
        let excess = Digits.count(upper) - 2
        let (kept, rest) = Digits.powerOfTen(excess).dividingFullWidth(product)
        return Self.rounded(
            isNegative: isNegative,
            coefficient: kept,
            exponent: exponent + excess,
            isInexact: rest != 0
        )
    }

    /// The quotient, rounded half to even; `nil` where `other` is 0 or the quotient is too large.
    public func divided(by other: Decimal34) -> Decimal34? {
        let divisor = other.coefficient
        guard divisor != 0 else { return nil }
        let isNegative = isNegative != other.isNegative
        let dividend = coefficient
        let ideal = exponent - other.exponent
        let (whole, rest) = dividend.quotientAndRemainder(dividingBy: divisor)
        if rest == 0 {
            return Self.rounded(isNegative: isNegative, coefficient: whole, exponent: ideal)
        }
        // Scale the dividend so that the quotient has 36 or 37 digits.
        let digits = Digits.count(dividend)
        let scale = 36 + Digits.count(divisor) - digits
        let first = min(scale, 38 - digits)
        let wide = (dividend * Digits.powerOfTen(first))
            .multipliedFullWidth(by: Digits.powerOfTen(scale - first))
        var (quotient, remainder) = divisor.dividingFullWidth(wide)
        var exponent = ideal - scale
        if remainder == 0 {
            let zeros = Digits.trailingZeros(quotient, limit: scale)
            quotient /= Digits.powerOfTen(zeros)
            exponent += zeros
        }
        return Self.rounded(
            isNegative: isNegative,
            coefficient: quotient,
            exponent: exponent,
            isInexact: remainder != 0
        )
    }

    /// What is left of a division whose quotient is cut off to a whole number.
    ///
    /// Always exact, with the receiver's sign; `nil` where `other` is 0.
    ///
    /// - Complexity: O(1) for like exponents; up to 500 steps where they are 2 000 apart.
    public func remainder(dividingBy other: Decimal34) -> Decimal34? {
        var divisor = other.coefficient
        guard divisor != 0 else { return nil }
        var rest = coefficient
        var distance = exponent - other.exponent
        if distance < 0 {
            // A divisor of more than 38 digits in units of the dividend is larger than it.
            if Digits.count(divisor) - distance > 38 { return self }
            divisor *= Digits.powerOfTen(-distance)
            distance = 0
        }
        rest %= divisor
        while distance > 0, rest != 0 {
            // Below 10^34, so four more digits fit 128 bits.
            let step = min(distance, 4)
            rest = rest * Digits.powerOfTen(step) % divisor
            distance -= step
        }
        return Self.rounded(
            isNegative: isNegative,
            coefficient: rest,
            exponent: min(exponent, other.exponent)
        )
    }

    /// The number with at most `places` digits behind the point (before it, where negative).
    ///
    /// - Returns: the receiver where it has no more; `nil` where rounding up leaves the range.
    public func rounded(
        toPlaces places: Int,
        _ rule: FloatingPointRoundingRule = .toNearestOrEven
    ) -> Decimal34? {
        let places = min(max(places, -Self.maximumExponent - 1), Self.bias)
        let excess = -exponent - places
        if excess <= 0 { return self }
        let isTiny = excess > 38
        let divisor = Digits.powerOfTen(isTiny ? 38 : excess)
        var (quotient, rest) = coefficient.quotientAndRemainder(dividingBy: divisor)
        let isAboveHalf = !isTiny && rest > divisor / 2
        let isHalf = !isTiny && rest == divisor / 2
        let roundsAway: Bool =
            switch rule {
            case .toNearestOrEven: isAboveHalf || (isHalf && quotient & 1 == 1)
            case .toNearestOrAwayFromZero: isAboveHalf || isHalf
            case .up: rest != 0 && !isNegative
            case .down: rest != 0 && isNegative
            case .awayFromZero: rest != 0
            case .towardZero: false
            @unknown default: false
            }
        if roundsAway { quotient += 1 }
        return Self.rounded(isNegative: isNegative, coefficient: quotient, exponent: -places)
    }

    /// - Precondition: `a.exponent >= b.exponent`
    private static func sum(_ a: Decimal34, _ b: Decimal34) -> Decimal34? {
        let x = a.coefficient
        let y = b.coefficient
        if x == 0 { return b }
        let distance = a.exponent - b.exponent
        let digits = Digits.count(x)
        if digits + distance <= 38 {
            let scaled = x * Digits.powerOfTen(distance)
            return signedSum(a, scaled, b, y, exponent: b.exponent, isInexact: false)
        }
        // `b` reaches below the 37 digits that are kept of `a`.
        let scale = 37 - digits
        let below = distance - scale
        var kept: UInt128 = 0
        var isInexact = y != 0
        if below <= 38 {
            let (quotient, rest) = y.quotientAndRemainder(dividingBy: Digits.powerOfTen(below))
            kept = quotient
            isInexact = rest != 0
        }
        let scaled = x * Digits.powerOfTen(scale)
        return signedSum(a, scaled, b, kept, exponent: a.exponent - scale, isInexact: isInexact)
    }

    /// ± x ± y, where an inexact y stands for one that is a part of a unit larger.
    private static func signedSum(
        _ a: Decimal34,
        _ x: UInt128,
        _ b: Decimal34,
        _ y: UInt128,
        exponent: Int,
        isInexact: Bool
    ) -> Decimal34? {
        if a.isNegative == b.isNegative || y == 0 && !isInexact {
            return rounded(
                isNegative: a.isNegative,
                coefficient: x + y,
                exponent: exponent,
                isInexact: isInexact
            )
        }
        let subtrahend = isInexact ? y + 1 : y
        let isNegative = x >= subtrahend ? a.isNegative : b.isNegative
        return rounded(
            isNegative: isNegative,
            coefficient: x >= subtrahend ? x - subtrahend : subtrahend - x,
            exponent: exponent,
            isInexact: isInexact
        )
    }
}

extension Decimal34: Hashable, Comparable {
    /// Whether both are the same number: `1.50` is `1.5`.
    public static func == (a: Decimal34, b: Decimal34) -> Bool {
        if a.high == b.high { return a.low == b.low }
        return order(a, b) == 0
    }

    /// Whether `a` is the smaller number.
    public static func < (a: Decimal34, b: Decimal34) -> Bool { order(a, b) < 0 }

    /// Feeds the number, so that equal ones hash equally.
    public func hash(into hasher: inout Hasher) {
        let (coefficient, exponent) = canonical
        hasher.combine(isNegative)
        hasher.combine(UInt64(truncatingIfNeeded: coefficient))
        hasher.combine(UInt64(truncatingIfNeeded: coefficient >> 64))
        hasher.combine(exponent)
    }

    /// Negative, 0 or positive, as `a` is smaller than, equal to or larger than `b`.
    private static func order(_ a: Decimal34, _ b: Decimal34) -> Int {
        if ((a.high ^ b.high) << 1) >> 50 == 0, a.isSmall, b.isSmall {
            let x = a.isNegative ? -Int64(a.low) : Int64(a.low)
            let y = b.isNegative ? -Int64(b.low) : Int64(b.low)
            return x < y ? -1 : x == y ? 0 : 1
        }
        if a.isZero || b.isZero || a.isNegative != b.isNegative {
            let x = a.isZero ? 0 : a.isNegative ? -1 : 1
            let y = b.isZero ? 0 : b.isNegative ? -1 : 1
            return x - y
        }
        let byMagnitude = magnitudeOrder(a, b)
        return a.isNegative ? -byMagnitude : byMagnitude
    }

    private static func magnitudeOrder(_ a: Decimal34, _ b: Decimal34) -> Int {
        let (p, q) = (a.adjustedExponent, b.adjustedExponent)
        if p != q { return p < q ? -1 : 1 }
        // Same first digit's place: scaled to one exponent both have at most 34 digits.
        var (x, y) = (a.coefficient, b.coefficient)
        let distance = a.exponent - b.exponent
        if distance > 0 {
            x *= Digits.powerOfTen(distance)
        } else if distance < 0 {
            y *= Digits.powerOfTen(-distance)
        }
        return x < y ? -1 : x == y ? 0 : 1
    }
}

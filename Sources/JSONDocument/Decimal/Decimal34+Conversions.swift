extension Int64 {
    /// The number, where it is whole and fits.
    public init?(exactly value: Decimal34) {
        let stripped = value.strippingFractionZeros
        guard stripped.exponent == 0, stripped.coefficient <= UInt128(UInt64(1) << 63) else {
            return nil
        }
        let magnitude = UInt64(truncatingIfNeeded: stripped.coefficient)
        if stripped.isNegative {
            self = 0 &- Int64(truncatingIfNeeded: magnitude)
        } else {
            guard magnitude < 1 << 63 else { return nil }
            self = Int64(magnitude)
        }
    }
}

extension Decimal34 {
    /// The shortest decimal that reads back as `value`.
    ///
    /// `nil` for infinities, NaN and what lies above the range; what lies below it loses digits or
    /// becomes 0.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        // Not by `Int64(exactly:)`, which rounds and with it asks for the C library's maths.
        if value.magnitude < 0x1p53, Double(Int64(value)) == value {
            self.init(Int64(value))
            return
        }
        self.init(value.description)
    }

    /// The nearest number of binary64.
    public var doubleValue: Double {
        let exponent = exponent
        if low < 1 << 53, high & Self.coefficientBits == 0, -22...22 ~= exponent {
            // Both factors are exact, so one rounding gives the nearest number.
            let scale = Self.doublePowers[Int(exponent.magnitude)]
            let magnitude = exponent < 0 ? Double(low) / scale : Double(low) * scale
            return isNegative ? -magnitude : magnitude
        }
        return Double(description) ?? 0
    }

    private static let doublePowers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]
}

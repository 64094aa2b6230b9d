/// Half precision and shortest forms, RFC 8949 §4.2.2 and appendix D.
enum CBORFloat {
    /// The value of sixteen bits of IEEE 754 binary16.
    static func double(half: UInt16) -> Double {
        let sign: UInt64 = half & 0x8000 == 0 ? 0 : 1 << 63
        let exponent = UInt64(half >> 10) & 31
        let fraction = UInt64(half & 0x3FF)
        switch exponent {
        case 0:
            let magnitude = Double(fraction) * 0x1p-24
            return Double(bitPattern: magnitude.bitPattern | sign)
        case 31:
            return Double(bitPattern: sign | 0x7FF << 52 | fraction << 42)
        default:
            return Double(bitPattern: sign | (exponent + 1008) << 52 | fraction << 42)
        }
    }

    /// The sixteen bits that hold `value` exactly; `nil` where there are none.
    static func half(_ value: Double) -> UInt16? {
        let sign = UInt16(value.sign == .minus ? 0x8000 : 0)
        let magnitude = value.magnitude
        if magnitude == .infinity { return sign | 0x7C00 }
        if magnitude == 0 { return sign }
        let exponent = magnitude.exponent
        guard exponent <= 15, exponent >= -24 else { return nil }
        if exponent < -14 {
            let scaled = magnitude * 0x1p24
            // Below 2^10. Not by `rounded()`, which asks for the C library's maths.
            return scaled == Double(UInt16(scaled)) ? sign | UInt16(scaled) : nil
        }
        guard magnitude.bitPattern & (1 << 42 - 1) == 0 else { return nil }
        let fraction = UInt16(magnitude.bitPattern >> 42 & 0x3FF)
        return sign | UInt16(exponent + 15) << 10 | fraction
    }

    /// Additional information (25, 26, 27) and bits of the shortest form; one form for every NaN.
    static func shortest(_ value: Double) -> (information: UInt8, bits: UInt64) {
        if value.isNaN { return (25, 0x7E00) }
        if let half = half(value) { return (25, UInt64(half)) }
        let single = Float(value)
        if Double(single) == value { return (26, UInt64(single.bitPattern)) }
        return (27, value.bitPattern)
    }
}

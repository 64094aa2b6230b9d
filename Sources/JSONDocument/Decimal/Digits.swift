/// Decimal digits of 128-bit numbers.
enum Digits {
    private static let powers: [UInt64] = [
        1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
        10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000,
        100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000,
        100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
    ]

    /// 10^`n` for 0...38.
    static func powerOfTen(_ n: Int) -> UInt128 {
        if n < 20 { return UInt128(powers[n]) }
        let (high, low) = powers[19].multipliedFullWidth(by: powers[n - 19])
        return UInt128(high) << 64 | UInt128(low)
    }

    /// How many digits a number has; 0 for 0.
    static func count(_ x: UInt128) -> Int {
        let top = UInt64(truncatingIfNeeded: x >> 64)
        if top == 0 {
            let low = UInt64(truncatingIfNeeded: x)
            // 1233 / 4096 is just above log10(2).
            let guess = ((64 - low.leadingZeroBitCount) * 1233) >> 12
            return low >= powers[min(guess, 19)] && low != 0 ? guess + 1 : guess
        }
        let guess = ((128 - top.leadingZeroBitCount) * 1233) >> 12
        return x >= powerOfTen(min(guess, 38)) ? guess + 1 : guess
    }

    /// How many zeros end a number, at most `limit`.
    static func trailingZeros(_ x: UInt128, limit: Int) -> Int {
        if x == 0 { return limit }
        var zeros = 0
        var x = x
        for step in [16, 8, 4, 2, 1] {
            while zeros + step <= limit {
                let (quotient, rest) = x.quotientAndRemainder(dividingBy: powerOfTen(step))
                if rest != 0 { break }
                x = quotient
                zeros += step
            }
        }
        return zeros
    }

    /// `x` without its last `n` digits, rounded half to even.
    static func dropping(_ n: Int, of x: UInt128, _ digits: Int, _ isInexact: Bool) -> UInt128 {
        // Less than a tenth of the last place that is kept.
        if n > digits { return 0 }
        let divisor = powerOfTen(n)
        let (quotient, rest) = x.quotientAndRemainder(dividingBy: divisor)
        let half = divisor / 2
        let roundsUp = rest > half || (rest == half && (isInexact || quotient & 1 == 1))
        return roundsUp ? quotient + 1 : quotient
    }
}

extension Int64 {
    @inlinable
    func addingSaturating(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    @inlinable
    func subtractingSaturating(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }

    @inlinable
    func multipliedSaturating(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) != (other < 0) ? .min : .max) : product
    }
}

extension Duration {
    /// Whole units of 1/`unit` second, toward zero, clamped to the range of Int64.
    @inlinable
    func saturated(unit: Int64) -> Int64 {
        let (seconds, attoseconds) = components
        let whole = seconds.multipliedSaturating(by: unit)
        return whole.addingSaturating(attoseconds / (1_000_000_000_000_000_000 / unit))
    }
}

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

    /// This plus `count` units of `size`; an interval past the range gives the end of the range,
    /// wherever it starts.
    @inlinable
    func adding(_ count: Int64, unitsOf size: Int64) -> Int64 {
        let (interval, overflow) = count.multipliedReportingOverflow(by: size)
        return overflow ? (count < 0 ? .min : .max) : addingSaturating(interval)
    }

    /// This plus a duration in whole units of 1/`unit` second, cut off toward zero.
    @inlinable
    func adding(_ duration: Duration, unit: Int64) -> Int64 {
        // Compared first, as `components` traps on durations of more than Int64.max seconds.
        let bound = Int64.max / unit
        if duration > .seconds(bound) { return .max }
        if duration < .seconds(-bound) { return .min }
        let (seconds, attoseconds) = duration.components
        let interval = seconds * unit + attoseconds / (1_000_000_000_000_000_000 / unit)
        return addingSaturating(interval)
    }

    /// This minus a duration in whole units of 1/`unit` second, cut off toward zero.
    @inlinable
    func subtracting(_ duration: Duration, unit: Int64) -> Int64 {
        // The lowest duration has no positive counterpart.
        if duration < .seconds(-(Int64.max / unit)) { return .max }
        return adding(.zero - duration, unit: unit)
    }
}

/// A time of day and date: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// The value is what POSIX calls seconds since the Epoch, times 1000. It may be stored and sent; it
/// may also jump when somebody sets the clock, so measure intervals with ``MonotonicTime``.
///
/// Arithmetic saturates; see ``MonotonicTime`` for why.
@frozen
public struct WallClock: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z; negative before.
    public var milliseconds: Int64

    /// A time so many milliseconds after the start of 1970 (UTC).
    @inlinable
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// A time so many seconds after the start of 1970 (UTC), saturating.
    @inlinable
    public init(seconds: Int64) { milliseconds = seconds.multipliedSaturating(by: 1000) }

    /// Whole seconds since the start of 1970, rounded toward the past.
    @inlinable
    public var seconds: Int64 {
        let (quotient, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return rest < 0 ? quotient - 1 : quotient
    }

    /// 1970-01-01T00:00:00Z.
    @inlinable
    public static var epoch: WallClock { WallClock(milliseconds: 0) }

    /// The last time there is, for an expiry that never comes; it has no RFC 3339 text.
    @inlinable
    public static var distantFuture: WallClock { WallClock(milliseconds: .max) }

    /// The first time there is; it has no RFC 3339 text.
    @inlinable
    public static var distantPast: WallClock { WallClock(milliseconds: .min) }

    /// Whether `a` is earlier than `b`.
    @inlinable
    public static func < (a: WallClock, b: WallClock) -> Bool { a.milliseconds < b.milliseconds }

    /// The time `milliseconds` later (earlier where negative), saturating.
    @inlinable
    public func adding(milliseconds: Int64) -> WallClock {
        WallClock(milliseconds: self.milliseconds.addingSaturating(milliseconds))
    }

    /// The time `seconds` later (earlier where negative), saturating.
    @inlinable
    public func adding(seconds: Int64) -> WallClock {
        adding(milliseconds: seconds.multipliedSaturating(by: 1000))
    }

    /// Milliseconds from `earlier` to this time, saturating; negative where `earlier` is later.
    @inlinable
    public func milliseconds(since earlier: WallClock) -> Int64 {
        milliseconds.subtractingSaturating(earlier.milliseconds)
    }

    /// The time `duration` later, saturating; parts of a millisecond are cut off toward zero.
    @inlinable
    public static func + (time: WallClock, duration: Duration) -> WallClock {
        time.adding(milliseconds: duration.saturated(unit: 1000))
    }

    /// The time `duration` earlier, saturating.
    @inlinable
    public static func - (time: WallClock, duration: Duration) -> WallClock {
        WallClock(
            milliseconds: time.milliseconds.subtractingSaturating(duration.saturated(unit: 1000))
        )
    }

    /// The exact time from `b` to `a`.
    @inlinable
    public static func - (a: WallClock, b: WallClock) -> Duration {
        .milliseconds(a.milliseconds) - .milliseconds(b.milliseconds)
    }

    /// Moves on by `duration`, saturating.
    @inlinable
    public static func += (time: inout WallClock, duration: Duration) { time = time + duration }

    /// Moves back by `duration`, saturating.
    @inlinable
    public static func -= (time: inout WallClock, duration: Duration) { time = time - duration }
}

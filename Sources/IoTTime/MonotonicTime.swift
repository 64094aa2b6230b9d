/// A reading of a steady clock: nanoseconds since an origin that the reader of the clock chose.
///
/// Only differences mean something. The origin is usually the start of the machine, so a value must
/// not be stored across a restart; use ``WallClock`` for what must last.
///
/// Arithmetic saturates: a deadline that lies past the range is ``distantFuture``, so a peer that
/// asks for an enormous interval gets "never" and not a trap.
@frozen
public struct MonotonicTime: Hashable, Comparable, Sendable {
    /// Nanoseconds since the origin of the clock.
    public var nanoseconds: Int64

    /// A time so many nanoseconds after the origin.
    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The origin itself.
    @inlinable
    public static var zero: MonotonicTime { MonotonicTime(nanoseconds: 0) }

    /// The last time there is, 292 years after the origin: a deadline that never comes.
    @inlinable
    public static var distantFuture: MonotonicTime { MonotonicTime(nanoseconds: .max) }

    /// The first time there is.
    @inlinable
    public static var distantPast: MonotonicTime { MonotonicTime(nanoseconds: .min) }

    /// Whether `a` is earlier than `b`.
    @inlinable
    public static func < (a: MonotonicTime, b: MonotonicTime) -> Bool {
        a.nanoseconds < b.nanoseconds
    }

    /// The time `nanoseconds` later (earlier where negative), saturating.
    @inlinable
    public func adding(nanoseconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: self.nanoseconds.addingSaturating(nanoseconds))
    }

    /// The time `milliseconds` later (earlier where negative), saturating.
    @inlinable
    public func adding(milliseconds: Int64) -> MonotonicTime {
        adding(nanoseconds: milliseconds.multipliedSaturating(by: 1_000_000))
    }

    /// The time `seconds` later (earlier where negative), saturating.
    @inlinable
    public func adding(seconds: Int64) -> MonotonicTime {
        adding(nanoseconds: seconds.multipliedSaturating(by: 1_000_000_000))
    }

    /// Nanoseconds from `earlier` to this time, saturating; negative where `earlier` is later.
    @inlinable
    public func nanoseconds(since earlier: MonotonicTime) -> Int64 {
        nanoseconds.subtractingSaturating(earlier.nanoseconds)
    }

    /// The time `duration` later, saturating; parts of a nanosecond are cut off toward zero.
    @inlinable
    public static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        time.adding(nanoseconds: duration.saturated(unit: 1_000_000_000))
    }

    /// The time `duration` earlier, saturating.
    @inlinable
    public static func - (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        MonotonicTime(
            nanoseconds: time.nanoseconds.subtractingSaturating(
                duration.saturated(unit: 1_000_000_000)
            )
        )
    }

    /// The exact time from `b` to `a`.
    @inlinable
    public static func - (a: MonotonicTime, b: MonotonicTime) -> Duration {
        .nanoseconds(a.nanoseconds) - .nanoseconds(b.nanoseconds)
    }

    /// Moves on by `duration`, saturating.
    @inlinable
    public static func += (time: inout MonotonicTime, duration: Duration) { time = time + duration }

    /// Moves back by `duration`, saturating.
    @inlinable
    public static func -= (time: inout MonotonicTime, duration: Duration) { time = time - duration }
}

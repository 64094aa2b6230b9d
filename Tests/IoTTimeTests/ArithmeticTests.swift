import IoTTime
import Testing

@Suite("Time arithmetic")
struct ArithmeticTests {
    @Test("a deadline inside the range is exact, one past it is the distant future")
    func saturates() {
        let now = MonotonicTime(nanoseconds: 7)
        #expect(now.adding(seconds: 2).nanoseconds == 2_000_000_007)
        #expect(now.adding(milliseconds: -1).nanoseconds == -999_993)
        #expect(now.adding(seconds: .max) == .distantFuture)
        #expect(now.adding(seconds: .min) == .distantPast)
        #expect(now.adding(nanoseconds: .max) == .distantFuture)
        #expect(MonotonicTime.distantPast.adding(nanoseconds: -1) == .distantPast)
        #expect(MonotonicTime.distantFuture.adding(nanoseconds: 0) == .distantFuture)
    }

    @Test("differences are exact as Duration and clamped as nanoseconds")
    func differences() {
        let a = MonotonicTime.distantFuture
        let b = MonotonicTime.distantPast
        #expect(a - b == .nanoseconds(Int64.max) + .nanoseconds(1) + .nanoseconds(Int64.max))
        #expect(a.nanoseconds(since: b) == .max)
        #expect(b.nanoseconds(since: a) == .min)
        #expect(MonotonicTime(nanoseconds: 9).nanoseconds(since: .init(nanoseconds: 4)) == 5)
    }

    @Test("Duration is added to the nanosecond or the millisecond, toward zero, and saturates")
    func durations() {
        var t = MonotonicTime.zero + .milliseconds(1500)
        #expect(t.nanoseconds == 1_500_000_000)
        t -= .seconds(2)
        #expect(t.nanoseconds == -500_000_000)
        #expect(MonotonicTime.zero + .seconds(Int64.max) == .distantFuture)
        #expect(MonotonicTime.zero - .seconds(Int64.max) == .distantPast)
        #expect((WallClock.epoch + .microseconds(1999)).milliseconds == 1)
        #expect((WallClock.epoch - .microseconds(1999)).milliseconds == -1)
        #expect(WallClock.epoch + .seconds(Int64.max) == .distantFuture)
        #expect(MonotonicTime(nanoseconds: -1) - .seconds(Int64.min) == .distantFuture)
    }

    @Test("whole seconds round toward the past")
    func seconds() {
        #expect(WallClock(milliseconds: -1).seconds == -1)
        #expect(WallClock(milliseconds: -1000).seconds == -1)
        #expect(WallClock(milliseconds: 999).seconds == 0)
        #expect(WallClock(seconds: .max) == .distantFuture)
        #expect(WallClock(milliseconds: .min).seconds == -9_223_372_036_854_776)
    }

    @Test("order follows the value")
    func order() {
        #expect(WallClock(milliseconds: 1) < WallClock(milliseconds: 2))
        #expect(MonotonicTime(nanoseconds: -2) < MonotonicTime(nanoseconds: -1))
    }
}

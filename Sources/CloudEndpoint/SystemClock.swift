#if Endpoint
public import IoTTime
internal import MQTTBroker
internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The clocks of this machine.
public enum SystemClock {
    /// The time of day.
    public static func wall() -> WallClock {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return WallClock(
            milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
        )
    }

    /// Both clocks.
    static func now() -> Broker.Now {
        let uptime = NIODeadline.now().uptimeNanoseconds
        return Broker.Now(
            monotonic: MonotonicTime(nanoseconds: Int64(clamping: uptime)),
            wall: wall()
        )
    }
}
#endif

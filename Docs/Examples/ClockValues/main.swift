// IoTTime: two clocks as plain values, and RFC 3339.

import IoTTime

let now = MonotonicTime(nanoseconds: 5_000_000_000)
let deadline = now.adding(seconds: 90)  // saturates, never traps
print(deadline.nanoseconds(since: now))

let shipped = try WallClock(rfc3339: "2026-03-01T13:00:00.25+01:00")
print(shipped.milliseconds)
print(shipped.rfc3339() ?? "beyond year 9999")
do {
    _ = try WallClock(rfc3339: "2026-02-30T00:00:00Z")
} catch {
    print(error)
}

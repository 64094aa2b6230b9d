#if Endpoint
/// How long things took, in buckets that double.
struct LatencyHistogram: Sendable {
    /// The upper bound of the first bucket, in nanoseconds.
    static let first: Int64 = 16_000
    /// 16 µs to 8.4 s, and one for all above.
    static let bucketCount = 20

    private(set) var buckets = [UInt64](repeating: 0, count: bucketCount + 1)
    private(set) var sum: Int64 = 0

    /// How many values there were.
    var count: UInt64 { buckets.reduce(0, &+) }

    /// Adds a value, in nanoseconds.
    mutating func add(_ nanoseconds: Int64) {
        sum &+= max(0, nanoseconds)
        var bound = Self.first
        for index in 0..<Self.bucketCount {
            if nanoseconds <= bound {
                buckets[index] &+= 1
                return
            }
            bound *= 2
        }
        buckets[Self.bucketCount] &+= 1
    }

    /// The upper bounds of the buckets but the last, in seconds.
    static var bounds: [Double] {
        (0..<bucketCount).map { Double(first << Int64($0)) / 1e9 }
    }
}

/// What the broker's thread has measured of itself.
struct LoopMeasurements: Sendable {
    /// From the first bytes of a turn of the loop to the hand-over of what came of them to the sockets.
    var turns = LatencyHistogram()
    /// From a group of changes to its commit; durable mode.
    var commits = LatencyHistogram()
    /// Connections that were closed because more came than are allowed in a second.
    var refusedConnections: UInt64 = 0
}
#endif

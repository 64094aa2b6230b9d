#if Endpoint
/// The upper bounds of a histogram's buckets: finite, ascending, at least one.
public struct HistogramBuckets: Hashable, Sendable {
    /// The most bounds.
    public static let maximumCount = 200

    /// 20 bounds from 16 µs to 8.4 s, each twice the one before; in seconds.
    public static let latency = HistogramBuckets(
        unchecked: (0..<20).map { Double(16 << Int64($0)) / 1e6 }
    )

    /// The bounds; a value that equals one lies below it.
    public let upperBounds: [Double]

    /// Bounds of one's own.
    ///
    /// - Returns: `nil` unless they ascend, are finite, and are 1 to ``maximumCount``.
    public init?(_ upperBounds: [Double]) {
        let ascends = zip(upperBounds, upperBounds.dropFirst()).allSatisfy { $0 < $1 }
        guard (1...Self.maximumCount).contains(upperBounds.count), ascends,
            upperBounds.allSatisfy(\.isFinite)
        else { return nil }
        self.upperBounds = upperBounds
    }

    private init(unchecked upperBounds: [Double]) { self.upperBounds = upperBounds }

    /// The index of the bucket a value belongs to.
    ///
    /// - Complexity: O(log *n*) in the bounds.
    func index(of value: Double) -> Int {
        var low = 0
        var high = upperBounds.count
        while low < high {
            let middle = low + (high - low) / 2
            if value <= upperBounds[middle] { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
#endif

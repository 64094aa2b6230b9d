/// How much a ``SubscriptionIndex`` may hold.
///
/// A limit is the largest value that still passes.
public struct SubscriptionLimits: Hashable, Sendable {
    /// Subscriptions of all subscribers together; at most 2³¹ - 1.
    public var maximumSubscriptions: Int
    /// Levels of one filter, a final `#` included.
    ///
    /// Deep filters cost memory for each level, so that this bounds what one SUBSCRIBE can take.
    public var maximumFilterLevels: Int

    /// Sixteen million subscriptions, 128 levels.
    public static let `default` = SubscriptionLimits(
        maximumSubscriptions: 1 << 24,
        maximumFilterLevels: 128
    )

    /// Sets the limits; values outside what the index can hold are brought into range.
    public init(maximumSubscriptions: Int, maximumFilterLevels: Int) {
        self.maximumSubscriptions = min(max(maximumSubscriptions, 0), Int(Int32.max))
        self.maximumFilterLevels = min(max(maximumFilterLevels, 1), 65_536)
    }
}

/// A subscription that an index has no room for; the index is as it was before.
@nonexhaustive
public enum SubscriptionLimitError: Error, Hashable, Sendable {
    /// ``SubscriptionLimits/maximumSubscriptions`` are there already.
    case tooManySubscriptions(limit: Int)
    /// The filter has more than ``SubscriptionLimits/maximumFilterLevels``.
    case tooManyLevels(limit: Int)
}

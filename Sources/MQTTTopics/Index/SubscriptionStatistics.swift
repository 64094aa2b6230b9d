/// Counts of a ``SubscriptionIndex``.
public struct SubscriptionStatistics: Hashable, Sendable {
    /// Subscriptions, shared ones included.
    public var subscriptions: Int
    /// Different filters that have a subscription.
    public var filters: Int
    /// Subscribers that have a subscription.
    public var subscribers: Int
    /// Share groups, one for each pair of a share name and a filter.
    public var shareGroups: Int
    /// Bytes of memory in use, headers and unused room included.
    public var byteCount: Int
    /// Filters that stand apart, because they are deeper than 64 levels or of more different shapes
    /// than are looked up one by one.
    public var crowdedFilters: Int
}

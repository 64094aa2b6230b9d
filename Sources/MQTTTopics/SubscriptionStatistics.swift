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
}

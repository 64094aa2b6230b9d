/// One subscription that a topic matches.
public struct SubscriptionMatch<Subscriber: Hashable & Sendable, Options: Sendable>: Sendable {
    /// Who subscribed.
    public let subscriber: Subscriber
    /// What was stored with the subscription.
    public let options: Options
    /// The filter; equal for all subscriptions of one filter while the index is unchanged.
    public let filter: FilterIdentifier
    /// The share group, `nil` for an ordinary subscription: one member of it gets the message.
    public let group: ShareGroupIdentifier?

    @inlinable
    init(
        subscriber: Subscriber,
        options: Options,
        filter: FilterIdentifier,
        group: ShareGroupIdentifier?
    ) {
        self.subscriber = subscriber
        self.options = options
        self.filter = filter
        self.group = group
    }
}

/// A filter inside one ``SubscriptionIndex``; means nothing in another, nor after the filter's last
/// subscription is gone.
public struct FilterIdentifier: Hashable, Sendable {
    /// A number to use as a key.
    public let rawValue: UInt32

    @inlinable
    init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A share group of one filter inside one ``SubscriptionIndex``; means nothing in another, nor after
/// the group's last member is gone.
public struct ShareGroupIdentifier: Hashable, Sendable {
    /// A number to use as a key, for a round-robin counter for instance.
    public let rawValue: UInt32

    @inlinable
    init(rawValue: UInt32) { self.rawValue = rawValue }
}

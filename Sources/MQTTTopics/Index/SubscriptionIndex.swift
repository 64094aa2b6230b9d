/// All subscriptions of a broker, asked by topic.
public struct SubscriptionIndex<Subscriber: Hashable & Sendable, Options: Sendable>: ~Copyable,
    Sendable
{
    /// What `forEachMatch` hands out.
    public typealias Match = SubscriptionMatch<Subscriber, Options>

    @usableFromInline var storage: SubscriptionStorage<Subscriber, Options>

    /// An empty index.
    ///
    /// - Parameters:
    ///   - dialect: whose matching rules apply.
    ///   - limits: how much it may hold.
    ///   - seed: a random number that peers cannot know, new for each process: it keys the hashes.
    public init(
        dialect: TopicDialect = .oasis,
        limits: SubscriptionLimits = .default,
        seed: UInt64
    ) {
        storage = SubscriptionStorage(dialect: dialect, limits: limits, seed: seed)
    }

    /// Adds a subscription, or replaces the options of the one that is there [MQTT-3.8.4-3].
    ///
    /// - Returns: the options that were replaced; `nil` when the subscription is new.
    /// - Throws: ``SubscriptionLimitError``; the index is then unchanged.
    @discardableResult
    @inlinable
    public mutating func insert(
        _ filter: SubscriptionFilter,
        _ subscriber: Subscriber,
        _ options: Options
    ) throws(SubscriptionLimitError) -> Options? {
        try storage.insert(filter, subscriber, options)
    }

    /// Adds a non-shared subscription, or replaces the options of the one that is there.
    @discardableResult
    @inlinable
    public mutating func insert(
        _ filter: TopicFilter,
        _ subscriber: Subscriber,
        _ options: Options
    ) throws(SubscriptionLimitError) -> Options? {
        try storage.insert(.nonShared(filter), subscriber, options)
    }

    /// Removes a subscription, found by the exact bytes of its filter [MQTT-3.10.4-1].
    ///
    /// - Returns: its options, `nil` when there was none.
    @discardableResult
    @inlinable
    public mutating func remove(_ filter: SubscriptionFilter, _ subscriber: Subscriber) -> Options?
    {
        storage.remove(filter, subscriber)
    }

    /// Removes a non-shared subscription.
    @discardableResult
    @inlinable
    public mutating func remove(_ filter: TopicFilter, _ subscriber: Subscriber) -> Options? {
        storage.remove(.nonShared(filter), subscriber)
    }

    /// Removes every subscription of one subscriber, as a session's end does.
    ///
    /// - Returns: how many there were.
    @discardableResult
    @inlinable
    public mutating func removeAll(of subscriber: Subscriber) -> Int {
        storage.removeAll(of: subscriber)
    }

    /// Calls `body` once for every subscription whose filter matches `topic`.
    ///
    /// A subscriber with several matching filters is handed out once for each [MQTT-3.3.4-2]. All
    /// members of a share group are handed out, one after the other; ``SubscriptionMatch/group``
    /// tells them.
    @inlinable
    public func forEachMatch<E: Error>(
        _ topic: borrowing TopicView,
        _ body: (Match) throws(E) -> Void
    ) throws(E) {
        try storage.forEachMatch(topic, choosing: nil, body)
    }

    /// Calls `body` once for every subscription whose filter matches `topic`.
    @inlinable
    public func forEachMatch<E: Error>(
        _ topic: TopicName,
        _ body: (Match) throws(E) -> Void
    ) throws(E) {
        try storage.forEachMatch(topic.view, choosing: nil, body)
    }

    /// Calls `body` once for every ordinary subscription whose filter matches `topic`, and once for
    /// each share group that matches.
    ///
    /// - Parameters:
    ///   - topic: what was published to.
    ///   - choose: gets a share group and its number of members, returns which of them is handed
    ///     out: 0 is the newest. A number outside `0..<members` hands out none.
    ///   - body: gets the subscriptions.
    /// - Throws: what `choose` or `body` throws, at once.
    /// - Complexity: that of ``forEachMatch(_:_:)-(TopicView,_)``, and O(*n*) in the member chosen.
    @inlinable
    public func forEachMatch<E: Error>(
        _ topic: borrowing TopicView,
        choosing choose: (ShareGroupIdentifier, _ members: Int) throws(E) -> Int,
        _ body: (Match) throws(E) -> Void
    ) throws(E) {
        try withoutActuallyEscaping(choose) { (choose) throws(E) in
            try storage.forEachMatch(topic, choosing: choose, body)
        }
    }

    /// The options of one subscription, `nil` where there is none.
    ///
    /// - Complexity: that of ``remove(_:_:)-(SubscriptionFilter,_)``.
    @inlinable
    public func options(of filter: SubscriptionFilter, _ subscriber: Subscriber) -> Options? {
        storage.options(of: filter, subscriber)
    }

    /// Calls `body` with each subscription of one subscriber, in no particular order.
    ///
    /// - Complexity: O(*n*) in the subscriber's subscriptions; allocates a filter for each.
    @inlinable
    public func forEachSubscription<E: Error>(
        of subscriber: Subscriber,
        _ body: (SubscriptionFilter, Options) throws(E) -> Void
    ) throws(E) {
        try storage.forEachSubscription(of: subscriber, body)
    }

    /// The filter that an identifier of a match stands for.
    ///
    /// - Parameter identifier: from a match of this index, since when the filter's last subscription
    ///   was not removed; any other traps or names another filter.
    /// - Returns: the filter, without a share name.
    public func topicFilter(_ identifier: FilterIdentifier) -> TopicFilter {
        storage.topicFilter(identifier.rawValue)
    }

    /// The index as it is now, for readers on any thread; later changes do not show in it.
    public func snapshot() -> SubscriptionSnapshot<Subscriber, Options> {
        SubscriptionSnapshot(storage: storage.shared())
    }

    /// How much the index holds.
    public var statistics: SubscriptionStatistics { storage.statistics }
}

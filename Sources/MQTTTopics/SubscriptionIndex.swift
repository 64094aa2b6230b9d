/// All subscriptions of a broker, asked by topic.
public struct SubscriptionIndex<Subscriber: Hashable & Sendable, Options: Sendable>: ~Copyable,
    Sendable
{
    /// What ``forEachMatch(_:_:)`` hands out.
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
    public mutating func insert(
        _ filter: SubscriptionFilter,
        _ subscriber: Subscriber,
        _ options: Options
    ) throws(SubscriptionLimitError) -> Options? {
        try storage.insert(filter, subscriber, options)
    }

    /// Adds a non-shared subscription, or replaces the options of the one that is there.
    @discardableResult
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
    public mutating func remove(_ filter: SubscriptionFilter, _ subscriber: Subscriber) -> Options?
    {
        storage.remove(filter, subscriber)
    }

    /// Removes a non-shared subscription.
    @discardableResult
    public mutating func remove(_ filter: TopicFilter, _ subscriber: Subscriber) -> Options? {
        storage.remove(.nonShared(filter), subscriber)
    }

    /// Removes every subscription of one subscriber, as a session's end does.
    ///
    /// - Returns: how many there were.
    @discardableResult
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
        try storage.forEachMatch(topic, body)
    }

    /// Calls `body` once for every subscription whose filter matches `topic`.
    @inlinable
    public func forEachMatch<E: Error>(
        _ topic: TopicName,
        _ body: (Match) throws(E) -> Void
    ) throws(E) {
        try storage.forEachMatch(topic.view, body)
    }

    /// The options of one subscription.
    public func options(of filter: SubscriptionFilter, _ subscriber: Subscriber) -> Options? {
        storage.options(of: filter, subscriber)
    }

    /// The index as it is now, for readers on any thread; later changes do not show in it.
    public func snapshot() -> SubscriptionSnapshot<Subscriber, Options> {
        SubscriptionSnapshot(storage: storage)
    }

    /// How much the index holds.
    public var statistics: SubscriptionStatistics { storage.statistics }
}

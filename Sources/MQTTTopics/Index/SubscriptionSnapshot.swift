/// A ``SubscriptionIndex`` as it was at one moment: immutable, free to pass between threads.
public struct SubscriptionSnapshot<Subscriber: Hashable & Sendable, Options: Sendable>: Sendable {
    /// What ``forEachMatch(_:_:)`` hands out.
    public typealias Match = SubscriptionMatch<Subscriber, Options>

    @usableFromInline let storage: SubscriptionStorage<Subscriber, Options>

    init(storage: SubscriptionStorage<Subscriber, Options>) { self.storage = storage }

    /// Calls `body` once for every subscription whose filter matches `topic`.
    @inlinable
    public func forEachMatch<E: Error>(
        _ topic: borrowing TopicView,
        _ body: (Match) throws(E) -> Void
    ) throws(E) {
        try storage.forEachMatch(topic, choosing: nil, body)
    }

    /// How much the index held.
    public var statistics: SubscriptionStatistics { storage.statistics }
}

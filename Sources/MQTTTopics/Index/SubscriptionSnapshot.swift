/// A ``SubscriptionIndex`` as it was at one moment: immutable, free to pass between threads.
public struct SubscriptionSnapshot<Subscriber: Hashable & Sendable, Options: Sendable>: Sendable {
    /// What ``forEachMatch(_:_:)`` hands out.
    public typealias Match = SubscriptionMatch<Subscriber, Options>

    /// A reference, so that handing a snapshot on, or matching in one, copies a word.
    @usableFromInline
    final class Box: Sendable {
        @usableFromInline let storage: SubscriptionStorage<Subscriber, Options>

        init(_ storage: SubscriptionStorage<Subscriber, Options>) { self.storage = storage }

        @inlinable
        func forEachMatch<E: Error>(
            _ topic: borrowing TopicView,
            _ body: (Match) throws(E) -> Void
        ) throws(E) {
            try storage.forEachMatch(topic, choosing: nil, body)
        }
    }

    @usableFromInline let box: Box

    init(storage: SubscriptionStorage<Subscriber, Options>) { box = Box(storage) }

    /// Calls `body` once for every subscription whose filter matches `topic`.
    @inlinable
    public func forEachMatch<E: Error>(
        _ topic: borrowing TopicView,
        _ body: (Match) throws(E) -> Void
    ) throws(E) {
        try box.forEachMatch(topic, body)
    }

    /// How much the index held.
    public var statistics: SubscriptionStatistics { box.storage.statistics }
}

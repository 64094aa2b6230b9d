/// A ``SubscriptionIndex`` as it was at one moment: immutable, free to pass between threads.
public struct SubscriptionSnapshot<Subscriber: Hashable & Sendable, Options: Sendable>: Sendable {
    /// What ``forEachMatch(_:_:)`` hands out.
    public typealias Match = SubscriptionMatch<Subscriber, Options>

    /// A reference, so that handing a snapshot on, or matching in one, copies a word.
    ///
    /// The storage stands behind a pointer, which is read without asking whether anybody writes. It
    /// is written once, before anybody else has the reference.
    @usableFromInline
    @safe
    final class Box: @unchecked Sendable {
        @usableFromInline let pointer:
            UnsafeMutablePointer<
                SubscriptionStorage<Subscriber, Options>
            >

        init(_ storage: consuming SubscriptionStorage<Subscriber, Options>) {
            unsafe pointer = .allocate(capacity: 1)
            unsafe pointer.initialize(to: storage)
        }

        deinit {
            unsafe pointer.deinitialize(count: 1)
            unsafe pointer.deallocate()
        }

        var statistics: SubscriptionStatistics { unsafe pointer.pointee.statistics }

        @inlinable
        func forEachMatch<E: Error>(
            _ topic: borrowing TopicView,
            _ body: (Match) throws(E) -> Void
        ) throws(E) {
            try unsafe pointer.pointee.forEachMatch(topic, choosing: nil, body)
        }
    }

    @usableFromInline let box: Box

    init(storage: consuming SubscriptionStorage<Subscriber, Options>) {
        box = Box(storage)
    }

    /// Calls `body` once for every subscription whose filter matches `topic`.
    @inlinable
    public func forEachMatch<E: Error>(
        _ topic: borrowing TopicView,
        _ body: (Match) throws(E) -> Void
    ) throws(E) {
        try box.forEachMatch(topic, body)
    }

    /// How much the index held.
    public var statistics: SubscriptionStatistics { box.statistics }
}

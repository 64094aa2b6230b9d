/// The state behind an index and its snapshots.
@usableFromInline
struct SubscriptionStorage<Subscriber: Hashable & Sendable, Options: Sendable>: Sendable {
    @usableFromInline
    struct Entry: Sendable {
        @usableFromInline var filter: SubscriptionFilter
        @usableFromInline var subscriber: Subscriber
        @usableFromInline var options: Options
    }
    @usableFromInline var entries: [Entry] = []
    @usableFromInline let dialect: TopicDialect
    let limits: SubscriptionLimits

    init(dialect: TopicDialect, limits: SubscriptionLimits, seed: UInt64) {
        self.dialect = dialect
        self.limits = limits
    }

    func position(_ filter: SubscriptionFilter, _ subscriber: Subscriber) -> Int? {
        entries.firstIndex { $0.filter == filter && $0.subscriber == subscriber }
    }

    mutating func insert(
        _ filter: SubscriptionFilter,
        _ subscriber: Subscriber,
        _ options: Options
    ) throws(SubscriptionLimitError) -> Options? {
        if let i = position(filter, subscriber) {
            let old = entries[i].options
            entries[i].options = options
            return old
        }
        guard entries.count < limits.maximumSubscriptions else {
            throw .tooManySubscriptions(limit: limits.maximumSubscriptions)
        }
        guard filter.topicFilter.levelCount <= limits.maximumFilterLevels else {
            throw .tooManyLevels(limit: limits.maximumFilterLevels)
        }
        entries.append(Entry(filter: filter, subscriber: subscriber, options: options))
        return nil
    }

    mutating func remove(_ filter: SubscriptionFilter, _ subscriber: Subscriber) -> Options? {
        position(filter, subscriber).map { entries.remove(at: $0).options }
    }

    mutating func removeAll(of subscriber: Subscriber) -> Int {
        let before = entries.count
        entries.removeAll { $0.subscriber == subscriber }
        return before - entries.count
    }

    func options(of filter: SubscriptionFilter, _ subscriber: Subscriber) -> Options? {
        position(filter, subscriber).map { entries[$0].options }
    }

    @inlinable
    func forEachMatch<E: Error>(
        _ topic: borrowing TopicView,
        _ body: (SubscriptionMatch<Subscriber, Options>) throws(E) -> Void
    ) throws(E) {
        for entry in entries where entry.filter.topicFilter.matches(topic, dialect: dialect) {
            try body(
                SubscriptionMatch(
                    subscriber: entry.subscriber,
                    options: entry.options,
                    filter: FilterIdentifier(rawValue: 0),
                    group: entry.filter.shareName.map { _ in ShareGroupIdentifier(rawValue: 0) }
                )
            )
        }
    }

    var statistics: SubscriptionStatistics {
        SubscriptionStatistics(
            subscriptions: entries.count,
            filters: 0,
            subscribers: 0,
            shareGroups: 0
        )
    }
}

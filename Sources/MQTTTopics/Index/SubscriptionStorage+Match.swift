extension SubscriptionStorage {
    @inlinable
    func forEachMatch<E: Error>(
        _ topic: borrowing TopicView,
        choosing choose: ((ShareGroupIdentifier, Int) throws(E) -> Int)?,
        _ body: (SubscriptionMatch<Subscriber, Options>) throws(E) -> Void
    ) throws(E) {
        var matches = FilterStore.Matches()
        filters.match(topic.bytes, into: &matches)
        if matches.count > 0 { try handOut(matches, choose, body) }
        guard filters.hasCrowd, var walk = filters.walk(topic.bytes) else { return }
        while filters.next(&walk, topic.bytes, into: &matches) {
            try handOut(matches, choose, body)
        }
    }

    @inlinable
    @inline(__always)
    func handOut<E: Error>(
        _ matches: borrowing FilterStore.Matches,
        _ choose: ((ShareGroupIdentifier, Int) throws(E) -> Int)?,
        _ body: (SubscriptionMatch<Subscriber, Options>) throws(E) -> Void
    ) throws(E) {
        // A span: the optimiser copies the whole array for each element that is read otherwise.
        let found = matches.found.span
        for i in 0..<matches.count {
            let entry = found[i]
            let record = UInt32(truncatingIfNeeded: entry & ~FilterStore.Matches.hasSide)
            let filter = FilterIdentifier(rawValue: record)
            var newest = UInt32(truncatingIfNeeded: entry >> 32)
            if entry & FilterStore.Matches.hasSide != 0 {
                newest = filters.newestOfSide(record)
                try forEachShared(record, choose, body)
            }
            try forEach(newest, filter, nil, body)
        }
    }

    /// A list of subscriptions from its newest.
    @inlinable
    @inline(__always)
    func forEach<E: Error>(
        _ newest: UInt32,
        _ filter: FilterIdentifier,
        _ group: ShareGroupIdentifier?,
        _ body: (SubscriptionMatch<Subscriber, Options>) throws(E) -> Void
    ) throws(E) {
        var number = newest & ~FilterStore.hasMore
        guard number != 0 else { return }
        let hasMore = newest & FilterStore.hasMore != 0
        while true {
            let payload = payload(number)
            try body(
                SubscriptionMatch(
                    subscriber: payload.subscriber,
                    options: payload.options,
                    filter: filter,
                    group: group
                )
            )
            guard hasMore else { return }
            number = links.next(number)
            if number == 0 { return }
        }
    }

    /// The share groups of one filter.
    @inlinable
    @inline(never)
    func forEachShared<E: Error>(
        _ record: UInt32,
        _ choose: ((ShareGroupIdentifier, Int) throws(E) -> Int)?,
        _ body: (SubscriptionMatch<Subscriber, Options>) throws(E) -> Void
    ) throws(E) {
        var group = filters.nextGroup(after: 0, of: record)
        let filter = FilterIdentifier(rawValue: record)
        while group != 0 {
            let identifier = ShareGroupIdentifier(rawValue: group)
            let newest = filters.newestMember(of: group)
            if let choose {
                let count = filters.memberCount(of: group)
                let position = try choose(identifier, count)
                if position >= 0, position < count {
                    var number = newest & ~FilterStore.hasMore
                    for _ in 0..<position { number = next(number) }
                    try forEach(number, filter, identifier, body)
                }
            } else {
                try forEach(newest, filter, identifier, body)
            }
            group = filters.nextGroup(after: group, of: record)
        }
    }
}

/// The state behind an index and its snapshots.
///
/// Not copyable, so that the compiler cannot copy it for a match: its references, counted
/// up and down, were a third of a match's instructions. ``shared()`` makes the copies that are meant.
@usableFromInline
struct SubscriptionStorage<Subscriber: Hashable & Sendable, Options: Sendable>: ~Copyable, Sendable
{
    /// What is stored for a subscription.
    @usableFromInline
    struct Payload: Sendable {
        @usableFromInline let subscriber: Subscriber
        @usableFromInline var options: Options

        @inlinable
        init(subscriber: Subscriber, options: Options) {
            self.subscriber = subscriber
            self.options = options
        }
    }

    @usableFromInline var filters: FilterStore
    @usableFromInline var links = LinkPool()
    /// By the numbers of `links`.
    @usableFromInline var payloads = Pages<Payload?>()
    /// Each subscriber's oldest subscription.
    @usableFromInline var subscribers = SegmentTable()
    @usableFromInline let limits: SubscriptionLimits
    /// Keeps the looks ahead from being optimised away.
    @usableFromInline var touched: UInt32 = 0

    @usableFromInline
    init(dialect: TopicDialect, limits: SubscriptionLimits, seed: UInt64) {
        filters = FilterStore(dialect: dialect, seed: seed)
        self.limits = limits
    }

    /// What `other` holds; both share it until one side writes.
    private init(sharing other: borrowing Self) {
        filters = FilterStore(sharing: other.filters)
        links = other.links
        payloads = other.payloads
        subscribers = other.subscribers
        limits = other.limits
    }

    // MARK: Lookup

    @inlinable
    @inline(__always)
    func payload(_ number: UInt32) -> Payload {
        // Numbers come out of the index itself; whether the place is taken is asked below.
        let page = unsafe payloads.existingPage(Int(number >> 8))
        guard let payload = unsafe page[Int(number & 255)] else {
            preconditionFailure("no such subscription")
        }
        return payload
    }

    @inlinable
    static func hash(_ subscriber: Subscriber) -> UInt32 {
        // Seeded like `Hasher`, and quicker for one integer.
        UInt32(truncatingIfNeeded: subscriber.hashValue)
    }

    /// A subscriber's oldest subscription, 0 where there is none.
    @inlinable
    func oldest(of subscriber: Subscriber, _ hash: UInt32) -> UInt32 {
        let payloads = payloads.reader
        return subscribers.first(hash) { number in
            unsafe payloads.page(Int(number >> 8))[Int(number & 255)]?.subscriber == subscriber
        }
    }

    /// What is known of a filter before it is changed.
    @usableFromInline
    struct Place {
        @usableFromInline let key: FilterKey
        @usableFromInline let record: UInt32
        /// The filter's record or share group that the subscription hangs on, 0 where there is none.
        @usableFromInline let owner: UInt32
    }

    @usableFromInline
    func place(_ filter: SubscriptionFilter, _ key: FilterKey) -> Place {
        let record = filters.find(filter.topicFilter, key)
        guard record != 0, let name = filter.shareName else {
            return Place(key: key, record: record, owner: record)
        }
        return Place(key: key, record: record, owner: filters.group(named: name, of: record))
    }

    /// One subscription, looked for in its owner's list and its subscriber's list by turns, so that
    /// the shorter one bounds the time.
    @inlinable
    func find(_ owner: UInt32, _ subscriber: Subscriber, oldest: UInt32) -> UInt32 {
        guard owner != 0, oldest != 0 else { return 0 }
        var a = newest(of: owner)
        var b = oldest
        while a != 0, b != 0 {
            if payload(a).subscriber == subscriber { return a }
            if self.owner(of: b) == owner { return b }
            a = next(a)
            b = nextOfSubscriber(b)
        }
        return 0
    }

    @usableFromInline
    func newest(of owner: UInt32) -> UInt32 {
        filters.newest(of: owner) & ~FilterStore.hasMore
    }
    @usableFromInline
    func owner(of number: UInt32) -> UInt32 { links[number].owner }
    @usableFromInline
    func next(_ number: UInt32) -> UInt32 { links.next(number) }
    @usableFromInline
    func nextOfSubscriber(_ number: UInt32) -> UInt32 { links[number].nextOfSubscriber }

    // MARK: Change

    @usableFromInline
    func key(_ filter: SubscriptionFilter) -> FilterKey { filters.key(filter.topicFilter) }

    /// Reads what a change of a filter and a subscriber will need, so that the cache misses of both
    /// overlap: the buckets of both tables, then the record and the links that stand there.
    ///
    /// - Returns: the number that is probably the subscriber's oldest subscription, or 0.
    @usableFromInline
    mutating func lookAhead(_ key: FilterKey, _ hash: UInt32) -> UInt32 {
        let bucket = unsafe subscribers.bucket(hash)
        let other = unsafe filters.table.bucket(key.hash)
        let number = unsafe SegmentTable.probable(bucket, hash)
        let record = unsafe SegmentTable.probable(other, key.hash)
        if number != 0 { touched &+= links[number].owner }
        if record != 0 { touched &+= filters.touch(record) }
        return number
    }

    @inlinable
    mutating func insert(
        _ filter: SubscriptionFilter,
        _ subscriber: Subscriber,
        _ options: Options
    ) throws(SubscriptionLimitError) -> Options? {
        let hash = Self.hash(subscriber)
        let key = key(filter)
        _ = lookAhead(key, hash)
        let oldest = oldest(of: subscriber, hash)
        let place = place(filter, key)
        let known = find(place.owner, subscriber, oldest: oldest)
        if known != 0 { return exchange(known, options) }
        let (number, newPage) = try link(filter, place, after: oldest)
        if let newPage { payloads.add(newPage, capacity: LinkPool.pageSize, repeating: nil) }
        unsafe payloads.mutablePage(Int(number >> 8))[Int(number & 255)] = Payload(
            subscriber: subscriber,
            options: options
        )
        if oldest == 0 {
            let reader = payloads.reader
            subscribers.insert(hash, number) { Self.hash($0, reader) }
        }
        return nil
    }

    @inlinable
    mutating func exchange(_ number: UInt32, _ options: Options) -> Options? {
        let page = unsafe payloads.mutablePage(Int(number >> 8))
        let old = unsafe page[Int(number & 255)]?.options
        unsafe page[Int(number & 255)]?.options = options
        return old
    }

    @inlinable
    mutating func remove(_ filter: SubscriptionFilter, _ subscriber: Subscriber) -> Options? {
        let hash = Self.hash(subscriber)
        let key = key(filter)
        let probable = lookAhead(key, hash)
        if probable != 0 { look(at: probable) }
        let oldest = oldest(of: subscriber, hash)
        let number = find(place(filter, key).owner, subscriber, oldest: oldest)
        guard number != 0 else { return nil }
        if number == oldest {
            let next = nextOfSubscriber(number)
            if next == 0 {
                let reader = payloads.reader
                subscribers.remove(hash, number) { Self.hash($0, reader) }
            } else {
                subscribers.replace(hash, number, with: next)
            }
        }
        return free(number, key)
    }

    /// Reads a subscription that will be needed.
    @inlinable
    @inline(__always)
    mutating func look(at number: UInt32) {
        let payload = unsafe payloads.page(Int(number >> 8)) + Int(number & 255)
        touched &+= unsafe payload.pointee == nil ? 1 : 0
    }

    @inlinable
    mutating func removeAll(of subscriber: Subscriber) -> Int {
        let hash = Self.hash(subscriber)
        var number = oldest(of: subscriber, hash)
        guard number != 0 else { return 0 }
        let reader = payloads.reader
        subscribers.remove(hash, number) { Self.hash($0, reader) }
        var count = 0
        while number != 0 {
            let next = nextOfSubscriber(number)
            _ = free(number, nil)
            count += 1
            number = next
        }
        return count
    }

    /// Unlinks a subscription, gives its place back and hands out its options.
    ///
    /// `key` is its filter's, where it is known.
    @inlinable
    mutating func free(_ number: UInt32, _ key: FilterKey?) -> Options? {
        let page = Int(number >> 8)
        let slot = unsafe payloads.mutablePage(page) + Int(number & 255)
        let options = unsafe slot.pointee?.options
        unsafe slot.pointee = nil
        if unlink(number, key) { payloads.remove(page) }
        return options
    }

    /// The hash of a subscription's subscriber.
    @inlinable
    @inline(__always)
    static func hash(_ number: UInt32, _ payloads: Pages<Payload?>.Reader) -> UInt32 {
        unsafe payloads.page(Int(number >> 8))[Int(number & 255)].map { hash($0.subscriber) } ?? 0
    }

    // MARK: Listing

    @inlinable
    func options(of filter: SubscriptionFilter, _ subscriber: Subscriber) -> Options? {
        let oldest = oldest(of: subscriber, Self.hash(subscriber))
        let number = find(place(filter, key(filter)).owner, subscriber, oldest: oldest)
        return number == 0 ? nil : payload(number).options
    }

    @inlinable
    func forEachSubscription<E: Error>(
        of subscriber: Subscriber,
        _ body: (SubscriptionFilter, Options) throws(E) -> Void
    ) throws(E) {
        var number = oldest(of: subscriber, Self.hash(subscriber))
        while number != 0 {
            try body(subscriptionFilter(owner(of: number)), payload(number).options)
            number = nextOfSubscriber(number)
        }
    }

    @usableFromInline
    func topicFilter(_ record: UInt32) -> TopicFilter {
        let bytes = filters.text(of: record)
        return TopicFilter(alreadyChecked: bytes)
    }

    @usableFromInline
    func subscriptionFilter(_ owner: UInt32) -> SubscriptionFilter {
        let filter = topicFilter(filters.filter(of: owner))
        guard filters.isGroup(owner) else { return .nonShared(filter) }
        let name = ShareName(checked: filters.name(of: owner))
        return .shared(SharedSubscription(shareName: name, topicFilter: filter))
    }

    // MARK: Links

    /// A new subscription in its owner's list and behind its subscriber's oldest.
    @usableFromInline
    mutating func link(
        _ filter: SubscriptionFilter,
        _ place: Place,
        after oldest: UInt32
    ) throws(SubscriptionLimitError) -> (number: UInt32, newPage: Int?) {
        guard links.count < limits.maximumSubscriptions, filters.hasRoom else {
            throw .tooManySubscriptions(limit: limits.maximumSubscriptions)
        }
        guard filter.topicFilter.levelCount <= limits.maximumFilterLevels else {
            throw .tooManyLevels(limit: limits.maximumFilterLevels)
        }
        let record = place.record != 0 ? place.record : filters.add(filter.topicFilter, place.key)
        let owner = filter.shareName.map { filters.findOrAddGroup(named: $0, of: record) } ?? record
        let (number, newPage) = links.allocate()
        var link = SubscriptionLink()
        link.owner = owner
        link.next = newest(of: owner)
        if link.next != 0 { unsafe links.mutable(link.next).pointee.previous = number }
        if oldest != 0 {
            let second = links[oldest].nextOfSubscriber
            link.nextOfSubscriber = second
            link.previousOfSubscriber = oldest
            unsafe links.mutable(oldest).pointee.nextOfSubscriber = number
            if second != 0 { unsafe links.mutable(second).pointee.previousOfSubscriber = number }
        }
        links[number] = link
        filters.setNewest(
            of: owner,
            link.next == 0 ? number : number | FilterStore.hasMore,
            membersBy: 1
        )
        return (number, newPage)
    }

    /// Takes a subscription out of both lists.
    ///
    /// - Returns: whether its page of numbers went away with it.
    @usableFromInline
    mutating func unlink(_ number: UInt32, _ key: FilterKey?) -> Bool {
        let link = links[number]
        if link.nextOfSubscriber != 0 {
            unsafe links.mutable(link.nextOfSubscriber).pointee.previousOfSubscriber =
                link.previousOfSubscriber
        }
        if link.previousOfSubscriber != 0 {
            unsafe links.mutable(link.previousOfSubscriber).pointee.nextOfSubscriber =
                link.nextOfSubscriber
        }
        if link.next != 0 { unsafe links.mutable(link.next).pointee.previous = link.previous }
        if link.previous != 0 {
            unsafe links.mutable(link.previous).pointee.next = link.next
        }
        var first = newest(of: link.owner)
        if first == number { first = link.next }
        if first != 0, links[first].next != 0 { first |= FilterStore.hasMore }
        filters.setNewest(of: link.owner, first, membersBy: -1)
        filters.removeIfEmpty(link.owner, key)
        return links.free(number) != nil
    }

    /// A copy that shares everything until one side writes.
    func shared() -> Self {
        filters.markShared()
        links.pages.markShared()
        payloads.markShared()
        subscribers.pages.markShared()
        return Self(sharing: self)
    }

    var statistics: SubscriptionStatistics {
        SubscriptionStatistics(
            subscriptions: links.count,
            filters: filters.count,
            subscribers: subscribers.count,
            shareGroups: filters.groupCount,
            byteCount: filters.byteCount + links.byteCount + payloads.byteCount
                + subscribers.byteCount,
            crowdedFilters: filters.crowdCount
        )
    }
}

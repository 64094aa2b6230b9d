import Synchronization

/// The filters of an index: found by text, found by topic, without knowing what a subscriber is.
///
/// A filter's record is three words and its text:
///
///     word 0   24 bits of the filter's hash, 8 flags
///     word 1   the newest subscription, bit 31 set where there are more; or the side record
///     word 2   lower half: the text's length; the text follows from byte 10
///
/// A record in the crowd has one word more at its end, its block.
/// A filter with share groups has a side record: newest subscription, newest group. A share group's
/// record: flags, newest member, filter, next group, members, length of the name, the name.
@usableFromInline
struct FilterStore: ~Copyable, Sendable {
    @usableFromInline typealias Record = UInt32

    static let inCrowd: UInt32 = 1
    static let hasSide: UInt32 = 2
    static let isGroup: UInt32 = 4
    static let isDeep: UInt32 = 8
    static let hashBits: UInt32 = 0xFFFF_FF00
    static let textOffset = 10
    private static let groupWords = 6

    /// Set in a subscription number where more follow.
    @usableFromInline static let hasMore: UInt32 = 1 << 31

    var heap = RecordHeap()
    var table = SegmentTable()
    var shapes = ShapeDirectory()
    var crowd = FilterCrowd()
    let hasher: LevelHasher
    let dialect: TopicDialect
    private(set) var groupCount = 0
    /// Never read: an atomic has an address, and so has what contains it.
    ///
    /// All 300 bytes of the store are otherwise copied to the stack for each call that borrows it.
    private let address = Atomic<UInt8>(0)

    init(dialect: TopicDialect, seed: UInt64) {
        self.dialect = dialect
        hasher = LevelHasher(seed: seed)
    }

    /// What `other` holds; both share it until one side writes.
    init(sharing other: borrowing Self) {
        heap = other.heap
        table = other.table
        shapes = other.shapes
        crowd = other.crowd
        hasher = other.hasher
        dialect = other.dialect
        groupCount = other.groupCount
        hasCrowd = other.hasCrowd
    }

    var count: Int { table.count }
    var byteCount: Int {
        heap.byteCount + table.byteCount + crowd.byteCount + shapes.byteCount
    }
    var hasRoom: Bool { heap.hasRoom }

    /// Filters that the crowd holds.
    var crowdCount: Int { crowd.count }
    /// Whether the crowd holds any.
    @usableFromInline private(set) var hasCrowd = false

    /// Has to be called before this value is copied.
    func markShared() {
        heap.pages.markShared()
        table.pages.markShared()
        crowd.pages.markShared()
        shapes.pages.markShared()
    }

    // MARK: Filters by text

    /// The key of a filter.
    func key(_ filter: TopicFilter) -> FilterKey {
        unsafe filter.bytes.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { preconditionFailure("an empty filter") }
            return unsafe FilterKey(bytes, count: buffer.count, hasher)
        }
    }

    /// The record of a filter, 0 where there is none.
    func find(_ filter: TopicFilter, _ key: FilterKey) -> Record {
        unsafe filter.bytes.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { preconditionFailure("an empty filter") }
            return unsafe find(bytes, count: buffer.count, key)
        }
    }

    /// Reads the beginning of a record and of its page.
    @inline(__always)
    func touch(_ record: Record) -> UInt32 {
        let page = unsafe heap.pages.page(Int(record >> 10))
        return unsafe page[0] &+ page[Int(record & 1023)]
    }

    private func find(_ bytes: UnsafePointer<UInt8>, count: Int, _ key: FilterKey) -> Record {
        let reader = heap.pages.reader
        return table.first(key.hash) { record in
            let page = unsafe reader.page(Int(record >> 10))
            let words = unsafe UnsafePointer(page + Int(record & 1023))
            guard unsafe (words[0] ^ key.hash) & Self.hashBits == 0,
                unsafe Self.length(words) == count
            else { return false }
            return unsafe Bytes.isEqual(Self.text(words), bytes, count: count)
        }
    }

    /// Makes the record of a filter that has none.
    mutating func add(_ filter: TopicFilter, _ key: FilterKey) -> Record {
        unsafe filter.bytes.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { preconditionFailure("an empty filter") }
            return unsafe add(bytes, count: buffer.count, key)
        }
    }

    private mutating func add(
        _ bytes: UnsafePointer<UInt8>,
        count: Int,
        _ key: FilterKey
    ) -> Record {
        let size = (Self.textOffset + count + 3) / 4
        let goesToCrowd = key.isDeep || !shapes.add(key.shape, to: key.bucket)
        let record = heap.allocate(words: goesToCrowd ? size + 1 : size)
        var flags: UInt32 = 0
        if goesToCrowd {
            hasCrowd = true
            flags = key.isDeep ? Self.inCrowd | Self.isDeep : Self.inCrowd
            heap[record, size] = unsafe crowd.insert(
                bytes,
                count: count,
                record: record,
                bucket: key.bucket,
                hasher
            )
        }
        let words = unsafe heap.mutableWords(record)
        unsafe words[0] = key.hash & Self.hashBits | flags
        unsafe words[2] = UInt32(count)
        unsafe UnsafeMutableRawPointer(words).advanced(by: Self.textOffset)
            .copyMemory(from: bytes, byteCount: count)
        let reader = heap.pages.reader
        table.insert(key.hash, record) { unsafe reader.page(Int($0 >> 10))[Int($0 & 1023)] }
        return record
    }

    private mutating func removeFilter(_ record: Record, _ key: FilterKey?) {
        let words = unsafe heap.words(record)
        let count = unsafe Self.length(words)
        let key = unsafe key ?? FilterKey(Self.text(words), count: count, hasher)
        if unsafe words[0] & Self.inCrowd != 0 {
            let block = unsafe words[(Self.textOffset + count + 3) / 4]
            crowd.remove(record: record, from: block, bucket: key.bucket)
            hasCrowd = crowd.count > 0
        } else {
            shapes.remove(key.shape, from: key.bucket)
        }
        let reader = heap.pages.reader
        table.remove(key.hash, record) { unsafe reader.page(Int($0 >> 10))[Int($0 & 1023)] }
        heap.free(record)
    }

    @inline(__always)
    static func length(_ words: UnsafePointer<UInt32>) -> Int {
        unsafe Int(words[2] & 0xFFFF)
    }

    @inline(__always)
    static func text(_ words: UnsafePointer<UInt32>) -> UnsafePointer<UInt8> {
        unsafe UnsafeRawPointer(words).advanced(by: textOffset).assumingMemoryBound(to: UInt8.self)
    }

    /// A filter's bytes.
    func text(of record: Record) -> [UInt8] {
        let words = unsafe heap.words(record)
        return unsafe Array(UnsafeBufferPointer(start: Self.text(words), count: Self.length(words)))
    }

    // MARK: Share groups

    private func firstGroup(of record: Record) -> Record {
        let words = unsafe heap.words(record)
        return unsafe words[0] & Self.hasSide == 0 ? 0 : heap[words[1], 1]
    }

    /// The share group of a filter, 0 where there is none.
    func group(named name: ShareName, of record: Record) -> Record {
        var group = firstGroup(of: record)
        while group != 0, self.name(of: group) != name.bytes { group = heap[group, 3] }
        return group
    }

    /// A share group's name.
    func name(of group: Record) -> [UInt8] {
        let words = unsafe heap.words(group)
        let text = unsafe UnsafeRawPointer(words + Self.groupWords)
            .assumingMemoryBound(to: UInt8.self)
        return unsafe Array(UnsafeBufferPointer(start: text, count: Int(words[5])))
    }

    /// The share group of a filter, made where there is none.
    mutating func findOrAddGroup(named name: ShareName, of record: Record) -> Record {
        let known = group(named: name, of: record)
        if known != 0 { return known }
        if heap[record, 0] & Self.hasSide == 0 {
            let side = heap.allocate(words: 3)
            heap[side, 0] = heap[record, 1]
            heap[record, 1] = side
            heap[record, 0] |= Self.hasSide
        }
        let side = heap[record, 1]
        let group = heap.allocate(words: Self.groupWords + (name.bytes.count + 3) / 4)
        let words = unsafe heap.mutableWords(group)
        unsafe words[0] = Self.isGroup
        unsafe words[2] = record
        unsafe words[5] = UInt32(name.bytes.count)
        for (i, byte) in name.bytes.enumerated() {
            unsafe UnsafeMutableRawPointer(words + Self.groupWords)
                .storeBytes(of: byte, toByteOffset: i, as: UInt8.self)
        }
        heap[group, 3] = heap[side, 1]
        heap[side, 1] = group
        groupCount += 1
        return group
    }

    private mutating func removeGroup(_ group: Record, _ key: FilterKey?) {
        let record = heap[group, 2]
        let side = heap[record, 1]
        let next = heap[group, 3]
        if heap[side, 1] == group {
            heap[side, 1] = next
        } else {
            var before = heap[side, 1]
            while heap[before, 3] != group { before = heap[before, 3] }
            heap[before, 3] = next
        }
        heap.free(group)
        groupCount -= 1
        guard heap[side, 1] == 0 else { return }
        let newest = heap[side, 0]
        heap[record, 1] = newest
        heap[record, 0] &= ~Self.hasSide
        heap.free(side)
        if newest == 0 { removeFilter(record, key) }
    }

    // MARK: Owners of subscriptions: filters and groups

    /// The filter of an owner.
    func filter(of owner: Record) -> Record {
        isGroup(owner) ? heap[owner, 2] : owner
    }

    /// Whether an owner is a share group.
    @usableFromInline
    func isGroup(_ owner: Record) -> Bool { heap[owner, 0] & Self.isGroup != 0 }

    /// An owner's newest subscription, with ``hasMore``; 0 where there is none.
    func newest(of owner: Record) -> UInt32 {
        let words = unsafe heap.words(owner)
        return unsafe words[0] & Self.hasSide == 0 ? words[1] : heap[words[1], 0]
    }

    /// Sets an owner's newest subscription.
    mutating func setNewest(of owner: Record, _ value: UInt32, membersBy change: Int32) {
        let flags = heap[owner, 0]
        if flags & Self.hasSide == 0 {
            heap[owner, 1] = value
        } else {
            heap[heap[owner, 1], 0] = value
        }
        guard flags & Self.isGroup != 0, change != 0 else { return }
        heap[owner, 4] = UInt32(bitPattern: Int32(bitPattern: heap[owner, 4]) + change)
    }

    /// Drops an owner that has no subscription any more.
    ///
    /// `key` is its filter's, where it is known.
    mutating func removeIfEmpty(_ owner: Record, _ key: FilterKey?) {
        guard newest(of: owner) == 0 else { return }
        if isGroup(owner) {
            removeGroup(owner, key)
        } else if firstGroup(of: owner) == 0 {
            removeFilter(owner, key)
        }
    }

    /// The groups of a record, for a match: the group after `group`, or the first.
    @usableFromInline
    func nextGroup(after group: Record, of record: Record) -> Record {
        group == 0 ? firstGroup(of: record) : heap[group, 3]
    }

    /// A share group's newest member, with ``hasMore``.
    @usableFromInline
    func newestMember(of group: Record) -> UInt32 { heap[group, 1] }

    /// How many members a share group has.
    @usableFromInline
    func memberCount(of group: Record) -> Int { Int(heap[group, 4]) }

    /// A filter's newest ordinary subscription where the record has a side record.
    @usableFromInline
    func newestOfSide(_ record: Record) -> UInt32 { heap[heap[record, 1], 0] }
}

/// The index's second structure: filters in blocks of 64, matched all at once with bit masks.
///
/// It takes the filters whose shapes are too many for the hash table, which only somebody who wants
/// to do harm has, and those too deep for a shape. A block holds, for each level, the filters that
/// have `+` there, and each literal once with the filters that have it there; a topic is matched by
/// one pass over the levels that keeps a mask of the filters still alive, and stops when none is.
/// The literals' bytes are compared, so that a filter that comes out does match.
///
/// Why no trie: a match in a trie visits up to 2 to the power of the levels nodes, one cache miss
/// each (measured: 220 µs for the 4,096 filters made of `a` and `+`, at 162 bytes each).
///
/// A block is a page:
///
///     word 0            filters that are there
///     word 1            filters that end in `#`, or are cut at 64 levels
///     words 2...65      filters that end at that level
///     words 66...129    filters with `+` at that level
///     words 130...161   records, two to a word
///     word 162          words in use, and from there entries in the order of their levels:
///                       hash and level and length, mask, text
struct FilterCrowd: Sendable {
    static let maximumLevels = LevelHasher.maximumLevels
    private static let alive = 0
    private static let open = 1
    private static let ends = 2
    private static let pluses = 66
    private static let records = 130
    private static let end = 162
    private static let entries = 163

    private(set) var pages = Pages<UInt64>()
    private var freePages: [UInt32] = []
    private var pageCount: UInt32 = 0
    /// The blocks of each bucket of the shape directory.
    private(set) var buckets = [[UInt32]](repeating: [], count: 257)
    private(set) var count = 0

    var byteCount: Int { pages.byteCount }

    // MARK: Change

    /// Adds a filter that is not there, of one level at least.
    ///
    /// - Returns: the block that took it.
    mutating func insert(
        _ bytes: UnsafePointer<UInt8>,
        count length: Int,
        record: UInt32,
        bucket: Int,
        _ hasher: LevelHasher
    ) -> UInt32 {
        count += 1
        let page = blockWithRoom(bucket)
        let words = unsafe pages.mutablePage(Int(page))
        let slot = unsafe (~words[Self.alive]).trailingZeroBitCount
        let bit = UInt64(1) << UInt64(slot)
        unsafe words[Self.alive] |= bit
        let half = UInt64(slot & 1) * 32
        unsafe words[Self.records + slot / 2] &= ~(0xFFFF_FFFF << half)
        unsafe words[Self.records + slot / 2] |= UInt64(record) << half
        var level = 0
        var start = 0
        while start <= length {
            let end = unsafe Bytes.levelEnd(bytes, from: start, count: length)
            let first = end == start + 1 ? unsafe bytes[start] : 0
            if first == TopicSyntax.hash || level == Self.maximumLevels {
                let words = unsafe pages.mutablePage(Int(page))
                unsafe words[Self.open] |= bit
                break
            }
            if first == TopicSyntax.plus {
                unsafe pages.mutablePage(Int(page))[Self.pluses + level] |= bit
            } else {
                unsafe addLiteral(page, level, bytes, start..<end, bit, hasher)
            }
            level += 1
            start = end + 1
        }
        unsafe pages.mutablePage(Int(page))[Self.ends + level - 1] |= bit
        return page
    }

    private mutating func blockWithRoom(_ bucket: Int) -> UInt32 {
        for page in buckets[bucket].suffix(4).reversed()
        where unsafe pages.page(Int(page))[Self.alive] != ~0 { return page }
        let page: UInt32
        if let last = freePages.popLast() {
            page = last
        } else {
            page = pageCount
            pageCount += 1
        }
        pages.add(Int(page), capacity: 256, repeating: 0)
        unsafe pages.mutablePage(Int(page))[Self.end] = UInt64(Self.entries)
        buckets[bucket].append(page)
        return page
    }

    /// Level, length and hash of an entry as its first word.
    @inline(__always)
    private static func head(_ level: Int, _ length: Int, _ hash: UInt64) -> UInt64 {
        UInt64(level) << 56 | UInt64(length) << 40 | hash & 0xFF_FFFF_FFFF
    }

    @inline(__always)
    private static func size(_ head: UInt64) -> Int { 2 + (Int(head >> 40 & 0xFFFF) + 7) / 8 }

    private mutating func addLiteral(
        _ page: UInt32,
        _ level: Int,
        _ bytes: UnsafePointer<UInt8>,
        _ range: Range<Int>,
        _ bit: UInt64,
        _ hasher: LevelHasher
    ) {
        let hash = unsafe hasher.level(bytes, range, place: level, of: range.upperBound)
        let head = Self.head(level, range.count, hash)
        var words = unsafe pages.mutablePage(Int(page))
        let end = unsafe Int(words[Self.end])
        var at = Self.entries
        while at < end, unsafe words[at] >> 56 <= UInt64(level) {
            if unsafe words[at] == head, unsafe Self.isText(words + at + 2, bytes, range) {
                unsafe words[at + 1] |= bit
                return
            }
            at += Self.size(unsafe words[at])
        }
        let size = Self.size(head)
        reserve(page, end + size)
        unsafe words = pages.mutablePage(Int(page))
        unsafe (words + at + size).update(from: words + at, count: end - at)
        unsafe (words + at).update(repeating: 0, count: size)
        unsafe words[at] = head
        unsafe words[at + 1] = bit
        unsafe UnsafeMutableRawPointer(words + at + 2).copyMemory(
            from: bytes + range.lowerBound,
            byteCount: range.count
        )
        unsafe words[Self.end] = UInt64(end + size)
    }

    /// Puts a block into a bigger page where it does not fit.
    private mutating func reserve(_ page: UInt32, _ needed: Int) {
        let capacity = pages.capacity(Int(page))
        guard needed > capacity else { return }
        pages.resize(Int(page), to: max(needed, capacity + capacity / 2), filling: 0)
    }

    private static func isText(
        _ text: UnsafePointer<UInt64>,
        _ bytes: UnsafePointer<UInt8>,
        _ range: Range<Int>
    ) -> Bool {
        unsafe Bytes.isEqual(
            UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self),
            bytes + range.lowerBound,
            count: range.count
        )
    }

    /// Removes a filter that is there.
    mutating func remove(record: UInt32, from page: UInt32, bucket: Int) {
        let words = unsafe pages.mutablePage(Int(page))
        let slots = unsafe Self.slots(words[Self.alive])
        guard let slot = slots.first(where: { unsafe Self.record(words, $0) == record }) else {
            return
        }
        count -= 1
        let keep = ~(UInt64(1) << UInt64(slot))
        unsafe words[Self.alive] &= keep
        if slots.count == 1 {
            pages.remove(Int(page))
            freePages.append(page)
            buckets[bucket].removeAll { $0 == page }
            return
        }
        for word in Self.open..<Self.records { unsafe words[word] &= keep }
        unsafe Self.dropLiterals(words, keep)
    }

    private static func slots(_ mask: UInt64) -> [Int] {
        (0..<64).filter { mask >> UInt64($0) & 1 == 1 }
    }

    /// The record at a place of a block.
    @inline(__always)
    static func record(_ words: UnsafePointer<UInt64>, _ slot: Int) -> UInt32 {
        unsafe UInt32(truncatingIfNeeded: words[records + slot / 2] >> (UInt64(slot & 1) * 32))
    }

    private static func dropLiterals(_ words: UnsafeMutablePointer<UInt64>, _ keep: UInt64) {
        let end = unsafe Int(words[Self.end])
        var from = entries
        var to = entries
        while from < end {
            let size = size(unsafe words[from])
            unsafe words[from + 1] &= keep
            if unsafe words[from + 1] != 0 {
                unsafe (words + to).update(from: words + from, count: size)
                to += size
            }
            from += size
        }
        unsafe words[Self.end] = UInt64(to)
    }

    // MARK: Matching

    /// A topic's levels, found once for all blocks; not copyable, because copies of its 780 bytes for
    /// each block were a fifth of the time.
    struct Topic: ~Copyable {
        var hashes: InlineArray<64, UInt64> = InlineArray(repeating: 0)
        var starts: InlineArray<65, UInt32> = InlineArray(repeating: 0)
        /// Levels, of which the first 64 are known.
        var levels = 0
        var hasMore = false

        init(_ bytes: UnsafePointer<UInt8>, count: Int, _ hasher: LevelHasher) {
            var start = 0
            while start <= count, levels < maximumLevels {
                let end = unsafe Bytes.levelEnd(bytes, from: start, count: count)
                hashes[levels] =
                    unsafe hasher.level(bytes, start..<end, place: levels, of: count)
                    & 0xFF_FFFF_FFFF
                levels += 1
                start = end + 1
                starts[levels] = UInt32(start)
            }
            hasMore = start <= count
        }
    }

    /// The filters of one block that match, as a mask; those cut at 64 levels are still to be
    /// compared.
    func match(
        _ page: UInt32,
        _ topic: borrowing Topic,
        _ bytes: UnsafePointer<UInt8>,
        dialect: TopicDialect
    ) -> UInt64 {
        // Spans: the optimiser copies the whole arrays for each element that is read otherwise.
        let hashes = topic.hashes.span
        let starts = topic.starts.span
        let words = unsafe pages.page(Int(page))
        let end = unsafe Int(words[Self.end])
        var alive = unsafe words[Self.alive]
        var result: UInt64 = 0
        let open = unsafe words[Self.open]
        var at = Self.entries
        for level in 0..<topic.levels {
            var here = unsafe words[Self.pluses + level]
            while at < end {
                let head = unsafe words[at]
                guard head >> 56 <= UInt64(level) else { break }
                let length = Int(head >> 40 & 0xFFFF)
                let start = Int(starts[level])
                if head & 0xFF_FFFF_FFFF == hashes[level],
                    length == Int(starts[level + 1]) - start - 1,
                    unsafe Self.isText(words + at + 2, bytes, start..<(start + length))
                {
                    unsafe here |= words[at + 1]
                }
                at += Self.size(head)
            }
            alive &= here
            if alive == 0 { return result }
            let ending = unsafe words[Self.ends + level] & alive
            let isLast = level + 1 == topic.levels && !topic.hasMore
            if isLast {
                result |= dialect == .oasis ? ending : ending & ~open
            } else {
                result |= ending & open
                alive &= ~ending
            }
        }
        return result
    }
}

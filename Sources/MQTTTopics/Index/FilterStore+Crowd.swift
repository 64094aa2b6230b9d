/// A topic's way through the crowd.
extension FilterStore {
    /// Where a topic's way through the crowd stands.
    @usableFromInline
    struct CrowdWalk: ~Copyable {
        fileprivate let topic: FilterCrowd.Topic
        fileprivate var bucket: Int
        fileprivate var position = 0
        fileprivate let isSystem: Bool
    }

    /// A way through the crowd, at its beginning.
    @usableFromInline
    func walk(_ topic: Span<UInt8>) -> CrowdWalk? {
        unsafe topic.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress, buffer.count > 0 else { return nil }
            let topic = unsafe FilterCrowd.Topic(bytes, count: buffer.count, hasher)
            let end = unsafe Bytes.levelEnd(bytes, from: 0, count: buffer.count)
            let first = unsafe hasher.level(bytes, 0..<end, place: 0, of: buffer.count)
            return CrowdWalk(
                topic: topic,
                bucket: ShapeDirectory.bucket(firstLevel: first),
                isSystem: unsafe bytes[0] == TopicSyntax.dollar
            )
        }
    }

    /// Finds the filters of the next block that has any.
    ///
    /// - Returns: `false` when there are no more.
    @usableFromInline
    func next(_ walk: inout CrowdWalk, _ topic: Span<UInt8>, into matches: inout Matches) -> Bool {
        unsafe topic.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return false }
            while true {
                guard walk.position < crowd.buckets[walk.bucket].count else {
                    if walk.bucket == ShapeDirectory.wildcard || walk.isSystem { return false }
                    walk.bucket = ShapeDirectory.wildcard
                    walk.position = 0
                    continue
                }
                let page = crowd.buckets[walk.bucket][walk.position]
                walk.position += 1
                let mask = unsafe crowd.match(page, walk.topic, bytes, dialect: dialect)
                if mask == 0 { continue }
                unsafe collect(mask, page, bytes, buffer.count, &matches)
                if matches.count > 0 { return true }
            }
        }
    }

    /// Keeps those of a block that match.
    ///
    /// A function of its own, and the deep filters' comparison another: inlined, the loop ran out of
    /// registers and took a third more instructions.
    @inline(never)
    private func collect(
        _ mask: UInt64,
        _ page: UInt32,
        _ bytes: UnsafePointer<UInt8>,
        _ count: Int,
        _ matches: inout Matches
    ) {
        var mask = mask
        var found = 0
        let pages = heap.pages.reader
        let block = unsafe UnsafePointer(crowd.pages.existingPage(Int(page)))
        while mask != 0 {
            let record = unsafe FilterCrowd.record(block, mask.trailingZeroBitCount)
            mask &= mask &- 1
            let words = unsafe UnsafePointer(
                pages.page(Int(record >> 10)) + Int(record & 1023)
            )
            if unsafe words[0] & Self.isDeep != 0, unsafe !isDeepMatch(words, bytes, count) {
                continue
            }
            matches.found[found] = unsafe Self.entry(record, words)
            found &+= 1
        }
        matches.count = found
    }

    /// Whether a filter of more than 64 levels matches.
    @inline(never)
    private func isDeepMatch(
        _ words: UnsafePointer<UInt32>,
        _ bytes: UnsafePointer<UInt8>,
        _ count: Int
    ) -> Bool {
        unsafe TopicMatch.matches(
            Self.text(words),
            count: Self.length(words),
            bytes,
            count: count,
            dialect: dialect
        )
    }
}

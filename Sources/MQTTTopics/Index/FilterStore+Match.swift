public import Synchronization

extension FilterStore {
    /// The filters of the table that match a topic, or of one block of the crowd.
    @usableFromInline
    struct Matches: ~Copyable {
        /// For each filter: its record, and in the upper half its word 1; bit 31 of the lower half
        /// is set where that is a side record.
        @usableFromInline var found: InlineArray<64, UInt64>
        @usableFromInline var count = 0
        /// Keeps the looks ahead from being optimised away.
        @usableFromInline var touched: UInt32 = 0
        /// Never read: see ``FilterStore``.
        @usableFromInline let address = Atomic<UInt8>(0)

        @usableFromInline static let hasSide: UInt64 = 1 << 31

        @inlinable
        @inline(__always)
        init() { found = InlineArray(repeating: 0) }
    }

    /// Finds the filters of the table that match; at most 64, one for each shape.
    @usableFromInline
    func match(_ topic: Span<UInt8>, into matches: inout Matches) {
        unsafe topic.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress, buffer.count > 0 else { return }
            unsafe match(bytes, count: buffer.count, &matches)
        }
    }

    /// What ``Matches`` holds of a record.
    @inline(__always)
    static func entry(_ record: Record, _ words: UnsafePointer<UInt32>) -> UInt64 {
        let side = unsafe UInt64(words[0] & hasSide) << 30
        return unsafe UInt64(words[1]) << 32 | UInt64(record) | side
    }

    /// In passes, so that cache misses overlap: hash the topic under every shape and look at the
    /// bucket; look at the records that may be the ones; compare.
    private func match(
        _ bytes: UnsafePointer<UInt8>,
        count: Int,
        _ matches: inout Matches
    ) {
        // Each under 1 KiB, so that they stand on the stack.
        unsafe withUnsafeTemporaryAllocation(byteCount: Probe.size, alignment: 8) { topic in
            unsafe withUnsafeTemporaryAllocation(of: Look.self, capacity: Look.capacity) { looks in
                guard let topic = topic.baseAddress, let looks = looks.baseAddress else { return }
                let probe = unsafe Probe(bytes, count: count, memory: topic)
                let levels = unsafe hasher.scan(
                    bytes,
                    count: count,
                    sums: probe.sums,
                    starts: probe.starts
                )
                let bucket = unsafe ShapeDirectory.bucket(firstLevel: probe.sums[1])
                var pending = 0
                unsafe look(bucket, levels, probe, looks, &pending, &matches)
                if unsafe bytes[0] != TopicSyntax.dollar {
                    let wildcard = ShapeDirectory.wildcard
                    unsafe look(wildcard, levels, probe, looks, &pending, &matches)
                }
                unsafe settle(looks, pending, probe, &matches)
            }
        }
    }

    /// One look at a bucket, and at the record that was found there.
    @safe
    fileprivate struct Look {
        static let capacity = 32
        let shape: UnsafePointer<FilterShape>
        let hash: UInt32
        var record: Record
        /// The bucket; then the record's words.
        var words: UnsafePointer<UInt32>
    }

    /// A topic taken apart.
    @safe
    fileprivate struct Probe {
        static let size = 65 * 8 + 66 * 4
        let bytes: UnsafePointer<UInt8>
        let count: Int
        /// Sums of the hashes of the topic's first levels.
        let sums: UnsafeMutablePointer<UInt64>
        /// Where its levels start.
        let starts: UnsafeMutablePointer<UInt32>

        @inline(__always)
        init(_ bytes: UnsafePointer<UInt8>, count: Int, memory: UnsafeMutableRawPointer) {
            unsafe self.bytes = bytes
            self.count = count
            unsafe sums = memory.bindMemory(to: UInt64.self, capacity: 65)
            unsafe starts = (memory + 65 * 8).bindMemory(to: UInt32.self, capacity: 66)
        }
    }

    /// Hashes the topic under the shapes of one list that it may have, and looks at the buckets.
    @inline(__always)
    private func look(
        _ bucket: Int,
        _ levels: Int,
        _ probe: Probe,
        _ looks: UnsafeMutablePointer<Look>,
        _ pending: inout Int,
        _ matches: inout Matches
    ) {
        let count = shapes.count(bucket)
        guard count > 0 else { return }
        let list = unsafe shapes.list(bucket)
        let above = dialect == .aws ? 1 : 0
        var touched: UInt32 = 0
        for i in 0..<count {
            let shape = unsafe list + i
            let own = unsafe Int(shape.pointee.levels)
            if unsafe shape.pointee.isHash {
                guard levels >= own &+ (own > 0 ? above : 0) else { continue }
            } else {
                guard levels == own else { continue }
            }
            var sum = unsafe probe.sums[own] &+ shape.pointee.constant
            var mask = unsafe shape.pointee.mask
            while mask != 0 {
                let level = mask.trailingZeroBitCount
                sum &-= unsafe probe.sums[level &+ 1] &- probe.sums[level]
                mask &= mask &- 1
            }
            if pending == Look.capacity {
                unsafe settle(looks, pending, probe, &matches)
                pending = 0
            }
            let hash = hasher.filter(sum)
            let words = unsafe table.bucket(hash)
            unsafe looks[pending] = Look(shape: shape, hash: hash, record: 0, words: words)
            pending &+= 1
            touched &+= unsafe words[0]
        }
        matches.touched &+= touched
    }

    /// Finds the records that the buckets name, and keeps those that match.
    @inline(never)
    private func settle(
        _ looks: UnsafeMutablePointer<Look>,
        _ pending: Int,
        _ probe: Probe,
        _ matches: inout Matches
    ) {
        var touched: UInt32 = 0
        var found = 0
        let length = (Self.textOffset &+ probe.count) >> 2
        for i in 0..<pending {
            var look = unsafe looks[i]
            look.record = unsafe SegmentTable.probable(look.words, look.hash)
            if look.record == 0 {
                if unsafe SegmentTable.overflows(look.words) { look.record = find(look, probe) }
                if look.record == 0 { continue }
            }
            let page = unsafe heap.pages.existingPage(Int(look.record >> 10))
            let word = Int(look.record & 1023)
            unsafe look.words = UnsafePointer(page + word)
            unsafe looks[found] = look
            found &+= 1
            // The last bytes of a record as long as the topic often stand in another line.
            touched &+= unsafe page[word] &+ page[min(word &+ length, 1023)]
        }
        matches.touched &+= touched
        var count = matches.count
        for i in 0..<found {
            var look = unsafe looks[i]
            if unsafe !isMatch(look.words, look.hash, look.shape, probe) {
                look.record = find(look, probe)
                if look.record == 0 { continue }
                unsafe look.words = heap.words(look.record)
            }
            matches.found[count] = unsafe Self.entry(look.record, look.words)
            count &+= 1
        }
        matches.count = count
    }

    /// The record of a filter of a shape, 0 where there is none: for tags that mislead, and for
    /// entries that stand in a later bucket.
    @inline(never)
    private func find(_ look: Look, _ probe: Probe) -> Record {
        table.first(look.hash) { record in
            unsafe isMatch(heap.words(record), look.hash, look.shape, probe)
        }
    }

    /// Compares a record with what the topic makes of a shape: the bytes between the wildcards.
    @inline(__always)
    private func isMatch(
        _ words: UnsafePointer<UInt32>,
        _ hash: UInt32,
        _ shape: UnsafePointer<FilterShape>,
        _ probe: Probe
    ) -> Bool {
        let head = unsafe words[0]
        guard (head ^ hash) & Self.hashBits | head & Self.inCrowd == 0 else { return false }
        let text = unsafe Self.text(words)
        let count = unsafe Self.length(words)
        var mask = unsafe shape.pointee.mask
        var ours = 0
        var theirs = 0
        while mask != 0 {
            let level = mask.trailingZeroBitCount
            mask &= mask &- 1
            let size = unsafe Int(probe.starts[level]) &- theirs
            let end = ours &+ size
            guard end < count,
                unsafe text[end] == TopicSyntax.plus,
                unsafe Bytes.isEqual(
                    probe.bytes,
                    (theirs, size),
                    of: probe.count,
                    endingAt: text + end
                )
            else { return false }
            ours = end &+ 1
            theirs = unsafe Int(probe.starts[level &+ 1]) &- 1
        }
        let levels = unsafe Int(shape.pointee.levels)
        if levels == 0 { return unsafe count == 1 && text[0] == TopicSyntax.hash }
        let size = unsafe Int(probe.starts[levels]) &- 1 &- theirs
        let end = ours &+ size
        if unsafe shape.pointee.isHash {
            guard end &+ 2 == count, unsafe text[end] == TopicSyntax.slash,
                unsafe text[end &+ 1] == TopicSyntax.hash
            else { return false }
        } else {
            guard end == count else { return false }
        }
        return unsafe Bytes.isEqual(
            probe.bytes,
            (theirs, size),
            of: probe.count,
            endingAt: text + end
        )
    }
}

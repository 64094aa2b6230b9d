extension FilterStore {
    /// The filters of the table that match a topic, or of one block of the crowd.
    @usableFromInline
    struct Matches {
        /// For each filter: its record, and in the upper half its word 1; bit 31 of the lower half
        /// is set where that is a side record.
        @usableFromInline var found: InlineArray<64, UInt64>
        @usableFromInline var count = 0
        /// Keeps the looks ahead from being optimised away.
        @usableFromInline var touched: UInt32 = 0

        @usableFromInline static let hasSide: UInt64 = 1 << 31

        @inlinable
        @inline(__always)
        init() { found = InlineArray(repeating: 0) }
    }

    /// Where a topic's way through the crowd stands.
    @usableFromInline
    struct CrowdWalk {
        fileprivate let topic: FilterCrowd.Topic
        fileprivate var bucket: Int
        fileprivate var position = 0
        fileprivate let isSystem: Bool
    }

    /// Finds the filters of the table that match; at most 64, one for each shape.
    @usableFromInline
    func match(_ topic: Span<UInt8>, into matches: inout Matches) {
        unsafe topic.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress, buffer.count > 0 else { return }
            unsafe match(bytes, count: buffer.count, &matches)
        }
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

    private func collect(
        _ mask: UInt64,
        _ page: UInt32,
        _ bytes: UnsafePointer<UInt8>,
        _ count: Int,
        _ matches: inout Matches
    ) {
        var mask = mask
        var found = 0
        while mask != 0 {
            let record = crowd.record(page, mask.trailingZeroBitCount)
            mask &= mask &- 1
            let words = unsafe heap.words(record)
            if unsafe words[0] & Self.isDeep != 0 {
                let isMatch = unsafe TopicMatch.matches(
                    Self.text(words),
                    count: Self.length(words),
                    bytes,
                    count: count,
                    dialect: dialect
                )
                guard isMatch else { continue }
            }
            matches.found[found] = unsafe Self.entry(record, words)
            found += 1
        }
        matches.count = found
    }

    @inline(__always)
    private static func entry(_ record: Record, _ words: UnsafePointer<UInt32>) -> UInt64 {
        let side = unsafe UInt64(words[0] & hasSide) << 30
        return unsafe UInt64(words[1]) << 32 | UInt64(record) | side
    }

    /// In passes, so that cache misses overlap: hash the topic under every shape, read the buckets of
    /// all of them, read all records that may be the ones, compare.
    private func match(
        _ bytes: UnsafePointer<UInt8>,
        count: Int,
        _ matches: inout Matches
    ) {
        // Each under 1 KiB, so that they stand on the stack.
        unsafe withUnsafeTemporaryAllocation(byteCount: Probe.topicSize, alignment: 8) { topic in
            unsafe withUnsafeTemporaryAllocation(byteCount: Probe.batchSize, alignment: 8) {
                guard let topic = topic.baseAddress, let batch = $0.baseAddress else { return }
                var probe = unsafe Probe(bytes, count: count, topic: topic, batch: batch)
                unsafe probe.levels = hasher.scan(
                    bytes,
                    count: count,
                    sums: probe.sums,
                    starts: probe.starts
                )
                add(shapesOf: unsafe ShapeDirectory.bucket(firstLevel: probe.sums[1]), &probe)
                if unsafe bytes[0] != TopicSyntax.dollar {
                    add(shapesOf: ShapeDirectory.wildcard, &probe)
                }
                let candidates = findCandidates(probe, &matches)
                compare(candidates, probe, &matches)
            }
        }
    }

    /// One topic on its way through the shapes.
    @safe
    fileprivate struct Probe {
        static let capacity = 64
        static let topicSize = 65 * 8 + 66 * 4
        static let batchSize = capacity * 12

        let bytes: UnsafePointer<UInt8>
        let count: Int
        var levels = 0
        /// Sums of the hashes of the topic's first levels.
        let sums: UnsafeMutablePointer<UInt64>
        /// Where its levels start.
        let starts: UnsafeMutablePointer<UInt32>
        /// The shapes that the topic may have; at most 31 and 32.
        let shapes: UnsafeMutablePointer<UnsafePointer<FilterShape>>
        let hashes: UnsafeMutablePointer<UInt32>
        var shapeCount = 0

        @inline(__always)
        init(
            _ bytes: UnsafePointer<UInt8>,
            count: Int,
            topic: UnsafeMutableRawPointer,
            batch: UnsafeMutableRawPointer
        ) {
            unsafe self.bytes = bytes
            self.count = count
            unsafe sums = topic.bindMemory(to: UInt64.self, capacity: 65)
            unsafe starts = (topic + 65 * 8).bindMemory(to: UInt32.self, capacity: 66)
            unsafe shapes = batch.bindMemory(
                to: UnsafePointer<FilterShape>.self,
                capacity: Self.capacity
            )
            unsafe hashes = (batch + Self.capacity * 8)
                .bindMemory(to: UInt32.self, capacity: Self.capacity)
        }
    }

    /// Hashes the topic under the shapes of one bucket that it may have.
    @inline(__always)
    private func add(shapesOf bucket: Int, _ probe: inout Probe) {
        let count = shapes.count(bucket)
        guard count > 0 else { return }
        let list = unsafe shapes.list(bucket)
        let above = dialect == .aws ? 1 : 0
        var found = probe.shapeCount
        for i in 0..<count {
            let shape = unsafe list + i
            let levels = unsafe Int(shape.pointee.levels)
            if unsafe shape.pointee.isHash {
                guard probe.levels >= levels + (levels > 0 ? above : 0) else { continue }
            } else {
                guard probe.levels == levels else { continue }
            }
            var sum = unsafe probe.sums[levels] &+ shape.pointee.constant
            var mask = unsafe shape.pointee.mask
            while mask != 0 {
                let level = mask.trailingZeroBitCount
                sum &-= unsafe probe.sums[level &+ 1] &- probe.sums[level]
                mask &= mask &- 1
            }
            guard found < Probe.capacity else { break }
            unsafe probe.shapes[found] = shape
            unsafe probe.hashes[found] = hasher.filter(sum)
            found &+= 1
        }
        probe.shapeCount = found
    }

    /// Looks into the bucket of every hash.
    ///
    /// - Returns: how many records may match; they stand in `matches`, each with the number of its
    ///   hash above it.
    @inline(__always)
    private func findCandidates(_ probe: borrowing Probe, _ matches: inout Matches) -> Int {
        // Addresses first, with a look at each: independent loads.
        var touched: UInt32 = 0
        for i in 0..<probe.shapeCount {
            let bucket = unsafe table.bucket(probe.hashes[i])
            unsafe matches.found[i] = UInt64(UInt(bitPattern: bucket))
            touched &+= unsafe bucket[0]
        }
        matches.touched &+= touched
        var candidates = 0
        touched = 0
        // A candidate never stands behind the bucket that is read next.
        for i in 0..<probe.shapeCount {
            guard
                let bucket = unsafe UnsafePointer<UInt32>(
                    bitPattern: UInt(matches.found[i])
                )
            else { break }
            let hash = unsafe probe.hashes[i]
            var record: Record
            if unsafe SegmentTable.overflows(bucket) {
                record = findSlowly(i, probe)
            } else {
                record = unsafe candidate(bucket, hash, i, probe)
            }
            matches.found[candidates] = UInt64(i) << 32 | UInt64(record)
            if record == 0 { continue }
            candidates &+= 1
            // The last bytes of a record as long as the topic often stand in another line.
            let page = unsafe heap.pages.page(Int(record >> 10))
            let word = Int(record & 1023)
            let last = min(word &+ (Self.textOffset &+ probe.count) >> 2, 1023)
            touched &+= unsafe page[word] &+ page[last]
        }
        matches.touched &+= touched
        return candidates
    }

    /// The record whose tag fits; where there are several the one that matches.
    @inline(__always)
    private func candidate(
        _ bucket: UnsafePointer<UInt32>,
        _ hash: UInt32,
        _ number: Int,
        _ probe: borrowing Probe
    ) -> Record {
        let (a, b) = unsafe SegmentTable.candidates(bucket, tag: SegmentTable.tag(hash))
        if (a & (a &- 1)) | (b & (b &- 1)) != 0 || (a != 0 && b != 0) {
            return findSlowly(number, probe)
        }
        let slot = a != 0 ? a.trailingZeroBitCount &>> 3 : 8 &+ b.trailingZeroBitCount &>> 3
        return a | b == 0 ? 0 : unsafe bucket[SegmentTable.firstSlot + slot]
    }

    /// Keeps the candidates that match.
    @inline(__always)
    private func compare(_ candidates: Int, _ probe: borrowing Probe, _ matches: inout Matches) {
        var count = 0
        for i in 0..<candidates {
            let candidate = matches.found[i]
            let record = Record(truncatingIfNeeded: candidate)
            let words = unsafe heap.words(record)
            guard unsafe isMatch(words, Int(candidate >> 32), probe) else { continue }
            matches.found[count] = unsafe Self.entry(record, words)
            count &+= 1
        }
        matches.count = count
    }

    @inline(never)
    private func findSlowly(_ number: Int, _ probe: borrowing Probe) -> Record {
        let hash = unsafe probe.hashes[number]
        let probe = copy probe
        return table.first(hash) { record in
            unsafe isMatch(heap.words(record), number, probe)
        }
    }

    /// Compares a record with what the topic makes of a shape: the bytes between the wildcards.
    @inline(__always)
    private func isMatch(
        _ words: UnsafePointer<UInt32>,
        _ number: Int,
        _ probe: borrowing Probe
    ) -> Bool {
        let head = unsafe words[0]
        guard unsafe (head ^ probe.hashes[number]) & Self.hashBits | head & Self.inCrowd == 0
        else { return false }
        let shape = unsafe probe.shapes[number]
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
        let isHash = unsafe shape.pointee.isHash
        if levels == 0 { return unsafe count == 1 && text[0] == TopicSyntax.hash }
        let size = unsafe Int(probe.starts[levels]) &- 1 &- theirs
        let end = ours &+ size
        guard end &+ (isHash ? 2 : 0) == count else { return false }
        if isHash {
            guard unsafe text[end] == TopicSyntax.slash, unsafe text[end &+ 1] == TopicSyntax.hash
            else { return false }
        }
        return unsafe Bytes.isEqual(
            probe.bytes,
            (theirs, size),
            of: probe.count,
            endingAt: text + end
        )
    }
}

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

    private func match(
        _ bytes: UnsafePointer<UInt8>,
        count: Int,
        _ matches: inout Matches
    ) {
        // Under 1 KiB, so that it stands on the stack: running sums, then one batch of probes.
        unsafe withUnsafeTemporaryAllocation(byteCount: 1000, alignment: 8) { scratch in
            guard let base = scratch.baseAddress else { return }
            let sums = unsafe base.bindMemory(to: UInt64.self, capacity: 65)
            let levels = unsafe hasher.scan(bytes, count: count, into: sums)
            var probe = unsafe Probe(
                bytes: bytes,
                count: count,
                levels: levels,
                sums: sums,
                batch: base + 65 * 8
            )
            let bucket = unsafe ShapeDirectory.bucket(firstLevel: sums[1])
            run(shapes.buckets[bucket], &probe, &matches)
            if unsafe bytes[0] != TopicSyntax.dollar {
                run(shapes.buckets[ShapeDirectory.wildcard], &probe, &matches)
            }
            matches.touched = probe.touched
        }
    }

    /// One topic on its way through the shapes.
    @safe
    fileprivate struct Probe {
        let bytes: UnsafePointer<UInt8>
        let count: Int
        let levels: Int
        let sums: UnsafePointer<UInt64>
        let buckets: UnsafeMutablePointer<UnsafePointer<UInt32>>
        let hashes: UnsafeMutablePointer<UInt32>
        static let batchSize = 32
        /// Keeps the looks ahead from being optimised away.
        var touched: UInt32 = 0

        init(
            bytes: UnsafePointer<UInt8>,
            count: Int,
            levels: Int,
            sums: UnsafePointer<UInt64>,
            batch: UnsafeMutableRawPointer
        ) {
            unsafe self.bytes = bytes
            self.count = count
            self.levels = levels
            unsafe self.sums = sums
            unsafe buckets = batch.bindMemory(
                to: UnsafePointer<UInt32>.self,
                capacity: Self.batchSize
            )
            unsafe hashes = (batch + Self.batchSize * 8)
                .bindMemory(to: UInt32.self, capacity: Self.batchSize)
        }
    }

    /// Looks a list of shapes up, in three passes so that cache misses overlap: hash every shape
    /// and find its bucket; read the buckets; read and compare the records.
    private func run(_ list: [FilterShape], _ probe: inout Probe, _ matches: inout Matches) {
        var pending = 0
        for shape in list {
            if shape.isHash {
                let least = shape.levels + (dialect == .aws && shape.levels > 0 ? 1 : 0)
                guard probe.levels >= least else { continue }
            } else {
                guard probe.levels == shape.levels else { continue }
            }
            var sum = unsafe probe.sums[shape.levels] &+ shape.constant
            var mask = shape.mask
            while mask != 0 {
                let level = mask.trailingZeroBitCount
                unsafe sum &-= probe.sums[level + 1] &- probe.sums[level]
                mask &= mask &- 1
            }
            let hash = hasher.filter(sum)
            unsafe probe.hashes[pending] = hash
            unsafe probe.buckets[pending] = table.bucket(hash)
            pending += 1
        }
        // One look at each bucket first: independent loads, so that their misses overlap.
        var touched: UInt32 = 0
        for i in 0..<pending { touched &+= unsafe probe.buckets[i][0] }
        probe.touched &+= touched
        let start = matches.count
        var candidates = start
        for i in 0..<pending {
            let bucket = unsafe probe.buckets[i]
            let hash = unsafe probe.hashes[i]
            var (a, b) = unsafe SegmentTable.candidates(bucket, tag: SegmentTable.tag(hash))
            if unsafe SegmentTable.overflows(bucket) {
                let record = findSlowly(hash, probe)
                if record != 0, candidates < 64 {
                    matches.found[candidates] = UInt64(hash) << 32 | UInt64(record)
                    candidates += 1
                }
                continue
            }
            while a | b != 0, candidates < 64 {
                let isLow = a != 0
                let bits = isLow ? a : b
                let slot = (isLow ? 0 : 8) + bits.trailingZeroBitCount >> 3
                a &= a &- (isLow ? 1 : 0)
                b &= b &- (isLow ? 0 : 1)
                let record = unsafe bucket[4 + slot]
                matches.found[candidates] = UInt64(hash) << 32 | UInt64(record)
                candidates += record == 0 ? 0 : 1
            }
        }
        touched = 0
        for i in start..<candidates {
            touched &+= unsafe heap.words(Record(truncatingIfNeeded: matches.found[i]))[0]
        }
        probe.touched &+= touched
        var count = start
        for i in start..<candidates {
            let candidate = matches.found[i]
            let record = Record(truncatingIfNeeded: candidate)
            let words = unsafe heap.words(record)
            guard unsafe (words[0] ^ UInt32(candidate >> 32)) & Self.hashBits == 0,
                unsafe words[0] & Self.inCrowd == 0,
                unsafe isMatch(words, probe)
            else { continue }
            matches.found[count] = unsafe Self.entry(record, words)
            count += 1
        }
        matches.count = count
    }

    @inline(never)
    private func findSlowly(_ hash: UInt32, _ probe: Probe) -> Record {
        table.first(hash) { record in
            let words = unsafe heap.words(record)
            return unsafe (words[0] ^ hash) & Self.hashBits == 0 && isMatch(words, probe)
        }
    }

    /// Compares the bytes after a hit.
    @inline(__always)
    private func isMatch(_ words: UnsafePointer<UInt32>, _ probe: Probe) -> Bool {
        unsafe TopicMatch.matches(
            Self.text(words),
            count: Self.length(words),
            probe.bytes,
            count: probe.count,
            dialect: dialect
        )
    }
}

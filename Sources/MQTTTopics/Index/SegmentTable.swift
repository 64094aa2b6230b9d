/// An open-addressed hash table of 32-bit references that grows and shrinks by one segment at a
/// time.
///
/// Extendible hashing: the top bits of a hash choose the segment, a segment is a page of 60
/// buckets, a bucket is one cache line: twelve tags of a byte, a count of entries that did not fit,
/// twelve references. A segment that fills up is split in two and a pair that empties is merged, so
/// that no insertion ever pays for the whole table; and a snapshot shares all segments that are
/// not written to afterwards.
///
/// Hashes are 32 bits: the upper 18 choose the segment, the others the bucket; the lower 8 are the
/// tag too.
@usableFromInline
struct SegmentTable: Sendable {
    @usableFromInline typealias Reference = UInt32

    /// Not 64: the numbers of entries that are likely, the powers of ten, then leave less room free.
    @inline(__always)
    static var bucketsPerSegment: Int { 60 }
    static let slotsPerBucket = 12
    private static let bucketWords = 16
    private static let overflowWord = 3
    static let firstSlot = 4
    /// Entries at which a segment is split.
    private static let splitAt = 656
    /// Entries of two buddies at which they become one.
    private static let mergeAt = 320
    private static let maximumDepth: UInt32 = 18

    /// A bucket; its size puts pages of it on cache line boundaries.
    typealias Bucket = InlineArray<16, UInt32>

    private(set) var pages = Pages<Bucket>()
    /// The page of each segment, by the top `depth` bits of the hash.
    private(set) var directory: [UInt32] = [0]
    private var depth: UInt32 = 0
    /// For each page: the bits its entries share, and how many there are.
    private var depths: [UInt8] = [0]
    private var counts: [UInt16] = [0]
    private var freePages: [UInt32] = []
    @usableFromInline private(set) var count = 0

    @usableFromInline
    init() {
        pages.add(0, capacity: Self.bucketsPerSegment, repeating: Bucket(repeating: 0))
    }

    var byteCount: Int {
        pages.byteCount + directory.count * 4 + depths.count * 3
    }

    // MARK: Lookup

    @inline(__always)
    static func tag(_ hash: UInt32) -> UInt8 {
        let tag = UInt8(truncatingIfNeeded: hash)
        return tag == 0 ? 1 : tag
    }

    @inline(__always)
    private func segment(_ hash: UInt32) -> Int {
        // A shift by 32 gives 0 in Swift, which is what depth 0 needs.
        Int(directory[Int(hash >> (32 - depth))])
    }

    @inline(__always)
    static func home(_ hash: UInt32) -> Int {
        // The tag stands for the lowest byte, which entries have no other copy of.
        Int(((hash & 0x3F00 | UInt32(tag(hash))) &* UInt32(bucketsPerSegment)) &>> 14)
    }

    /// The bucket behind another.
    @inline(__always)
    private static func after(_ position: Int) -> Int {
        position == bucketsPerSegment - 1 ? 0 : position + 1
    }

    @inline(__always)
    private func words(_ page: Int) -> UnsafeMutablePointer<UInt32> {
        unsafe UnsafeMutableRawPointer(pages.page(page)).assumingMemoryBound(to: UInt32.self)
    }

    @inline(__always)
    private mutating func mutableWords(_ page: Int) -> UnsafeMutablePointer<UInt32> {
        unsafe UnsafeMutableRawPointer(pages.mutablePage(page))
            .assumingMemoryBound(to: UInt32.self)
    }

    /// The first word of the bucket that a hash belongs in.
    @inline(__always)
    func bucket(_ hash: UInt32) -> UnsafePointer<UInt32> {
        let page = unsafe UnsafeRawPointer(pages.existingPage(segment(hash)))
        return unsafe page.assumingMemoryBound(to: UInt32.self) + Self.home(hash) * Self.bucketWords
    }

    /// A bit for each slot of a bucket whose tag may be `tag`: bit 8 i + 7 of the first word for
    /// slots 0...7, of the second for slots 8...11.
    ///
    /// A slot above one that matches may be named wrongly; references are compared anyway.
    @inline(__always)
    static func candidates(
        _ bucket: UnsafePointer<UInt32>,
        tag: UInt8
    ) -> (UInt64, UInt64) {
        let low: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x8080_8080_8080_8080
        let words = unsafe UnsafeRawPointer(bucket)
        let pattern = UInt64(tag) &* low
        let a = unsafe words.load(as: UInt64.self) ^ pattern
        let b = unsafe words.load(fromByteOffset: 8, as: UInt64.self) ^ pattern
        return ((a &- low) & ~a & high, (b &- low) & ~b & 0x8080_8080)
    }

    /// The entry of a bucket whose tag fits, 0 where there is none; only probably the right one.
    @inline(__always)
    static func probable(_ bucket: UnsafePointer<UInt32>, _ hash: UInt32) -> Reference {
        let (a, b) = unsafe candidates(bucket, tag: tag(hash))
        let slot = a != 0 ? a.trailingZeroBitCount &>> 3 : 8 &+ (b.trailingZeroBitCount & 31) &>> 3
        // A slot that is there is read whether it counts or not, so that there is no branch.
        let reference = unsafe bucket[firstSlot + slot]
        return a | b == 0 ? 0 : reference
    }

    /// Whether entries that belong in this bucket stand in a later one.
    @inline(__always)
    static func overflows(_ bucket: UnsafePointer<UInt32>) -> Bool {
        unsafe bucket[overflowWord] != 0
    }

    /// Calls `body` with each reference whose tag fits, until it returns `true`.
    ///
    /// - Returns: the reference for which it did, or 0.
    @usableFromInline
    func first(_ hash: UInt32, where body: (Reference) -> Bool) -> Reference {
        let page = unsafe words(segment(hash))
        let tag = Self.tag(hash)
        var position = Self.home(hash)
        for _ in 0..<Self.bucketsPerSegment {
            let bucket = unsafe UnsafePointer(page + position * Self.bucketWords)
            var (a, b) = unsafe Self.candidates(bucket, tag: tag)
            while a != 0 {
                let reference = unsafe bucket[Self.firstSlot + a.trailingZeroBitCount >> 3]
                if reference != 0, body(reference) { return reference }
                a &= a &- 1
            }
            while b != 0 {
                let reference = unsafe bucket[Self.firstSlot + 8 + b.trailingZeroBitCount >> 3]
                if reference != 0, body(reference) { return reference }
                b &= b &- 1
            }
            if unsafe !Self.overflows(bucket) { return 0 }
            position = Self.after(position)
        }
        return 0
    }

    // MARK: Change

    /// Adds an entry.
    ///
    /// - Parameters:
    ///   - hash: the entry's hash.
    ///   - reference: the entry, not 0.
    ///   - hashOf: the hash of an entry that is in the table; its tag byte is not used.
    @usableFromInline
    mutating func insert(
        _ hash: UInt32,
        _ reference: Reference,
        hashOf: (Reference) -> UInt32
    ) {
        var page = segment(hash)
        while counts[page] >= Self.splitAt, depths[page] < Self.maximumDepth {
            split(page, hash, hashOf)
            page = segment(hash)
        }
        // Past the deepest split a segment fills up to its last slot. Hashes are keyed, so that
        // this takes some 170 million entries; the index stops at fewer.
        precondition(Int(counts[page]) < Self.bucketsPerSegment * Self.slotsPerBucket)
        let words = unsafe mutableWords(page)
        unsafe Self.place(words, hash: hash, tag: Self.tag(hash), reference)
        counts[page] += 1
        count += 1
    }

    /// Removes an entry that is there.
    @usableFromInline
    mutating func remove(_ hash: UInt32, _ reference: Reference, hashOf: (Reference) -> UInt32) {
        let page = segment(hash)
        let words = unsafe mutableWords(page)
        guard let (position, slot) = unsafe Self.find(words, hash: hash, reference) else { return }
        let bucket = unsafe words + position * Self.bucketWords
        unsafe UnsafeMutableRawPointer(bucket).storeBytes(
            of: 0,
            toByteOffset: slot,
            as: UInt8.self
        )
        unsafe bucket[Self.firstSlot + slot] = 0
        var passed = Self.home(hash)
        while passed != position {
            unsafe words[passed * Self.bucketWords + Self.overflowWord] -= 1
            passed = Self.after(passed)
        }
        counts[page] -= 1
        count -= 1
        merge(page, hash, hashOf)
    }

    /// Puts another reference in the place of one that is there.
    @usableFromInline
    mutating func replace(_ hash: UInt32, _ reference: Reference, with other: Reference) {
        let words = unsafe mutableWords(segment(hash))
        guard let (position, slot) = unsafe Self.find(words, hash: hash, reference) else { return }
        unsafe words[position * Self.bucketWords + Self.firstSlot + slot] = other
    }

    private static func find(
        _ words: UnsafeMutablePointer<UInt32>,
        hash: UInt32,
        _ reference: Reference
    ) -> (position: Int, slot: Int)? {
        var position = home(hash)
        for _ in 0..<bucketsPerSegment {
            let bucket = unsafe words + position * bucketWords
            for slot in 0..<slotsPerBucket where unsafe bucket[firstSlot + slot] == reference {
                return (position, slot)
            }
            if unsafe bucket[overflowWord] == 0 { return nil }
            position = after(position)
        }
        return nil
    }

    /// Puts an entry into the first bucket from its home on that has room.
    private static func place(
        _ words: UnsafeMutablePointer<UInt32>,
        hash: UInt32,
        tag: UInt8,
        _ reference: Reference
    ) {
        var position = home(hash)
        while true {
            let bucket = unsafe words + position * bucketWords
            for slot in 0..<slotsPerBucket where unsafe bucket[firstSlot + slot] == 0 {
                unsafe bucket[firstSlot + slot] = reference
                unsafe UnsafeMutableRawPointer(bucket).storeBytes(
                    of: tag,
                    toByteOffset: slot,
                    as: UInt8.self
                )
                return
            }
            unsafe bucket[overflowWord] += 1
            position = after(position)
        }
    }

    // MARK: Growing and shrinking

    private mutating func addPage(depth: UInt8) -> Int {
        let page: Int
        if let last = freePages.popLast() {
            page = Int(last)
            depths[page] = depth
            counts[page] = 0
        } else {
            page = depths.count
            depths.append(depth)
            counts.append(0)
        }
        pages.add(page, capacity: Self.bucketsPerSegment, repeating: Bucket(repeating: 0))
        return page
    }

    private mutating func removePage(_ page: Int) {
        pages.remove(page)
        freePages.append(UInt32(page))
    }

    /// Moves the entries of `page` to the segments that the directory names by now.
    ///
    /// In two passes: the first does nothing but ask for hashes, so that the cache misses of that
    /// overlap.
    private mutating func distribute(_ page: Int, _ hashOf: (Reference) -> UInt32) {
        let words = unsafe words(page)
        let all = Self.bucketsPerSegment * Self.slotsPerBucket
        var moved = [(reference: Reference, tag: UInt8)]()
        moved.reserveCapacity(all)
        for position in 0..<Self.bucketsPerSegment {
            let bucket = unsafe words + position * Self.bucketWords
            for slot in 0..<Self.slotsPerBucket {
                let reference = unsafe bucket[Self.firstSlot + slot]
                guard reference != 0 else { continue }
                let tag = unsafe UnsafeRawPointer(bucket).load(
                    fromByteOffset: slot,
                    as: UInt8.self
                )
                moved.append((reference, tag))
            }
        }
        let hashes = moved.map { hashOf($0.reference) & ~0xFF | UInt32($0.tag) }
        for (i, entry) in moved.enumerated() {
            let target = segment(hashes[i])
            unsafe Self.place(
                mutableWords(target),
                hash: hashes[i],
                tag: entry.tag,
                entry.reference
            )
            counts[target] += 1
        }
    }

    private mutating func split(_ page: Int, _ hash: UInt32, _ hashOf: (Reference) -> UInt32) {
        let local = UInt32(depths[page])
        if local == depth {
            directory = directory.flatMap { [$0, $0] }
            depth += 1
        }
        let zero = addPage(depth: UInt8(local + 1))
        let one = addPage(depth: UInt8(local + 1))
        let run = 1 << (depth - local)
        let start = Int(hash >> (32 - depth)) / run * run
        for i in 0..<run { directory[start + i] = UInt32(i < run / 2 ? zero : one) }
        distribute(page, hashOf)
        removePage(page)
    }

    private mutating func merge(_ page: Int, _ hash: UInt32, _ hashOf: (Reference) -> UInt32) {
        let local = UInt32(depths[page])
        guard local > 0, Int(counts[page]) < Self.mergeAt / 2 else { return }
        let run = 1 << (depth - local)
        let start = Int(hash >> (32 - depth)) / run * run
        let buddy = Int(directory[start ^ run])
        guard depths[buddy] == depths[page],
            Int(counts[page]) + Int(counts[buddy]) <= Self.mergeAt
        else { return }
        let joined = addPage(depth: UInt8(local - 1))
        let first = min(start, start ^ run)
        for i in 0..<2 * run { directory[first + i] = UInt32(joined) }
        distribute(page, hashOf)
        distribute(buddy, hashOf)
        removePage(page)
        removePage(buddy)
        shrink()
    }

    /// Halves the directory while no segment needs its last bit.
    private mutating func shrink() {
        while depth > 0, directory.count >= 2 {
            for i in stride(from: 0, to: directory.count, by: 2)
            where directory[i] != directory[i + 1] { return }
            directory = stride(from: 0, to: directory.count, by: 2).map { directory[$0] }
            depth -= 1
        }
    }
}

/// What is left of a filter when its literal levels are taken away.
///
/// Filters of one shape are found with one look into the hash table.
struct FilterShape: BitwiseCopyable, Sendable {
    /// A bit for each level that is `+`; bit 0 is the first level.
    var mask: UInt64
    /// What the shape adds to the hash of its filters.
    var constant: UInt64
    /// How many filters of this shape the bucket has in the table.
    var count: UInt32 = 0
    /// Levels, without a final `#`; 64 at most.
    var levels: UInt8
    /// Whether `#` follows.
    var isHash: Bool

    init(mask: UInt64, levels: Int, isHash: Bool, constant: UInt64) {
        self.mask = mask
        self.constant = constant
        self.levels = UInt8(clamping: levels)
        self.isHash = isHash
    }

    /// Whether the first level is a wildcard.
    var opensWithWildcard: Bool { mask & 1 == 1 || levels == 0 }

    /// Whether both leave the same levels open.
    func isSame(_ other: FilterShape) -> Bool {
        mask == other.mask && levels == other.levels && isHash == other.isHash
    }
}

/// Which shapes there are, by first level.
///
/// Bucket 256 is for shapes that open with a wildcard; the others are chosen by the first level's
/// hash. First levels that share a bucket only make each other's list longer. A list is bounded:
/// filters of further shapes go into the crowd.
struct ShapeDirectory: Sendable {
    /// The bucket of shapes that open with a wildcard.
    static let wildcard = 256
    /// The longest list of one bucket; `#` alone may come on top of it.
    static let maximumShapes = 31

    /// A page for each bucket that has shapes.
    private(set) var pages = Pages<FilterShape>()
    private var counts = [UInt8](repeating: 0, count: 257)

    var byteCount: Int { pages.byteCount }

    /// The bucket of a first level.
    @inline(__always)
    static func bucket(firstLevel hash: UInt64) -> Int { Int(hash >> 56) }

    /// How many shapes a bucket has.
    @inline(__always)
    func count(_ bucket: Int) -> Int { Int(counts[bucket]) }

    /// The shapes of a bucket that has any.
    @inline(__always)
    func list(_ bucket: Int) -> UnsafePointer<FilterShape> {
        unsafe UnsafePointer(pages.page(bucket))
    }

    /// Counts a filter in.
    ///
    /// - Returns: `false` where the bucket has no room for its shape.
    mutating func add(_ shape: FilterShape, to bucket: Int) -> Bool {
        let count = count(bucket)
        if count > 0 {
            let list = unsafe list(bucket)
            for i in 0..<count where unsafe list[i].isSame(shape) {
                unsafe pages.mutablePage(bucket)[i].count += 1
                return true
            }
        }
        // `#` alone always has room.
        guard count < Self.maximumShapes || shape.levels == 0 else { return false }
        if count == 0 {
            pages.add(bucket, capacity: 4, repeating: shape)
        } else if count == pages.capacity(bucket) {
            pages.resize(bucket, to: count * 2, filling: shape)
        }
        var shape = shape
        shape.count = 1
        unsafe pages.mutablePage(bucket)[count] = shape
        counts[bucket] += 1
        return true
    }

    /// Counts a filter out.
    mutating func remove(_ shape: FilterShape, from bucket: Int) {
        let count = count(bucket)
        guard count > 0 else { return }
        let list = unsafe pages.mutablePage(bucket)
        for i in 0..<count where unsafe list[i].isSame(shape) {
            unsafe list[i].count -= 1
            guard unsafe list[i].count == 0 else { return }
            for next in i..<(count - 1) { unsafe list[next] = list[next + 1] }
            counts[bucket] -= 1
            if count == 1 { pages.remove(bucket) }
            return
        }
    }
}

/// What is left of a filter when its literal levels are taken away.
///
/// Filters of one shape are found with one look into the hash table.
struct FilterShape: Sendable {
    /// A bit for each level that is `+`; bit 0 is the first level.
    var mask: UInt64
    /// Levels, without a final `#`.
    var levels: Int
    /// Whether `#` follows.
    var isHash: Bool
    /// What the shape adds to the hash of its filters.
    var constant: UInt64
    /// How many filters of this shape the bucket has in the table.
    var count: UInt32 = 0

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
    /// The longest list of one bucket.
    static let maximumShapes = 31

    private(set) var buckets = [[FilterShape]](repeating: [], count: 257)

    /// The bucket of a first level.
    @inline(__always)
    static func bucket(firstLevel hash: UInt64) -> Int { Int(hash >> 56) }

    /// Counts a filter in.
    ///
    /// - Returns: `false` where the bucket has no room for its shape.
    mutating func add(_ shape: FilterShape, to bucket: Int) -> Bool {
        if let i = buckets[bucket].firstIndex(where: { $0.isSame(shape) }) {
            buckets[bucket][i].count += 1
            return true
        }
        // `#` alone always has room.
        guard buckets[bucket].count < Self.maximumShapes || shape.levels == 0 else { return false }
        var shape = shape
        shape.count = 1
        buckets[bucket].append(shape)
        return true
    }

    /// Counts a filter out.
    mutating func remove(_ shape: FilterShape, from bucket: Int) {
        guard let i = buckets[bucket].firstIndex(where: { $0.isSame(shape) }) else { return }
        buckets[bucket][i].count -= 1
        if buckets[bucket][i].count == 0 { buckets[bucket].remove(at: i) }
    }
}

/// What the index has to know of a filter to find it.
@usableFromInline
struct FilterKey: Sendable {
    let shape: FilterShape
    @usableFromInline let hash: UInt32
    let bucket: Int
    /// More levels than a shape can describe; such filters live in the crowd.
    let isDeep: Bool

    /// One pass over the text, eight bytes at a time.
    init(_ bytes: UnsafePointer<UInt8>, count: Int, _ hasher: LevelHasher) {
        var mask: UInt64 = 0
        var levels = 0
        var isHash = false
        var sum: UInt64 = 0
        var firstLevel: UInt64 = 0
        var position = 0
        while position <= count {
            let start = position
            let level = unsafe hasher.nextLevel(bytes, at: &position, count: count, place: levels)
            if position - start == 2 {
                let byte = unsafe bytes[start]
                if byte == TopicSyntax.hash {
                    isHash = true
                    break
                }
                if byte == TopicSyntax.plus {
                    if levels < 64 { mask |= 1 << UInt64(levels) }
                    levels += 1
                    continue
                }
            }
            if levels == 0 { firstLevel = level }
            sum &+= level
            levels += 1
        }
        let constant = hasher.constant(mask, levels: levels, isHash: isHash)
        shape = FilterShape(mask: mask, levels: levels, isHash: isHash, constant: constant)
        hash = hasher.filter(sum &+ constant)
        bucket =
            shape.opensWithWildcard
            ? ShapeDirectory.wildcard : ShapeDirectory.bucket(firstLevel: firstLevel)
        isDeep = levels > LevelHasher.maximumLevels
    }
}

/// What the index has to know of a filter to find it.
@usableFromInline
struct FilterKey: Sendable {
    let shape: FilterShape
    let hash: UInt32
    let bucket: Int
    /// More levels than a shape can describe; such filters live in the crowd.
    let isDeep: Bool

    init(_ bytes: UnsafePointer<UInt8>, count: Int, _ hasher: LevelHasher) {
        var mask: UInt64 = 0
        var levels = 0
        var isHash = false
        var sum: UInt64 = 0
        var firstLevel: UInt64 = 0
        var start = 0
        while start <= count {
            let end = unsafe Bytes.levelEnd(bytes, from: start, count: count)
            let first = end == start + 1 ? unsafe bytes[start] : 0
            if first == TopicSyntax.hash {
                isHash = true
                break
            }
            if first == TopicSyntax.plus {
                if levels < 64 { mask |= 1 << UInt64(levels) }
            } else {
                let hash = unsafe hasher.level(bytes, start..<end, place: levels, of: count)
                if levels == 0 { firstLevel = hash }
                sum &+= hash
            }
            levels += 1
            start = end + 1
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

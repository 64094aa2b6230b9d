extension TopicFilter {
    /// Whether some topic matches both filters.
    ///
    /// The length of topics is not considered: two filters that only a topic of more than 65,535
    /// bytes would match overlap.
    /// - Complexity: O(*n*) in the bytes of the longer filter; allocates nothing.
    public func overlaps(_ other: TopicFilter, dialect: TopicDialect = .oasis) -> Bool {
        var a = FilterLevels(self)
        var b = FilterLevels(other)
        if a.hides(b) || b.hides(a) { return false }
        while true {
            switch (a.next(), b.next()) {
            case (.end, .end):
                return true
            case (.end, .hash):
                // The one's topics end one level above the other's `#`.
                return FilterLevels.leastLevels(other, dialect) <= levelCount
            case (.hash, .end):
                return FilterLevels.leastLevels(self, dialect) <= other.levelCount
            case (.hash, _), (_, .hash):
                return true
            case (.end, _), (_, .end):
                return false
            case (.literal(let one), .literal(let two)):
                if !FilterLevels.isEqual(bytes, one, other.bytes, two) { return false }
            case (.plus, _), (_, .plus):
                break
            }
        }
    }

    /// Whether every topic that matches `other` matches this filter too.
    ///
    /// - Complexity: O(*n*) in the bytes of the longer filter; allocates nothing.
    public func covers(_ other: TopicFilter, dialect: TopicDialect = .oasis) -> Bool {
        var a = FilterLevels(self)
        var b = FilterLevels(other)
        // A first level that is a wildcard leaves `$` topics alone.
        if a.hides(b) { return false }
        let least = FilterLevels.leastLevels(self, dialect)
        let otherLeast = FilterLevels.leastLevels(other, dialect)
        guard otherLeast >= least else { return false }
        if !endsInHash {
            guard !other.endsInHash, least == otherLeast else { return false }
        }
        var free = false
        while true {
            let mine = a.next()
            if mine == .hash || mine == .end { return true }
            let theirs: FilterLevels.Level = free ? .hash : b.next()
            switch (mine, theirs) {
            case (.plus, .hash):
                free = true
            case (.plus, _):
                break
            case (.literal(let one), .literal(let two)):
                if !FilterLevels.isEqual(bytes, one, other.bytes, two) { return false }
            default:
                return false
            }
        }
    }
}

/// A filter's levels, one after the other.
struct FilterLevels {
    enum Level: Equatable {
        case literal(Range<Int>)
        case plus
        case hash
        case end
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ filter: TopicFilter) { bytes = filter.bytes }

    /// The next level; ``Level/end`` again and again after the last.
    mutating func next() -> Level {
        guard position <= bytes.count else { return .end }
        var end = position
        while end < bytes.count, bytes[end] != TopicSyntax.slash { end += 1 }
        let range = position..<end
        position = end + 1
        guard range.count == 1 else { return .literal(range) }
        switch bytes[range.lowerBound] {
        case TopicSyntax.hash: return .hash
        case TopicSyntax.plus: return .plus
        default: return .literal(range)
        }
    }

    private var opensWithWildcard: Bool {
        bytes[0] == TopicSyntax.hash || bytes[0] == TopicSyntax.plus
    }

    /// Whether this filter's first level is a wildcard and the other's topics all begin with `$`.
    func hides(_ other: FilterLevels) -> Bool {
        opensWithWildcard && other.bytes[0] == TopicSyntax.dollar
    }

    static func isEqual(_ a: [UInt8], _ one: Range<Int>, _ b: [UInt8], _ two: Range<Int>) -> Bool {
        guard one.count == two.count else { return false }
        for i in 0..<one.count where a[one.lowerBound + i] != b[two.lowerBound + i] { return false }
        return true
    }

    /// The levels of the shortest topic that matches.
    ///
    /// A topic of one level is not empty, so that `/#` needs two levels in either dialect.
    static func leastLevels(_ filter: TopicFilter, _ dialect: TopicDialect) -> Int {
        let levels = filter.levelCount
        guard filter.endsInHash else { return levels }
        guard dialect == .oasis, levels > 1 else { return levels }
        return filter.bytes.count == 2 ? 2 : levels - 1
    }
}

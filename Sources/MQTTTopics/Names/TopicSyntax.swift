/// The one pass that checks the bytes of a topic name or filter.
struct TopicSyntax {
    static let slash = UInt8(ascii: "/")
    static let plus = UInt8(ascii: "+")
    static let hash = UInt8(ascii: "#")
    static let dollar = UInt8(ascii: "$")

    /// What the text is checked as.
    enum Kind { case name, filter }

    /// Where a filter's wildcards are.
    struct Wildcards {
        /// Bytes in front of the first wildcard; the length of the text where there is none.
        var literalPrefix: Int
        /// Whether the last level is `#`.
        var endsInHash: Bool
    }

    /// Checks `bytes`, whose first byte stands at `base` in what the caller shows to its user.
    static func check(
        _ bytes: Span<UInt8>,
        as kind: Kind,
        limits: TopicLimits,
        base: Int = 0
    ) throws(TopicError) -> Wildcards {
        let count = bytes.count
        guard count > 0 else { throw TopicError(.empty, at: base) }
        guard count + base <= limits.maximumBytes else {
            throw TopicError(
                .tooManyBytes(limit: limits.maximumBytes),
                at: max(base, limits.maximumBytes)
            )
        }
        var syntax = TopicSyntax(kind: kind, limits: limits, base: base, literalPrefix: count)
        if limits.ignoresBasicIngestPrefix, Self.hasBasicIngestPrefix(bytes) {
            syntax.levelsLeft += 3
        }
        var offset = 0
        while offset < count {
            offset = try syntax.step(bytes, at: offset)
        }
        return Wildcards(literalPrefix: syntax.literalPrefix, endsInHash: syntax.endsInHash)
    }

    private let kind: Kind
    private let base: Int
    private let levelLimit: Int
    private var levelsLeft: Int
    private var literalPrefix: Int
    private var endsInHash = false

    private init(kind: Kind, limits: TopicLimits, base: Int, literalPrefix: Int) {
        self.kind = kind
        self.base = base
        levelLimit = limits.maximumLevels
        levelsLeft = limits.maximumLevels - 1
        self.literalPrefix = literalPrefix
    }

    /// Checks the character at `offset` and returns where the next one starts.
    @inline(__always)
    private mutating func step(_ bytes: Span<UInt8>, at offset: Int) throws(TopicError) -> Int {
        let byte = bytes[offset]
        if byte >= 0x80 {
            guard let length = UTF8Check.scalarLength(bytes, at: offset) else {
                throw TopicError(.illFormedUTF8, at: base + offset)
            }
            return offset + length
        }
        // Letters and digits, by far the most common, need no further look.
        if byte > Self.slash { return offset + 1 }
        switch byte {
        case Self.slash:
            guard levelsLeft > 0 else {
                throw TopicError(.tooManyLevels(limit: levelLimit), at: base + offset)
            }
            levelsLeft -= 1
        case Self.plus, Self.hash:
            try wildcard(byte, bytes, at: offset)
        case 0:
            throw TopicError(.nullCharacter, at: base + offset)
        default:
            break
        }
        return offset + 1
    }

    private mutating func wildcard(
        _ byte: UInt8,
        _ bytes: Span<UInt8>,
        at offset: Int
    ) throws(TopicError) {
        guard kind == .filter else { throw TopicError(.wildcardInTopicName, at: base + offset) }
        let opens = offset == 0 || bytes[offset - 1] == Self.slash
        let isLast = offset + 1 == bytes.count
        let closes = isLast || bytes[offset + 1] == Self.slash
        if byte == Self.hash {
            guard opens, closes else {
                throw TopicError(.multiLevelWildcardNotAlone, at: base + offset)
            }
            guard isLast else { throw TopicError(.multiLevelWildcardNotLast, at: base + offset) }
            endsInHash = true
        } else {
            guard opens, closes else {
                throw TopicError(.singleLevelWildcardNotAlone, at: base + offset)
            }
        }
        literalPrefix = min(literalPrefix, offset)
    }

    private static let basicIngest: StaticString = "$aws/rules/"

    /// Whether `bytes` open with `$aws/rules/NAME/`.
    private static func hasBasicIngestPrefix(_ bytes: Span<UInt8>) -> Bool {
        let prefix = unsafe UnsafeBufferPointer(
            start: basicIngest.utf8Start,
            count: basicIngest.utf8CodeUnitCount
        )
        guard bytes.count > prefix.count else { return false }
        for i in 0..<prefix.count where unsafe prefix[i] != bytes[i] { return false }
        var i = prefix.count
        while i < bytes.count, bytes[i] != slash { i += 1 }
        return i < bytes.count && i > prefix.count
    }
}

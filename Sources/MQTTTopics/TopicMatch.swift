/// One filter against one topic, on borrowed bytes.
@usableFromInline
enum TopicMatch {
    /// Whether the first `count` bytes of both are the same.
    @inlinable
    static func isEqual(_ a: Span<UInt8>, _ b: Span<UInt8>, count: Int) -> Bool {
        for i in 0..<count where a[i] != b[i] { return false }
        return true
    }

    /// A filter with at least one wildcard, the first of them at `literalPrefix`.
    @inlinable
    static func matches(
        _ filter: Span<UInt8>,
        literalPrefix: Int,
        _ topic: Span<UInt8>,
        dialect: TopicDialect
    ) -> Bool {
        if literalPrefix == 0, topic.count > 0, topic[0] == UInt8(ascii: "$") { return false }
        var i = 0
        var j = 0
        while i < filter.count {
            let byte = filter[i]
            if byte == UInt8(ascii: "#") { return true }
            if byte == UInt8(ascii: "+") {
                i += 1
                while j < topic.count, topic[j] != UInt8(ascii: "/") { j += 1 }
            } else if j < topic.count, topic[j] == byte {
                i += 1
                j += 1
            } else {
                // The topic ended one level above a final `#`.
                return dialect == .oasis && j == topic.count && byte == UInt8(ascii: "/")
                    && i + 2 == filter.count && filter[i + 1] == UInt8(ascii: "#")
            }
        }
        return j == topic.count
    }
}

/// One filter against one topic, on borrowed bytes.
@usableFromInline
enum TopicMatch {
    /// Whether a filter matches a topic, the rule for `$` included.
    @usableFromInline
    static func matches(
        _ filter: Span<UInt8>,
        literalPrefix: Int,
        _ topic: Span<UInt8>,
        dialect: TopicDialect
    ) -> Bool {
        if literalPrefix == filter.count, literalPrefix != topic.count { return false }
        if literalPrefix == 0, topic.count > 0, topic[0] == TopicSyntax.dollar { return false }
        return unsafe filter.withUnsafeBufferPointer { filter in
            unsafe topic.withUnsafeBufferPointer { topic in
                guard let f = filter.baseAddress, let t = topic.baseAddress else { return false }
                return unsafe matches(
                    f,
                    count: filter.count,
                    t,
                    count: topic.count,
                    dialect: dialect
                )
            }
        }
    }

    /// The same on pointers, without the rule for `$`.
    ///
    /// Unsafe code: eight bytes are compared at a time, which spans offer no checked way to read;
    /// all reads go through ``Bytes``, which stays inside the counts.
    @inline(__always)
    static func matches(
        _ filter: UnsafePointer<UInt8>,
        count filterCount: Int,
        _ topic: UnsafePointer<UInt8>,
        count topicCount: Int,
        dialect: TopicDialect
    ) -> Bool {
        var i = 0
        var j = 0
        while i < filterCount {
            let difference =
                unsafe Bytes.word(filter, at: i, count: filterCount)
                ^ Bytes.word(topic, at: j, count: topicCount)
            if difference == 0 {
                i += 8
                j += 8
                continue
            }
            let same = difference.trailingZeroBitCount >> 3
            i += same
            j += same
            // The filter ended first, or the topic did, or both hold another byte here.
            guard i < filterCount else { return false }
            let byte = unsafe filter[i]
            if byte == TopicSyntax.plus {
                i += 1
                j = unsafe Bytes.levelEnd(topic, from: j, count: topicCount)
            } else if byte == TopicSyntax.hash {
                return true
            } else {
                // The topic ended one level above a final `#`.
                return unsafe dialect == .oasis && j == topicCount && byte == TopicSyntax.slash
                    && i + 2 == filterCount && filter[i + 1] == TopicSyntax.hash
            }
        }
        return i - filterCount == j - topicCount
    }
}

/// Topics that only the endpoint itself publishes to, whatever a policy says.
///
/// A client that could publish to `…/shadow/update/accepted` or `$aws/events/…` could speak with the
/// endpoint's voice. Source: AWS IoT Core developer guide, "Reserved topics" (topics where a client
/// is only allowed to subscribe).
public enum ReservedTopic {
    /// Whether no client may publish to `topic` (UTF-8).
    ///
    /// True for `$aws/events/#`, and for `$aws/…` topics whose last level is one of the endpoint's
    /// answers. Complexity: O(bytes); allocates nothing.
    public static func isForEndpointOnly(_ topic: Span<UInt8>) -> Bool {
        guard starts(topic, with: "$aws/") else { return false }
        if starts(topic, with: "$aws/events/") || equals(topic, "$aws/events") { return true }
        // Basic Ingest carries the client's own topic behind the rule's name.
        if starts(topic, with: "$aws/rules/") { return false }
        var start = topic.count
        while start > 0, topic[start - 1] != UInt8(ascii: "/") { start -= 1 }
        let last = topic.extracting(start..<topic.count)
        for answer in answers where equals(last, answer) { return true }
        return isStreamAnswer(topic)
    }

    /// Last levels of answers below `$aws/`.
    private static let answers: [StaticString] = [
        "accepted", "rejected", "delta", "documents", "notify", "notify-next",
    ]

    /// `$aws/things/N/streams/I/{data,description,rejected}/FMT`.
    private static func isStreamAnswer(_ topic: Span<UInt8>) -> Bool {
        guard starts(topic, with: "$aws/things/") else { return false }
        var level = 0
        var start = 0
        var isStream = false
        for index in 0...topic.count
        where index == topic.count || topic[index] == UInt8(ascii: "/") {
            let part = topic.extracting(start..<index)
            if level == 3 { isStream = equals(part, "streams") }
            if level == 5, isStream {
                return equals(part, "data") || equals(part, "description")
                    || equals(part, "rejected")
            }
            level += 1
            start = index + 1
        }
        return false
    }

    private static func starts(_ text: Span<UInt8>, with prefix: StaticString) -> Bool {
        guard text.count >= prefix.utf8CodeUnitCount else { return false }
        return equals(text.extracting(0..<prefix.utf8CodeUnitCount), prefix)
    }

    private static func equals(_ text: Span<UInt8>, _ other: StaticString) -> Bool {
        guard text.count == other.utf8CodeUnitCount else { return false }
        let start = unsafe other.utf8Start
        for index in text.indices where unsafe text[index] != start[index] { return false }
        return true
    }
}

/// How long and how deep a topic name or filter may be; never part of matching.
///
/// A limit is checked when a ``TopicName``, ``TopicFilter``, ``TopicView`` or
/// ``SubscriptionFilter`` is made: a value at the limit passes, one byte or one level more throws.
public struct TopicLimits: Hashable, Sendable {
    /// The most bytes of UTF-8; 1...65 535.
    public let maximumBytes: Int
    /// The most levels (separators plus one); at least 1.
    public let maximumLevels: Int
    /// Whether the three levels of a leading `$aws/rules/NAME/` are left out of the level count.
    public let ignoresBasicIngestPrefix: Bool

    /// MQTT 5.0 §4.7.3: 65 535 bytes, and as many levels as fit into them.
    public static let oasis = TopicLimits(maximumBytes: 65_535, maximumLevels: 65_536)
    /// AWS IoT Core: 256 bytes and 8 levels; a `$aws/rules/NAME/` prefix adds none.
    public static let aws = TopicLimits(
        maximumBytes: 256,
        maximumLevels: 8,
        ignoresBasicIngestPrefix: true
    )

    /// Sets the limits.
    ///
    /// - Parameters:
    ///   - maximumBytes: bytes of UTF-8; values outside 1...65 535 are brought into that range
    ///     [MQTT-4.7.3-3].
    ///   - maximumLevels: levels; values below 1 become 1.
    ///   - ignoresBasicIngestPrefix: leaves the levels of `$aws/rules/NAME/` out of the count.
    public init(
        maximumBytes: Int = 65_535,
        maximumLevels: Int = 65_536,
        ignoresBasicIngestPrefix: Bool = false
    ) {
        self.maximumBytes = min(max(maximumBytes, 1), 65_535)
        self.maximumLevels = max(maximumLevels, 1)
        self.ignoresBasicIngestPrefix = ignoresBasicIngestPrefix
    }
}

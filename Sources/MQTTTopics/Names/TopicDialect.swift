/// Whose matching rules apply.
///
/// The two differ in one rule: whether `#` also matches the level above it. What a listener
/// accepts in length and depth is a separate value, ``TopicLimits``.
@frozen
public enum TopicDialect: UInt8, Hashable, Sendable, CaseIterable {
    /// OASIS MQTT 3.1.1 and 5.0: `sensor/#` matches `sensor` (§4.7.1.2).
    case oasis
    /// AWS IoT Core: `sensor/#` does not match `sensor`; it does match `sensor/`.
    case aws
}

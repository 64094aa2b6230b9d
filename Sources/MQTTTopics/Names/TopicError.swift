/// Bytes that are no topic name, topic filter or shared subscription.
public struct TopicError: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// Not one character. [MQTT-4.7.3-1]
        case empty
        /// More bytes than ``TopicLimits/maximumBytes``. [MQTT-4.7.3-3]
        case tooManyBytes(limit: Int)
        /// More levels than ``TopicLimits/maximumLevels``.
        case tooManyLevels(limit: Int)
        /// Ill-formed UTF-8: overlong, a surrogate, past U+10FFFF, cut off. [MQTT-1.5.4-1]
        case illFormedUTF8
        /// The character U+0000. [MQTT-4.7.3-2]
        case nullCharacter
        /// `+` or `#` in a topic name. [MQTT-3.3.2-2], [MQTT-4.7.0-1]
        case wildcardInTopicName
        /// `#` that is not alone in its level. [MQTT-4.7.1-1]
        case multiLevelWildcardNotAlone
        /// `#` that is not in the last level. [MQTT-4.7.1-1]
        case multiLevelWildcardNotLast
        /// `+` that is not alone in its level. [MQTT-4.7.1-2]
        case singleLevelWildcardNotAlone
        /// `$share//…`: no share name. [MQTT-4.8.2-1]
        case emptyShareName
        /// `/`, `+` or `#` in a share name. [MQTT-4.8.2-2]
        case separatorOrWildcardInShareName
        /// `$share/NAME` without `/` and a filter behind it. [MQTT-4.8.2-2]
        case missingSharedFilter
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the text to the first byte that is wrong.
    public let offset: Int

    /// Names a rule and a place.
    public init(_ violation: Violation, at offset: Int) {
        self.violation = violation
        self.offset = offset
    }
}

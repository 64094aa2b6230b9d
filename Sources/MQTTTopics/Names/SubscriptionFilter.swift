/// What stands in a SUBSCRIBE or UNSUBSCRIBE of MQTT 5.0: a topic filter, or a shared subscription.
public enum SubscriptionFilter: Hashable, Sendable, CustomStringConvertible {
    /// An ordinary topic filter.
    case nonShared(TopicFilter)
    /// `$share/{ShareName}/{filter}`.
    case shared(SharedSubscription)

    /// Checks `rawValue`.
    ///
    /// - Parameters:
    ///   - rawValue: `$share/{ShareName}/{filter}`, or a filter. `$share` is compared exactly: a
    ///     filter such as `$Share/a/b`, or `$share` without a separator, is an ordinary one.
    ///   - limits: the bytes count for the whole text, the levels for the filter in it.
    /// - Throws: ``TopicError`` at the first byte that breaks a rule.
    /// - Complexity: O(*n*) in the bytes.
    public init(_ rawValue: String, limits: TopicLimits = .oasis) throws(TopicError) {
        let bytes = [UInt8](rawValue.utf8)
        try self.init(utf8: bytes.span, limits: limits)
    }

    /// Checks and copies bytes of UTF-8.
    ///
    /// - Throws: ``TopicError`` at the first byte that breaks a rule; ill-formed UTF-8 is one.
    public init(utf8 bytes: Span<UInt8>, limits: TopicLimits = .oasis) throws(TopicError) {
        guard Self.opensWithShare(bytes) else {
            self = .nonShared(try TopicFilter(utf8: bytes, limits: limits))
            return
        }
        let start = Self.prefixCount
        var end = start
        while end < bytes.count, bytes[end] != TopicSyntax.slash {
            if ShareName.isForbidden(bytes[end]) {
                throw TopicError(.separatorOrWildcardInShareName, at: end)
            }
            end += 1
        }
        guard end > start else { throw TopicError(.emptyShareName, at: start) }
        guard end + 1 < bytes.count else {
            throw TopicError(.missingSharedFilter, at: bytes.count)
        }
        let name = bytes.extracting(start..<end)
        let unlimited = TopicLimits.oasis
        do throws(TopicError) {
            _ = try TopicSyntax.check(name, as: .filter, limits: unlimited)
        } catch {
            throw TopicError(error.violation, at: error.offset + start)
        }
        let inner = bytes.extracting((end + 1)...)
        let wildcards = try TopicSyntax.check(inner, as: .filter, limits: limits, base: end + 1)
        self = .shared(
            SharedSubscription(
                shareName: ShareName(checked: [UInt8](copying: name)),
                topicFilter: TopicFilter(checked: [UInt8](copying: inner), wildcards)
            )
        )
    }

    private static let prefixCount = 7

    private static func opensWithShare(_ bytes: Span<UInt8>) -> Bool {
        let prefix: [7 of UInt8] = [0x24, 0x73, 0x68, 0x61, 0x72, 0x65, 0x2F]  // "$share/"
        guard bytes.count >= prefixCount else { return false }
        for i in 0..<prefixCount where bytes[i] != prefix[i] { return false }
        return true
    }

    /// The filter that topics are matched with.
    public var topicFilter: TopicFilter {
        switch self {
        case .nonShared(let filter): filter
        case .shared(let subscription): subscription.topicFilter
        }
    }

    /// The share group, `nil` for an ordinary subscription.
    public var shareName: ShareName? {
        switch self {
        case .nonShared: nil
        case .shared(let subscription): subscription.shareName
        }
    }

    /// The text a client sends.
    public var rawValue: String {
        switch self {
        case .nonShared(let filter): filter.rawValue
        case .shared(let subscription): subscription.rawValue
        }
    }

    /// The same as ``rawValue``.
    public var description: String { rawValue }
}

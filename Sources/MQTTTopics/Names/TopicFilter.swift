/// A topic filter that satisfies MQTT 5.0 §4.7: what a client subscribes to.
///
/// A filter that opens with `$share/` is one here like any other (MQTT 3.1.1 knows no shared
/// subscriptions); ``SubscriptionFilter`` takes it apart. Two filters are equal when their bytes
/// are [MQTT-3.10.4-1].
public struct TopicFilter: Sendable, CustomStringConvertible {
    @usableFromInline let bytes: [UInt8]
    /// Bytes in front of the first wildcard.
    @usableFromInline let literalPrefix: UInt16
    @usableFromInline let endsInHash: Bool

    /// Checks `rawValue`, so that no later code has to.
    ///
    /// - Parameters:
    ///   - rawValue: levels split by `/`; `+` and `#` as whole levels, `#` only as the last.
    ///   - limits: how long and how deep it may be.
    /// - Throws: ``TopicError`` at the first byte that breaks a rule.
    /// - Complexity: O(*n*) in the bytes of `rawValue`; one allocation.
    public init(_ rawValue: String, limits: TopicLimits = .oasis) throws(TopicError) {
        let bytes = [UInt8](rawValue.utf8)
        let wildcards = try TopicSyntax.check(bytes.span, as: .filter, limits: limits)
        self.init(checked: bytes, wildcards)
    }

    /// Checks and copies bytes of UTF-8.
    ///
    /// - Throws: ``TopicError`` at the first byte that breaks a rule; ill-formed UTF-8 is one.
    public init(utf8: Span<UInt8>, limits: TopicLimits = .oasis) throws(TopicError) {
        let wildcards = try TopicSyntax.check(utf8, as: .filter, limits: limits)
        self.init(checked: [UInt8](copying: utf8), wildcards)
    }

    init(checked bytes: [UInt8], _ wildcards: TopicSyntax.Wildcards) {
        self.bytes = bytes
        literalPrefix = UInt16(wildcards.literalPrefix)
        endsInHash = wildcards.endsInHash
    }

    /// Bytes that came out of a filter once.
    init(alreadyChecked bytes: [UInt8]) {
        let wildcard = bytes.firstIndex { $0 == TopicSyntax.plus || $0 == TopicSyntax.hash }
        self.init(
            checked: bytes,
            TopicSyntax.Wildcards(
                literalPrefix: wildcard ?? bytes.count,
                endsInHash: bytes.last == TopicSyntax.hash
            )
        )
    }

    /// The filter exactly as it was given.
    public var rawValue: String { String(decoding: bytes, as: UTF8.self) }

    /// The same as ``rawValue``.
    public var description: String { rawValue }

    /// The bytes of the filter.
    @inlinable
    public var utf8: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span }
    }

    /// A borrowed view.
    @inlinable
    public var view: TopicFilterView {
        @_lifetime(borrow self)
        get {
            TopicFilterView(
                checked: bytes.span,
                literalPrefix: literalPrefix,
                endsInHash: endsInHash
            )
        }
    }

    /// Whether the filter has a `+` or `#`.
    public var isWildcard: Bool { Int(literalPrefix) < bytes.count }

    /// How many levels the filter has, a final `#` included.
    public var levelCount: Int { bytes.span.separatorCount + 1 }

    /// Whether a message published to `topic` is for this filter.
    ///
    /// `#` matches any number of levels, with ``TopicDialect/oasis`` also the level above it;
    /// `+` matches one level, an empty one too; neither matches, as the first level, a topic that
    /// begins with `$` [MQTT-4.7.2-1].
    /// - Complexity: O(*n*) in the shorter of the two; allocates nothing.
    @inlinable
    public func matches(_ topic: borrowing TopicView, dialect: TopicDialect = .oasis) -> Bool {
        view.matches(topic, dialect: dialect)
    }

    /// Whether a message published to `topic` is for this filter.
    ///
    /// - Complexity: O(*n*) in the shorter of the two; allocates nothing.
    @inlinable
    public func matches(_ topic: TopicName, dialect: TopicDialect = .oasis) -> Bool {
        view.matches(topic.view, dialect: dialect)
    }
}

extension TopicFilter: Hashable {
    /// Whether both consist of the same bytes.
    public static func == (a: TopicFilter, b: TopicFilter) -> Bool { a.bytes == b.bytes }

    /// Feeds the bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

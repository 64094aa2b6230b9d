/// A topic filter that borrows its bytes.
///
/// Making one allocates nothing. ``owned()`` copies it out when it has to be stored.
public struct TopicFilterView: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>
    @usableFromInline let literalPrefix: UInt16
    @usableFromInline let endsInHash: Bool

    /// Checks the bytes of a topic filter and borrows them.
    ///
    /// - Parameters:
    ///   - bytes: the whole filter, UTF-8.
    ///   - limits: how long and how deep it may be.
    /// - Throws: ``TopicError`` at the first byte that breaks a rule.
    /// - Complexity: O(*n*) in the bytes; allocates nothing.
    @_lifetime(copy bytes)
    public init(
        validating bytes: Span<UInt8>,
        limits: TopicLimits = .oasis
    ) throws(TopicError) {
        let wildcards = try TopicSyntax.check(bytes, as: .filter, limits: limits)
        self.bytes = bytes
        literalPrefix = UInt16(wildcards.literalPrefix)
        endsInHash = wildcards.endsInHash
    }

    @inlinable
    @_lifetime(copy bytes)
    init(checked bytes: Span<UInt8>, literalPrefix: UInt16, endsInHash: Bool) {
        self.bytes = bytes
        self.literalPrefix = literalPrefix
        self.endsInHash = endsInHash
    }

    /// The bytes of the filter.
    @inlinable
    public var utf8: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes }
    }

    /// A copy that can be stored.
    public func owned() -> TopicFilter {
        TopicFilter(
            checked: [UInt8](copying: bytes),
            TopicSyntax.Wildcards(literalPrefix: Int(literalPrefix), endsInHash: endsInHash)
        )
    }

    /// Whether a message published to `topic` is for this filter.
    ///
    /// The rules are those of ``TopicFilter/matches(_:dialect:)-(TopicView,_)``.
    /// - Complexity: O(*n*) in the shorter of the two; allocates nothing.
    @inlinable
    public func matches(_ topic: borrowing TopicView, dialect: TopicDialect = .oasis) -> Bool {
        TopicMatch.matches(
            bytes,
            literalPrefix: Int(literalPrefix),
            topic.bytes,
            dialect: dialect
        )
    }
}

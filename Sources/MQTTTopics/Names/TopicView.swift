/// A topic name that borrows its bytes: what a broker's hot path matches with.
///
/// Making one allocates nothing. ``owned()`` copies it out when it has to be stored.
public struct TopicView: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>

    /// Checks the bytes of a topic name and borrows them.
    ///
    /// - Parameters:
    ///   - bytes: the whole name, UTF-8.
    ///   - limits: how long and how deep it may be.
    /// - Throws: ``TopicError`` at the first byte that breaks a rule.
    /// - Complexity: O(*n*) in the bytes; allocates nothing.
    @_lifetime(copy bytes)
    public init(
        validating bytes: Span<UInt8>,
        limits: TopicLimits = .oasis
    ) throws(TopicError) {
        _ = try TopicSyntax.check(bytes, as: .name, limits: limits)
        self.bytes = bytes
    }

    /// Borrows bytes that were checked already, by a packet decoder for instance.
    ///
    /// Memory stays safe whatever the bytes are; with bytes that are no topic name the answers of
    /// the matching functions mean nothing.
    @inlinable
    @_lifetime(copy bytes)
    public init(unchecked bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    /// The bytes of the name.
    @inlinable
    public var utf8: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes }
    }

    /// A copy that can be stored.
    public func owned() -> TopicName { TopicName(unchecked: [UInt8](copying: bytes)) }
}

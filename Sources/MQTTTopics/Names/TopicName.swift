/// A topic name that satisfies MQTT 5.0 §4.7: what a message is published to.
///
/// Two names are equal when their bytes are: no normalisation of any kind [MQTT-4.7.3-4].
public struct TopicName: Hashable, Sendable, CustomStringConvertible {
    @usableFromInline let bytes: [UInt8]

    /// Checks `rawValue`, so that no later code has to.
    ///
    /// - Parameters:
    ///   - rawValue: levels split by `/`, without wildcards.
    ///   - limits: how long and how deep it may be.
    /// - Throws: ``TopicError`` at the first byte that breaks a rule.
    /// - Complexity: O(*n*) in the bytes of `rawValue`; one allocation.
    public init(_ rawValue: String, limits: TopicLimits = .oasis) throws(TopicError) {
        let bytes = [UInt8](rawValue.utf8)
        _ = try TopicSyntax.check(bytes.span, as: .name, limits: limits)
        self.bytes = bytes
    }

    /// Checks and copies bytes of UTF-8.
    ///
    /// - Throws: ``TopicError`` at the first byte that breaks a rule; ill-formed UTF-8 is one.
    public init(utf8: Span<UInt8>, limits: TopicLimits = .oasis) throws(TopicError) {
        _ = try TopicSyntax.check(utf8, as: .name, limits: limits)
        bytes = [UInt8](copying: utf8)
    }

    init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// The name exactly as it was given.
    public var rawValue: String { String(decoding: bytes, as: UTF8.self) }

    /// The same as ``rawValue``.
    public var description: String { rawValue }

    /// The bytes of the name.
    @inlinable
    public var utf8: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span }
    }

    /// A borrowed view, which the matching functions take.
    @inlinable
    public var view: TopicView {
        @_lifetime(borrow self)
        get { TopicView(unchecked: bytes.span) }
    }

    /// How many levels the name has: its separators plus one.
    public var levelCount: Int { bytes.span.separatorCount + 1 }
}

extension Span where Element == UInt8 {
    /// How many `/` there are.
    var separatorCount: Int {
        var count = 0
        for i in indices where self[i] == TopicSyntax.slash { count += 1 }
        return count
    }
}

extension Array where Element == UInt8 {
    /// A copy of borrowed bytes.
    init(copying span: Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }
}

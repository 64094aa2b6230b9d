/// A member name made ready for lookups.
///
/// Two keys are equal when their bytes are: `"é"` in one code point is not `"é"` in two.
public struct JSONKey: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The name in UTF-8, without escapes.
    public let utf8: [UInt8]
    /// The hash and the outer bytes: all of a short name.
    @usableFromInline let ends: JSONShortKey

    @inlinable var hash: UInt32 { ends.hash }

    /// The same without the name's memory, `nil` where it has more than 16 bytes.
    @inlinable
    public var short: JSONShortKey? { ends.count <= JSONShortKey.limit ? ends : nil }

    /// A key from a name.
    public init(_ name: String) { self.init(utf8: Array(name.utf8)) }

    /// A key from a literal.
    public init(stringLiteral name: StaticString) {
        self.init(
            utf8: unsafe Array(
                UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            )
        )
    }

    /// A key from a name in UTF-8; bytes that are no UTF-8 match nothing.
    public init(utf8: [UInt8]) {
        self.utf8 = utf8
        ends = JSONShortKey(ends: utf8, hash: Self.hash(of: utf8.span))
    }

    @usableFromInline
    static func hash(of name: Span<UInt8>) -> UInt32 {
        unsafe name.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else {
                return NameHash.finish(NameHash.start(0), last: 0)
            }
            return unsafe ByteSource(base: base, count: bytes.count)
                .nameHash(from: 0, length: bytes.count)
        }
    }

    /// Whether both names have the same bytes.
    public static func == (a: JSONKey, b: JSONKey) -> Bool { a.hash == b.hash && a.utf8 == b.utf8 }

    /// Feeds the name's bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(utf8) }

    /// The name.
    public var name: String { String(decoding: utf8, as: UTF8.self) }
}

/// A member name of at most 16 bytes, made ready for lookups: trivial to copy, nothing counted.
///
/// ``JSONKey/short`` makes one.
@frozen
public struct JSONShortKey: BitwiseCopyable, Hashable, Sendable {
    /// The most bytes that a name may have.
    @inlinable public static var limit: Int { 16 }

    @usableFromInline let hash: UInt32
    @usableFromInline let count: UInt32
    /// The first and the last eight bytes, lowest first; of a name of fewer bytes twice all of
    /// them, with zeros above.
    @usableFromInline let head: UInt64
    @usableFromInline let tail: UInt64

    init(ends name: [UInt8], hash: UInt32) {
        func word(_ bytes: some Sequence<UInt8>) -> UInt64 {
            var word: UInt64 = 0
            for (place, byte) in bytes.enumerated() { word |= UInt64(byte) << UInt64(place * 8) }
            return word
        }
        self.hash = hash
        count = UInt32(clamping: name.count)
        head = word(name.prefix(8))
        tail = word(name.suffix(8))
    }
}

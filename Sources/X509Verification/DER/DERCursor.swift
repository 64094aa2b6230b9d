/// Positions of one tag-length-value triple inside the bytes it was read from.
public struct DERElement: Hashable, Sendable {
    /// The identifier octet: class, constructed bit and a number below 31.
    public let tag: UInt8
    /// Offset of the identifier octet.
    public let start: Int
    /// Offset of the first byte of the content.
    public let contentStart: Int
    /// Offset after the last byte of the content.
    public let end: Int

    @inlinable
    init(tag: UInt8, start: Int, contentStart: Int, end: Int) {
        self.tag = tag
        self.start = start
        self.contentStart = contentStart
        self.end = end
    }

    /// Offsets of the content.
    @inlinable
    public var content: Range<Int> { unsafe Range(uncheckedBounds: (contentStart, end)) }

    /// Offsets of the whole element.
    @inlinable
    public var whole: Range<Int> { unsafe Range(uncheckedBounds: (start, end)) }
}

/// A position in borrowed DER: reads the elements of one container from left to right.
///
/// Every call takes the bytes again, so that a cursor is two integers that copy for free. It only
/// moves forward, never recurses, and accepts the Distinguished Encoding Rules alone: definite,
/// minimal lengths of at most four bytes and tag numbers below 31. X.690 §10
public struct DERCursor: Hashable, Sendable {
    /// Offset of the next element.
    public private(set) var position: Int
    /// Offset after the container.
    public let end: Int

    /// A cursor over a container's content, or over whole bytes.
    ///
    /// - Parameter range: offsets inside the bytes of every later call.
    public init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// Whether all elements were read.
    public var isAtEnd: Bool { position >= end }

    /// The identifier octet of the next element; `nil` at the end.
    public func peek(_ bytes: Span<UInt8>) -> UInt8? { isAtEnd ? nil : bytes[position] }

    /// Reads the next element of any tag.
    ///
    /// - Throws: ``MalformedDER`` at the element; the cursor is then of no further use.
    /// - Complexity: O(1), no allocation.
    public mutating func next(_ bytes: Span<UInt8>) throws(MalformedDER) -> DERElement {
        let start = position
        guard end - start >= 2 else {
            throw MalformedDER(.truncated(needed: 2, available: max(0, end - start)), at: start)
        }
        let tag = bytes[start]
        guard tag & 0x1F != 0x1F else { throw MalformedDER(.highTagNumber, at: start) }
        let first = bytes[start + 1]
        var contentStart = start + 2
        var length = Int(first)
        if first >= 0x80 {
            let count = Int(first & 0x7F)
            guard count != 0 else { throw MalformedDER(.indefiniteLength, at: start + 1) }
            guard count <= 4 else { throw MalformedDER(.lengthTooLarge, at: start + 1) }
            guard end - contentStart >= count else {
                throw MalformedDER(
                    .truncated(needed: count, available: end - contentStart),
                    at: start + 1
                )
            }
            length = 0
            for i in 0..<count { length = length << 8 | Int(bytes[contentStart + i]) }
            guard length >= 0x80, count == 1 || length >> ((count - 1) * 8) != 0 else {
                throw MalformedDER(.lengthNotMinimal, at: start + 1)
            }
            contentStart += count
        }
        guard length <= end - contentStart else {
            throw MalformedDER(
                .truncated(needed: length, available: end - contentStart),
                at: start
            )
        }
        position = contentStart + length
        return DERElement(tag: tag, start: start, contentStart: contentStart, end: position)
    }

    /// Reads the next element, which must have `tag`.
    public mutating func expect(
        _ tag: UInt8,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) -> DERElement {
        guard position < end else {
            throw MalformedDER(.truncated(needed: 2, available: 0), at: position)
        }
        guard bytes[position] == tag else {
            throw MalformedDER(.unexpectedTag(expected: tag, found: bytes[position]), at: position)
        }
        return try next(bytes)
    }

    /// Reads the next element where it has `tag`; otherwise stays and returns `nil`.
    public mutating func optional(
        _ tag: UInt8,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) -> DERElement? {
        guard position < end, bytes[position] == tag else { return nil }
        return try next(bytes)
    }

    /// Checks that nothing is left in the container.
    public func finish() throws(MalformedDER) {
        guard position == end else { throw MalformedDER(.superfluousElement, at: position) }
    }

    /// Checks that nothing follows the outermost element.
    public func finishInput() throws(MalformedDER) {
        guard position == end else { throw MalformedDER(.trailingData, at: position) }
    }
}

/// The identifier octets of these structures.
enum DERTag {
    static let boolean: UInt8 = 0x01
    static let integer: UInt8 = 0x02
    static let bitString: UInt8 = 0x03
    static let octetString: UInt8 = 0x04
    static let null: UInt8 = 0x05
    static let objectIdentifier: UInt8 = 0x06
    static let enumerated: UInt8 = 0x0A
    static let utf8String: UInt8 = 0x0C
    static let printableString: UInt8 = 0x13
    static let teletexString: UInt8 = 0x14
    static let ia5String: UInt8 = 0x16
    static let utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18
    static let universalString: UInt8 = 0x1C
    static let bmpString: UInt8 = 0x1E
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31

    /// A constructed context-specific tag.
    static func constructed(_ number: UInt8) -> UInt8 { 0xA0 | number }

    /// A primitive context-specific tag.
    static func primitive(_ number: UInt8) -> UInt8 { 0x80 | number }
}

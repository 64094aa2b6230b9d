/// One value of a packed document, as positions in its bytes.
///
/// The packed form is a tree in preorder in which every container says how long it is, so that a
/// lookup passes over what it does not need, and every scalar carries its time of change:
///
///     null    tag                                  (requests only)
///     scalar  tag  seconds:5  length:varint  text
///     array   tag  length:4   values
///     object  tag  length:4   (name length:varint  name  value)…
///
/// Texts and names are canonical: strings have the shortest escapes, so that equal strings have
/// equal bytes; numbers are as they were written. Numbers of the format are little-endian.
struct PackedNode {
    /// Where the tag stands.
    let offset: Int
    let tag: UInt8
    /// A scalar's text, a container's content.
    let body: Int
    /// Behind the value.
    let end: Int

    static let null: UInt8 = 0
    static let scalar: UInt8 = 1
    static let array: UInt8 = 2
    static let object: UInt8 = 3
    static let kindMask: UInt8 = 0x07
    /// In `desired`: the value, or something below it, is part of the delta.
    static let differs: UInt8 = 0x80
    /// In `desired`: all of the value is part of the delta; the marks below it mean nothing.
    static let whole: UInt8 = 0x40
    static let flags: UInt8 = 0xC0

    /// Bytes in front of a container's content.
    static let containerHeader = 5
    /// Bytes between a scalar's tag and the length of its text.
    static let secondsLength = 5
    /// The last second that the format can hold, in the year 36812.
    static let maximumSeconds: UInt64 = (1 << 40) - 1

    @inline(__always) var kind: UInt8 { tag & Self.kindMask }
    @inline(__always) var isNull: Bool { kind == Self.null }
    @inline(__always) var isScalar: Bool { kind == Self.scalar }
    @inline(__always) var isArray: Bool { kind == Self.array }
    @inline(__always) var isObject: Bool { kind == Self.object }
    @inline(__always) var isEmpty: Bool { body == end }
    @inline(__always) var differs: Bool { tag & Self.differs != 0 }
    @inline(__always) var isWhole: Bool { tag & Self.whole != 0 }
}

/// A member of a packed object, as positions in its bytes.
struct PackedMember {
    /// Where the length of the name stands.
    let start: Int
    let nameStart: Int
    let nameEnd: Int
    let value: PackedNode

    @inline(__always) var name: Range<Int> { nameStart..<nameEnd }
    @inline(__always) var end: Int { value.end }
    /// Bytes of JSON text for `"name":` and a comma.
    @inline(__always) var overhead: Int { nameEnd - nameStart + 4 }
}

extension Span<UInt8> {
    /// The value whose tag stands at `offset`.
    @inline(__always)
    func node(at offset: Int) -> PackedNode {
        let tag = self[offset]
        switch tag & PackedNode.kindMask {
        case PackedNode.null:
            return PackedNode(offset: offset, tag: tag, body: offset &+ 1, end: offset &+ 1)
        case PackedNode.scalar:
            let (length, body) = varint(at: offset &+ 1 &+ PackedNode.secondsLength)
            return PackedNode(offset: offset, tag: tag, body: body, end: body &+ length)
        default:
            let length = unsafe Int(
                truncatingIfNeeded: UInt32(
                    littleEndian: bytes.unsafeLoadUnaligned(
                        fromByteOffset: offset &+ 1,
                        as: UInt32.self
                    )
                )
            )
            let body = offset &+ PackedNode.containerHeader
            return PackedNode(offset: offset, tag: tag, body: body, end: body &+ length)
        }
    }

    /// The member that starts at `offset`.
    @inline(__always)
    func member(at offset: Int) -> PackedMember {
        let (length, nameStart) = varint(at: offset)
        let nameEnd = nameStart &+ length
        return PackedMember(
            start: offset,
            nameStart: nameStart,
            nameEnd: nameEnd,
            value: node(at: nameEnd)
        )
    }

    /// A number of 7 bits a byte, the lowest ones first, and where the next byte stands.
    @inline(__always)
    func varint(at offset: Int) -> (value: Int, end: Int) {
        let byte = self[offset]
        if byte < 0x80 { return (Int(byte), offset &+ 1) }
        return longVarint(at: offset)
    }

    private func longVarint(at offset: Int) -> (value: Int, end: Int) {
        var value = 0
        var position = offset
        var shift = 0
        while shift < 35 {
            let byte = self[position]
            value |= Int(byte & 0x7F) << shift
            position += 1
            if byte < 0x80 { break }
            shift += 7
        }
        return (value, position)
    }

    /// The time of change of a scalar, in seconds since 1970.
    @inline(__always)
    func seconds(of scalar: PackedNode) -> UInt64 {
        // A scalar has at least eight bytes: tag, time, length, text. The load is checked.
        let word = unsafe bytes.unsafeLoadUnaligned(
            fromByteOffset: scalar.offset,
            as: UInt64.self
        )
        return UInt64(littleEndian: word) >> 8 & PackedNode.maximumSeconds
    }

    /// Whether two pieces have the same bytes.
    @inline(__always)
    func hasSameBytes(_ range: Range<Int>, as other: Span<UInt8>, _ otherRange: Range<Int>) -> Bool
    {
        let length = range.upperBound &- range.lowerBound
        guard length == otherRange.upperBound &- otherRange.lowerBound else { return false }
        // Loads are checked against the bounds of their spans.
        let a = unsafe bytes
        let b = unsafe other.bytes
        let (start, otherStart) = (range.lowerBound, otherRange.lowerBound)
        if length < 8 {
            var k = 0
            while k < length {
                if self[start &+ k] != other[otherStart &+ k] { return false }
                k &+= 1
            }
            return true
        }
        // Words of eight bytes, the last one overlapping.
        var k = 0
        while true {
            let x = unsafe a.unsafeLoadUnaligned(fromByteOffset: start &+ k, as: UInt64.self)
            let y = unsafe b.unsafeLoadUnaligned(fromByteOffset: otherStart &+ k, as: UInt64.self)
            if x != y { return false }
            if k &+ 8 == length { return true }
            k = Swift.min(k &+ 8, length &- 8)
        }
    }
}

extension ByteBuilder {
    /// Appends a number of 7 bits a byte, the lowest ones first.
    @inline(__always)
    mutating func appendVarint(_ value: Int) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Begins an array or object.
    ///
    /// - Returns: where its tag stands, for ``endContainer(_:)``.
    @inline(__always)
    mutating func beginContainer(_ tag: UInt8) -> Int {
        let offset = count
        append(tag)
        appendLittleEndian(0, length: 4)
        return offset
    }

    /// Writes the length of the container that began at `offset`.
    @inline(__always)
    mutating func endContainer(_ offset: Int) {
        patch(count - offset - PackedNode.containerHeader, at: offset + 1)
    }

    /// Replaces the marks of the value at `offset`.
    @inline(__always)
    mutating func setFlags(_ flags: UInt8, at offset: Int) {
        set(span[offset] & ~PackedNode.flags | flags, at: offset)
    }
}

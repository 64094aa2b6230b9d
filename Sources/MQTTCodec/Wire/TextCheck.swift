/// What a text may hold.
@usableFromInline
enum TextKind: Sendable {
    /// Any UTF-8 Encoded String. MQTT 5.0 §1.5.4
    case string
    /// A topic name: no wildcard, at least one character. MQTT 5.0 §4.7
    case topicName
}

/// Why a text is refused, with the index of the byte that shows it.
@usableFromInline
enum TextFault: Hashable, Sendable {
    case illFormedUTF8(Int)
    case nullCharacter(Int)
    case wildcard(Int)
    case empty
    case share
}

/// Checks of UTF-8 Encoded Strings, topic names and topic filters.
///
/// The common case, ASCII without U+0000 (and without wildcards in a topic name), is decided eight
/// bytes at a time; everything else byte by byte.
@usableFromInline
enum TextCheck {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// Bits where a byte of `word` is 0 or above 0x7F; exact for "none".
    @inline(__always)
    static func exceptions(_ word: UInt64) -> UInt64 {
        (word | (word &- ones)) & highs
    }

    /// As ``exceptions(_:)``, and for `+` (0x2B) and `#` (0x23), which differ in bit 3 alone.
    @inline(__always)
    static func topicExceptions(_ word: UInt64) -> UInt64 {
        let wildcards = (word | (ones << 3)) ^ (ones &* 0x2B)
        return (word | (word &- ones) | (wildcards &- ones)) & highs
    }

    @inline(__always)
    private static func exceptions(_ word: UInt64, _ kind: TextKind) -> UInt64 {
        switch kind {
        case .string: exceptions(word)
        case .topicName: topicExceptions(word)
        }
    }

    /// Whether all bytes are ASCII, not 0, and (for topic names) no wildcard.
    ///
    /// Loads overlap at the end, so that no byte is looked at alone.
    @inline(__always)
    static func isPlain(_ bytes: Span<UInt8>, _ start: Int, _ count: Int, _ kind: TextKind) -> Bool
    {
        bytes.require(start, count)
        let end = start + count
        if count >= 8 {
            var index = start
            var found: UInt64 = 0
            while index < end - 8 {
                found |= exceptions(bytes.word64(at: index), kind)
                index += 8
            }
            found |= exceptions(bytes.word64(at: end - 8), kind)
            return found == 0
        }
        if count >= 4 {
            let word =
                UInt64(bytes.word32(at: start)) | UInt64(bytes.word32(at: end - 4)) << 32
            return exceptions(word, kind) == 0
        }
        if count == 0 { return true }
        let word =
            UInt64(bytes.byte(start)) | UInt64(bytes.byte(start + count / 2)) << 8
            | UInt64(bytes.byte(end - 1)) << 16 | 0x4141_4141_4100_0000
        return exceptions(word, kind) == 0
    }

    /// The high bit of each byte that is `+` or `#`; exact for ASCII.
    @inline(__always)
    private static func wildcards(_ word: UInt64) -> UInt64 {
        let difference = (word | (ones << 3)) ^ (ones &* 0x2B)
        return ~((difference & ~highs) &+ ~highs) & highs
    }

    /// Whether a filter is ASCII without U+0000 and `$` in front, its wildcards where they may stand.
    ///
    /// Eight bytes at a time, as most filters are; the others get a closer look.
    @inline(__always)
    static func isPlainFilter(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> Bool {
        bytes.require(start, count)
        guard count > 0, bytes.byte(start) != 0x24 else { return false }
        let end = start + count
        guard count >= 8 else { return isPlain(bytes, start, count, .topicName) }
        var index = start
        while true {
            let word = bytes.word64(at: index)
            if exceptions(word) != 0 { return false }
            let found = wildcards(word)
            if found != 0, !arePlaced(found, at: index, bytes, start, end) { return false }
            if index == end - 8 { return true }
            index = min(index + 8, end - 8)
        }
    }

    /// Whether wildcards fill their levels and `#` is the last one. MQTT 5.0 §4.7.1
    @inline(__always)
    private static func arePlaced(
        _ found: UInt64,
        at index: Int,
        _ bytes: Span<UInt8>,
        _ start: Int,
        _ end: Int
    ) -> Bool {
        var found = found
        while found != 0 {
            let place = index &+ found.trailingZeroBitCount &>> 3
            found &= found &- 1
            let opens = place == start || bytes.byte(place - 1) == 0x2F
            let closes =
                place + 1 == end || (bytes.byte(place) == 0x2B && bytes.byte(place + 1) == 0x2F)
            if !opens || !closes { return false }
        }
        return true
    }

    /// The first fault of a string or topic name, or `nil`.
    ///
    /// - Complexity: O(*n*)
    @inline(never)
    static func fault(
        _ bytes: Span<UInt8>,
        _ start: Int,
        _ count: Int,
        _ kind: TextKind
    ) -> TextFault? {
        bytes.require(start, count)
        if count == 0 { return kind == .topicName ? .empty : nil }
        let end = start + count
        var index = start
        while index < end {
            let byte = bytes.byte(index)
            if byte < 0x80 {
                if byte == 0 { return .nullCharacter(index - start) }
                if kind == .topicName, byte == 0x2B || byte == 0x23 {
                    return .wildcard(index - start)
                }
                index += 1
            } else {
                let size = sequenceSize(bytes, index, end)
                if size == 0 { return .illFormedUTF8(index - start) }
                index += size
            }
        }
        return nil
    }

    /// The first fault of a topic filter, or `nil`. MQTT 5.0 §4.7.1, §4.8.2
    ///
    /// With `sharing`, `$share/` has its meaning (MQTT 5.0).
    @inline(never)
    static func filterFault(
        _ bytes: Span<UInt8>,
        _ start: Int,
        _ count: Int,
        sharing: Bool
    ) -> TextFault? {
        bytes.require(start, count)
        if count == 0 { return .empty }
        let end = start + count
        var first = start
        if sharing, isShared(bytes, start, count) {
            guard let filter = endOfShareName(bytes, start + 7, end), filter < end else {
                return .share
            }
            if let fault = fault(bytes, start, filter - start, .string) { return fault }
            first = filter
        }
        var index = first
        while index < end {
            let byte = bytes.byte(index)
            if byte >= 0x80 {
                let size = sequenceSize(bytes, index, end)
                if size == 0 { return .illFormedUTF8(index - start) }
                index += size
                continue
            }
            if byte == 0 { return .nullCharacter(index - start) }
            if byte == 0x2B || byte == 0x23 {
                // A wildcard fills its level; # is the last one.
                let opens = index == first || bytes.byte(index - 1) == 0x2F
                let closes =
                    index + 1 == end || (byte == 0x2B && bytes.byte(index + 1) == 0x2F)
                if !opens || !closes { return .wildcard(index - start) }
            }
            index += 1
        }
        return nil
    }

    /// Whether the filter starts with `$share/`.
    static func isShared(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> Bool {
        bytes.require(start, count)
        return count >= 7 && bytes.byte(start) == 0x24 && bytes.byte(start + 1) == 0x73
            && bytes.byte(start + 2) == 0x68 && bytes.byte(start + 3) == 0x61
            && bytes.byte(start + 4) == 0x72
            && bytes.byte(start + 5) == 0x65 && bytes.byte(start + 6) == 0x2F
    }

    /// The index after the `/` that ends a share name; `nil` for an empty or wrong name.
    private static func endOfShareName(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var index = start
        while index < end {
            let byte = bytes.byte(index)
            if byte == 0x2F { return index > start ? index + 1 : nil }
            if byte == 0x2B || byte == 0x23 { return nil }
            index += 1
        }
        return nil
    }

    /// Bytes of the well-formed sequence at `index`, 2...4, or 0. Unicode Table 3-7
    static func sequenceSize(_ bytes: Span<UInt8>, _ index: Int, _ end: Int) -> Int {
        let first = bytes.byte(index)
        var low: UInt8 = 0x80
        var high: UInt8 = 0xBF
        let size: Int
        switch first {
        case 0xC2...0xDF: size = 2
        case 0xE0...0xEF:
            size = 3
            if first == 0xE0 { low = 0xA0 }
            if first == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            size = 4
            if first == 0xF0 { low = 0x90 }
            if first == 0xF4 { high = 0x8F }
        default: return 0
        }
        guard end - index >= size, bytes.byte(index + 1) >= low, bytes.byte(index + 1) <= high
        else {
            return 0
        }
        var next = index + 2
        while next < index + size {
            guard bytes.byte(next) & 0xC0 == 0x80 else { return 0 }
            next += 1
        }
        return size
    }
}

extension Span<UInt8> {
    /// Traps unless the span has this range; the accesses below rely on it.
    @inline(__always)
    func require(_ start: Int, _ count: Int) {
        precondition(start >= 0 && count >= 0 && count <= self.count - start, "outside the span")
    }

    /// One byte of a range that was required.
    ///
    /// Checking each byte again made filters a third slower than the same loop in C.
    @inline(__always)
    func byte(_ index: Int) -> UInt8 {
        assert(index >= 0 && index < count)
        return unsafe self[unchecked: index]
    }

    /// Eight bytes of a required range as one word, lowest byte first.
    @inline(__always)
    func word64(at index: Int) -> UInt64 {
        assert(index >= 0 && index + 8 <= count)
        // The range was required; byte by byte this costs a third of the time of a PUBLISH.
        return unsafe UInt64(
            littleEndian: bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: index,
                as: UInt64.self
            )
        )
    }

    /// Four bytes of a required range as one word, lowest byte first.
    @inline(__always)
    func word32(at index: Int) -> UInt32 {
        assert(index >= 0 && index + 4 <= count)
        // The range was required.
        return unsafe UInt32(
            littleEndian: bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: index,
                as: UInt32.self
            )
        )
    }
}

/// The bytes of the text under the parser: reads without bounds checks, which cost the parser about
/// a fifth of its speed.
///
/// Every caller proves `index + width <= count` first; debug builds check it.
@safe
struct ByteSource {
    let base: UnsafeRawPointer
    let count: Int

    @inline(__always)
    subscript(index: Int) -> UInt8 {
        assert(index >= 0 && index < count)
        return unsafe base.load(fromByteOffset: index, as: UInt8.self)
    }

    /// Eight bytes, the first in the lowest bits.
    @inline(__always)
    func word(at index: Int) -> UInt64 {
        assert(index >= 0 && index + 8 <= count)
        return UInt64(
            littleEndian: unsafe base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        )
    }

    @inline(__always)
    func halfWord(at index: Int) -> UInt32 {
        assert(index >= 0 && index + 4 <= count)
        return UInt32(
            littleEndian: unsafe base.loadUnaligned(fromByteOffset: index, as: UInt32.self)
        )
    }
}

extension ByteSource {
    /// The first byte at or after `index` that ends plain ASCII string content: a quote, a
    /// backslash, a control character or a byte above 0x7F; `count` where there is none.
    @inline(__always)
    func plainEnd(from index: Int) -> Int {
        var i = index
        while i &+ 8 <= count {
            let stop = Self.stopBits(word(at: i))
            if stop != 0 { return i &+ stop.trailingZeroBitCount &>> 3 }
            i &+= 8
        }
        while i < count {
            let byte = self[i]
            if byte == 0x22 || byte == 0x5C || Int8(bitPattern: byte) < 0x20 { break }
            i &+= 1
        }
        return i
    }

    /// The high bit of the lowest byte that ends plain content (higher bits may be set wrongly).
    @inline(__always)
    static func stopBits(_ x: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quote = x ^ (ones &* 0x22)
        let backslash = x ^ (ones &* 0x5C)
        let low = (quote &- ones) & ~quote
        let escape = (backslash &- ones) & ~backslash
        let control = (x &- (ones &* 0x20)) & ~x
        return (low | escape | control | x) & (ones &* 0x80)
    }

    /// The first byte at or after `index` that is no decimal digit.
    @inline(__always)
    func digitsEnd(from index: Int) -> Int {
        var i = index
        while i &+ 8 <= count {
            let x = word(at: i) ^ 0x3030_3030_3030_3030
            let notDigit = (x | (x &+ 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080
            if notDigit != 0 { return i &+ notDigit.trailingZeroBitCount &>> 3 }
            i &+= 8
        }
        while i < count, self[i] &- 0x30 < 10 { i &+= 1 }
        return i
    }

    /// The first byte at or after `index` that is no white space.
    func spaceEnd(from index: Int) -> Int {
        var i = index
        while i < count {
            let byte = self[i]
            if byte > 0x20 { return i }
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return i }
            i &+= 1
            while i &+ 8 <= count {
                let rest = word(at: i) ^ 0x2020_2020_2020_2020
                if rest != 0 {
                    i &+= rest.trailingZeroBitCount &>> 3
                    break
                }
                i &+= 8
            }
        }
        return i
    }

    /// The hash of a name without escapes; equal to that of ``NameHash`` over the same bytes.
    @inline(__always)
    func nameHash(from start: Int, length: Int) -> UInt32 {
        if length <= 8, start &+ 8 <= count {
            // A shift by 64 gives 0 here, so length 0 needs no case of its own.
            let word = word(at: start) & ~(~0 << UInt64(truncatingIfNeeded: length &* 8))
            return NameHash.finish(NameHash.start(length), last: word)
        }
        return longNameHash(from: start, length: length)
    }

    func longNameHash(from start: Int, length: Int) -> UInt32 {
        hashWords(NameHash.start(length), from: start, length: length)
    }

    /// A hash of all bytes that nobody can steer who does not know `seed`.
    func seededHash(_ seed: UInt64) -> UInt32 {
        let hash = hashWords(NameHash.mix(seed, UInt64(count)) ^ seed, from: 0, length: count)
        return NameHash.finish(seed, last: UInt64(hash))
    }

    private func hashWords(_ start: UInt64, from first: Int, length: Int) -> UInt32 {
        var hash = start
        var i = first
        let end = first &+ length
        while i &+ 8 < end {
            hash = NameHash.mix(hash, word(at: i))
            i &+= 8
        }
        var last: UInt64 = 0
        var shift: UInt64 = 0
        while i < end {
            last |= UInt64(self[i]) &<< shift
            shift &+= 8
            i &+= 1
        }
        return NameHash.finish(hash, last: last)
    }
}

/// The hash of member names: bytes in words of eight, the last one (1 to 8 bytes) filled with zeros.
///
/// It only has to be quick: what it says is always checked against the bytes, and no loop of the
/// parser depends on it being hard to attack (see ``DuplicateNames``).
@usableFromInline
enum NameHash {
    @inline(__always)
    static func start(_ length: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: length) &* 0x9E37_79B9_7F4A_7C15
    }

    /// Both halves of the product are kept: its low half alone would not carry the last bytes of a
    /// word into the low bits.
    @inline(__always)
    static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let (high, low) = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return high ^ low
    }

    @inline(__always)
    static func finish(_ hash: UInt64, last: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: mix(hash, last))
    }

    /// The hash of a name whose bytes come one by one.
    struct Stream {
        private var hash: UInt64
        private var word: UInt64 = 0
        private var filled: UInt64 = 0

        init(length: Int) { hash = NameHash.start(length) }

        mutating func append(_ byte: UInt8) {
            if filled == 64 {
                hash = NameHash.mix(hash, word)
                word = 0
                filled = 0
            }
            word |= UInt64(byte) &<< filled
            filled += 8
        }

        func finish() -> UInt32 { NameHash.finish(hash, last: word) }
    }
}

/// Keyed hashes of topic levels, and of filters as sums of them.
///
/// A level's hash depends on its bytes and on its place. A filter's hash is the sum of its literal
/// levels' hashes plus a constant of its shape, mixed once more; so that the hash a topic would have
/// under any shape is its total minus the levels that the shape leaves open. The multiplications
/// fold 128 bits into 64 with keys that a peer does not know.
struct LevelHasher: Sendable {
    /// Levels whose running sums are kept.
    static let maximumLevels = 64

    private let chunkKey: UInt64
    private let tailKey: UInt64
    private let shapeKey: UInt64
    private let finalKey: UInt64
    private let placeKey: UInt64

    init(seed: UInt64) {
        var state = seed
        func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        chunkKey = next() | 1
        tailKey = next() | 1
        shapeKey = next() | 1
        finalKey = next() | 1
        placeKey = next() | 1
    }

    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// The starting state of the level at `place`.
    @inline(__always)
    func start(_ place: Int) -> UInt64 { placeKey &* (UInt64(truncatingIfNeeded: place) &+ 1) }

    /// Adds eight bytes of a level.
    @inline(__always)
    func add(_ state: UInt64, _ word: UInt64) -> UInt64 { Self.fold(state ^ word, chunkKey) }

    /// Adds the last zero to seven bytes and closes a level.
    @inline(__always)
    func finish(_ state: UInt64, _ word: UInt64, count: Int) -> UInt64 {
        let length = UInt64(truncatingIfNeeded: count) &* 0xD6E8_FEB8_6659_FD93
        return Self.fold(state ^ word ^ length, tailKey ^ length)
    }

    /// The hash of one level of a text of `count` bytes.
    @inline(__always)
    func level(
        _ bytes: UnsafePointer<UInt8>,
        _ range: Range<Int>,
        place: Int,
        of count: Int
    ) -> UInt64 {
        var state = start(place)
        var position = range.lowerBound
        while range.upperBound - position >= 8 {
            state = add(state, unsafe Bytes.word(bytes + position))
            position += 8
        }
        let left = range.upperBound - position
        let word = unsafe Bytes.word(bytes, at: position, count: count)
        return finish(state, Bytes.lowest(left, of: word), count: left)
    }

    /// What a shape adds to the sum of its literal levels.
    func constant(_ mask: UInt64, levels: Int, isHash: Bool) -> UInt64 {
        let form = UInt64(truncatingIfNeeded: levels) << 1 | (isHash ? 1 : 0)
        return Self.fold(mask ^ shapeKey, form &* 0x9E37_79B9_7F4A_7C15 ^ finalKey)
    }

    /// The hash of a filter, from the sum of everything in it.
    @inline(__always)
    func filter(_ sum: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: Self.fold(sum, finalKey) >> 16)
    }

    /// The hash of the level that starts at `position`, which moves behind its separator.
    ///
    /// At the last level `position` becomes `count` + 1.
    @inline(__always)
    func nextLevel(
        _ bytes: UnsafePointer<UInt8>,
        at position: inout Int,
        count: Int,
        place: Int
    ) -> UInt64 {
        var state = start(place)
        while true {
            let word = unsafe Bytes.word(bytes, at: position, count: count)
            let found = Bytes.separators(word)
            let left = count &- position
            if found == 0, left >= 8 {
                state = add(state, word)
                position &+= 8
                continue
            }
            let length = found == 0 ? left : found.trailingZeroBitCount &>> 3
            position &+= length &+ 1
            return finish(state, Bytes.lowest(length, of: word), count: length)
        }
    }

    /// Writes where a topic's levels start and the running sums of their hashes: `sums[i]` is that
    /// of the first `i` levels; behind the last one `starts` goes on with one past the end.
    ///
    /// - Returns: the number of levels; ``maximumLevels`` + 1 where there are more.
    @inline(__always)
    func scan(
        _ bytes: UnsafePointer<UInt8>,
        count: Int,
        sums: UnsafeMutablePointer<UInt64>,
        starts: UnsafeMutablePointer<UInt32>
    ) -> Int {
        var sum: UInt64 = 0
        var place = 0
        var position = 0
        unsafe sums[0] = 0
        unsafe starts[0] = 0
        while place < Self.maximumLevels {
            sum &+= unsafe nextLevel(bytes, at: &position, count: count, place: place)
            place &+= 1
            unsafe sums[place] = sum
            unsafe starts[place] = UInt32(truncatingIfNeeded: position)
            if position > count { return place }
        }
        return Self.maximumLevels + 1
    }
}

/// Reads of several bytes at once; never outside the bytes given.
enum Bytes {
    /// Eight bytes, little endian.
    @inline(__always)
    static func word(_ bytes: UnsafePointer<UInt8>) -> UInt64 {
        unsafe UInt64(
            littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self)
        )
    }

    /// Up to seven bytes, zeros above them.
    @inline(__always)
    static func tail(_ bytes: UnsafePointer<UInt8>, count: Int) -> UInt64 {
        var word: UInt64 = 0
        for i in 0..<count { word |= unsafe UInt64(bytes[i]) << UInt64(8 * i) }
        return word
    }

    /// Eight bytes from `position`, zeros past the end.
    @inline(__always)
    static func word(_ bytes: UnsafePointer<UInt8>, at position: Int, count: Int) -> UInt64 {
        let left = count - position
        if left >= 8 { return unsafe word(bytes + position) }
        if left <= 0 { return 0 }
        if count >= 8 {
            return unsafe word(bytes + (count - 8)) >> UInt64(8 * (8 - left))
        }
        return unsafe tail(bytes + position, count: left)
    }

    /// The first `count` bytes of a word, 0...7.
    @inline(__always)
    static func lowest(_ count: Int, of word: UInt64) -> UInt64 {
        word & ~(~0 &<< UInt64(truncatingIfNeeded: count &* 8))
    }

    /// The high bit of each byte that is `/`; exact up to the lowest.
    @inline(__always)
    static func separators(_ word: UInt64) -> UInt64 {
        let x = word ^ 0x2F2F_2F2F_2F2F_2F2F
        return (x &- 0x0101_0101_0101_0101) & ~x & 0x8080_8080_8080_8080
    }

    /// Whether a range of a text of `count` bytes is what ends at `end`, in front of which eight
    /// bytes can be read.
    @inline(__always)
    static func isEqual(
        _ bytes: UnsafePointer<UInt8>,
        _ range: (start: Int, size: Int),
        of count: Int,
        endingAt end: UnsafePointer<UInt8>
    ) -> Bool {
        let size = range.size
        let last = unsafe word(end - 8)
        if size >= 8 {
            let other = unsafe end - size
            let own = unsafe bytes + range.start
            if unsafe last != word(own + (size &- 8)) { return false }
            var i = 0
            while i &+ 8 < size {
                if unsafe word(own + i) != word(other + i) { return false }
                i &+= 8
            }
            return true
        }
        // A shift by 64 gives 0 here, so that no bytes are equal to no bytes.
        let rest = last >> UInt64(truncatingIfNeeded: 8 &* (8 &- size))
        return unsafe lowest(size, of: word(bytes, at: range.start, count: count)) == rest
    }

    /// Whether `count` bytes are the same.
    @inline(__always)
    static func isEqual(
        _ a: UnsafePointer<UInt8>,
        _ b: UnsafePointer<UInt8>,
        count: Int
    ) -> Bool {
        var i = 0
        if count >= 8 {
            while i + 8 <= count {
                if unsafe word(a + i) != word(b + i) { return false }
                i += 8
            }
            if i == count { return true }
            return unsafe word(a + (count - 8)) == word(b + (count - 8))
        }
        while i < count {
            if unsafe a[i] != b[i] { return false }
            i += 1
        }
        return true
    }

    /// Where the level that starts at `position` ends.
    @inline(__always)
    static func levelEnd(_ bytes: UnsafePointer<UInt8>, from position: Int, count: Int) -> Int {
        var end = position
        while end < count {
            let found = separators(unsafe word(bytes, at: end, count: count))
            if found != 0 { return end + found.trailingZeroBitCount >> 3 }
            end += 8
        }
        return min(end, max(count, position))
    }
}

/// Turns the content of a string that was checked already into the bytes it stands for.
struct Unescaper {
    private var index: Int
    private let end: Int
    /// Bytes of the last escape that are still to come, lowest first.
    private var pending: UInt32 = 0

    init(start: Int, end: Int) {
        index = start
        self.end = end
    }

    /// The next byte; `nil` at the end.
    @inline(__always)
    mutating func next(_ byte: (Int) -> UInt8) -> UInt8? {
        if pending != 0 {
            let result = UInt8(truncatingIfNeeded: pending)
            pending >>= 8
            return result
        }
        guard index < end else { return nil }
        let first = byte(index)
        index += 1
        guard first == 0x5C, index < end else { return first }
        let letter = byte(index)
        index += 1
        switch letter {
        case 0x62: return 0x08
        case 0x66: return 0x0C
        case 0x6E: return 0x0A
        case 0x72: return 0x0D
        case 0x74: return 0x09
        case 0x75: return unicode(byte)
        default: return letter
        }
    }

    private mutating func unicode(_ byte: (Int) -> UInt8) -> UInt8 {
        var scalar = unit(byte)
        if scalar & 0xFC00 == 0xD800 {
            index += 2
            scalar = 0x10000 + (scalar & 0x3FF) << 10 + unit(byte) & 0x3FF
        }
        let last = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
        let middle = UInt32(0x80 | scalar >> 6 & 0x3F)
        switch scalar {
        case ..<0x80:
            return UInt8(truncatingIfNeeded: scalar)
        case ..<0x800:
            pending = UInt32(last)
            return UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
        case ..<0x10000:
            pending = middle | UInt32(last) << 8
            return UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
        default:
            pending = (0x80 | scalar >> 12 & 0x3F) | middle << 8 | UInt32(last) << 16
            return UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
        }
    }

    private mutating func unit(_ byte: (Int) -> UInt8) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 where index < end {
            value = value << 4 | (hexDigit(byte(index)) ?? 0)
            index += 1
        }
        return value
    }
}

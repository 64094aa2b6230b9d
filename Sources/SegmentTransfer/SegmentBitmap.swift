/// One bit for each segment; bit *i* of byte *i* / 8, the least significant first.
///
/// The order is the one of MQTT file streams.
public struct SegmentBitmap: Hashable, Sendable {
    /// How many segments.
    public let count: UInt64
    /// ⌈count / 8⌉ bytes; bits past the last segment are zero.
    public private(set) var bytes: [UInt8]
    /// How many bits are set.
    public private(set) var setCount: UInt64

    /// All clear.
    ///
    /// - Parameter count: checked against a limit by the caller.
    public init(count: UInt64) {
        self.count = count
        bytes = [UInt8](repeating: 0, count: Int((count + 7) / 8))
        setCount = 0
    }

    /// Reads a bitmap.
    ///
    /// - Throws: ``TransferError`` for another length or a bit past the last segment.
    public init(count: UInt64, bytes: [UInt8]) throws(TransferError) {
        guard UInt64(bytes.count) == (count / 8) + (count % 8 == 0 ? 0 : 1) else {
            throw TransferError(.truncated, at: bytes.count)
        }
        if count % 8 != 0, let last = bytes.last, last >> UInt8(count % 8) != 0 {
            throw TransferError(.segmentNumber, at: count)
        }
        self.count = count
        self.bytes = bytes
        setCount = bytes.reduce(0) { $0 + UInt64($1.nonzeroBitCount) }
    }

    /// Whether every bit is set.
    public var isFull: Bool { setCount == count }

    /// The bit of segment `index`, which must be below ``count``.
    public subscript(index: UInt64) -> Bool {
        get {
            precondition(index < count)
            return bytes[Int(index / 8)] >> UInt8(index % 8) & 1 == 1
        }
        set {
            precondition(index < count)
            guard self[index] != newValue else { return }
            bytes[Int(index / 8)] ^= 1 << UInt8(index % 8)
            if newValue { setCount += 1 } else { setCount -= 1 }
        }
    }

    /// The first segment at or after `start` whose bit is clear.
    ///
    /// - Complexity: O(*n* / 8).
    public func firstClear(from start: UInt64) -> UInt64? {
        var i = start
        while i < count {
            if i % 8 == 0, bytes[Int(i / 8)] == 0xFF {
                i += 8
                continue
            }
            if !self[i] { return i }
            i += 1
        }
        return nil
    }
}

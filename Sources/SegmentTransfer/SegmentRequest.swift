/// Which segments a receiver wants next: a bitmap from a first segment on.
public struct SegmentRequest: Hashable, Sendable {
    /// The segment of bit 0.
    public let first: UInt64
    /// Bit *i* stands for segment `first` + *i*; the last byte is not zero.
    public let bitmap: [UInt8]

    /// The longest bitmap in bytes.
    public static let maximumBitmap = 12_288

    /// Names segments.
    ///
    /// - Parameter segments: ascending, at most 98 304 from first to last.
    init?(_ segments: [UInt64]) {
        guard let first = segments.first, let last = segments.last else { return nil }
        guard last >= first, last - first < UInt64(Self.maximumBitmap * 8) else { return nil }
        var bitmap = [UInt8](repeating: 0, count: Int((last - first) / 8) + 1)
        for segment in segments {
            let bit = segment - first
            bitmap[Int(bit / 8)] |= 1 << UInt8(bit % 8)
        }
        self.first = first
        self.bitmap = bitmap
    }

    /// The segments in order.
    public var segments: [UInt64] {
        var list: [UInt64] = []
        for (i, byte) in bitmap.enumerated() where byte != 0 {
            for bit in 0..<8 where byte >> UInt8(bit) & 1 == 1 {
                list.append(first + UInt64(i * 8 + bit))
            }
        }
        return list
    }

    /// The request as bytes: first segment, then the bitmap.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: first)
        return bytes + bitmap
    }

    /// Reads what ``encoded`` wrote.
    ///
    /// - Throws: ``TransferError`` for an empty or too long bitmap, or one with a zero last byte.
    public init(decoding bytes: [UInt8]) throws(TransferError) {
        guard let first = bytes.littleEndian(UInt64.self, at: 0), bytes.count > 8 else {
            throw TransferError(.truncated, at: bytes.count)
        }
        guard bytes.count - 8 <= Self.maximumBitmap else { throw TransferError(.limit, at: 8) }
        guard bytes.last != 0, first <= 1 << 40 else {
            throw TransferError(.segmentNumber, at: 8)
        }
        self.first = first
        bitmap = [UInt8](bytes[8...])
    }
}

/// What a receiver persists of an unfinished transfer.
///
/// The digest at its end finds accidents, not attackers: the bits are hints, and every segment they
/// claim is checked again when the file is read back.
public struct ResumeState: Hashable, Sendable {
    /// `HH` of the file.
    public let headerHash: [UInt8]
    /// Bytes of the whole file.
    public let fileLength: UInt64
    /// log2 of the segment size.
    public let exponent: UInt8
    /// The seal's root; 32 zero bytes for an unsealed file.
    public let root: [UInt8]
    /// The segments whose bytes were synchronised to storage.
    public let segments: SegmentBitmap

    private static let magic: [UInt8] = [0x49, 0x4F, 0x54, 0x52, 0x53, 0x4D, 0, 1]
    private static let fixedBytes = 8 + 32 + 8 + 1 + 32

    init(offer: TransferOffer, headerHash: [UInt8], segments: SegmentBitmap) {
        self.headerHash = headerHash
        fileLength = offer.layout.fileLength
        exponent = offer.layout.exponent
        root = offer.root
        self.segments = segments
    }

    /// The state's bytes.
    public func encoded(using hash: some SegmentHash) -> [UInt8] {
        var bytes = Self.magic + headerHash
        bytes.append(littleEndian: fileLength)
        bytes.append(exponent)
        bytes += root
        bytes += segments.bytes
        let none: [UInt8] = []
        return bytes + hash.digest("iotseg1 resume", bytes.span, none.span)
    }

    /// Reads what ``encoded(using:)`` wrote, for a file with `count` segments.
    ///
    /// - Throws: ``TransferError``; a caller then starts anew.
    public init(
        decoding bytes: [UInt8],
        segmentCount count: UInt64,
        using hash: some SegmentHash,
        limits: TransferLimits = .default
    ) throws(TransferError) {
        guard count <= limits.segments else { throw TransferError(.limit, at: 0) }
        let bitmapBytes = Int((count + 7) / 8)
        let length = Self.fixedBytes + bitmapBytes + 32
        guard bytes.starts(with: Self.magic) else { throw TransferError(.magic, at: 0) }
        guard bytes.count >= length else { throw TransferError(.truncated, at: bytes.count) }
        guard bytes.count == length else { throw TransferError(.trailingData, at: length) }
        let none: [UInt8] = []
        let digest = hash.digest(
            "iotseg1 resume",
            bytes.span.extracting(0..<length - 32),
            none.span
        )
        guard digest == Array(bytes[(length - 32)...]) else {
            throw TransferError(.digest, at: length - 32)
        }
        guard let fileLength = bytes.littleEndian(UInt64.self, at: 40) else {
            throw TransferError(.truncated, at: 40)
        }
        headerHash = [UInt8](bytes[8..<40])
        self.fileLength = fileLength
        exponent = bytes[48]
        root = [UInt8](bytes[49..<81])
        segments = try SegmentBitmap(
            count: count,
            bytes: [UInt8](bytes[Self.fixedBytes..<Self.fixedBytes + bitmapBytes])
        )
    }

    /// Whether the state belongs to the offered file.
    func matches(_ offer: TransferOffer, headerHash: [UInt8]) -> Bool {
        self.headerHash == headerHash && fileLength == offer.layout.fileLength
            && exponent == offer.layout.exponent && root == offer.root
            && segments.count == offer.layout.segmentCount
    }
}

/// What a sender tells about a file before it sends any of it.
public struct TransferOffer: Hashable, Sendable {
    /// The file's header, padding included.
    public let header: [UInt8]
    /// Where its parts lie.
    public let layout: SegmentLayout
    /// The 120 bytes of the seal; empty for an unsealed file.
    public let seal: [UInt8]
    /// One leaf digest of 32 bytes for each segment, one after the other; empty without a list.
    public let leaves: [UInt8]
    /// How many header bytes the commitment covers.
    let hashedHeaderLength: Int

    private static let magic: [UInt8] = [0x49, 0x4F, 0x54, 0x4F, 0x46, 0x46, 0, 1]

    /// Checks the parts of an offer against each other.
    ///
    /// A leaf list is checked by ``SegmentReceiver``, which has the hash.
    /// - Throws: ``TransferError``.
    public init(
        header: [UInt8],
        fileLength: UInt64,
        seal: [UInt8] = [],
        leaves: [UInt8] = [],
        limits: TransferLimits = .default
    ) throws(TransferError) {
        layout = try SegmentLayout(header: header.span, fileLength: fileLength)
        guard header.count == layout.headerLength else {
            throw TransferError(.headerLength, at: header.count)
        }
        guard layout.segmentCount <= limits.segments else { throw TransferError(.limit, at: 0) }
        guard seal.count == layout.sealLength else { throw TransferError(.seal, at: 0) }
        if !seal.isEmpty {
            guard
                seal.starts(with: [0x49, 0x4F, 0x54, 0x53, 0x45, 0x41, 0x4C, 1]),
                seal.littleEndian(UInt64.self, at: 16) == layout.segmentCount
            else { throw TransferError(.seal, at: 0) }
        }
        if !leaves.isEmpty {
            guard UInt64(leaves.count) == layout.segmentCount * 32, !seal.isEmpty else {
                throw TransferError(.leafCount, at: leaves.count)
            }
        }
        hashedHeaderLength = try Self.hashedLength(header)
        self.header = header
        self.seal = seal
        self.leaves = leaves
    }

    /// Walks the stanzas to the commitment, which the header's hash does not cover.
    private static func hashedLength(_ header: [UInt8]) throws(TransferError) -> Int {
        let count = Int(header[12]) | Int(header[13]) << 8
        guard (1...64).contains(count) else { throw TransferError(.stanzas, at: 12) }
        var at = 120
        for _ in 0..<count {
            guard let size = header.littleEndian(UInt16.self, at: at + 2) else {
                throw TransferError(.stanzas, at: at)
            }
            at += 4 + Int(size)
        }
        guard at + 32 <= header.count else { throw TransferError(.stanzas, at: at) }
        return at
    }

    /// The Merkle root the seal names; 32 zero bytes without a seal.
    public var root: [UInt8] {
        seal.isEmpty ? [UInt8](repeating: 0, count: 32) : [UInt8](seal[24..<56])
    }

    /// `HH`, which names the file.
    func headerHash(using hash: some SegmentHash) -> [UInt8] {
        let none: [UInt8] = []
        return hash.digest(
            "iotseg1 header",
            header.span.extracting(0..<hashedHeaderLength),
            none.span
        )
    }

    // MARK: - On the wire

    /// The offer as bytes: magic, file length, header length, leaf flag, header, seal, leaves.
    public var encoded: [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: layout.fileLength)
        bytes.append(littleEndian: UInt32(header.count))
        bytes.append(littleEndian: UInt32(leaves.isEmpty ? 0 : 1))
        return bytes + header + seal + leaves
    }

    /// Reads what ``encoded`` wrote.
    ///
    /// - Throws: ``TransferError``.
    public init(
        decoding bytes: [UInt8],
        limits: TransferLimits = .default
    ) throws(TransferError) {
        guard bytes.starts(with: Self.magic) else { throw TransferError(.magic, at: 0) }
        guard
            let length = bytes.littleEndian(UInt64.self, at: 8),
            let headerCount = bytes.littleEndian(UInt32.self, at: 16),
            let hasLeaves = bytes.littleEndian(UInt32.self, at: 20)
        else { throw TransferError(.truncated, at: bytes.count) }
        guard hasLeaves <= 1 else { throw TransferError(.flags, at: 20) }
        guard headerCount <= 16 << 17, bytes.count - 24 >= Int(headerCount) else {
            throw TransferError(.truncated, at: bytes.count)
        }
        let header = [UInt8](bytes[24..<24 + Int(headerCount)])
        let layout = try SegmentLayout(header: header.span, fileLength: length)
        guard layout.segmentCount <= limits.segments else { throw TransferError(.limit, at: 8) }
        let sealStart = 24 + header.count
        let leafStart = sealStart + layout.sealLength
        let leafBytes = hasLeaves == 1 ? Int(layout.segmentCount) * 32 : 0
        guard bytes.count >= leafStart + leafBytes else {
            throw TransferError(.truncated, at: bytes.count)
        }
        guard bytes.count == leafStart + leafBytes else {
            throw TransferError(.trailingData, at: leafStart + leafBytes)
        }
        try self.init(
            header: header,
            fileLength: length,
            seal: [UInt8](bytes[sealStart..<leafStart]),
            leaves: [UInt8](bytes[leafStart...]),
            limits: limits
        )
    }
}

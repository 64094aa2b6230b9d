/// The header of an IOTSEG file, before any key is tried.
///
/// Parsing is strict: what it accepts, ``encoded`` writes back byte for byte.
public struct SegmentedHeader: Hashable, Sendable {
    /// One way to the file key.
    public enum Stanza: Hashable, Sendable {
        /// Type 1: an ephemeral X25519 key and the boxed file key.
        case x25519(share: [UInt8], box: [UInt8])
        /// Type 2: salt, Argon2id passes and KiB, and the boxed file key.
        case passphrase(salt: [UInt8], passes: UInt32, kibibytes: UInt32, box: [UInt8])
        /// A type this version does not know; at most 512 bytes.
        case unknown(type: UInt16, body: [UInt8])
    }

    /// The size of each segment.
    public let segmentSize: SegmentSize
    /// Whether a seal follows the last segment.
    public let isSealed: Bool
    /// Bytes of plaintext; `nil` when it was not known at the start.
    public let plaintextSize: UInt64?
    /// 16 segments or fewer that the header takes.
    public let headerSegments: Int
    /// 32 random bytes.
    public let fileID: [UInt8]
    /// The hash of the context; 32 zero bytes for none.
    public let contextHash: [UInt8]
    /// The sender of a signed file.
    public let sender: SenderKey?
    /// 1...64, in the file's order.
    public let stanzas: [Stanza]
    /// Header MAC and key commitment in one.
    public let commitment: [UInt8]

    static let magic: [UInt8] = [0x49, 0x4F, 0x54, 0x53, 0x45, 0x47, 0, 1]
    static let fixedBytes = 120
    static let maximumStanzas = 64
    static let maximumUnknownBody = 512
    static let unknownSize = UInt64.max
    static let maximumSegments: UInt64 = 1 << 40

    /// Bytes the header takes, padding included.
    public var length: Int { headerSegments * segmentSize.bytes }
    /// Bytes of plaintext in a full segment.
    public var plainBytes: Int { segmentSize.bytes - ChunkCipher.tagBytes }
    /// Bytes after the last segment.
    public var sealBytes: Int { isSealed ? SegmentedSeal.byteCount : 0 }

    /// How many segments `size` bytes of plaintext take; at least one.
    public func segmentCount(of size: UInt64) -> UInt64 {
        let plain = UInt64(plainBytes)
        return max(1, size / plain + (size % plain == 0 ? 0 : 1))
    }

    /// The file's whole length, where the plaintext's size is known.
    public var fileLength: UInt64? {
        plaintextSize.map { size in
            // Below 2^40 segments: checked, so nothing overflows.
            UInt64(length) + size + segmentCount(of: size) * UInt64(ChunkCipher.tagBytes)
                + UInt64(sealBytes)
        }
    }

    /// `HH`: everything before the commitment.
    var hash: Digest {
        let text = bytesBeforeCommitment
        return Sodium.hash("iotseg1 header", text.span)
    }

    init(
        segmentSize: SegmentSize,
        isSealed: Bool,
        plaintextSize: UInt64?,
        headerSegments: Int,
        fileID: [UInt8],
        contextHash: [UInt8],
        sender: SenderKey?,
        stanzas: [Stanza],
        commitment: [UInt8]
    ) {
        self.segmentSize = segmentSize
        self.isSealed = isSealed
        self.plaintextSize = plaintextSize
        self.headerSegments = headerSegments
        self.fileID = fileID
        self.contextHash = contextHash
        self.sender = sender
        self.stanzas = stanzas
        self.commitment = commitment
    }

    /// The first 120 bytes.
    var fixedPart: [UInt8] {
        var bytes = Self.magic
        bytes.append(segmentSize.rawValue)
        bytes.append((isSealed ? 1 : 0) | (sender == nil ? 0 : 2))
        bytes.append(littleEndian: UInt16(headerSegments))
        bytes.append(littleEndian: UInt16(stanzas.count))
        bytes.append(littleEndian: UInt16(0))
        bytes.append(littleEndian: plaintextSize ?? Self.unknownSize)
        bytes += fileID
        bytes += contextHash
        bytes += sender?.bytes ?? [UInt8](repeating: 0, count: 32)
        return bytes
    }

    var bytesBeforeCommitment: [UInt8] {
        var bytes = fixedPart
        for stanza in stanzas { stanza.encode(into: &bytes) }
        return bytes
    }

    /// The header's bytes, padding included.
    public var encoded: [UInt8] {
        var bytes = bytesBeforeCommitment + commitment
        bytes += [UInt8](repeating: 0, count: length - bytes.count)
        return bytes
    }

    static func headerSegments(for contents: Int, _ size: SegmentSize) -> Int {
        (contents + size.bytes - 1) / size.bytes
    }
}

extension SegmentedHeader.Stanza {
    var bodyBytes: Int {
        switch self {
        case .x25519: 80
        case .passphrase: 72
        case .unknown(_, let body): body.count
        }
    }

    func encode(into bytes: inout [UInt8]) {
        func head(_ type: UInt16) {
            bytes.append(littleEndian: type)
            bytes.append(littleEndian: UInt16(bodyBytes))
        }
        switch self {
        case .x25519(let share, let box):
            head(1)
            bytes += share
            bytes += box
        case .passphrase(let salt, let passes, let kibibytes, let box):
            head(2)
            bytes += salt
            bytes.append(littleEndian: passes)
            bytes.append(littleEndian: kibibytes)
            bytes += box
        case .unknown(let type, let body):
            head(type)
            bytes += body
        }
    }
}

extension [UInt8] {
    mutating func append(littleEndian value: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
    }
}

extension Span<UInt8> {
    /// An integer at `offset`; the caller has checked that it lies inside.
    func littleEndian<T: FixedWidthInteger>(_ type: T.Type, at offset: Int) -> T {
        var value: T = 0
        for i in 0..<T.bitWidth / 8 { value |= T(truncatingIfNeeded: self[offset + i]) << (8 * i) }
        return value
    }

    func array(_ range: Range<Int>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        for i in range { bytes.append(self[i]) }
        return bytes
    }
}

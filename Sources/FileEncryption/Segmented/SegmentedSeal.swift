/// The 120 bytes after the last segment of a sealed file.
struct SegmentedSeal: Hashable, Sendable {
    var plaintextSize: UInt64
    var segmentCount: UInt64
    var root: Digest
    /// 64 bytes; zero when the file is not signed.
    var signature: [UInt8]

    static let byteCount = 120
    private static let magic: [UInt8] = [0x49, 0x4F, 0x54, 0x53, 0x45, 0x41, 0x4C, 1]

    init(plaintextSize: UInt64, segmentCount: UInt64, root: Digest) {
        self.plaintextSize = plaintextSize
        self.segmentCount = segmentCount
        self.root = root
        signature = [UInt8](repeating: 0, count: 64)
    }

    /// Reads a seal.
    ///
    /// - Parameters:
    ///   - bytes: exactly ``byteCount`` bytes.
    ///   - offset: where they start in the file, for errors.
    /// - Throws: ``DecryptionError``.
    init(_ bytes: [UInt8], at offset: UInt64) throws(DecryptionError) {
        guard bytes.count == Self.byteCount else {
            throw DecryptionError(.payload(.truncated), at: offset)
        }
        guard bytes.starts(with: Self.magic) else {
            throw DecryptionError(.seal(.magic), at: offset)
        }
        plaintextSize = bytes.span.littleEndian(UInt64.self, at: 8)
        segmentCount = bytes.span.littleEndian(UInt64.self, at: 16)
        root = Digest(bytes, at: 24)
        signature = [UInt8](bytes[56...])
    }

    var encoded: [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: plaintextSize)
        bytes.append(littleEndian: segmentCount)
        return bytes + root.bytes + signature
    }

    private func signedBytes(_ header: SegmentedHeader, _ headerHash: Digest) -> [UInt8] {
        var bytes = [UInt8]("iotseg1 signature\0".utf8)
        bytes += headerHash.bytes
        bytes += header.commitment
        bytes.append(littleEndian: plaintextSize)
        bytes.append(littleEndian: segmentCount)
        return bytes + root.bytes
    }

    mutating func sign(_ header: SegmentedHeader, _ headerHash: Digest, by key: SigningIdentity) {
        signature = Sodium.sign(signedBytes(header, headerHash), secret: key.secret)
    }

    /// Checks what can be checked without the body: the numbers and the signature.
    func check(
        _ header: SegmentedHeader,
        _ headerHash: Digest,
        at offset: UInt64
    ) throws(DecryptionError) {
        if let known = header.plaintextSize, known != plaintextSize {
            throw DecryptionError(.seal(.plaintextSize), at: offset + 8)
        }
        guard segmentCount == header.segmentCount(of: plaintextSize) else {
            throw DecryptionError(.seal(.segmentCount), at: offset + 16)
        }
        if let sender = header.sender {
            let message = signedBytes(header, headerHash)
            guard Sodium.verify(signature, message, publicKey: sender.bytes) else {
                throw DecryptionError(.seal(.signature), at: offset + 56)
            }
        } else if signature.contains(where: { $0 != 0 }) {
            throw DecryptionError(.seal(.signature), at: offset + 56)
        }
    }
}

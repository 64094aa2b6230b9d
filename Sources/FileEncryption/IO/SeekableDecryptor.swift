/// Reads any part of an encrypted file that can be read anywhere.
///
/// Opening authenticates the end first: the final chunk (so a truncated file answers no read) and,
/// where there is one, the seal's numbers and signature. Each read then authenticates the chunks it
/// touches. A seal's Merkle root is checked by ``verifyAll()`` only: single reads rest on the
/// chunks' own tags, which any recipient of the file could have made.
public struct SeekableDecryptor<Source: RandomAccessSource>: Sendable {
    let source: Source
    let file: OpenedFile
    let layout: OpenedFile.Layout
    let seal: SegmentedSeal?
    private let policy: DecryptionPolicy

    /// Reads the header and authenticates the end.
    ///
    /// - Parameters:
    ///   - source: the file, binary; armor cannot be read at random.
    ///   - identities: what may open it.
    ///   - policy: what is demanded of the file.
    /// - Throws: ``DecryptionError``.
    /// - Complexity: the header, one chunk, and the key work.
    public init(
        _ source: Source,
        identities: [Identity],
        policy: DecryptionPolicy = .default
    ) throws(DecryptionError) {
        self.source = source
        self.policy = policy
        file = try Self.open(source, identities: identities, policy: policy)
        layout = try file.layout(of: source.byteCount)
        let sealOffset = source.byteCount - UInt64(file.tailBytes)
        if file.tailBytes > 0, let header = file.header {
            let bytes = try Self.read(source, at: sealOffset, count: file.tailBytes)
            let seal = try SegmentedSeal(bytes, at: sealOffset)
            try seal.check(header, file.headerHash, at: sealOffset)
            guard seal.plaintextSize == layout.plaintextSize else {
                throw DecryptionError(.seal(.plaintextSize), at: sealOffset + 8)
            }
            self.seal = seal
        } else {
            seal = nil
        }
        let last = layout.chunkCount - 1
        let offset = file.offset(ofChunk: last)
        let chunk = try Self.read(source, at: offset, count: layout.finalBytes)
        let failure: DecryptionError.PayloadViolation? = unsafe chunk.withUnsafeBytes {
            guard unsafe !file.cipher.isAuthentic($0, index: last, isFinal: true) else {
                return nil
            }
            return unsafe file.violation($0, index: last, isFinal: true)
        }
        if let failure { throw DecryptionError(.payload(failure), at: offset) }
    }

    /// Bytes of plaintext.
    public var plaintextSize: UInt64 { layout.plaintextSize }

    /// The sender whose signature over the seal was checked; present only when
    /// ``DecryptionPolicy/senders`` names it.
    public var verifiedSender: SenderKey? {
        file.verified(plaintextSize: 0, policy: policy).verifiedSender
    }

    /// Appends `count` bytes of plaintext from `offset` on.
    ///
    /// - Parameters:
    ///   - offset: the first byte of plaintext.
    ///   - count: how many bytes.
    ///   - output: must have room for `count`; receives authentic bytes only.
    /// - Throws: ``DecryptionError``; `.payload(.range)` past the end.
    /// - Complexity: O(*count*) and at most two chunks more; memory of one chunk.
    public func read(
        at offset: UInt64,
        count: Int,
        into output: inout OutputSpan<UInt8>
    ) throws(DecryptionError) {
        guard count >= 0, offset <= plaintextSize, UInt64(count) <= plaintextSize - offset else {
            throw DecryptionError(.payload(.range), at: offset)
        }
        guard output.freeCapacity >= count else {
            throw DecryptionError(
                .outputTooSmall(needed: count, available: output.freeCapacity),
                at: 0
            )
        }
        guard count > 0 else { return }
        let size = UInt64(file.cipher.plainBytes)
        var cipher: [UInt8] = []
        var plain = [UInt8](repeating: 0, count: file.cipher.plainBytes)
        let end = offset + UInt64(count)
        for index in offset / size...(end - 1) / size {
            let isFinal = index == layout.chunkCount - 1
            let bytes = isFinal ? layout.finalBytes : file.cipher.cipherBytes
            let start = file.offset(ofChunk: index)
            cipher.removeAll(keepingCapacity: true)
            try Self.read(source, at: start, count: bytes, into: &cipher)
            let opens: Bool = unsafe cipher.withUnsafeBytes { cipher in
                unsafe plain.withUnsafeMutableBytes { plain in
                    guard let target = plain.baseAddress else { return false }
                    return unsafe file.cipher.open(
                        cipher,
                        index: index,
                        isFinal: isFinal,
                        into: target
                    )
                }
            }
            guard opens else { throw DecryptionError(.payload(.authentication), at: start) }
            let chunkStart = index * size
            let from = Int(max(offset, chunkStart) - chunkStart)
            let to = Int(min(end, chunkStart + UInt64(bytes - ChunkCipher.tagBytes)) - chunkStart)
            output.append(copying: plain.span.extracting(from..<to))
        }
        unsafe plain.withUnsafeBytes { unsafe wipeInPlace($0) }
    }

    /// Reads and checks the whole file, and the Merkle root of a sealed one.
    ///
    /// - Throws: ``DecryptionError``.
    public func verifyAll() throws(DecryptionError) -> VerifiedFile {
        var tree = MerkleTree()
        for index in 0..<layout.chunkCount {
            let isFinal = index == layout.chunkCount - 1
            let offset = file.offset(ofChunk: index)
            let chunk = try Self.read(
                source,
                at: offset,
                count: isFinal ? layout.finalBytes : file.cipher.cipherBytes
            )
            let isAuthentic = unsafe chunk.withUnsafeBytes { chunk in
                if seal != nil {
                    unsafe tree.append(MerkleTree.leaf(chunk, index: index, isFinal: isFinal))
                }
                return unsafe file.cipher.isAuthentic(chunk, index: index, isFinal: isFinal)
            }
            guard isAuthentic else { throw DecryptionError(.payload(.authentication), at: offset) }
        }
        if let seal, seal.root != tree.root {
            throw DecryptionError(.seal(.root), at: source.byteCount - UInt64(file.tailBytes) + 24)
        }
        return file.verified(plaintextSize: plaintextSize, policy: policy)
    }

    /// Feeds the header in pieces of 4 KiB.
    static func open(
        _ source: Source,
        identities: [Identity],
        policy: DecryptionPolicy
    ) throws(DecryptionError) -> OpenedFile {
        var opener = FileOpener(identities: identities, policy: policy)
        var offset: UInt64 = 0
        while offset < source.byteCount {
            let count = Int(min(4_096, source.byteCount - offset))
            let bytes = try read(source, at: offset, count: count)
            var used = 0
            if let file = try opener.feed(bytes.span, used: &used) { return file }
            offset += UInt64(count)
        }
        throw opener.truncated()
    }

    private static func read(
        _ source: Source,
        at offset: UInt64,
        count: Int
    ) throws(DecryptionError) -> [UInt8] {
        var bytes: [UInt8] = []
        try read(source, at: offset, count: count, into: &bytes)
        return bytes
    }

    private static func read(
        _ source: Source,
        at offset: UInt64,
        count: Int,
        into bytes: inout [UInt8]
    ) throws(DecryptionError) {
        do throws(SystemFailure) {
            try bytes.appendOutput(count) { (output) throws(SystemFailure) in
                try source.read(at: offset, count: count, into: &output)
            }
        } catch { throw DecryptionError(.system(error), at: offset) }
    }
}

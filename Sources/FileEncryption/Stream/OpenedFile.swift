/// A file whose header was read and whose key was found: shared by the streaming, the seeking and
/// the parallel reader.
struct OpenedFile: Sendable {
    let format: VerifiedFile.Format
    /// Where chunk 0 starts.
    let bodyOffset: UInt64
    let cipher: ChunkCipher
    /// Bytes after the final chunk.
    let tailBytes: Int
    /// What the header promises.
    let plaintextSize: UInt64?
    let header: SegmentedHeader?
    let headerHash: Digest

    init(
        age header: AgeHeader,
        nonce: [UInt8],
        bodyOffset: UInt64,
        identities: [Identity],
        policy: DecryptionPolicy
    ) throws(DecryptionError) {
        guard policy.context == nil else { throw DecryptionError(.context(.absent), at: 0) }
        guard policy.senders == nil else {
            throw DecryptionError(.sender(.unsupportedFormat), at: 0)
        }
        let fileKey = try AgeKeyWrap.unwrap(header, identities: identities, limits: policy.limits)
        guard let key = AgeKeyWrap.payloadKey(fileKey, nonce: nonce) else {
            throw DecryptionError(.limit(.memory), at: 0)
        }
        format = .age
        self.bodyOffset = bodyOffset
        cipher = .age(key)
        tailBytes = 0
        plaintextSize = nil
        self.header = nil
        headerHash = Digest()
    }

    init(
        segmented header: SegmentedHeader,
        identities: [Identity],
        policy: DecryptionPolicy
    ) throws(DecryptionError) {
        try header.check(policy.context)
        if let senders = policy.senders {
            guard let sender = header.sender else {
                throw DecryptionError(.sender(.unsigned), at: 9)
            }
            guard senders.contains(sender) else {
                throw DecryptionError(.sender(.notAccepted), at: 88)
            }
        }
        let keys = try header.keys(identities: identities, limits: policy.limits)
        format = .segmented
        bodyOffset = UInt64(header.length)
        cipher = .segmented(keys.payload, header)
        tailBytes = header.sealBytes
        plaintextSize = header.plaintextSize
        self.header = header
        headerHash = keys.headerHash
    }

    /// How a body of known length splits into chunks.
    struct Layout: Sendable {
        let chunkCount: UInt64
        let finalBytes: Int
        let plaintextSize: UInt64
    }

    /// Splits a file of `length` bytes.
    ///
    /// - Throws: ``DecryptionError`` when no whole file has that length.
    func layout(of length: UInt64) throws(DecryptionError) -> Layout {
        if let expected = header?.fileLength, expected != length {
            throw DecryptionError(
                .payload(.length(expected: expected, actual: length)),
                at: min(expected, length)
            )
        }
        let least = bodyOffset + UInt64(tailBytes + ChunkCipher.tagBytes)
        guard length >= least else { throw DecryptionError(.payload(.truncated), at: length) }
        let body = length - bodyOffset - UInt64(tailBytes)
        let size = UInt64(cipher.cipherBytes)
        let chunks = (body - 1) / size + 1
        let final = body - (chunks - 1) * size
        guard chunks <= cipher.maximumChunks else {
            throw DecryptionError(.payload(.tooManyChunks), at: bodyOffset)
        }
        guard final >= UInt64(ChunkCipher.tagBytes) else {
            throw DecryptionError(.payload(.truncated), at: length - UInt64(tailBytes))
        }
        guard chunks == 1 || final > UInt64(ChunkCipher.tagBytes) else {
            throw DecryptionError(.payload(.emptyFinalChunk), at: offset(ofChunk: chunks - 1))
        }
        return Layout(
            chunkCount: chunks,
            finalBytes: Int(final),
            plaintextSize: body - chunks * UInt64(ChunkCipher.tagBytes)
        )
    }

    /// Where a chunk starts in the file.
    func offset(ofChunk index: UInt64) -> UInt64 {
        bodyOffset &+ index &* UInt64(cipher.cipherBytes)
    }

    /// Why a chunk did not open: the other flag tells a cut or an extension from damage.
    func violation(
        _ chunk: UnsafeRawBufferPointer,
        index: UInt64,
        isFinal: Bool
    ) -> DecryptionError.PayloadViolation {
        guard unsafe cipher.isAuthentic(chunk, index: index, isFinal: !isFinal) else {
            return .authentication
        }
        return isFinal ? .truncated : .trailingData
    }

    /// The result of a whole, verified file.
    func verified(plaintextSize: UInt64, policy: DecryptionPolicy) -> VerifiedFile {
        let sender = header?.sender.flatMap { policy.senders?.contains($0) == true ? $0 : nil }
        return VerifiedFile(format: format, plaintextSize: plaintextSize, verifiedSender: sender)
    }
}

extension FileCipher {
    /// Bytes read at a time.
    static let pieceBytes = 262_144

    /// Encrypts a stream, in memory of a few hundred KiB, on the calling thread.
    ///
    /// - Returns: bytes of plaintext read.
    /// - Throws: ``EncryptionError``.
    public func encrypt<Source: ByteSource, Sink: ByteSink>(
        stream source: inout Source,
        to sink: inout Sink,
        as format: FileFormat = .age,
        recipients: [Recipient]
    ) throws(EncryptionError) -> UInt64 {
        var encryptor = try Encryptor(format, to: recipients)
        let input = ReusedBuffer()
        let output = ReusedBuffer()
        var total: UInt64 = 0
        while true {
            if isCancelled?() == true { throw EncryptionError.cancelled }
            do throws(SystemFailure) {
                try input.refill(Self.pieceBytes) { (span) throws(SystemFailure) in
                    try source.read(into: &span)
                }
            } catch { throw EncryptionError.system(error) }
            let piece = input.span
            if piece.isEmpty {
                try output.refill(encryptor.outputBound(for: 0)) {
                    (span) throws(EncryptionError) in
                    try encryptor.finish(into: &span)
                }
            } else {
                try output.refill(encryptor.outputBound(for: piece.count)) {
                    (span) throws(EncryptionError) in
                    try encryptor.update(piece, into: &span)
                }
            }
            do throws(SystemFailure) { try sink.write(output.span) } catch {
                throw EncryptionError.system(error)
            }
            total += UInt64(piece.count)
            progress?(total)
            if piece.isEmpty { return total }
        }
    }

    /// Decrypts a stream, in memory of a few hundred KiB, on the calling thread.
    ///
    /// What was written before an error is authentic but not whole.
    /// - Throws: ``DecryptionError``.
    public func decrypt<Source: ByteSource, Sink: ByteSink>(
        stream source: inout Source,
        to sink: inout Sink,
        identities: [Identity],
        policy: DecryptionPolicy = .default
    ) throws(DecryptionError) -> VerifiedFile {
        var decryptor = Decryptor(identities: identities, policy: policy)
        let input = ReusedBuffer()
        let output = ReusedBuffer()
        var consumed: UInt64 = 0
        var released: UInt64 = 0
        while true {
            if isCancelled?() == true { throw DecryptionError(.cancelled, at: consumed) }
            do throws(SystemFailure) {
                try input.refill(Self.pieceBytes) { (span) throws(SystemFailure) in
                    try source.read(into: &span)
                }
            } catch { throw DecryptionError(.system(error), at: consumed) }
            let piece = input.span
            var verified: VerifiedFile?
            var failure: DecryptionError?
            output.refill(Decryptor.outputBound(for: piece.count)) { (span) in
                do throws(DecryptionError) {
                    if piece.isEmpty {
                        verified = try decryptor.finish(into: &span)
                    } else {
                        try decryptor.update(piece, into: &span)
                    }
                } catch { failure = error }
            }
            do throws(SystemFailure) { try sink.write(output.span) } catch {
                throw DecryptionError(.system(error), at: consumed)
            }
            if let failure { throw failure }
            consumed += UInt64(piece.count)
            released += UInt64(output.count)
            progress?(released)
            if let verified { return verified }
        }
    }
}

/// Everything that is decided before the first byte of plaintext: shared by the streaming and the
/// parallel writer.
struct EncryptionPlan: Sendable {
    /// Header bytes, and age's payload nonce.
    let prefix: [UInt8]
    let cipher: ChunkCipher
    /// What a segmented file needs at its end.
    let sealing: Sealing?
    /// What the header promises.
    let promisedSize: UInt64?
    let isArmored: Bool

    /// A segmented file's seal in the making.
    struct Sealing: Sendable {
        let header: SegmentedHeader
        let headerHash: Digest
        let sender: SigningIdentity?

        func seal(plaintextSize: UInt64, segmentCount: UInt64, root: Digest) -> SegmentedSeal {
            var seal = SegmentedSeal(
                plaintextSize: plaintextSize,
                segmentCount: segmentCount,
                root: root
            )
            if let sender { seal.sign(header, headerHash, by: sender) }
            return seal
        }
    }

    init(_ format: FileFormat, to recipients: [Recipient]) throws(EncryptionError) {
        try Self.check(recipients, format)
        switch format {
        case .age(let armored):
            let fileKey = SecureBytes(randomCount: AgeKeyWrap.fileKeyBytes)
            var stanzas: [AgeStanza] = []
            for recipient in recipients {
                stanzas.append(try AgeKeyWrap.wrap(fileKey, for: recipient))
            }
            let nonce = Sodium.random(16)
            guard let key = AgeKeyWrap.payloadKey(fileKey, nonce: nonce) else {
                throw EncryptionError.memory
            }
            prefix = AgeHeader(stanzas: stanzas, fileKey: fileKey).encoded + nonce
            cipher = .age(key)
            sealing = nil
            promisedSize = nil
            isArmored = armored
        case .segmented(let options):
            let plain = UInt64(options.segmentSize.bytes - ChunkCipher.tagBytes)
            if let size = options.plaintextSize, size / plain >= SegmentedHeader.maximumSegments {
                throw EncryptionError.tooLarge
            }
            let isSealed = options.isSealed || options.sender != nil
            let made = try SegmentedHeader.make(
                size: options.segmentSize,
                isSealed: isSealed,
                plaintextSize: options.plaintextSize,
                context: options.context,
                sender: options.sender?.senderKey,
                recipients: recipients
            )
            prefix = made.header.encoded
            cipher = .segmented(made.keys.payload, made.header)
            sealing =
                isSealed
                ? Sealing(
                    header: made.header,
                    headerHash: made.keys.headerHash,
                    sender: options.sender
                ) : nil
            promisedSize = options.plaintextSize
            isArmored = false
        }
    }

    private static func check(
        _ recipients: [Recipient],
        _ format: FileFormat
    ) throws(EncryptionError) {
        var most = SegmentedHeader.maximumStanzas
        if case .age = format { most = 1_024 }
        guard (1...most).contains(recipients.count) else {
            throw EncryptionError.recipientCount(recipients.count)
        }
        for recipient in recipients {
            guard case .passphrase(let passphrase, _) = recipient.kind else { continue }
            guard recipients.count == 1 else { throw EncryptionError.passphraseNotAlone }
            guard passphrase.count > 0 else { throw EncryptionError.emptyPassphrase }
        }
    }
}

extension ChunkCipher {
    /// age's chunks of 64 KiB; its 11-byte counter is cut to the 64 bits no file can exhaust.
    static func age(_ key: SecureBytes) -> ChunkCipher {
        ChunkCipher(layout: .age, key: key, plainBytes: 65_536, maximumChunks: 1 << 47)
    }

    static func segmented(_ key: SecureBytes, _ header: SegmentedHeader) -> ChunkCipher {
        ChunkCipher(
            layout: .segmented,
            key: key,
            plainBytes: header.plainBytes,
            maximumChunks: SegmentedHeader.maximumSegments
        )
    }
}

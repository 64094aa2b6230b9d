extension SegmentedHeader {
    /// What the file key of one file opens.
    struct Keys: Sendable {
        let payload: SecureBytes
        let commitment: [UInt8]
        let headerHash: Digest

        init(fileKey: SecureBytes, headerHash: Digest) {
            let hash = headerHash.bytes
            self.headerHash = headerHash
            payload = Sodium.derive("iotseg1 payload", key: fileKey, hash.span)
            commitment = Sodium.derive("iotseg1 commit", key: fileKey, hash.span)
                .withBytes { $0.array(0..<32) }
        }
    }

    /// The byte offset of the commitment.
    var commitmentOffset: Int {
        stanzas.reduce(Self.fixedBytes) { $0 + 4 + $1.bodyBytes }
    }

    // MARK: - Reading

    /// Compares the context, before any key work.
    func check(_ context: FileContext?) throws(DecryptionError) {
        let none = contextHash.allSatisfy { $0 == 0 }
        guard let context else {
            guard none else { throw DecryptionError(.context(.unexpected), at: 56) }
            return
        }
        guard !none else { throw DecryptionError(.context(.absent), at: 56) }
        guard Sodium.isEqual(context.hash.span, contextHash.span) else {
            throw DecryptionError(.context(.mismatch), at: 56)
        }
    }

    /// Finds the file key and derives what it opens.
    ///
    /// Every identity is tried on every stanza; a wrong commitment is final.
    func keys(
        identities: [Identity],
        limits: DecryptionLimits
    ) throws(DecryptionError) -> Keys {
        let fixed = fixedPart
        var fileKey: SecureBytes?
        var offset = Self.fixedBytes
        var isPassphrase = false
        for stanza in stanzas {
            for identity in identities {
                let opened = try open(stanza, identity, fixed, limits, at: offset)
                if fileKey == nil { fileKey = opened }
            }
            if case .passphrase = stanza { isPassphrase = true }
            offset += 4 + stanza.bodyBytes
        }
        guard let fileKey else { throw DecryptionError(.noMatch, at: 0) }
        let keys = Keys(fileKey: fileKey, headerHash: hash)
        guard Sodium.isEqual(keys.commitment.span, commitment.span) else {
            // The box does not commit to its key: a header could be made that opens under several
            // passphrases. Telling the two failures apart would answer several guesses at once.
            if isPassphrase { throw DecryptionError(.noMatch, at: 0) }
            throw DecryptionError(.commitment, at: offset)
        }
        return keys
    }

    private func open(
        _ stanza: Stanza,
        _ identity: Identity,
        _ fixed: [UInt8],
        _ limits: DecryptionLimits,
        at offset: Int
    ) throws(DecryptionError) -> SecureBytes? {
        switch (stanza, identity.kind) {
        case (.x25519(let share, let box), .x25519(let secret, let publicKey)):
            guard let shared = Sodium.sharedSecret(secret: secret, publicKey: share) else {
                throw DecryptionError(.header(.lowOrderShare), at: offset + 4)
            }
            let key = Self.wrapKey(shared, share: share, recipient: publicKey, fileID: fileID)
            return Sodium.openBox(box, key: key, data: fixed)
        case (.passphrase(let salt, let passes, let kibibytes, let box), .passphrase(let text)):
            guard passes <= limits.argon2Passes else {
                throw DecryptionError(.limit(.argon2Passes(passes)), at: offset + 20)
            }
            guard kibibytes <= limits.argon2Kibibytes else {
                throw DecryptionError(.limit(.argon2Kibibytes(kibibytes)), at: offset + 24)
            }
            guard
                let key = Sodium.argon2id(
                    text,
                    salt: salt,
                    passes: passes,
                    kibibytes: kibibytes
                )
            else { throw DecryptionError(.limit(.memory), at: offset + 24) }
            return Sodium.openBox(box, key: key, data: fixed)
        default:
            return nil
        }
    }

    private static func wrapKey(
        _ shared: SecureBytes,
        share: [UInt8],
        recipient: [UInt8],
        fileID: [UInt8]
    ) -> SecureBytes {
        let bytes = share + recipient + fileID
        return Sodium.derive("iotseg1 x25519", key: shared, bytes.span)
    }

    // MARK: - Writing

    /// Draws a file key and writes a header for `recipients`.
    static func make(
        size: SegmentSize,
        isSealed: Bool,
        plaintextSize: UInt64?,
        context: FileContext?,
        sender: SenderKey?,
        recipients: [Recipient]
    ) throws(EncryptionError) -> (header: SegmentedHeader, keys: Keys) {
        let bodies = recipients.reduce(0) {
            if case .passphrase = $1.kind { return $0 + 4 + 72 }
            return $0 + 4 + 80
        }
        func header(_ stanzas: [Stanza], _ commitment: [UInt8]) -> SegmentedHeader {
            SegmentedHeader(
                segmentSize: size,
                isSealed: isSealed,
                plaintextSize: plaintextSize,
                headerSegments: headerSegments(for: fixedBytes + bodies + 32, size),
                fileID: fileID,
                contextHash: context?.hash ?? [UInt8](repeating: 0, count: 32),
                sender: sender,
                stanzas: stanzas,
                commitment: commitment
            )
        }
        let fileID = Sodium.random(32)
        let fileKey = SecureBytes(randomCount: 32)
        // The first 120 bytes know the number of stanzas, not their bytes.
        let placeholders = recipients.map { _ in Stanza.unknown(type: 0, body: []) }
        let fixed = header(placeholders, []).fixedPart
        var stanzas: [Stanza] = []
        for recipient in recipients {
            stanzas.append(try wrap(fileKey, for: recipient, fixed: fixed, fileID: fileID))
        }
        let keys = Keys(fileKey: fileKey, headerHash: header(stanzas, []).hash)
        return (header(stanzas, keys.commitment), keys)
    }

    private static func wrap(
        _ fileKey: SecureBytes,
        for recipient: Recipient,
        fixed: [UInt8],
        fileID: [UInt8]
    ) throws(EncryptionError) -> Stanza {
        switch recipient.kind {
        case .x25519(let publicKey):
            let ephemeral = SecureBytes(randomCount: 32)
            let share = Sodium.publicKey(of: ephemeral)
            guard let shared = Sodium.sharedSecret(secret: ephemeral, publicKey: publicKey) else {
                throw EncryptionError.lowOrderRecipient
            }
            let key = wrapKey(shared, share: share, recipient: publicKey, fileID: fileID)
            return .x25519(share: share, box: Sodium.box(fileKey, key: key, data: fixed))
        case .passphrase(let passphrase, let cost):
            guard
                (1...10).contains(cost.argon2Passes),
                (8...262_144).contains(cost.argon2Kibibytes)
            else { throw EncryptionError.passwordCost }
            let salt = Sodium.random(16)
            guard
                let key = Sodium.argon2id(
                    passphrase,
                    salt: salt,
                    passes: cost.argon2Passes,
                    kibibytes: cost.argon2Kibibytes
                )
            else { throw EncryptionError.memory }
            return .passphrase(
                salt: salt,
                passes: cost.argon2Passes,
                kibibytes: cost.argon2Kibibytes,
                box: Sodium.box(fileKey, key: key, data: fixed)
            )
        }
    }
}

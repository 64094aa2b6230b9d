/// The stanza types of age v1: wrapping and unwrapping the 16-byte file key.
enum AgeKeyWrap {
    static let x25519Type = [UInt8]("X25519".utf8)
    static let scryptType = [UInt8]("scrypt".utf8)
    static let fileKeyBytes = 16
    private static let x25519Info = [UInt8]("age-encryption.org/v1/X25519".utf8)
    private static let scryptSalt = [UInt8]("age-encryption.org/v1/scrypt".utf8)

    // MARK: - Checks without a key

    /// Checks the form of a stanza of a known type; unknown types pass.
    static func check(
        _ stanza: AgeStanza,
        limits: DecryptionLimits
    ) throws(DecryptionError) {
        if stanza.type == x25519Type {
            _ = try x25519Share(stanza)
        } else if stanza.type == scryptType {
            _ = try scryptParameters(stanza, limits: limits)
        }
    }

    private static func x25519Share(_ stanza: AgeStanza) throws(DecryptionError) -> [UInt8] {
        guard stanza.arguments.count == 2 else {
            throw DecryptionError(.header(.arguments), at: stanza.offset)
        }
        let share = try decode(stanza.arguments[1], count: 32, stanza)
        try checkBox(stanza)
        return share
    }

    /// The file key's length is checked before anything is opened (age v1, "X25519 recipient").
    private static func checkBox(_ stanza: AgeStanza) throws(DecryptionError) {
        guard stanza.body.count == fileKeyBytes + 16 else {
            throw DecryptionError(.header(.length), at: stanza.offset)
        }
    }

    private static func scryptParameters(
        _ stanza: AgeStanza,
        limits: DecryptionLimits
    ) throws(DecryptionError) -> (salt: [UInt8], logN: Int) {
        guard stanza.arguments.count == 3 else {
            throw DecryptionError(.header(.arguments), at: stanza.offset)
        }
        let salt = try decode(stanza.arguments[1], count: 16, stanza)
        let digits = stanza.arguments[2]
        guard
            digits.count <= 3, digits[0] != 0x30,
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw DecryptionError(.header(.number), at: stanza.offset) }
        let logN = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard logN <= limits.scryptWorkFactor else {
            throw DecryptionError(.limit(.scryptWorkFactor(logN)), at: stanza.offset)
        }
        try checkBox(stanza)
        return (salt, logN)
    }

    private static func decode(
        _ text: [UInt8],
        count: Int,
        _ stanza: AgeStanza
    ) throws(DecryptionError) -> [UInt8] {
        let bytes: [UInt8]
        do { bytes = try Base64.decode(text.span) } catch {
            throw DecryptionError(.header(.base64), at: stanza.offset)
        }
        guard bytes.count == count else {
            throw DecryptionError(.header(.length), at: stanza.offset)
        }
        return bytes
    }

    // MARK: - Unwrapping

    /// Tries every identity on every stanza, so that the time does not tell which one fits.
    static func unwrap(
        _ header: AgeHeader,
        identities: [Identity],
        limits: DecryptionLimits
    ) throws(DecryptionError) -> SecureBytes {
        var fileKey: SecureBytes?
        for stanza in header.stanzas {
            for identity in identities {
                let opened = try unwrap(stanza, identity, limits: limits)
                if fileKey == nil { fileKey = opened }
            }
        }
        guard let fileKey else { throw DecryptionError(.noMatch, at: 0) }
        guard header.isAuthenticated(by: fileKey) else {
            throw DecryptionError(.mac, at: header.authenticated.count)
        }
        return fileKey
    }

    private static func unwrap(
        _ stanza: AgeStanza,
        _ identity: Identity,
        limits: DecryptionLimits
    ) throws(DecryptionError) -> SecureBytes? {
        switch identity.kind {
        case .x25519(let secret, let publicKey):
            guard stanza.type == x25519Type else { return nil }
            let share = try x25519Share(stanza)
            guard let shared = Sodium.sharedSecret(secret: secret, publicKey: share) else {
                throw DecryptionError(.header(.lowOrderShare), at: stanza.offset)
            }
            guard let key = wrapKey(shared, share: share, recipient: publicKey) else { return nil }
            return Sodium.openBox(stanza.body, key: key)
        case .passphrase(let passphrase):
            guard stanza.type == scryptType else { return nil }
            let (salt, logN) = try scryptParameters(stanza, limits: limits)
            guard let key = Sodium.scrypt(passphrase, salt: scryptSalt + salt, logN: logN) else {
                throw DecryptionError(.limit(.memory), at: stanza.offset)
            }
            return Sodium.openBox(stanza.body, key: key)
        }
    }

    private static func wrapKey(
        _ shared: SecureBytes,
        share: [UInt8],
        recipient: [UInt8]
    ) -> SecureBytes? {
        let salt = share + recipient
        return shared.withBytes {
            Sodium.hkdf($0, salt: salt.span, info: x25519Info.span, count: 32)
        }
    }

    // MARK: - Wrapping

    /// Wraps `fileKey` for `recipient` with a new share or salt.
    static func wrap(
        _ fileKey: SecureBytes,
        for recipient: Recipient
    ) throws(EncryptionError) -> AgeStanza {
        switch recipient.kind {
        case .x25519(let publicKey):
            let ephemeral = SecureBytes(randomCount: 32)
            let share = Sodium.publicKey(of: ephemeral)
            guard
                let shared = Sodium.sharedSecret(secret: ephemeral, publicKey: publicKey),
                let key = wrapKey(shared, share: share, recipient: publicKey)
            else { throw EncryptionError.lowOrderRecipient }
            var text: [UInt8] = []
            Base64.encode(share.span, into: &text)
            return AgeStanza(
                checked: [x25519Type, text],
                body: Sodium.box(fileKey, key: key)
            )
        case .passphrase(let passphrase, let cost):
            guard (1...22).contains(cost.scryptWorkFactor) else {
                throw EncryptionError.passwordCost
            }
            let salt = Sodium.random(16)
            guard
                let key = Sodium.scrypt(
                    passphrase,
                    salt: scryptSalt + salt,
                    logN: cost.scryptWorkFactor
                )
            else { throw EncryptionError.memory }
            var text: [UInt8] = []
            Base64.encode(salt.span, into: &text)
            return AgeStanza(
                checked: [scryptType, text, [UInt8](String(cost.scryptWorkFactor).utf8)],
                body: Sodium.box(fileKey, key: key)
            )
        }
    }

    /// The key of the body (age v1, "Payload").
    static func payloadKey(_ fileKey: SecureBytes, nonce: [UInt8]) -> SecureBytes? {
        let info = [UInt8]("payload".utf8)
        return fileKey.withBytes {
            Sodium.hkdf($0, salt: nonce.span, info: info.span, count: 32)
        }
    }
}

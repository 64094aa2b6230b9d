internal import IoTCSodium

extension Sodium {
    /// scrypt (RFC 7914) with r = 8 and p = 1, 32 bytes; `nil` when memory is short.
    ///
    /// `logN` is 1...30; 128 · 8 · 2^logN bytes are touched.
    static func scrypt(_ passphrase: SecureBytes, salt: [UInt8], logN: Int) -> SecureBytes? {
        guard (1...30).contains(logN) else { return nil }
        start()
        var succeeded = false
        let key = SecureBytes(count: 32) { (target: inout MutableSpan<UInt8>) in
            succeeded = unsafe target.withPointer { target in
                unsafe crypto_pwhash_scryptsalsa208sha256_ll(
                    passphrase.pointer,
                    passphrase.count,
                    salt,
                    salt.count,
                    1 << UInt64(logN),
                    8,
                    1,
                    target,
                    32
                ) == 0
            }
        }
        return succeeded ? key : nil
    }

    /// Argon2id (RFC 9106) version 1.3 with one lane, 32 bytes; `nil` when memory is short.
    static func argon2id(
        _ passphrase: SecureBytes,
        salt: [UInt8],
        passes: UInt32,
        kibibytes: UInt32
    ) -> SecureBytes? {
        guard salt.count == 16, passes >= 1, kibibytes >= 8 else { return nil }
        start()
        var succeeded = false
        let key = SecureBytes(count: 32) { (target: inout MutableSpan<UInt8>) in
            succeeded = unsafe target.withPointer { target in
                // The prototype says char: the bytes are the same.
                unsafe passphrase.pointer.withMemoryRebound(
                    to: CChar.self,
                    capacity: passphrase.count
                ) { text in
                    unsafe crypto_pwhash(
                        target,
                        32,
                        text,
                        UInt64(passphrase.count),
                        salt,
                        UInt64(passes),
                        Int(kibibytes) << 10,
                        CInt(crypto_pwhash_ALG_ARGON2ID13)
                    ) == 0
                }
            }
        }
        return succeeded ? key : nil
    }

    // MARK: - Ed25519 (RFC 8032)

    /// The key pair of a 32-byte seed: 64 secret bytes and the public key.
    static func signingKeyPair(seed: SecureBytes) -> (secret: SecureBytes, publicKey: [UInt8]) {
        precondition(seed.count == 32)
        var publicKey = [UInt8](repeating: 0, count: 32)
        let secret = SecureBytes(count: 64) { (target: inout MutableSpan<UInt8>) in
            unsafe target.withPointer { target in
                unsafe _ = crypto_sign_seed_keypair(&publicKey, target, seed.pointer)
            }
        }
        return (secret, publicKey)
    }

    static func sign(_ message: [UInt8], secret: SecureBytes) -> [UInt8] {
        precondition(secret.count == 64)
        var signature = [UInt8](repeating: 0, count: 64)
        unsafe _ = crypto_sign_detached(
            &signature,
            nil,
            message,
            UInt64(message.count),
            secret.pointer
        )
        return signature
    }

    static func verify(_ signature: [UInt8], _ message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard signature.count == 64, publicKey.count == 32 else { return false }
        start()
        return unsafe crypto_sign_verify_detached(
            signature,
            message,
            UInt64(message.count),
            publicKey
        ) == 0
    }
}

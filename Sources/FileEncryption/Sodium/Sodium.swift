internal import IoTCSodium

/// The libsodium calls of this module, each with its lengths checked.
enum Sodium {
    private static let started: Bool = sodium_init() >= 0

    /// Initialises the library once; cheap afterwards.
    static func start() {
        // Fails only where the system has no random source; libsodium itself aborts there.
        precondition(started, "libsodium could not be initialised")
    }

    /// `count` bytes from the system's random source.
    static func random(_ count: Int) -> [UInt8] {
        start()
        var bytes = [UInt8](repeating: 0, count: count)
        unsafe randombytes_buf(&bytes, count)
        return bytes
    }

    /// Compares in time that depends on the lengths only.
    static func isEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        let count = a.count
        return unsafe a.withPointer { a in
            unsafe b.withPointer { b in unsafe sodium_memcmp(a, b, count) == 0 }
        }
    }

    /// The all-zero nonce of boxes whose key is used once.
    static let zeroNonce = [UInt8](repeating: 0, count: 12)

    /// ChaCha20-Poly1305 (RFC 8439) of a short secret under a key that is used once.
    static func box(_ secret: SecureBytes, key: SecureBytes, data: [UInt8] = []) -> [UInt8] {
        precondition(key.count == 32)
        var box = [UInt8](repeating: 0, count: secret.count + 16)
        unsafe _ = crypto_aead_chacha20poly1305_ietf_encrypt(
            &box,
            nil,
            secret.pointer,
            UInt64(secret.count),
            data,
            UInt64(data.count),
            nil,
            zeroNonce,
            key.pointer
        )
        return box
    }

    /// Opens what ``box(_:key:data:)`` made; `nil` when the key or a byte is wrong.
    static func openBox(_ box: [UInt8], key: SecureBytes, data: [UInt8] = []) -> SecureBytes? {
        precondition(key.count == 32)
        guard box.count >= 16 else { return nil }
        var opened = false
        let secret = SecureBytes(count: box.count - 16) { (target: inout MutableSpan<UInt8>) in
            opened = unsafe target.withPointer { target in
                unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                    target,
                    nil,
                    nil,
                    box,
                    UInt64(box.count),
                    data,
                    UInt64(data.count),
                    zeroNonce,
                    key.pointer
                ) == 0
            }
        }
        return opened ? secret : nil
    }

    /// X25519 (RFC 7748); `nil` when the result would be all zero.
    static func sharedSecret(secret: SecureBytes, publicKey: [UInt8]) -> SecureBytes? {
        precondition(secret.count == 32)
        guard publicKey.count == 32 else { return nil }
        var succeeded = false
        let shared = SecureBytes(count: 32) { (target: inout MutableSpan<UInt8>) in
            succeeded = unsafe target.withPointer { target in
                unsafe crypto_scalarmult(target, secret.pointer, publicKey) == 0
            }
        }
        return succeeded ? shared : nil
    }

    /// The X25519 public key of `secret`.
    static func publicKey(of secret: SecureBytes) -> [UInt8] {
        precondition(secret.count == 32)
        var key = [UInt8](repeating: 0, count: 32)
        unsafe _ = crypto_scalarmult_base(&key, secret.pointer)
        return key
    }
}

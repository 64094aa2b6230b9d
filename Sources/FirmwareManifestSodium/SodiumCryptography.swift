public import FirmwareManifest
internal import IoTCSodium

/// SHA-256 and Ed25519 by libsodium.
///
/// Its judgement of Ed25519 is the rule: S below the group order, no A or R of low order, A in its
/// canonical encoding, R recomputed and compared byte by byte. P-256 signatures are refused: libsodium
/// does not have the curve; join it with another library by `CombinedCryptography`.
public struct SodiumCryptography: FirmwareCryptography {
    /// Prepares libsodium; more than one is fine.
    public init() { _ = sodium_init() }

    /// A hash state without input.
    public func makeSHA256() -> SodiumSHA256 { SodiumSHA256() }

    /// SHA-256 of bytes.
    public func sha256(_ bytes: Span<UInt8>) -> SUITDigest {
        var state = SodiumSHA256()
        state.update(bytes)
        return state.finish()
    }

    /// Whether a signature is right; false for every key of another algorithm.
    public func verify(
        _ signature: Span<UInt8>,
        over message: Span<UInt8>,
        by key: PinnedKey
    ) -> Bool {
        guard key.algorithm == .ed25519, signature.count == 64, key.bytes.count == 32 else {
            return false
        }
        // The C function takes pointers; the counts were checked above.
        return unsafe signature.withUnsafeBufferPointer { s in
            unsafe message.withUnsafeBufferPointer { m in
                unsafe key.bytes.withUnsafeBufferPointer { k in
                    guard let s = s.baseAddress, let k = k.baseAddress else { return false }
                    return unsafe crypto_sign_ed25519_verify_detached(
                        s,
                        m.baseAddress,
                        UInt64(m.count),
                        k
                    ) == 0
                }
            }
        }
    }
}

/// A running SHA-256 of libsodium.
public struct SodiumSHA256: RunningSHA256 {
    private var state = crypto_hash_sha256_state()

    init() { unsafe crypto_hash_sha256_init(&state) }

    /// Takes more input.
    public mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer {
            _ = unsafe crypto_hash_sha256_update(&state, $0.baseAddress, UInt64($0.count))
        }
    }

    /// The digest; the state starts over.
    public mutating func finish() -> SUITDigest {
        var output = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        // Thirty-two bytes, written by C into four words.
        unsafe withUnsafeMutableBytes(of: &output) {
            let bytes = unsafe $0.assumingMemoryBound(to: UInt8.self)
            if let start = bytes.baseAddress {
                _ = unsafe crypto_hash_sha256_final(&state, start)
            }
        }
        unsafe crypto_hash_sha256_init(&state)
        return SUITDigest(
            bigEndianWords: output.0.bigEndian,
            output.1.bigEndian,
            output.2.bigEndian,
            output.3.bigEndian
        )
    }
}

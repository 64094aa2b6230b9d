internal import IoTCOpenSSL
internal import Synchronization
public import X509Verification

/// Digests and signature checks by OpenSSL's libcrypto.
///
/// Keys of issuers are prepared once and kept, so that a path over known CAs costs its signature checks
/// and little else. One value may serve any number of threads.
public final class OpenSSLCrypto: CryptoProvider {
    private let cache: Mutex<NativeKeyCache>

    /// Prepares a provider.
    ///
    /// - Parameter cachedKeys: how many issuer keys are kept, about 1 KiB each; the least recently
    ///   needed half is dropped when there are more. 0 keeps none.
    public init(cachedKeys: Int = 1024) {
        cache = Mutex(NativeKeyCache(capacity: max(0, cachedKeys)))
    }

    /// SHA-256 of `bytes`: 32 octets.
    public func sha256(_ bytes: Span<UInt8>) -> [UInt8] { NativeDigest.sha2(.sha256, bytes) }

    /// Checks that a point lies on its curve.
    ///
    /// - Returns: `nil` for a good key.
    public func validate(_ key: SubjectPublicKey, verifies: Bool) -> KeyProblem? {
        switch key.algorithm {
        case .ec(let curve):
            if verifies { return native(key) == nil ? .pointNotOnCurve : nil }
            // Checking the point costs less than preparing a key, which a leaf's is not needed for.
            return NativeCurve.contains(key, curve) ? nil : .pointNotOnCurve
        case .ed25519:
            let isGood = key.withKeyBytes { bytes in
                Ed25519Encoding.isCanonicalPoint(bytes) && !Ed25519Encoding.hasSmallOrder(bytes)
            }
            return isGood ? nil : .pointNotOnCurve
        case .rsa: return nil
        case .malformed(let problem): return problem
        case .unsupported: return .encoding
        @unknown default: return .encoding
        }
    }

    /// Whether `signature` is one of `key` over `message`.
    public func verify(
        _ signature: Span<UInt8>,
        over message: Span<UInt8>,
        algorithm: SignatureAlgorithm,
        key: SubjectPublicKey
    ) -> Bool {
        switch (algorithm, key.algorithm) {
        case (.ecdsa(let hash), .ec(let curve)):
            guard let parts = ECDSASignature(signature, curve: curve), let native = native(key)
            else { return false }
            return native.verifyECDSA(hash, message, signature, parts)
        case (.rsaPKCS1(let hash), .rsa):
            return native(key)?.verifyRSA(hash, salt: nil, message, signature) ?? false
        case (.rsaPSS(let hash, let salt), .rsa):
            return native(key)?.verifyRSA(hash, salt: salt, message, signature) ?? false
        case (.ed25519, .ed25519):
            return key.withKeyBytes { Ed25519Encoding.verify(signature, message, key: $0) }
        default:
            return false
        }
    }

    /// The prepared key; `nil` for one that libcrypto refuses.
    private func native(_ key: SubjectPublicKey) -> NativeKey? {
        if let known = cache.withLock({ $0.find(key) }) { return known }
        guard let made = NativeKey(key) else { return nil }
        cache.withLock { $0.add(key, made) }
        return made
    }
}

/// Issuer keys by their DER, in two generations: what was not needed while one filled is dropped.
struct NativeKeyCache {
    private let capacity: Int
    private var recent: [SubjectPublicKey: NativeKey] = [:]
    private var older: [SubjectPublicKey: NativeKey] = [:]

    init(capacity: Int) { self.capacity = capacity }

    mutating func find(_ key: SubjectPublicKey) -> NativeKey? {
        if let native = recent[key] { return native }
        guard let native = older[key] else { return nil }
        older[key] = nil
        insert(key, native)
        return native
    }

    mutating func add(_ key: SubjectPublicKey, _ native: NativeKey) {
        guard capacity > 0 else { return }
        // A copy of the key alone, so that the cache does not hold the certificate it came in.
        guard let copy = try? SubjectPublicKey(der: key.der) else { return }
        insert(copy, native)
    }

    private mutating func insert(_ key: SubjectPublicKey, _ native: NativeKey) {
        if recent.count >= max(1, capacity / 2) {
            older = recent
            recent = [:]
        }
        recent[key] = native
    }
}

/// SHA-2 by libcrypto.
enum NativeDigest {
    static func size(_ hash: HashAlgorithm) -> Int {
        switch hash {
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    static func sha2(_ hash: HashAlgorithm, _ bytes: Span<UInt8>) -> [UInt8] {
        let size = size(hash)
        return [UInt8](capacity: size) { output in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                    if let target = buffer.baseAddress {
                        // libcrypto reads `count` bytes and writes `size`, which is the capacity.
                        unsafe iot_sha2(size, input.baseAddress, input.count, target)
                        count = size
                    }
                }
            }
        }
    }
}

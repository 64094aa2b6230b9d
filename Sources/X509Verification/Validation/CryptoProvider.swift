/// The cryptography that path validation needs; an adapter implements it.
///
/// `X509VerificationOpenSSL` has one over libcrypto. Calls come from any thread, so an implementation
/// guards what it caches.
public protocol CryptoProvider: Sendable {
    /// SHA-256 of `bytes`: always 32 octets.
    func sha256(_ bytes: Span<UInt8>) -> [UInt8]

    /// Checks what ``SubjectPublicKey/algorithm-swift.property`` cannot say: that a point lies on its
    /// curve.
    ///
    /// - Parameters:
    ///   - key: a key whose algorithm is supported.
    ///   - verifies: whether ``verify(_:over:algorithm:key:)`` may follow, so that the prepared key is
    ///     worth keeping.
    /// - Returns: `nil` for a good key.
    func validate(_ key: SubjectPublicKey, verifies: Bool) -> KeyProblem?

    /// Whether `signature` is one of `key` over `message`.
    ///
    /// - Returns: false also where key and algorithm do not belong together, or where the signature is
    ///   not in the strict DER of its algorithm.
    func verify(
        _ signature: Span<UInt8>,
        over message: Span<UInt8>,
        algorithm: SignatureAlgorithm,
        key: SubjectPublicKey
    ) -> Bool
}

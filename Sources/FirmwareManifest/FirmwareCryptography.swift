/// What a device's cryptographic library does for this module: two functions and a hash state.
///
/// `FirmwareManifestSodium` and `FirmwareManifestOpenSSL` implement it; ``CombinedCryptography``
/// joins two, one for each algorithm.
public protocol FirmwareCryptography: Sendable {
    /// A running SHA-256.
    associatedtype SHA256: RunningSHA256

    /// A hash state without input.
    func makeSHA256() -> SHA256

    /// SHA-256 of bytes.
    func sha256(_ bytes: Span<UInt8>) -> SUITDigest

    /// Whether a signature is right; false for everything that is malformed, or that the library
    /// cannot do.
    ///
    /// Ed25519 is judged as libsodium does: canonical S, no point of low order, no cofactor.
    /// - Parameters:
    ///   - signature: 64 bytes, `R | S` or `r | s`.
    ///   - message: what was signed, unhashed.
    ///   - key: the key and with it the algorithm.
    /// - Returns: whether it is right.
    func verify(_ signature: Span<UInt8>, over message: Span<UInt8>, by key: PinnedKey) -> Bool
}

/// A running SHA-256.
public protocol RunningSHA256 {
    /// Takes more input.
    mutating func update(_ bytes: Span<UInt8>)
    /// The digest of the input so far; the state then starts over without input.
    mutating func finish() -> SUITDigest
}

/// One library for Ed25519 and for hashes, another one for P-256.
public struct CombinedCryptography<
    First: FirmwareCryptography,
    Second: FirmwareCryptography
>: FirmwareCryptography {
    private let hashing: First
    private let ed25519: Second
    private let p256: First

    /// Joins two libraries.
    ///
    /// - Parameters:
    ///   - ed25519: verifies Ed25519.
    ///   - others: verifies P-256 and hashes.
    public init(ed25519: Second, others: First) {
        hashing = others
        p256 = others
        self.ed25519 = ed25519
    }

    /// A hash state without input.
    public func makeSHA256() -> First.SHA256 { hashing.makeSHA256() }

    /// SHA-256 of bytes.
    public func sha256(_ bytes: Span<UInt8>) -> SUITDigest { hashing.sha256(bytes) }

    /// Whether a signature is right, by the library of the key's algorithm.
    public func verify(
        _ signature: Span<UInt8>,
        over message: Span<UInt8>,
        by key: PinnedKey
    ) -> Bool {
        switch key.algorithm {
        case .ed25519: ed25519.verify(signature, over: message, by: key)
        case .p256: p256.verify(signature, over: message, by: key)
        }
    }
}

/// Signs for authors: a key in a file, a token, a service.
public protocol FirmwareSigner {
    /// The public key that will verify the signatures.
    var key: PinnedKey { get }
    /// Signs bytes as they are (they are not hashed yet).
    ///
    /// - Returns: 64 bytes, `R | S` or `r | s`.
    /// - Throws: ``FirmwareError/Violation/signerFailed``.
    func sign(_ message: Span<UInt8>) throws(FirmwareError) -> [UInt8]
}

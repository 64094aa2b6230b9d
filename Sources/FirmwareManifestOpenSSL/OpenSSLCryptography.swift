public import FirmwareManifest
internal import IoTCOpenSSL

/// SHA-256, P-256 and Ed25519 by OpenSSL's libcrypto.
///
/// Ed25519 is judged as libsodium judges it: what it would refuse is refused before libcrypto is
/// asked, which alone would take more.
public struct OpenSSLCryptography: FirmwareCryptography {
    /// Nothing to prepare.
    public init() {}

    /// A hash state without input.
    public func makeSHA256() -> OpenSSLSHA256 { OpenSSLSHA256() }

    /// SHA-256 of bytes.
    public func sha256(_ bytes: Span<UInt8>) -> SUITDigest {
        var output = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        // Thirty-two bytes, written by C into four words.
        unsafe bytes.withUnsafeBufferPointer { input in
            unsafe withUnsafeMutableBytes(of: &output) {
                let out = unsafe $0.assumingMemoryBound(to: UInt8.self)
                _ = unsafe IoTCOpenSSL.SHA256(input.baseAddress, input.count, out.baseAddress)
            }
        }
        return SUITDigest(
            bigEndianWords: output.0.bigEndian,
            output.1.bigEndian,
            output.2.bigEndian,
            output.3.bigEndian
        )
    }

    /// Whether a signature is right.
    public func verify(
        _ signature: Span<UInt8>,
        over message: Span<UInt8>,
        by key: PinnedKey
    ) -> Bool {
        guard signature.count == 64 else { return false }
        let bytes = (0..<64).map { signature[$0] }
        switch key.algorithm {
        case .ed25519:
            guard Ed25519Precheck.accepts(signature: bytes, key: key.bytes) else { return false }
            guard let handle = OpenSSLKey(ed25519: key.bytes) else { return false }
            return unsafe handle.verify(bytes, over: message, digest: nil)
        case .p256:
            guard let der = ECDSASignature.der(raw: bytes) else { return false }
            guard let handle = OpenSSLKey(p256: key.bytes) else { return false }
            return unsafe handle.verify(der, over: message, digest: EVP_sha256())
        }
    }
}

/// A running SHA-256 of libcrypto.
public struct OpenSSLSHA256: RunningSHA256 {
    /// Owns the C context.
    @safe
    private final class Context {
        let pointer: OpaquePointer?
        init() { unsafe pointer = EVP_MD_CTX_new() }
        deinit { unsafe EVP_MD_CTX_free(pointer) }
    }
    private let context = Context()

    init() { start() }

    private func start() { _ = unsafe EVP_DigestInit_ex(context.pointer, EVP_sha256(), nil) }

    /// Takes more input.
    public mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer {
            _ = unsafe EVP_DigestUpdate(context.pointer, $0.baseAddress, $0.count)
        }
    }

    /// The digest; the state starts over.
    public mutating func finish() -> SUITDigest {
        var output = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        unsafe withUnsafeMutableBytes(of: &output) {
            let out = unsafe $0.assumingMemoryBound(to: UInt8.self)
            _ = unsafe EVP_DigestFinal_ex(context.pointer, out.baseAddress, nil)
        }
        start()
        return SUITDigest(
            bigEndianWords: output.0.bigEndian,
            output.1.bigEndian,
            output.2.bigEndian,
            output.3.bigEndian
        )
    }
}

internal import IoTCOpenSSL
public import X509Verification

/// Why a private key could not be made or used.
public enum PrivateKeyError: Error, Hashable, Sendable {
    /// The octets are no private key of a supported kind, or something follows them.
    case malformed
    /// A kind or size of key that is not made here.
    case unsupported
    /// libcrypto refused; out of memory, or no randomness.
    case failed
}

/// A private key in memory that signs certificates and requests.
///
/// The key never leaves libcrypto but through ``withPKCS8(_:)`` and ``pem``; it has no description and
/// is erased when the last reference goes.
@safe
public final class OpenSSLPrivateKey: CertificateSigner, @unchecked Sendable {
    /// Kinds of keys that can be generated.
    public enum Kind: Hashable, Sendable {
        /// An elliptic curve; signs with the SHA-2 of its size.
        case ec(NamedCurve)
        /// RSA of 2048 to 8192 bits; signs with PKCS #1 v1.5 and SHA-256.
        case rsa(bits: Int)
        /// Ed25519.
        case ed25519
    }

    private let handle: OpaquePointer
    /// The public half.
    public let publicKey: SubjectPublicKey
    /// ECDSA with the digest of the curve's size, PKCS #1 v1.5 with SHA-256, or Ed25519.
    public let signatureAlgorithm: SignatureAlgorithm

    private init(
        adopting handle: OpaquePointer?,
        orThrow error: PrivateKeyError
    ) throws(PrivateKeyError) {
        guard let handle = unsafe handle else { throw error }
        let encoded = unsafe Self.encode(handle, isPrivate: false) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        }
        guard let encoded, let key = try? SubjectPublicKey(der: encoded),
            let algorithm = Self.algorithm(key.algorithm)
        else {
            unsafe EVP_PKEY_free(handle)
            throw .unsupported
        }
        unsafe self.handle = handle
        publicKey = key
        signatureAlgorithm = algorithm
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    private static func algorithm(_ key: SubjectPublicKey.Algorithm) -> SignatureAlgorithm? {
        switch key {
        case .ec(.p256): .ecdsa(.sha256)
        case .ec(.p384): .ecdsa(.sha384)
        case .ec(.p521): .ecdsa(.sha512)
        case .rsa: .rsaPKCS1(.sha256)
        case .ed25519: .ed25519
        default: nil
        }
    }

    /// Makes a new key from libcrypto's random source.
    ///
    /// - Throws: ``PrivateKeyError/unsupported`` for RSA outside 2048...8192 bits.
    public static func generate(_ kind: Kind) throws(PrivateKeyError) -> OpenSSLPrivateKey {
        let made: OpaquePointer?
        switch kind {
        case .ec(let curve): unsafe made = iot_pkey_generate(curve.coordinateLength, 0)
        case .ed25519: unsafe made = iot_pkey_generate(1, 0)
        case .rsa(let bits):
            guard (2048...8192).contains(bits) else { throw .unsupported }
            unsafe made = iot_pkey_generate(0, bits)
        }
        return try unsafe OpenSSLPrivateKey(adopting: made, orThrow: .failed)
    }

    /// Reads PKCS #8 (RFC 5958), or the older forms of RFC 5915 and RFC 8017.
    ///
    /// - Throws: ``PrivateKeyError/malformed`` for anything else, and for trailing bytes.
    public convenience init(der: Span<UInt8>) throws(PrivateKeyError) {
        guard der.count <= 65_536 else { throw .malformed }
        let made = unsafe der.withUnsafeBufferPointer { buffer in
            unsafe iot_pkey_decode(buffer.baseAddress, buffer.count)
        }
        try unsafe self.init(adopting: made, orThrow: .malformed)
    }

    /// Reads the first private key of a PEM text.
    ///
    /// - Throws: ``PrivateKeyError/malformed`` where there is none, or where it is encrypted.
    public convenience init(pem: String) throws(PrivateKeyError) {
        guard let blocks = try? PEM.decode(pem),
            let block = blocks.first(where: { $0.label.hasSuffix("PRIVATE KEY") })
        else { throw .malformed }
        try self.init(der: block.der.span)
    }

    /// Lends the key as PKCS #8; the copy is erased afterwards.
    ///
    /// - Returns: `nil` where libcrypto cannot encode it.
    public func withPKCS8<R>(_ body: (Span<UInt8>) throws -> R) rethrows -> R? {
        try unsafe Self.encode(handle, isPrivate: true, body)
    }

    /// The key as PEM of PKCS #8: handing it to its owner is what this is for.
    public var pem: String? {
        withPKCS8 { bytes in
            PEM.encode(unsafe bytes.withUnsafeBytes { unsafe Array($0) }, label: "PRIVATE KEY")
        }
    }

    private static func encode<R>(
        _ handle: OpaquePointer,
        isPrivate: Bool,
        _ body: (Span<UInt8>) throws -> R
    ) rethrows -> R? {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = unsafe iot_pkey_encode(handle, isPrivate ? 1 : 0, &bytes)
        guard count > 0, let bytes = unsafe bytes else { return nil }
        defer { unsafe iot_clear_free(bytes, Int(count)) }
        return try body(unsafe UnsafeBufferPointer(start: bytes, count: Int(count)).span)
    }

    /// Signs a message.
    ///
    /// - Throws: ``PrivateKeyError/failed`` where libcrypto cannot.
    public func sign(_ message: [UInt8]) throws -> [UInt8] {
        let size: Int
        switch signatureAlgorithm {
        case .ecdsa(let hash), .rsaPKCS1(let hash): size = NativeDigest.size(hash)
        default: size = 0
        }
        let capacity = 1024
        let signature = [UInt8](capacity: capacity) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, count in
                guard let target = buffer.baseAddress else { return }
                unsafe count = iot_pkey_sign(
                    handle,
                    size,
                    message,
                    message.count,
                    target,
                    capacity
                )
            }
        }
        guard !signature.isEmpty else { throw PrivateKeyError.failed }
        return signature
    }
}

public import FirmwareManifest
internal import IoTCOpenSSL

/// A P-256 key that signs with libcrypto.
public final class OpenSSLSigner: FirmwareSigner {
    /// The public key.
    public let key: PinnedKey
    private let handle: OpenSSLKey

    /// Reads a private key.
    ///
    /// - Parameters:
    ///   - pkcs8: PrivateKeyInfo, DER; wipe your copy.
    ///   - identifier: the key's name in signatures.
    /// - Throws: `FirmwareError.Violation.malformedKey` for anything but a key on P-256.
    public init(pkcs8: [UInt8], identifier: [UInt8] = []) throws(FirmwareError) {
        let pointer = unsafe pkcs8.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe d2i_AutoPrivateKey(nil, &start, buffer.count)
        }
        defer { ERR_clear_error() }
        guard let handle = unsafe OpenSSLKey(pointer) else { throw FirmwareError(.malformedKey) }
        self.handle = handle
        key = try Self.publicKey(handle, identifier)
    }

    private init(handle: OpenSSLKey, identifier: [UInt8]) throws(FirmwareError) {
        self.handle = handle
        key = try Self.publicKey(handle, identifier)
    }

    /// Makes a new key.
    ///
    /// - Parameter identifier: the key's name in signatures.
    /// - Returns: a key from the library's random source.
    /// - Throws: `FirmwareError.Violation.signerFailed`.
    public static func generate(
        identifier: [UInt8] = []
    ) throws(FirmwareError) -> OpenSSLSigner {
        guard let handle = unsafe OpenSSLKey(iot_P256_generate()) else {
            throw FirmwareError(.signerFailed)
        }
        return try OpenSSLSigner(handle: handle, identifier: identifier)
    }

    /// The private key as PrivateKeyInfo, DER; wipe it after use.
    ///
    /// - Throws: `FirmwareError.Violation.signerFailed`.
    public func pkcs8() throws(FirmwareError) -> [UInt8] {
        var output: UnsafeMutablePointer<UInt8>?
        let info = unsafe EVP_PKEY2PKCS8(handle.pointer)
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
        let count = unsafe i2d_PKCS8_PRIV_KEY_INFO(info, &output)
        guard count > 0, let start = unsafe output else { throw FirmwareError(.signerFailed) }
        defer { unsafe iot_OPENSSL_clear_free(start, Int(count)) }
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }

    private static func publicKey(
        _ handle: OpenSSLKey,
        _ identifier: [UInt8]
    ) throws(FirmwareError) -> PinnedKey {
        guard unsafe EVP_PKEY_get_base_id(handle.pointer) == EVP_PKEY_EC else {
            throw FirmwareError(.malformedKey)
        }
        var output: UnsafeMutablePointer<UInt8>?
        let count = unsafe i2d_PUBKEY(handle.pointer, &output)
        guard count == 91, let start = unsafe output else { throw FirmwareError(.malformedKey) }
        defer { unsafe iot_OPENSSL_clear_free(start, Int(count)) }
        let der = unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
        // The curve stands in front of the point: reading it back tells whether it is P-256.
        let point = Array(der.suffix(65))
        guard OpenSSLKey(p256: point) != nil else { throw FirmwareError(.malformedKey) }
        return try PinnedKey(.p256, bytes: point, identifier: identifier)
    }

    /// Signs bytes with ECDSA over their SHA-256.
    public func sign(_ message: Span<UInt8>) throws(FirmwareError) -> [UInt8] {
        guard let der = unsafe handle.sign(message, digest: EVP_sha256()),
            let raw = ECDSASignature.raw(der: der)
        else { throw FirmwareError(.signerFailed) }
        return raw
    }
}

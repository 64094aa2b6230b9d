internal import IoTCOpenSSL

/// Owns an `EVP_PKEY`.
@safe
final class OpenSSLKey {
    let pointer: OpaquePointer

    init?(_ pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return nil }
        unsafe self.pointer = pointer
    }

    /// A public Ed25519 key of 32 bytes.
    convenience init?(ed25519 bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        unsafe self.init(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, 32))
    }

    /// A public P-256 key `04 | x | y`; the point must be on the curve.
    convenience init?(p256 bytes: [UInt8]) {
        guard bytes.count == 65 else { return nil }
        // SubjectPublicKeyInfo of this curve is one constant and the point. RFC 5480 §2
        let prefix: [UInt8] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
            0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ]
        let der = prefix + bytes
        let key = unsafe der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return unsafe d2i_PUBKEY(nil, &start, buffer.count)
        }
        unsafe self.init(key)
    }

    deinit { unsafe EVP_PKEY_free(pointer) }

    /// Verifies; the error queue is left empty.
    func verify(_ signature: [UInt8], over message: Span<UInt8>, digest: OpaquePointer?) -> Bool {
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer {
            unsafe EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        guard unsafe EVP_DigestVerifyInit(context, nil, digest, nil, pointer) == 1 else {
            return false
        }
        return unsafe message.withUnsafeBufferPointer {
            unsafe EVP_DigestVerify(
                context,
                signature,
                signature.count,
                $0.baseAddress,
                $0.count
            ) == 1
        }
    }

    /// Signs; the error queue is left empty.
    func sign(_ message: Span<UInt8>, digest: OpaquePointer?) -> [UInt8]? {
        guard let context = unsafe EVP_MD_CTX_new() else { return nil }
        defer {
            unsafe EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        guard unsafe EVP_DigestSignInit(context, nil, digest, nil, pointer) == 1 else {
            return nil
        }
        var signature = [UInt8](repeating: 0, count: 128)
        var count = signature.count
        let result = unsafe message.withUnsafeBufferPointer {
            unsafe EVP_DigestSign(context, &signature, &count, $0.baseAddress, $0.count)
        }
        return result == 1 ? Array(signature.prefix(count)) : nil
    }
}

internal import IoTCOpenSSL
public import RulesSQL

/// The digests of rules SQL, computed by libcrypto.
public struct OpenSSLDigests: DigestProvider {
    /// The provider.
    public init() {}

    /// The digest of `message`; `nil` where libcrypto was built, or is configured, without it.
    public func digest(_ algorithm: DigestAlgorithm, of message: [UInt8]) -> [UInt8]? {
        let type =
            switch algorithm {
            case .md5: unsafe EVP_md5()
            case .sha1: unsafe EVP_sha1()
            case .sha224: unsafe EVP_sha224()
            case .sha256: unsafe EVP_sha256()
            case .sha384: unsafe EVP_sha384()
            case .sha512: unsafe EVP_sha512()
            }
        var digest = [UInt8](repeating: 0, count: 64)
        var length: UInt32 = 0
        let status = unsafe message.withUnsafeBytes { bytes in
            unsafe digest.withUnsafeMutableBufferPointer { output in
                unsafe EVP_Digest(
                    bytes.baseAddress,
                    bytes.count,
                    output.baseAddress,
                    &length,
                    type,
                    nil
                )
            }
        }
        guard status == 1, length <= 64 else { return nil }
        return Array(digest[..<Int(length)])
    }
}

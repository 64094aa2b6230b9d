public import FirmwareManifest
public import FirmwareManifestOpenSSL
public import FirmwareManifestSodium
internal import Foundation

/// A private key in a PEM file (PKCS #8), a public key in a PEM file (SubjectPublicKeyInfo): the
/// forms that other tools read and write. RFC 5958, RFC 8410, RFC 5480
public enum KeyFile: FirmwareSigner {
    /// An Ed25519 key.
    case ed25519(SodiumSigner)
    /// A P-256 key.
    case p256(OpenSSLSigner)

    private static let ed25519Private: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ]
    private static let ed25519Public: [UInt8] = [
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]
    private static let p256Public: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08,
        0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ]

    /// Makes a key.
    ///
    /// - Parameter algorithm: Ed25519 or P-256.
    /// - Returns: the private key's PEM text and its public key.
    /// - Throws: `FirmwareError`.
    public static func generate(
        _ algorithm: SignatureAlgorithm
    ) throws(FirmwareError) -> (privatePEM: String, key: PinnedKey) {
        switch algorithm {
        case .ed25519:
            let seed = SodiumSigner.randomSeed()
            let signer = try SodiumSigner(seed: seed)
            return (pem("PRIVATE KEY", ed25519Private + seed), signer.key)
        case .p256:
            let signer = try OpenSSLSigner.generate()
            return (pem("PRIVATE KEY", try signer.pkcs8()), signer.key)
        }
    }

    /// Reads a private key.
    ///
    /// - Parameter pem: a PEM text.
    /// - Throws: `FirmwareError.Violation.malformedKey`.
    public init(privatePEM pem: String) throws(FirmwareError) {
        let der = try Self.der("PRIVATE KEY", pem)
        if der.count == 48, Array(der.prefix(16)) == Self.ed25519Private {
            self = .ed25519(try SodiumSigner(seed: Array(der.suffix(32))))
        } else {
            self = .p256(try OpenSSLSigner(pkcs8: der))
        }
    }

    /// Reads a public key.
    ///
    /// - Parameter pem: a PEM text; that of a private key is taken too.
    /// - Returns: the key, pinned to its algorithm.
    /// - Throws: `FirmwareError.Violation.malformedKey`.
    public static func publicKey(pem: String) throws(FirmwareError) -> PinnedKey {
        if pem.contains("-----BEGIN PRIVATE KEY-----") {
            return try KeyFile(privatePEM: pem).key
        }
        let der = try der("PUBLIC KEY", pem)
        if der.count == 44, Array(der.prefix(12)) == ed25519Public {
            return try PinnedKey(.ed25519, bytes: Array(der.suffix(32)))
        }
        guard der.count == 91, Array(der.prefix(26)) == p256Public else {
            throw FirmwareError(.malformedKey)
        }
        return try PinnedKey(.p256, bytes: Array(der.suffix(65)))
    }

    /// The PEM text of a public key.
    public static func pem(_ key: PinnedKey) -> String {
        switch key.algorithm {
        case .ed25519: pem("PUBLIC KEY", ed25519Public + key.bytes)
        case .p256: pem("PUBLIC KEY", p256Public + key.bytes)
        }
    }

    private static func pem(_ label: String, _ der: [UInt8]) -> String {
        let base64 = Data(der).base64EncodedString(options: [
            .lineLength64Characters, .endLineWithLineFeed,
        ])
        return "-----BEGIN \(label)-----\n\(base64)\n-----END \(label)-----\n"
    }

    private static func der(_ label: String, _ pem: String) throws(FirmwareError) -> [UInt8] {
        guard let begin = pem.range(of: "-----BEGIN \(label)-----"),
            let end = pem.range(of: "-----END \(label)-----"),
            begin.upperBound <= end.lowerBound,
            let data = Data(
                base64Encoded: String(pem[begin.upperBound..<end.lowerBound]),
                options: .ignoreUnknownCharacters
            )
        else { throw FirmwareError(.malformedKey) }
        return [UInt8](data)
    }

    /// The public key.
    public var key: PinnedKey {
        switch self {
        case .ed25519(let signer): signer.key
        case .p256(let signer): signer.key
        }
    }

    /// Signs bytes.
    public func sign(_ message: Span<UInt8>) throws(FirmwareError) -> [UInt8] {
        switch self {
        case .ed25519(let signer): try signer.sign(message)
        case .p256(let signer): try signer.sign(message)
        }
    }
}

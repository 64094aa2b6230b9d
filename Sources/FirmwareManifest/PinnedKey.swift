/// A signature algorithm; it belongs to a key, and no message can choose it.
public enum SignatureAlgorithm: UInt8, Hashable, Sendable {
    /// Ed25519; COSE −8 (EdDSA) and −19 (Ed25519). RFC 9053 §2.2, RFC 9864
    case ed25519 = 1
    /// ECDSA over P-256 with SHA-256; COSE −7 (ES256) and −9 (ESP256). RFC 9053 §2.1, RFC 9864
    case p256 = 2

    /// The algorithm of a COSE number; `nil` for every other one.
    public init?(cose: Int64) {
        switch cose {
        case -7, -9: self = .p256
        case -8, -19: self = .ed25519
        default: return nil
        }
    }

    /// The COSE number that this module writes.
    public var coseIdentifier: Int64 { self == .ed25519 ? -8 : -7 }
}

/// A public key together with the one algorithm it is used with.
public struct PinnedKey: Hashable, Sendable {
    /// The algorithm.
    public let algorithm: SignatureAlgorithm
    /// The canonical bytes: 32 of Ed25519, or `04 | x | y` of P-256.
    public let bytes: [UInt8]
    /// A name that a signature may give (`kid`); a hint and never more.
    ///
    /// May be empty.
    public let identifier: [UInt8]

    /// Takes a key in its canonical encoding.
    ///
    /// - Parameters:
    ///   - algorithm: the algorithm.
    ///   - bytes: 32 bytes, not all zero; or 65 bytes `04 | x | y` with coordinates below the prime.
    ///   - identifier: a name, at most 64 bytes.
    /// - Throws: ``FirmwareError/Violation/malformedKey``.
    public init(
        _ algorithm: SignatureAlgorithm,
        bytes: [UInt8],
        identifier: [UInt8] = []
    ) throws(FirmwareError) {
        guard identifier.count <= 64, Self.isCanonical(algorithm, bytes) else {
            throw FirmwareError(.malformedKey)
        }
        self.algorithm = algorithm
        self.bytes = bytes
        self.identifier = identifier
    }

    private static func isCanonical(_ algorithm: SignatureAlgorithm, _ bytes: [UInt8]) -> Bool {
        switch algorithm {
        case .ed25519:
            return bytes.count == 32 && bytes.contains { $0 != 0 }
                && isBelowEdwardsPrime(bytes)
        case .p256:
            guard bytes.count == 65, bytes[0] == 4 else { return false }
            return bytes[1...32].lexicographicallyPrecedes(p256Prime)
                && bytes[33...64].lexicographicallyPrecedes(p256Prime)
        }
    }

    /// Whether a point's y coordinate is below 2²⁵⁵−19: each key has one encoding then.
    private static func isBelowEdwardsPrime(_ bytes: [UInt8]) -> Bool {
        guard bytes[31] & 0x7F == 0x7F, bytes[1..<31].allSatisfy({ $0 == 0xFF }) else {
            return true
        }
        return bytes[0] < 0xED
    }

    /// The prime of P-256, 2²⁵⁶ − 2²²⁴ + 2¹⁹² + 2⁹⁶ − 1.
    private static let p256Prime: [UInt8] =
        [255, 255, 255, 255, 0, 0, 0, 1] + [UInt8](repeating: 0, count: 12)
        + [UInt8](repeating: 255, count: 12)

    /// Whether two keys are the same key, whatever they are called.
    func isSameKey(as other: PinnedKey) -> Bool {
        algorithm == other.algorithm && bytes == other.bytes
    }
}

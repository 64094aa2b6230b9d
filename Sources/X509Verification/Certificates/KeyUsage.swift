/// What a key may be used for. RFC 5280 §4.2.1.3
public struct KeyUsage: OptionSet, Hashable, Sendable {
    /// Bit n of the BIT STRING in bit n.
    public let rawValue: UInt16

    /// The usages of these bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Signatures other than on certificates and CRLs: what TLS needs.
    public static let digitalSignature = KeyUsage(rawValue: 1 << 0)
    /// contentCommitment, formerly nonRepudiation.
    public static let contentCommitment = KeyUsage(rawValue: 1 << 1)
    /// Encryption of keys with RSA.
    public static let keyEncipherment = KeyUsage(rawValue: 1 << 2)
    /// Encryption of data without a key in between.
    public static let dataEncipherment = KeyUsage(rawValue: 1 << 3)
    /// Key agreement.
    public static let keyAgreement = KeyUsage(rawValue: 1 << 4)
    /// Signatures on certificates.
    public static let keyCertSign = KeyUsage(rawValue: 1 << 5)
    /// Signatures on CRLs.
    public static let crlSign = KeyUsage(rawValue: 1 << 6)
    /// Key agreement that may only encipher.
    public static let encipherOnly = KeyUsage(rawValue: 1 << 7)
    /// Key agreement that may only decipher.
    public static let decipherOnly = KeyUsage(rawValue: 1 << 8)
}

extension KeyUsage: CustomStringConvertible {
    /// The names of RFC 5280, such as `digitalSignature, keyCertSign`.
    public var description: String {
        let names = [
            "digitalSignature", "contentCommitment", "keyEncipherment", "dataEncipherment",
            "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
        ]
        return names.indices.filter { rawValue >> UInt16($0) & 1 == 1 }.map { names[$0] }
            .joined(separator: ", ")
    }
}

/// Key purposes of extKeyUsage that this module knows by name. RFC 5280 §4.2.1.12
public struct KeyPurposes: OptionSet, Hashable, Sendable {
    /// One bit for each purpose.
    public let rawValue: UInt8

    /// The purposes of these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// TLS server.
    public static let serverAuth = KeyPurposes(rawValue: 1 << 0)
    /// TLS client.
    public static let clientAuth = KeyPurposes(rawValue: 1 << 1)
    /// Signing of code.
    public static let codeSigning = KeyPurposes(rawValue: 1 << 2)
    /// Mail.
    public static let emailProtection = KeyPurposes(rawValue: 1 << 3)
    /// Time stamps.
    public static let timeStamping = KeyPurposes(rawValue: 1 << 4)
    /// OCSP responses.
    public static let ocspSigning = KeyPurposes(rawValue: 1 << 5)
    /// Every purpose.
    public static let any = KeyPurposes(rawValue: 1 << 6)
    /// At least one purpose that is not listed here.
    public static let other = KeyPurposes(rawValue: 1 << 7)

    init(packed: UInt128) {
        switch packed {
        case KnownOID.serverAuth: self = .serverAuth
        case KnownOID.clientAuth: self = .clientAuth
        case KnownOID.codeSigning: self = .codeSigning
        case KnownOID.emailProtection: self = .emailProtection
        case KnownOID.timeStamping: self = .timeStamping
        case KnownOID.ocspSigning: self = .ocspSigning
        case KnownOID.anyExtendedKeyUsage: self = .any
        default: self = .other
        }
    }
}

extension KeyPurposes: CustomStringConvertible {
    /// The names of RFC 5280, such as `serverAuth, clientAuth`.
    public var description: String {
        let names = [
            "serverAuth", "clientAuth", "codeSigning", "emailProtection", "timeStamping",
            "OCSPSigning", "anyExtendedKeyUsage", "other",
        ]
        return names.indices.filter { rawValue >> UInt8($0) & 1 == 1 }.map { names[$0] }
            .joined(separator: ", ")
    }
}

/// basicConstraints. RFC 5280 §4.2.1.9
public struct BasicConstraints: Hashable, Sendable {
    /// Whether the key may sign certificates.
    public let isCA: Bool
    /// How many intermediates that are not self-issued may follow; `nil` for any number.
    public let pathLength: Int?
}

/// policyConstraints. RFC 5280 §4.2.1.11
public struct PolicyConstraints: Hashable, Sendable {
    /// Certificates that may follow before a policy is required.
    public let requireExplicitPolicy: Int?
    /// Certificates that may follow before mapping is forbidden.
    public let inhibitPolicyMapping: Int?
}

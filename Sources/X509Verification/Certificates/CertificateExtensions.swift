/// The extensions this module reads. RFC 5280 §4.2
enum ExtensionKind: UInt8, Sendable {
    case subjectDirectoryAttributes = 9
    case subjectKeyIdentifier = 14
    case keyUsage = 15
    case subjectAltName = 17
    case issuerAltName = 18
    case basicConstraints = 19
    case nameConstraints = 30
    case crlDistributionPoints = 31
    case certificatePolicies = 32
    case policyMappings = 33
    case authorityKeyIdentifier = 35
    case policyConstraints = 36
    case extendedKeyUsage = 37
    case freshestCRL = 46
    case inhibitAnyPolicy = 54
    // Outside 2.5.29; the numbers are ours.
    case authorityInfoAccess = 60
    case subjectInfoAccess = 61

    init?(_ bytes: Span<UInt8>, _ identifier: Range<Int>) {
        if identifier.count == 3, bytes[identifier.lowerBound] == 0x55,
            bytes[identifier.lowerBound + 1] == 0x1D, bytes[identifier.lowerBound + 2] < 60
        {
            self.init(rawValue: bytes[identifier.lowerBound + 2])
            return
        }
        switch bytes.packed(identifier) {
        case KnownOID.authorityInfoAccess: self = .authorityInfoAccess
        case KnownOID.subjectInfoAccess: self = .subjectInfoAccess
        default: return nil
        }
    }

    /// Whether RFC 5280 says that it MUST NOT be critical.
    var mustNotBeCritical: Bool {
        switch self {
        case .authorityKeyIdentifier, .subjectKeyIdentifier, .subjectDirectoryAttributes,
            .freshestCRL, .authorityInfoAccess, .subjectInfoAccess:
            true
        default: false
        }
    }
}

/// Offsets of one extension.
struct ExtensionRecord: Hashable, Sendable {
    var identifier: ByteRange
    var value: ByteRange
    var kind: ExtensionKind?
    var isCritical: Bool
}

/// Offsets of authorityKeyIdentifier's members.
struct AuthorityKeyIdentifierRecord: Hashable, Sendable {
    var keyIdentifier: ByteRange?
    var hasIssuerOrSerial = false
}

/// nameConstraints, as offsets. RFC 5280 §4.2.1.10
struct NameConstraintRecords: Hashable, Sendable {
    var permitted: [GeneralNameRecord] = []
    var excluded: [GeneralNameRecord] = []
    /// One bit for each name form that a subtree has.
    var forms: UInt16 = 0
}

/// A policy mapping, as offsets of the identifiers' contents.
struct PolicyMappingRecord: Hashable, Sendable {
    var issuerDomain: ByteRange
    var subjectDomain: ByteRange
}

/// Everything the extensions say, decoded while the certificate is read.
struct ExtensionFacts: Sendable {
    var records: [ExtensionRecord] = []
    /// Offset of the first critical extension that is not known here.
    var unknownCritical: Int?
    var keyUsage: KeyUsage?
    var basicConstraints: BasicConstraints?
    var extendedKeyUsage: KeyPurposes?
    var subjectKeyIdentifier: ByteRange?
    var authorityKeyIdentifier: AuthorityKeyIdentifierRecord?
    var alternativeNames: [GeneralNameRecord] = []
    var nameConstraints: NameConstraintRecords?
    var policies: [ByteRange]?
    var policyMappings: [PolicyMappingRecord] = []
    var policyConstraints: PolicyConstraints?
    var inhibitAnyPolicy: Int?
    /// Value of cRLDistributionPoints.
    var distributionPoints: ByteRange?

    /// The record of a known extension.
    func record(_ kind: ExtensionKind) -> ExtensionRecord? { records.first { $0.kind == kind } }
}

/// One extension, for display.
public struct CertificateExtension: Hashable, Sendable {
    /// Its identifier.
    public let identifier: ObjectIdentifier
    /// Whether a verifier that does not know it must refuse the certificate.
    public let isCritical: Bool
    /// The DER inside the OCTET STRING.
    public let value: [UInt8]
}

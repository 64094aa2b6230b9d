/// Rules of RFC 5280 §4 and of the CA/Browser Forum that a certificate can break and still be read.
///
/// A certificate notes which of these it breaks (``Certificate/findings``); a ``Profile`` says which
/// ones refuse a leaf, an intermediate or an anchor.
public struct ConformanceRules: OptionSet, Hashable, Sendable {
    /// One bit for each rule.
    public let rawValue: UInt64

    /// The rules of these bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The serial number is positive and has at most 20 octets. RFC 5280 §4.1.2.2
    public static let serialNumber = ConformanceRules(rawValue: 1 << 0)
    /// UTCTime through 2049, GeneralizedTime from 2050 on. RFC 5280 §4.1.2.5
    public static let timeType = ConformanceRules(rawValue: 1 << 1)
    /// notBefore is not after notAfter. RFC 5280 §4.1.2.5
    public static let validityOrder = ConformanceRules(rawValue: 1 << 2)
    /// The issuer has at least one RDN. RFC 5280 §4.1.2.4
    public static let issuerNotEmpty = ConformanceRules(rawValue: 1 << 3)
    /// A subject without RDN needs a critical alternative name, and a CA needs a subject.
    /// RFC 5280 §4.1.2.6
    public static let subject = ConformanceRules(rawValue: 1 << 4)
    /// Strings stay within their character set and have no NUL. RFC 5280 appendix A.1
    public static let nameCharacters = ConformanceRules(rawValue: 1 << 5)
    /// Attributes stay within their upper bounds. RFC 5280 appendix A.1
    public static let nameLength = ConformanceRules(rawValue: 1 << 6)
    /// No unique identifiers. RFC 5280 §4.1.2.8
    public static let uniqueIdentifiers = ConformanceRules(rawValue: 1 << 7)
    /// Names in subjectAltName follow their syntax. RFC 5280 §4.2.1.6
    public static let alternativeNameSyntax = ConformanceRules(rawValue: 1 << 8)
    /// Extensions that MUST NOT be critical are not. RFC 5280 §4.2.1.1, §4.2.1.2, §4.2.2.1
    public static let mustNotBeCritical = ConformanceRules(rawValue: 1 << 9)
    /// basicConstraints of a CA is critical. RFC 5280 §4.2.1.9
    public static let criticalBasicConstraints = ConformanceRules(rawValue: 1 << 10)
    /// nameConstraints is critical. RFC 5280 §4.2.1.10
    public static let criticalNameConstraints = ConformanceRules(rawValue: 1 << 11)
    /// policyConstraints and inhibitAnyPolicy are critical. RFC 5280 §4.2.1.11, §4.2.1.14
    public static let criticalPolicyConstraints = ConformanceRules(rawValue: 1 << 12)
    /// A certificate that is not self-signed names its issuer's key. RFC 5280 §4.2.1.1
    public static let authorityKeyIdentifier = ConformanceRules(rawValue: 1 << 13)
    /// A CA names its own key. RFC 5280 §4.2.1.2
    public static let subjectKeyIdentifier = ConformanceRules(rawValue: 1 << 14)
    /// nameConstraints appears in CA certificates only. RFC 5280 §4.2.1.10
    public static let nameConstraintsInCA = ConformanceRules(rawValue: 1 << 15)
    /// keyCertSign and pathLenConstraint belong to a CA. RFC 5280 §4.2.1.3, §4.2.1.9
    public static let consistentCA = ConformanceRules(rawValue: 1 << 16)
    /// keyUsage has at least one bit. RFC 5280 §4.2.1.3
    public static let keyUsageNotEmpty = ConformanceRules(rawValue: 1 << 17)
    /// Name constraints follow the syntax of their form. RFC 5280 §4.2.1.10
    public static let nameConstraintSyntax = ConformanceRules(rawValue: 1 << 18)
    /// Policies and mappings do not map to or from anyPolicy, and no policy stands twice.
    /// RFC 5280 §4.2.1.4, §4.2.1.5
    public static let policies = ConformanceRules(rawValue: 1 << 19)
    /// Version 3. CA/Browser Forum BR §7.1.1
    public static let version3 = ConformanceRules(rawValue: 1 << 20)
    /// extKeyUsage of a server certificate is there, not critical, and has no anyExtendedKeyUsage.
    /// CA/Browser Forum BR §7.1.2.7
    public static let serverExtendedKeyUsage = ConformanceRules(rawValue: 1 << 21)
    /// subjectAltName is critical only where the subject is empty. CA/Browser Forum BR §7.1.2.7.12
    public static let noncriticalAlternativeName = ConformanceRules(rawValue: 1 << 22)
    /// authorityKeyIdentifier has a key identifier, and no issuer or serial number. CA/Browser Forum BR §7.1.2.1.3, §7.1.2.11.1
    public static let authorityKeyIdentifierForm = ConformanceRules(rawValue: 1 << 23)
    /// A root has no extKeyUsage. CA/Browser Forum BR §7.1.2.1.2
    public static let rootWithoutExtendedKeyUsage = ConformanceRules(rawValue: 1 << 24)
    /// authorityInfoAccess and subjectInfoAccess follow their grammar. RFC 5280 §4.2.2
    public static let informationAccess = ConformanceRules(rawValue: 1 << 25)

    /// authorityKeyIdentifier of a self-issued certificate is its own subjectKeyIdentifier.
    ///
    /// It holds for roots alone: a CA's new key signed by its old one names the old one.
    /// CA/Browser Forum BR §7.1.2.1.3
    public static let ownKeyIdentifier = ConformanceRules(rawValue: 1 << 26)

    /// Every rule of RFC 5280 §4.
    public static let rfc5280: ConformanceRules = [
        .serialNumber, .timeType, .validityOrder, .issuerNotEmpty, .subject, .nameCharacters,
        .nameLength, .uniqueIdentifiers, .alternativeNameSyntax, .mustNotBeCritical,
        .criticalBasicConstraints, .criticalNameConstraints, .criticalPolicyConstraints,
        .authorityKeyIdentifier, .subjectKeyIdentifier, .nameConstraintsInCA, .consistentCA,
        .keyUsageNotEmpty, .nameConstraintSyntax, .policies, .informationAccess,
    ]

    /// The rule with the lowest bit; `nil` for none.
    var first: ConformanceRules? {
        rawValue == 0 ? nil : ConformanceRules(rawValue: rawValue & (~rawValue &+ 1))
    }
}

/// A rule that a certificate breaks, and where.
public struct Finding: Hashable, Sendable {
    /// One rule.
    public let rule: ConformanceRules
    /// Offset in the certificate of the field that breaks it.
    public let offset: Int
}

/// What a parser noted; no allocation while there is nothing.
struct Findings {
    var rules: ConformanceRules = []
    var list: [Finding] = []

    /// Notes the first break of a rule.
    mutating func note(_ rule: ConformanceRules, at offset: Int) {
        guard !rules.contains(rule) else { return }
        rules.insert(rule)
        list.append(Finding(rule: rule, offset: offset))
    }
}

extension ConformanceRules {
    /// The stable word for one rule, as in ``PathValidationError/code``.
    public var code: String {
        switch self {
        case .serialNumber: "serial_invalid"
        case .timeType, .validityOrder: "time_malformed"
        case .issuerNotEmpty, .nameCharacters, .alternativeNameSyntax: "name_malformed"
        case .subject: "subject_empty"
        case .nameLength: "name_too_long"
        case .uniqueIdentifiers: "field_forbidden"
        case .mustNotBeCritical, .nameConstraintsInCA, .criticalBasicConstraints,
            .criticalNameConstraints, .criticalPolicyConstraints, .noncriticalAlternativeName:
            "extension_misplaced"
        case .consistentCA: "extension_inconsistent"
        case .authorityKeyIdentifier, .subjectKeyIdentifier, .serverExtendedKeyUsage:
            "extension_missing"
        case .version3: "version_unsupported"
        case .rootWithoutExtendedKeyUsage: "extension_misplaced"
        default: "extension_malformed"
        }
    }

    /// The clause of one rule.
    public var clause: String {
        switch self {
        case .serialNumber: "RFC 5280 §4.1.2.2"
        case .timeType, .validityOrder: "RFC 5280 §4.1.2.5"
        case .issuerNotEmpty: "RFC 5280 §4.1.2.4"
        case .subject: "RFC 5280 §4.1.2.6"
        case .nameCharacters, .nameLength: "RFC 5280 appendix A.1"
        case .uniqueIdentifiers: "RFC 5280 §4.1.2.8"
        case .alternativeNameSyntax: "RFC 5280 §4.2.1.6"
        case .mustNotBeCritical: "RFC 5280 §4.2"
        case .criticalBasicConstraints, .consistentCA: "RFC 5280 §4.2.1.9"
        case .criticalNameConstraints, .nameConstraintsInCA, .nameConstraintSyntax:
            "RFC 5280 §4.2.1.10"
        case .criticalPolicyConstraints: "RFC 5280 §4.2.1.11"
        case .authorityKeyIdentifier: "RFC 5280 §4.2.1.1"
        case .subjectKeyIdentifier: "RFC 5280 §4.2.1.2"
        case .keyUsageNotEmpty: "RFC 5280 §4.2.1.3"
        case .policies: "RFC 5280 §4.2.1.5"
        case .informationAccess: "RFC 5280 §4.2.2"
        case .version3: "CA/Browser Forum BR §7.1.1"
        case .serverExtendedKeyUsage: "CA/Browser Forum BR §7.1.2.7.10"
        case .noncriticalAlternativeName: "CA/Browser Forum BR §7.1.2.7.12"
        case .authorityKeyIdentifierForm: "CA/Browser Forum BR §7.1.2.11.1"
        case .ownKeyIdentifier: "CA/Browser Forum BR §7.1.2.1.3"
        case .rootWithoutExtendedKeyUsage: "CA/Browser Forum BR §7.1.2.1.2"
        default: "RFC 5280 §4.2"
        }
    }

    /// What one rule says, for people.
    public var summary: String {
        switch self {
        case .serialNumber: "the serial number must be positive and have at most 20 octets"
        case .timeType: "UTCTime is used through 2049, GeneralizedTime from 2050 on"
        case .validityOrder: "notBefore must not be after notAfter"
        case .issuerNotEmpty: "the issuer must not be empty"
        case .subject: "an empty subject needs a critical subjectAltName, and a CA a subject"
        case .nameCharacters: "a name has a character that its type does not allow"
        case .nameLength: "an attribute is longer than its upper bound"
        case .uniqueIdentifiers: "unique identifiers must not be used"
        case .alternativeNameSyntax: "a subjectAltName entry does not follow its syntax"
        case .mustNotBeCritical: "an extension is critical that must not be"
        case .criticalBasicConstraints: "basicConstraints of a CA must be critical"
        case .criticalNameConstraints: "nameConstraints must be critical"
        case .criticalPolicyConstraints: "policy constraints must be critical"
        case .authorityKeyIdentifier: "authorityKeyIdentifier with a keyIdentifier is missing"
        case .subjectKeyIdentifier: "subjectKeyIdentifier of a CA is missing"
        case .nameConstraintsInCA: "nameConstraints belongs into CA certificates only"
        case .consistentCA: "keyCertSign or pathLenConstraint without being a CA"
        case .keyUsageNotEmpty: "keyUsage has no bit set"
        case .nameConstraintSyntax: "a name constraint does not follow its syntax"
        case .policies: "a policy stands twice, or is mapped to or from anyPolicy"
        case .version3: "the certificate must be of version 3"
        case .serverExtendedKeyUsage:
            "extKeyUsage must be there, not critical and without anyExtendedKeyUsage"
        case .noncriticalAlternativeName: "subjectAltName beside a subject must not be critical"
        case .authorityKeyIdentifierForm:
            "authorityKeyIdentifier must have the issuer's key identifier and nothing else"
        case .ownKeyIdentifier: "authorityKeyIdentifier of a root must be its own key identifier"
        case .rootWithoutExtendedKeyUsage: "a root must not have extKeyUsage"
        case .informationAccess: "an information access extension does not follow its grammar"
        default: "several rules"
        }
    }
}

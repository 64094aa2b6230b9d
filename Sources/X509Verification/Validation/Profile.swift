/// Which keys and signatures are good enough.
public struct KeyPolicy: Hashable, Sendable {
    /// Bits of an RSA modulus.
    public var rsaBits = 2048...4096
    /// The smallest RSA exponent.
    public var minimumRSAExponent: UInt64 = 65_537
    /// Whether an RSA modulus must be a whole number of octets. CA/Browser Forum BR §6.1.5
    public var rsaWholeOctets = false
    /// Curves.
    public var curves: Set<NamedCurve> = [.p256, .p384, .p521]
    /// Ed25519 keys and signatures.
    public var allowsEd25519 = false
    /// RSASSA-PSS signatures.
    public var allowsRSAPSS = false

    /// P-256, P-384, P-521, RSA of 2048 to 4096 bits with SHA-2.
    ///
    /// Deviation: the service also lists DSA; it is refused here, as SHA-1 and MD5 are.
    public static let `default` = KeyPolicy()

    /// The defaults, to be changed member by member.
    public init() {}

    /// Why a key is refused; `nil` where it is not.
    func refusal(_ algorithm: SubjectPublicKey.Algorithm) -> PathValidationError.Reason? {
        switch algorithm {
        case .ec(let curve): return curves.contains(curve) ? nil : .keyNotAllowed
        case .rsa(let bits, let exponent):
            if bits < rsaBits.lowerBound { return .keyTooWeak(bits: bits) }
            if bits > rsaBits.upperBound { return .keyTooLarge(bits: bits) }
            if exponent < minimumRSAExponent { return .keyMalformed(.exponent) }
            return rsaWholeOctets && bits % 8 != 0 ? .keyNotAllowed : nil
        case .ed25519: return allowsEd25519 ? nil : .keyNotAllowed
        case .unsupported: return .keyNotAllowed
        case .malformed(let problem): return .keyMalformed(problem)
        }
    }

    func allows(_ algorithm: SignatureAlgorithm) -> Bool {
        switch algorithm {
        case .ecdsa, .rsaPKCS1: true
        case .rsaPSS: allowsRSAPSS
        case .ed25519: allowsEd25519
        case .unsupported: false
        }
    }
}

/// When revocation lists are needed.
public enum RevocationMode: Hashable, Sendable {
    /// Lists are not looked at.
    case ignored
    /// Where a list of the issuer was given, one must be usable; otherwise none is needed.
    case ifAvailable
    /// Every certificate of the path needs a usable list of its issuer.
    case required
}

/// What a path must satisfy beyond RFC 5280 §6.1, and the inputs of §6.1.1.
public struct Profile: Hashable, Sendable {
    /// How the fields of an anchor that came as a certificate count. RFC 5937
    public struct AnchorChecks: Hashable, Sendable {
        /// Refuse an anchor outside its validity.
        public var validity = true
        /// Refuse an anchor that is no CA, or that may not sign certificates.
        public var isCA = true
        /// Refuse an anchor with a critical extension that is not known here.
        public var criticalExtensions = true
        /// Apply the anchor's path length, name and policy constraints, and its purposes.
        public var constraints = true
        /// Rules of §4 that an anchor must keep.
        public var rules: ConformanceRules = []

        /// Everything but ``rules``.
        public init() {}
    }

    /// A name for messages, such as `iotClient`.
    public var name: String
    /// Keys and signatures.
    public var keys = KeyPolicy.default
    /// The purpose the leaf is used for, and which every intermediate with extKeyUsage must allow.
    public var purpose: KeyPurposes?
    /// Whether anyExtendedKeyUsage in the leaf stands for ``purpose``. RFC 5280 §4.2.1.12
    public var acceptsAnyPurpose = true
    /// Usages of which the leaf must have at least one, where it has keyUsage.
    public var leafKeyUsage: KeyUsage = []
    /// Whether a CA certificate may stand in the leaf's place.
    public var allowsCALeaf = true
    /// Rules of §4 that a leaf must keep.
    public var leafRules: ConformanceRules = .rfc5280
    /// Rules of §4 that an intermediate must keep.
    public var intermediateRules: ConformanceRules = .rfc5280
    /// How anchors are judged.
    public var anchors = AnchorChecks()
    /// Intermediates in a path that are not self-issued.
    public var maximumIntermediates = 8
    /// Revocation lists.
    public var revocation = RevocationMode.ifAvailable
    /// user-initial-policy-set; `nil` for any policy. RFC 5280 §6.1.1 (c)
    public var policies: Set<ObjectIdentifier>?
    /// initial-explicit-policy. RFC 5280 §6.1.1 (f)
    public var requiresExplicitPolicy = false
    /// initial-policy-mapping-inhibit. RFC 5280 §6.1.1 (e)
    public var inhibitsPolicyMapping = false
    /// initial-any-policy-inhibit. RFC 5280 §6.1.1 (g)
    public var inhibitsAnyPolicy = false

    /// RFC 5280: its path validation, and what its §4 demands of certificates.
    public init(name: String) { self.name = name }
}

extension Profile {
    /// RFC 5280 as it is written: path validation (§6) and what conforming CAs MUST do (§4).
    public static let rfc5280: Profile = {
        var profile = Profile(name: "rfc5280")
        profile.anchors.rules = [
            .criticalBasicConstraints, .criticalNameConstraints, .criticalPolicyConstraints,
            .authorityKeyIdentifier, .subjectKeyIdentifier, .mustNotBeCritical, .consistentCA,
            .nameConstraintSyntax, .subject, .issuerNotEmpty,
        ]
        return profile
    }()

    /// Path validation of RFC 5280 §6.1 alone: what §4 demands of issuers is not judged.
    public static let pathValidationOnly: Profile = {
        var profile = Profile(name: "pathValidationOnly")
        profile.leafRules = [.policies]
        profile.intermediateRules = [.policies]
        profile.anchors.criticalExtensions = false
        return profile
    }()

    /// Device certificates for TLS client authentication.
    ///
    /// A leaf may be of version 1 or have no extensions at all, as secure elements write them, and a
    /// CA need not have keyUsage. A leaf that is a CA, or that may not sign, is refused.
    public static let iotClient: Profile = {
        var profile = Profile.rfc5280
        profile.name = "iotClient"
        profile.purpose = .clientAuth
        profile.leafKeyUsage = .digitalSignature
        profile.allowsCALeaf = false
        profile.leafRules.remove(.authorityKeyIdentifier)
        profile.leafRules.remove(.subjectKeyIdentifier)
        profile.maximumIntermediates = 5
        return profile
    }()

    /// TLS servers of the web: RFC 5280 with the CA/Browser Forum's additions.
    ///
    /// Public suffixes and the common name are not judged.
    public static let webServer: Profile = {
        var profile = Profile.rfc5280
        profile.name = "webServer"
        profile.purpose = .serverAuth
        profile.acceptsAnyPurpose = false
        profile.leafKeyUsage = [.digitalSignature, .keyEncipherment, .keyAgreement]
        profile.allowsCALeaf = false
        profile.keys.rsaBits = 2048...8192
        profile.keys.rsaWholeOctets = true
        profile.leafRules.formUnion([
            .version3, .serverExtendedKeyUsage, .noncriticalAlternativeName,
            .authorityKeyIdentifierForm,
        ])
        profile.leafRules.remove(.subjectKeyIdentifier)
        profile.leafRules.remove(.criticalNameConstraints)
        profile.intermediateRules.formUnion([.version3, .authorityKeyIdentifierForm])
        profile.intermediateRules.remove(.criticalNameConstraints)
        profile.anchors.rules.formUnion([
            .authorityKeyIdentifierForm, .ownKeyIdentifier, .rootWithoutExtendedKeyUsage,
        ])
        profile.anchors.rules.remove(.criticalNameConstraints)
        return profile
    }()
}

public import IoTTime

/// Why no path was accepted: the most specific reason over all paths that were tried.
public struct PathValidationError: Error, Hashable, Sendable {
    /// The rule that was broken, with the value that broke it.
    @nonexhaustive
    public enum Reason: Hashable, Sendable {
        /// No certificate and no anchor has the issuer's name. RFC 5280 §6.1.3 (a)(4)
        case issuerUnknown
        /// The signature does not fit the key of any issuer of that name. RFC 5280 §6.1.3 (a)(1)
        case signatureInvalid
        /// The moment lies after notAfter. RFC 5280 §6.1.3 (a)(2)
        case expired(notAfter: WallClock)
        /// The moment lies before notBefore. RFC 5280 §6.1.3 (a)(2)
        case notYetValid(notBefore: WallClock)
        /// A signature algorithm that the profile refuses.
        case signatureAlgorithmNotAllowed(SignatureAlgorithm)
        /// A key that is no key of its algorithm.
        case keyMalformed(KeyProblem)
        /// A curve or algorithm that the profile refuses.
        case keyNotAllowed
        /// An RSA modulus below the profile's range.
        case keyTooWeak(bits: Int)
        /// An RSA modulus above the profile's range.
        case keyTooLarge(bits: Int)
        /// An issuer of version 1 or 2. RFC 5280 §6.1.4 (k)
        case versionNotAllowed(Int)
        /// An issuer without basicConstraints, or with cA FALSE. RFC 5280 §6.1.4 (k)
        case notCA
        /// An issuer whose keyUsage lacks keyCertSign. RFC 5280 §6.1.4 (n)
        case certificateSigningNotAllowed
        /// More intermediates than pathLenConstraint allows. RFC 5280 §6.1.4 (l), (m)
        case pathLengthExceeded
        /// More intermediates than the profile allows.
        case chainTooLong(limit: Int)
        /// A critical extension that is not known here. RFC 5280 §4.2
        case unknownCriticalExtension
        /// A rule of §4 or of the CA/Browser Forum that the profile demands.
        case rule(ConformanceRules)
        /// A CA certificate in the leaf's place, which the profile refuses.
        case leafIsCA
        /// keyUsage of the leaf lacks what the profile demands. RFC 5280 §4.2.1.3
        case keyUsageMissing(KeyUsage)
        /// extKeyUsage lacks the purpose. RFC 5280 §4.2.1.12
        case purposeMissing(KeyPurposes)
        /// A name lies in no permitted subtree of its form. RFC 5280 §6.1.3 (b)
        case nameNotPermitted
        /// A name lies, or with its wildcard could lie, in an excluded subtree. RFC 5280 §6.1.3 (c)
        case nameExcluded
        /// A name of a form that is constrained but cannot be compared. RFC 5280 §4.2.1.10
        case nameConstraintUnsupported
        /// No policy is valid for the whole path. RFC 5280 §6.1.3 (f), §6.1.5 (g)
        case noValidPolicy
        /// The leaf does not have the expected name.
        case nameMismatch
        /// A limit of ``WorkBudget`` was reached before a path was accepted.
        case budgetExceeded(WorkBudget.Resource)
        /// Listed as revoked. RFC 5280 §6.3.3 (j)
        case revoked(since: WallClock, CertificateRevocationList.Reason)
        /// No list of the issuer that covers the certificate. RFC 5280 §6.3.3
        case crlMissing
        /// The list's nextUpdate has passed.
        case crlExpired(nextUpdate: WallClock)
        /// The list's thisUpdate has not come.
        case crlNotYetValid(thisUpdate: WallClock)
        /// The list's signature is wrong. RFC 5280 §6.3.3 (g)
        case crlSignatureInvalid
        /// The issuer's keyUsage lacks cRLSign. RFC 5280 §6.3.3 (f)
        case crlSigningNotAllowed
        /// A critical extension of the list or of an entry is not known here. RFC 5280 §5.2, §5.3
        case crlUnknownCriticalExtension
        /// nextUpdate or cRLNumber is missing. RFC 5280 §5.1.2.5, §5.2.3
        case crlMalformed
        /// An indirect list, which is not processed here, or a delta without its complete list.
        case crlUnsupported
    }

    /// The rule that was broken.
    public let reason: Reason
    /// Position in the path: 0 is the leaf, then its issuer, and so on.
    public let position: Int
    /// The certificate, where it is not an anchor without one.
    public let certificate: CertificateReference
    /// Offset in that certificate of the field that is wrong, where it is one field.
    public let offset: Int?

    init(reason: Reason, position: Int, certificate: CertificateReference, offset: Int?) {
        self.reason = reason
        self.position = position
        self.certificate = certificate
        self.offset = offset
    }

    /// A reason that concerns the leaf alone, for callers that judge one without a path.
    public init(leaf reason: Reason) {
        self.init(reason: reason, position: 0, certificate: .leaf, offset: nil)
    }

    /// A stable word for logs and metrics, such as `issuer_expired`.
    public var code: String { reason.code(isIssuer: position > 0) }

    /// The clause that says so.
    public var clause: String { reason.clause }
}

/// Names a certificate among those that were handed to a validation.
public enum CertificateReference: Hashable, Sendable {
    /// The certificate to be validated.
    case leaf
    /// An index into the intermediates as they were given.
    case intermediate(Int)
    /// An index into the anchors as they were given.
    case anchor(Int)
}

extension CertificateReference: CustomStringConvertible {
    /// `leaf`, `intermediate 0`, `anchor 0`.
    public var description: String {
        switch self {
        case .leaf: "leaf"
        case .intermediate(let index): "intermediate \(index)"
        case .anchor(let index): "anchor \(index)"
        }
    }
}

extension PathValidationError.Reason {
    func code(isIssuer: Bool) -> String {
        let prefix = isIssuer ? "issuer_" : ""
        return switch self {
        case .issuerUnknown: "issuer_unknown"
        case .signatureInvalid: "signature_invalid"
        case .expired: prefix + "expired"
        case .notYetValid: prefix + "not_yet_valid"
        case .signatureAlgorithmNotAllowed: "sig_alg_unsupported"
        case .keyMalformed: "key_malformed"
        case .keyNotAllowed: "key_unsupported"
        case .keyTooWeak: "key_too_weak"
        case .keyTooLarge: "key_too_large"
        case .versionNotAllowed: "version_unsupported"
        case .notCA: "issuer_not_ca"
        case .certificateSigningNotAllowed: "issuer_no_cert_sign"
        case .pathLengthExceeded: "path_len_exceeded"
        case .chainTooLong: "chain_too_long"
        case .unknownCriticalExtension: "unknown_critical_extension"
        case .rule(let rule): rule.code
        case .leafIsCA: "leaf_is_ca"
        case .keyUsageMissing(let usage):
            usage == .digitalSignature ? "key_usage_no_digital_signature" : "key_usage_missing"
        case .purposeMissing(.clientAuth): "eku_not_client_auth"
        case .purposeMissing(.serverAuth): "eku_not_server_auth"
        case .purposeMissing: "eku_purpose_missing"
        case .nameNotPermitted, .nameExcluded, .nameConstraintUnsupported:
            "name_constraint_violation"
        case .noValidPolicy: "policy_invalid"
        case .nameMismatch: "name_mismatch"
        case .budgetExceeded: "budget_exceeded"
        case .revoked: prefix + "revoked"
        case .crlMissing: "crl_missing"
        case .crlExpired: "crl_expired"
        case .crlNotYetValid: "crl_not_yet_valid"
        case .crlSignatureInvalid: "crl_signature_invalid"
        case .crlSigningNotAllowed: "crl_issuer_no_crl_sign"
        case .crlUnknownCriticalExtension: "crl_unknown_critical_extension"
        case .crlMalformed: "crl_malformed"
        case .crlUnsupported: "crl_unsupported"
        }
    }

    var clause: String {
        switch self {
        case .issuerUnknown: "RFC 5280 §6.1.3 (a)(4)"
        case .signatureInvalid: "RFC 5280 §6.1.3 (a)(1)"
        case .expired, .notYetValid: "RFC 5280 §6.1.3 (a)(2)"
        case .signatureAlgorithmNotAllowed, .keyNotAllowed, .keyTooWeak, .keyTooLarge: "key policy"
        case .keyMalformed(.modulus), .keyMalformed(.exponent): "RFC 8017 §3.1"
        case .keyMalformed(.pointNotOnCurve): "SP 800-56A §5.6.2.3"
        case .keyMalformed: "RFC 5480 §2"
        case .versionNotAllowed, .notCA: "RFC 5280 §6.1.4 (k)"
        case .certificateSigningNotAllowed: "RFC 5280 §6.1.4 (n)"
        case .pathLengthExceeded: "RFC 5280 §6.1.4 (l)"
        case .chainTooLong, .leafIsCA: "profile"
        case .unknownCriticalExtension: "RFC 5280 §4.2"
        case .rule(let rule): rule.clause
        case .keyUsageMissing: "RFC 5280 §4.2.1.3"
        case .purposeMissing: "RFC 5280 §4.2.1.12"
        case .nameNotPermitted: "RFC 5280 §6.1.3 (b)"
        case .nameExcluded: "RFC 5280 §6.1.3 (c)"
        case .nameConstraintUnsupported: "RFC 5280 §4.2.1.10"
        case .noValidPolicy: "RFC 5280 §6.1.3 (f)"
        case .nameMismatch: "RFC 9525 §6"
        case .budgetExceeded: "work budget"
        case .revoked: "RFC 5280 §6.3.3 (j)"
        case .crlMissing: "RFC 5280 §6.3.3"
        case .crlExpired, .crlNotYetValid: "RFC 5280 §6.3.3 (a)"
        case .crlSignatureInvalid: "RFC 5280 §6.3.3 (g)"
        case .crlSigningNotAllowed: "RFC 5280 §6.3.3 (f)"
        case .crlUnknownCriticalExtension: "RFC 5280 §5.2"
        case .crlMalformed: "RFC 5280 §5.2.3"
        case .crlUnsupported: "RFC 5280 §5.2.5"
        }
    }

    /// How far a path got before this stopped it; the furthest one is reported.
    var rank: Int {
        switch self {
        case .issuerUnknown: 0
        case .signatureInvalid: 1
        case .chainTooLong: 2
        case .pathLengthExceeded, .nameNotPermitted, .nameExcluded, .nameConstraintUnsupported,
            .noValidPolicy:
            5
        case .revoked, .crlMissing, .crlExpired, .crlNotYetValid, .crlSignatureInvalid,
            .crlSigningNotAllowed, .crlUnknownCriticalExtension, .crlMalformed, .crlUnsupported:
            6
        case .budgetExceeded: 4
        default: 3
        }
    }

    /// One sentence for people.
    var summary: String {
        switch self {
        case .issuerUnknown: "its issuer is neither an anchor nor among the intermediates"
        case .signatureInvalid: "its signature does not fit the key of any issuer of that name"
        case .expired(let end): "it expired on \(end.rfc3339() ?? "?")"
        case .notYetValid(let start): "it is not valid before \(start.rfc3339() ?? "?")"
        case .signatureAlgorithmNotAllowed(let algorithm):
            "it is signed with \(algorithm), which the profile refuses"
        case .keyMalformed(let problem): "its key is malformed: \(problem)"
        case .keyNotAllowed: "the profile refuses its kind of key"
        case .keyTooWeak(let bits): "its RSA key has only \(bits) bits"
        case .keyTooLarge(let bits): "its RSA key has \(bits) bits, more than the profile allows"
        case .versionNotAllowed(let version): "it is of version \(version), which cannot be a CA"
        case .notCA: "it is used as an issuer but is no CA"
        case .certificateSigningNotAllowed: "its keyUsage does not allow it to sign certificates"
        case .pathLengthExceeded: "there are more CAs below it than its path length allows"
        case .chainTooLong(let limit): "the path has more than \(limit) intermediates"
        case .unknownCriticalExtension: "it has a critical extension that is not known here"
        case .rule(let rule): rule.summary
        case .leafIsCA: "it is a CA certificate, which the profile refuses as a leaf"
        case .keyUsageMissing(let usage): "its keyUsage has none of: \(usage)"
        case .purposeMissing(let purpose): "its extKeyUsage does not allow \(purpose)"
        case .nameNotPermitted: "one of its names lies outside the permitted subtrees"
        case .nameExcluded: "one of its names lies in an excluded subtree"
        case .nameConstraintUnsupported: "one of its names cannot be compared with a constraint"
        case .noValidPolicy: "no certificate policy is valid for the whole path"
        case .nameMismatch: "it does not have the expected name"
        case .budgetExceeded(let resource): "the work budget ran out: \(resource)"
        case .revoked(let date, let reason):
            "it was revoked on \(date.rfc3339() ?? "?"), reason code \(reason.rawValue)"
        case .crlMissing: "there is no revocation list that covers it"
        case .crlExpired(let next):
            "its revocation list was due for renewal on \(next.rfc3339() ?? "?")"
        case .crlNotYetValid(let start): "its revocation list starts on \(start.rfc3339() ?? "?")"
        case .crlSignatureInvalid: "the signature of its revocation list is wrong"
        case .crlSigningNotAllowed: "the issuer of its revocation list may not sign lists"
        case .crlUnknownCriticalExtension:
            "its revocation list has a critical extension that is not known here"
        case .crlMalformed: "its revocation list lacks nextUpdate or a number"
        case .crlUnsupported:
            "its revocation list is indirect, or a delta without the list it changes"
        }
    }
}

extension PathValidationError: CustomStringConvertible {
    /// The certificate, the reason and its clause in one line.
    public var description: String {
        "\(certificate) (position \(position)): \(reason.summary) [\(code), \(clause)]"
    }
}

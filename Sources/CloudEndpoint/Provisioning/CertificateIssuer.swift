#if Endpoint
public import DeviceRegistration
public import IoTTime
public import X509Verification
public import X509VerificationOpenSSL

/// Issues certificates of devices for fleet provisioning.
public struct CertificateIssuer: Sendable {
    /// Why a certificate and a key cannot issue.
    @nonexhaustive
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The key is not that of the certificate.
        case keyDoesNotMatch
        /// The certificate is none of a CA, or not valid.
        case notAuthority(PathValidationError)

        /// For an operator.
        public var description: String {
            switch self {
            case .keyDoesNotMatch: "the key is not that of the certificate"
            case .notAuthority(let error): "the certificate cannot issue: \(error)"
            }
        }
    }

    /// What issues.
    public let authority: Certificate
    /// The kind of keys that are made for devices.
    public var keyKind = OpenSSLPrivateKey.Kind.ec(.p256)
    private let signer: any CertificateSigner & Sendable
    private let crypto = OpenSSLCrypto()
    private let random: any RandomSource

    /// When issued certificates end, unless their CA ends before: the service's date.
    static let lastMoment = WallClock(seconds: 2_524_607_999)
    /// How long before now they begin, for devices whose clock is late.
    static let leeway: Int64 = 300

    /// An issuer.
    ///
    /// - Parameters:
    ///   - authority: the CA certificate.
    ///   - signer: its key, in memory or in a token.
    ///   - random: where serial numbers come from.
    ///   - now: the moment at which the CA is judged.
    /// - Throws: ``Failure``
    public init(
        authority: Certificate,
        signer: any CertificateSigner & Sendable,
        random: any RandomSource = SystemRandomBytes(),
        at now: WallClock
    ) throws(Failure) {
        guard signer.publicKey == authority.publicKey else { throw .keyDoesNotMatch }
        let judge = PathValidator(anchors: [], profile: .iotClient, crypto: crypto)
        if let error = judge.refusal(ofAnchor: authority, at: now) { throw .notAuthority(error) }
        self.authority = authority
        self.signer = signer
        self.random = random
    }

    /// Issues a certificate for a key.
    ///
    /// Its subject is the endpoint's own and not what a request says: names in certificates are what
    /// policies rely on.
    ///
    /// - Parameters:
    ///   - key: the public key.
    ///   - now: the time.
    /// - Returns: the certificate, which is registered nowhere yet.
    /// - Throws: what the signer throws.
    public func issue(for key: SubjectPublicKey, at now: WallClock) throws -> Certificate {
        var template = CertificateTemplate(
            serialNumber: CertificateTemplate.serialNumber(from: random.randomBytes(16)),
            issuer: authority.subject,
            subject: DistinguishedName([
                (.commonName, "Device certificate issued by this endpoint")
            ]),
            notBefore: now.adding(seconds: -Self.leeway),
            notAfter: min(Self.lastMoment, authority.notAfter),
            publicKey: key
        )
        template.extensions = [
            .basicConstraints(isCA: false), .keyUsage([.digitalSignature]),
            .extendedKeyUsage(.clientAuth),
            .subjectKeyIdentifier(key.identifier(crypto: crypto)),
        ]
        if let issuer = authority.subjectKeyIdentifier {
            template.extensions.append(.authorityKeyIdentifier(issuer))
        }
        return try template.sign(with: signer)
    }
}

/// The system's random generator.
public struct SystemRandomBytes: RandomSource {
    /// It has no state here.
    public init() {}

    /// Octets that nobody can predict.
    public func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<max(0, count)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
#endif

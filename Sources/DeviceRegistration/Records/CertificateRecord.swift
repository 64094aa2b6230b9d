public import IoTTime
public import X509Verification

/// Counts the changes of one record; compare-and-set works on it.
public struct RecordRevision: RawRepresentable, Hashable, Sendable {
    /// 1 for a new record, one more with each change.
    public let rawValue: UInt64

    /// A revision.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// That of a new record.
    public static let first = RecordRevision(rawValue: 1)
    /// The one after this.
    public var next: RecordRevision { RecordRevision(rawValue: rawValue &+ 1) }
}

/// Which accounts may hold a CA, and whether its devices must send a server name.
public enum CertificateMode: String, Hashable, Sendable {
    /// One account holds the CA, which it proves with a verification certificate.
    case `default` = "DEFAULT"
    /// Several accounts may hold it; the server name in TLS chooses one.
    case sniOnly = "SNI_ONLY"
}

/// What a certificate is in the books of its issuer. RFC 5280 §4.1.2.2
///
/// The issuer counts by name and key, not by certificate, so that cross-certificates do not make two
/// of one.
public struct IssuerSerialNumber: Hashable, Sendable {
    /// SHA-256 over the issuer's key and canonical name: 32 octets.
    public let issuer: [UInt8]
    /// The content octets of the serial number.
    public let serialNumber: [UInt8]

    /// What was stored before.
    public init(issuer: [UInt8], serialNumber: [UInt8]) {
        self.issuer = issuer
        self.serialNumber = serialNumber
    }

    /// A certificate below an issuer.
    init(_ certificate: Certificate, issuer: Certificate, crypto: some CryptoProvider) {
        let identity = issuer.publicKey.der + Array(issuer.subject.canonicalForm.utf8)
        self.init(
            issuer: crypto.sha256(identity.span),
            serialNumber: certificate.serialNumber
        )
    }
}

/// A device certificate in the registry.
///
/// It has three unique keys: ``id``, ``issuerSerialNumber`` and ``tbsDigest``. ECDSA signatures can be
/// changed without the key (n − s for s), which gives the same certificate another id; the digest of
/// the signed part stays.
public struct CertificateRecord: Sendable {
    /// How the certificate came here.
    public enum Origin: String, Hashable, Sendable {
        /// A first connection with a certificate of a registered CA.
        case firstConnection
        /// Registered by hand, with its CA.
        case registered
        /// Registered by hand, without a CA.
        case registeredWithoutCA
        /// Issued by this service.
        case issued
    }

    /// SHA-256 of the DER.
    public let id: CertificateID
    /// SHA-256 of TBSCertificate: 32 octets.
    public let tbsDigest: [UInt8]
    /// Issuer and serial number; `nil` where the issuer is not known here.
    public let issuerSerialNumber: IssuerSerialNumber?
    /// The registered CA that the path ended at; `nil` for certificates without one.
    public let authority: CertificateID?
    /// The certificate.
    public let certificate: Certificate
    /// The intermediates of its path as DER, the certificate's issuer first; kept so that revocation
    /// lists can be checked when the device sends its own certificate alone.
    public let issuers: [[UInt8]]
    /// How it came here.
    public let origin: Origin
    /// Inherited from its CA.
    public let mode: CertificateMode
    /// When it was registered.
    public let createdAt: WallClock
    /// Its state.
    public internal(set) var status: CertificateStatus
    /// When the record last changed, events not counted.
    public internal(set) var lastModified: WallClock
    /// When the last registration event was made; `nil` for none.
    public internal(set) var lastEventAt: WallClock?
    /// Where it is on its way to; `nil` but in PENDING_TRANSFER.
    public internal(set) var transferAccount: String?
    /// Counts its changes.
    public internal(set) var revision: RecordRevision

    /// A record as a store read it back; nothing is checked.
    public init(
        id: CertificateID,
        tbsDigest: [UInt8],
        issuerSerialNumber: IssuerSerialNumber?,
        authority: CertificateID?,
        certificate: Certificate,
        issuers: [[UInt8]],
        origin: Origin,
        mode: CertificateMode,
        createdAt: WallClock,
        status: CertificateStatus,
        lastModified: WallClock,
        lastEventAt: WallClock?,
        transferAccount: String?,
        revision: RecordRevision
    ) {
        self.id = id
        self.tbsDigest = tbsDigest
        self.issuerSerialNumber = issuerSerialNumber
        self.authority = authority
        self.certificate = certificate
        self.issuers = issuers
        self.origin = origin
        self.mode = mode
        self.createdAt = createdAt
        self.status = status
        self.lastModified = lastModified
        self.lastEventAt = lastEventAt
        self.transferAccount = transferAccount
        self.revision = revision
    }

    /// A new record.
    init(
        _ certificate: Certificate,
        path: (authority: AuthorityRecord, issuers: [Certificate])?,
        origin: Origin,
        status: CertificateStatus,
        at now: WallClock,
        crypto: some CryptoProvider
    ) {
        self.init(
            id: CertificateID(digest: crypto.sha256(certificate.der.span)),
            tbsDigest: certificate.tbsDigest(crypto: crypto),
            issuerSerialNumber: path.map { path in
                let issuer = path.issuers.first ?? path.authority.certificate
                return IssuerSerialNumber(certificate, issuer: issuer, crypto: crypto)
            },
            authority: path?.authority.id,
            certificate: certificate,
            issuers: path?.issuers.map(\.der) ?? [],
            origin: origin,
            mode: path?.authority.mode ?? .default,
            createdAt: now,
            status: status,
            lastModified: now,
            lastEventAt: status == .pendingActivation && origin == .firstConnection ? now : nil,
            transferAccount: nil,
            revision: .first
        )
    }
}

extension CertificateRecord {
    /// The same record under another revision: what a store gives back once it replaced one.
    public func withRevision(_ revision: RecordRevision) -> CertificateRecord {
        var record = self
        record.revision = revision
        return record
    }

    /// Whether its time in PENDING_ACTIVATION has run out.
    func hasLapsed(_ limits: RegistrationLimits, at now: WallClock) -> Bool {
        status == .pendingActivation && now > createdAt + limits.pendingLifetime
    }
}

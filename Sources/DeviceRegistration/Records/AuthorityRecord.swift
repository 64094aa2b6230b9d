public import IoTTime
public import X509Verification

/// What happens to devices that a CA registers by their first connection.
public enum RegistrationConfiguration: Hashable, Sendable {
    /// The text of a template.
    case template(body: String)
    /// A stored template of kind JITP.
    case named(String)
}

/// A CA certificate in the registry.
///
/// It is the signing CA that is registered, not the root above it: a registered CA is an anchor whether
/// it is self-signed or not.
public struct AuthorityRecord: Sendable {
    /// The state of a CA.
    public enum Status: String, Hashable, Sendable {
        /// Certificates of it can be registered.
        case active = "ACTIVE"
        /// No new registrations; what is registered stays as it is.
        case inactive = "INACTIVE"
    }

    /// SHA-256 of the DER.
    public let id: CertificateID
    /// The certificate.
    public let certificate: Certificate
    /// Who may hold it.
    public let mode: CertificateMode
    /// When it was registered.
    public let createdAt: WallClock
    /// SHA-256 of the signed part of the certificate that proved possession of the key.
    public let verificationDigest: [UInt8]?
    /// Its state.
    public internal(set) var status: Status
    /// Whether a first connection registers a device certificate of it.
    public internal(set) var allowsAutoRegistration: Bool
    /// What happens then; `nil` leaves it to whoever hears the event.
    public internal(set) var configuration: RegistrationConfiguration?
    /// When the record last changed.
    public internal(set) var lastModified: WallClock
    /// Counts its changes.
    public internal(set) var revision: RecordRevision

    /// A record as a store read it back, or one whose CA was judged elsewhere; nothing is checked.
    public init(
        id: CertificateID,
        certificate: Certificate,
        mode: CertificateMode,
        createdAt: WallClock,
        verificationDigest: [UInt8]?,
        status: Status,
        allowsAutoRegistration: Bool,
        configuration: RegistrationConfiguration?,
        lastModified: WallClock,
        revision: RecordRevision
    ) {
        self.id = id
        self.certificate = certificate
        self.mode = mode
        self.createdAt = createdAt
        self.verificationDigest = verificationDigest
        self.status = status
        self.allowsAutoRegistration = allowsAutoRegistration
        self.configuration = configuration
        self.lastModified = lastModified
        self.revision = revision
    }

    /// The same record under another revision: what a store gives back once it replaced one.
    public func withRevision(_ revision: RecordRevision) -> AuthorityRecord {
        var record = self
        record.revision = revision
        return record
    }
}

/// The code that a verification certificate must carry, and those it carried before.
public struct RegistrationCodeRecord: Hashable, Sendable {
    /// The code that counts: 64 hexadecimal characters.
    public let current: String
    /// Codes that do not count any more, the latest first; a certificate that carries one is a
    /// verification certificate all the same and therefore no device.
    public let retired: [String]
    /// Counts its changes.
    public let revision: RecordRevision

    /// A record as a store read it back.
    public init(current: String, retired: [String], revision: RecordRevision) {
        self.current = current
        self.retired = retired
        self.revision = revision
    }

    /// Whether the code was ever given out, as far as it is remembered.
    func contains(_ code: String) -> Bool {
        let code = Array(code.utf8)
        return code == Array(current.utf8) || retired.contains { code == Array($0.utf8) }
    }
}

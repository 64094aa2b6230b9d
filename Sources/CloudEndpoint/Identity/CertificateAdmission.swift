#if Endpoint
public import IoTTime
public import X509Verification

/// Decides which client certificates may be used here: at the handshake, and again at each CONNECT.
///
/// Called from several threads.
public protocol CertificateAdmission: Sendable {
    /// Judges what a client presented in its handshake.
    ///
    /// - Parameters:
    ///   - chain: DER as it came over the wire, the client's own certificate first; not verified by
    ///     anybody. After a resumed session only the first is known.
    ///   - serverName: the host name that the client asked for (SNI).
    ///   - now: the moment to judge.
    /// - Returns: the certificate with its facts, or why it may not be used.
    func admit(
        _ chain: [[UInt8]],
        serverName: String?,
        at now: WallClock
    ) async -> AdmissionVerdict

    /// Rises when certificates that were admitted may have to be judged again.
    var changes: ChangeSignal { get }

    /// Judges again a certificate that was admitted before: its status, its validity, the lists.
    ///
    /// Asked at CONNECT and of live connections, where ``changes`` rose since the last verdict.
    func recheck(
        _ certificate: AdmittedCertificate,
        at now: WallClock
    ) async -> AdmissionVerdict
}

/// A client certificate that was admitted, with what policies ask about it.
public final class AdmittedCertificate: Sendable {
    /// The client's own certificate.
    public let certificate: Certificate
    /// The certificates that came with it.
    public let intermediates: [Certificate]
    /// Names, serial number and digests.
    public let facts: CertificateFacts
    /// The first moment at which the verdict is no longer good.
    public let validUntil: WallClock

    /// The host name of the handshake: part of what was judged, and needed to judge again.
    public let serverName: String?

    /// The name of the principal: hexadecimal SHA-256 of the certificate.
    public var id: String { facts.id }

    /// Describes an admitted certificate.
    public init(
        certificate: Certificate,
        intermediates: [Certificate],
        facts: CertificateFacts,
        validUntil: WallClock,
        serverName: String? = nil
    ) {
        self.certificate = certificate
        self.intermediates = intermediates
        self.facts = facts
        self.validUntil = validUntil
        self.serverName = serverName
    }
}

/// The answer of a ``CertificateAdmission``.
public enum AdmissionVerdict: Sendable {
    /// The certificate may be used.
    case admitted(AdmittedCertificate)
    /// It may not, for this reason.
    case refused(AdmissionRefusal)
}

/// Why a certificate may not be used; for logs and metrics, never told to the client.
public struct AdmissionRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable word for counting, such as `expired`.
    public let code: String
    /// For an operator: the reason with its clause; no key, no certificate.
    public let description: String

    /// Describes a refusal.
    public init(code: String, description: String) {
        self.code = code
        self.description = description
    }
}
#endif

public import X509Verification

/// Why a connection is refused, exactly: for logs, counters and tests.
///
/// The peer gets an alert or a reason code.
public struct Refusal: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Reason: Hashable, Sendable {
        /// No client certificate.
        case noCertificate
        /// More certificates than ``RegistrationLimits/chainCertificates``.
        case tooManyCertificates(limit: Int)
        /// More octets than ``RegistrationLimits/chainBytes``.
        case chainTooLarge(limit: Int)
        /// The device's certificate cannot be read.
        case malformed(MalformedDER)
        /// There is no valid path to a registered CA; or, for a known certificate, it is out of its
        /// validity or revoked by a list.
        case path(PathValidationError)
        /// A known certificate that is not ``CertificateStatus/active``.
        case status(CertificateStatus)
        /// A path to a registered CA exists, but that CA is not active.
        case authorityInactive
        /// A path to a registered CA exists, but that CA does not register devices by themselves.
        case autoRegistrationDisabled
        /// The CA needs a server name, and the client sent none.
        case serverNameMissing
        /// The client sent a server name that is not one of this registry.
        case serverNameUnknown
        /// The certificate proved possession of a CA's key: it is no device.
        case verificationCertificate
        /// Another certificate of the same issuer has its serial number.
        case serialNumberTaken(by: CertificateID)
        /// The signed part is that of a known certificate, but its signature cannot be checked here.
        case variantOfKnown(CertificateID)
        /// ``RegistrationLimits/pendingPerAuthority``
        case tooManyPending
        /// ``RegistrationLimits/newPerAuthority``
        case tooManyNew
        /// Another connection changed the record again and again meanwhile.
        case changedMeanwhile
    }

    /// Where the connection ends.
    public enum Point: Hashable, Sendable {
        /// In the TLS handshake, where the library lets us; else at CONNECT.
        case handshake
        /// With CONNACK.
        case connect
    }

    /// The rule that was broken.
    public let reason: Reason
    /// The registered CA that the certificate belongs to, where that is known.
    public let authority: CertificateID?

    init(_ reason: Reason, authority: CertificateID? = nil) {
        self.reason = reason
        self.authority = authority
    }

    /// A stable word for logs and metrics, such as `issuer_unknown`.
    public var code: String {
        switch reason {
        case .noCertificate: "certificate_missing"
        case .tooManyCertificates: "budget_exceeded"
        case .chainTooLarge: "oversize"
        case .malformed(let error): error.code
        case .path(let error): error.code
        case .status(.revoked): "certificate_revoked"
        case .status(.inactive), .status(.registerInactive): "certificate_inactive"
        case .status(.pendingTransfer): "certificate_pending_transfer"
        case .status: "certificate_not_active"
        case .authorityInactive: "authority_inactive"
        case .autoRegistrationDisabled: "auto_registration_disabled"
        case .serverNameMissing: "server_name_missing"
        case .serverNameUnknown: "server_name_unknown"
        case .verificationCertificate: "verification_certificate"
        case .serialNumberTaken: "serial_number_taken"
        case .variantOfKnown: "certificate_conflict"
        case .tooManyPending: "too_many_pending"
        case .tooManyNew: "registration_rate_exceeded"
        case .changedMeanwhile: "changed_meanwhile"
        }
    }

    /// The clause that says so.
    public var clause: String {
        switch reason {
        case .malformed: "X.690, RFC 5280 §4"
        case .path(let error): error.clause
        case .status: "certificate states"
        case .serialNumberTaken: "RFC 5280 §4.1.2.2"
        case .serverNameMissing, .serverNameUnknown: "RFC 6066 §3"
        case .tooManyCertificates, .chainTooLarge, .tooManyPending, .tooManyNew: "limits"
        default: "just-in-time registration"
        }
    }

    /// Where the connection ends.
    public var point: Point {
        switch reason {
        case .status, .changedMeanwhile: .connect
        default: .handshake
        }
    }

    /// The TLS alert that fits: its description octet. RFC 8446 §6.2
    public var tlsAlert: UInt8 {
        switch reason {
        case .noCertificate: 116
        case .status(.revoked): 44
        case .path(let error): Self.alert(error.reason)
        case .serverNameUnknown: 112
        case .serverNameMissing, .authorityInactive, .autoRegistrationDisabled, .tooManyPending,
            .tooManyNew, .status, .changedMeanwhile:
            49
        default: 42
        }
    }

    /// CONNACK's return code: not authorized. MQTT 3.1.1 §3.2.2.3
    public var connackReturnCode: UInt8 { 5 }

    /// CONNACK's reason code: not authorized. MQTT 5.0 §3.2.2.2
    public var connackReasonCode: UInt8 { 0x87 }

    private static func alert(_ reason: PathValidationError.Reason) -> UInt8 {
        switch reason {
        case .issuerUnknown: 48
        case .expired, .notYetValid: 45
        case .revoked: 44
        case .keyNotAllowed, .keyTooWeak, .keyTooLarge, .signatureAlgorithmNotAllowed,
            .purposeMissing, .keyUsageMissing, .versionNotAllowed, .unknownCriticalExtension,
            .leafIsCA:
            43
        default: 42
        }
    }
}

extension Refusal: CustomStringConvertible {
    /// The reason, its clause and the CA in one line.
    public var description: String {
        let known = authority.map { ", CA \($0)" } ?? ""
        let detail =
            switch reason {
            case .malformed(let error): ": \(error)"
            case .path(let error): ": \(error)"
            default: ""
            }
        return "\(code) [\(clause)]\(known)\(detail)"
    }
}

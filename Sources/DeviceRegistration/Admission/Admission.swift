public import IoTTime
public import X509Verification

/// What a registry says to a connection.
public enum Admission: Sendable {
    /// The certificate is active: the connection has this principal.
    case admitted(DevicePrincipal)
    /// The certificate waits for its activation: the connection is to be closed.
    ///
    /// `event` is to be published; it is `nil` while the certificate had one within
    /// ``RegistrationLimits/eventInterval``, or where another connection makes it.
    case pending(CertificateRecord, event: RegistrationEvent?)
    /// The connection is to be closed; nothing was stored.
    case refused(Refusal)
}

/// Who is connected.
public struct DevicePrincipal: Sendable {
    /// The certificate as it is registered.
    public let record: CertificateRecord
    /// What policies ask about it.
    public let facts: CertificateFacts
    /// When to ask again: the last moment at which certificate and revocation lists are valid.
    public let recheckAt: WallClock

    init(_ record: CertificateRecord, recheckAt: WallClock, crypto: some CryptoProvider) {
        self.record = record
        facts = CertificateFacts(record.certificate, crypto: crypto)
        self.recheckAt = recheckAt
    }
}

public import IoTTime
internal import JSONDocument

/// A certificate waits for its activation: what is published about it.
///
/// Nobody outside may publish to the topic; see the endpoint's policy on `$aws/events/#`.
public struct RegistrationEvent: Hashable, Sendable {
    /// The certificate.
    public let certificate: CertificateID
    /// The CA that registered it.
    public let authority: CertificateID
    /// When the event was made.
    public let timestamp: WallClock
    /// When the certificate was registered.
    public let registeredAt: WallClock
    /// The account of the registry.
    public let accountID: String
    /// What the CA says shall happen to its devices; `nil` where it leaves that to the event.
    public let configuration: RegistrationConfiguration?

    /// Where it is published: `$aws/events/certificates/registered/<caCertificateId>`.
    public var topic: String { "$aws/events/certificates/registered/" + authority.rawValue }

    /// The payload: JSON with `certificateId`, `caCertificateId`, `timestamp` (a number, milliseconds
    /// since 1970), `certificateStatus`, `awsAccountId` and `certificateRegistrationTimestamp` (a string
    /// of the same unit).
    public var payload: [UInt8] {
        var writer = JSONWriter(capacity: 384)
        writer.beginObject()
        writer.name("certificateId")
        writer.write(certificate.rawValue)
        writer.name("caCertificateId")
        writer.write(authority.rawValue)
        writer.name("timestamp")
        writer.write(timestamp.milliseconds)
        writer.name("certificateStatus")
        writer.write(CertificateStatus.pendingActivation.rawValue)
        writer.name("awsAccountId")
        writer.write(accountID)
        writer.name("certificateRegistrationTimestamp")
        writer.write(String(registeredAt.milliseconds))
        writer.endObject()
        return writer.finish()
    }
}

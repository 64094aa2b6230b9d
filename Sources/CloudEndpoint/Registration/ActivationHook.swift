#if Endpoint
public import DeviceRegistration
public import X509Verification

/// A certificate that waits for its activation.
public struct PendingDevice: Sendable {
    /// The certificate.
    public let record: CertificateRecord
    /// What policies ask about it.
    public let facts: CertificateFacts
    /// What is published about it.
    public let event: RegistrationEvent
}

/// What an activation hook decides.
public enum ActivationDecision: Sendable {
    /// Nothing: somebody else decides, such as a rule on the event.
    case wait
    /// The certificate becomes active: with policies by name, with policies that are made for it, and
    /// with a thing.
    case activate(policies: [String], thing: AttachedThing?, documents: [NamedPolicy] = [])
    /// The certificate is revoked.
    case revoke
}

/// Asked about each certificate that was registered by a connection.
public typealias ActivationHook = @Sendable (PendingDevice) async -> ActivationDecision
#endif

#if Endpoint
internal import AccessPolicy
internal import IoTTime
internal import MQTTBroker

/// One connection as policies judge it: its principal, and the facts of its requests.
///
/// Made with the connection and confined to its event loop, which is what the unchecked conformance
/// stands for: the broker hands it back to the policy on that loop alone.
final class ConnectionIdentity: @unchecked Sendable {
    /// The principal of connections without a certificate.
    static let anonymous = "anonymous"

    /// The certificate that the handshake proved; `nil` on a connection without one.
    let certificate: AdmittedCertificate?
    /// What the certificate's identifier is, or ``anonymous``.
    var principal: String { certificate?.id ?? Self.anonymous }
    /// Why the certificate is not admitted, or not any more.
    private(set) var refusal: AdmissionRefusal?

    /// What the connection has used of the limits of provisioning.
    var provisioning = ProvisioningUse()

    private let directory: PolicyDirectory
    /// Judges the certificate again; `nil` without one.
    let admission: (any CertificateAdmission)?
    /// The version of the admission that the last verdict is good for.
    private var admittedAt: UInt64
    private var context: AuthorizationContext
    private var names: ResourceNameBuilder
    private var clientIdentifier: String?
    private var grant: PolicyDirectory.Grant

    /// Starts with what is known before CONNECT.
    init(
        certificate: AdmittedCertificate?,
        refusal: AdmissionRefusal? = nil,
        address: String,
        directory: PolicyDirectory,
        admission: (any CertificateAdmission)?,
        admittedAt: UInt64,
        at now: WallClock
    ) {
        self.certificate = certificate
        self.refusal = refusal
        self.directory = directory
        self.admission = admission
        self.admittedAt = admittedAt
        names = directory.resourceNames
        grant = directory.grant(for: certificate?.id ?? Self.anonymous)
        context = AuthorizationContext(now: now)
        context.set(.sourceIP, to: address)
        if let certificate { context.setCertificate(certificate.facts) }
    }

    /// Whether the certificate has to be judged again before the connection may do anything.
    var needsRecheck: Bool {
        guard refusal == nil, let admission else { return false }
        return admission.changes.version != admittedAt
    }

    /// Takes the verdict that ``needsRecheck`` asked for; `version` is that of the admission before
    /// it was asked.
    func recheck(_ verdict: AdmissionVerdict, version: UInt64) {
        admittedAt = version
        if case .refused(let refusal) = verdict { self.refusal = refusal }
    }

    /// Why the certificate may not be used, by what is known without asking again.
    func refusal(at now: WallClock) -> AdmissionRefusal? {
        if let refusal { return refusal }
        guard let certificate, now >= certificate.validUntil else { return nil }
        return AdmissionRefusal(code: "expired", description: "its path is valid no more")
    }

    /// Takes the client identifier, and with it the thing of that name if the certificate is
    /// attached to it.
    func setClient(_ identifier: String) {
        clientIdentifier = identifier
        grant = directory.grant(for: principal)
        context.set(.clientID, to: identifier)
        applyThing()
    }

    /// Says what the CONNECT asked for.
    func setConnectAttributes(isPersistent: Bool, willTopic: String?) {
        var attributes: [String] = []
        if isPersistent { attributes.append("PersistentConnect") }
        if willTopic != nil { attributes.append("LastWill") }
        context.set(.connectAttributes, to: attributes)
        context.set(.lastWillTopic, to: willTopic.map { names.name(.topic, $0) })
    }

    /// Decides a request of this connection by the policies as they are now.
    func isAllowed(
        _ action: PolicyAction,
        _ kind: ResourceNameBuilder.Kind,
        _ name: Span<UInt8>,
        at now: WallClock
    ) -> Bool {
        guard refresh(at: now) else { return false }
        return names.withName(kind, name) { resource in
            grant.policies.decide(action, on: resource, in: context).isAllowed
        }
    }

    /// Decides a request that concerns no resource in particular: policies name `*` for it.
    func isAllowed(_ action: PolicyAction, at now: WallClock) -> Bool {
        let everything = [UInt8(ascii: "*")]
        return refresh(at: now)
            && grant.policies.decide(action, on: everything.span, in: context).isAllowed
    }

    /// Takes the policies and the time as they are now.
    ///
    /// - Returns: false for a certificate that has run out.
    private func refresh(at now: WallClock) -> Bool {
        if let certificate, now >= certificate.validUntil { return false }
        if grant.version != directory.version {
            grant = directory.grant(for: principal)
            applyThing()
        }
        context.now = now
        return true
    }

    private func applyThing() {
        context.removeThing()
        guard let clientIdentifier else { return }
        let thing = grant.things.first { $0.name == clientIdentifier }
        context.set(.isAttached, to: thing == nil ? "false" : "true")
        guard let thing else { return }
        context.set(.thingName, to: thing.name)
        context.set(.thingTypeName, to: thing.typeName)
        for (name, value) in thing.attributes { context.setThingAttribute(name, to: value) }
    }
}
#endif

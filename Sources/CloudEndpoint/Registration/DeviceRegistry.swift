#if Endpoint
public import DeviceRegistration
public import IoTTime
public import Logging
internal import Synchronization
public import X509Verification
public import X509VerificationOpenSSL

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
    /// The certificate becomes active, with policies and a thing.
    case activate(policies: [String], thing: AttachedThing?)
    /// The certificate is revoked.
    case revoke
}

/// Just-in-time registration of one endpoint: its registry, its revocation lists and what happens to
/// devices that come for the first time.
///
/// Known certificates are judged by their status, unknown ones need a path to a CA that registers
/// devices by themselves. Every transition goes into the audit log, and ends or admits connections at
/// once.
public final class DeviceRegistry<Store: RegistryStore>: CertificateAdmission {
    /// Asked about each certificate that was registered by a connection.
    public typealias ActivationHook = @Sendable (PendingDevice) async -> ActivationDecision

    /// Rises with each status, each list.
    public let changes = ChangeSignal()
    private let registrar: Registrar<Store, OpenSSLCrypto>
    private let policies: PolicyDirectory?
    private let hook: ActivationHook?
    private let now: @Sendable () -> WallClock
    private let logger: Logger
    private let lists = Mutex(CRLSet.none)
    private let publisher = Mutex<(@Sendable (RegistrationEvent) -> Void)?>(nil)

    /// Works on a store.
    ///
    /// - Parameters:
    ///   - registrar: decides and keeps records.
    ///   - policies: where what a hook attaches goes.
    ///   - hook: asked about new certificates; `nil`: somebody calls ``activate(_:policies:thing:)``.
    ///   - clock: when things happen.
    ///   - auditLogger: gets one line for each admission of a new certificate and each transition.
    public init(
        _ registrar: Registrar<Store, OpenSSLCrypto>,
        policies: PolicyDirectory?,
        hook: ActivationHook? = nil,
        clock: @escaping @Sendable () -> WallClock = { SystemClock.wall() },
        auditLogger: Logger
    ) {
        self.registrar = registrar
        self.policies = policies
        self.hook = hook
        now = clock
        logger = auditLogger
    }

    /// Judges a connection; registers what comes for the first time.
    public func admit(
        _ chain: [[UInt8]],
        serverName: String?,
        at now: WallClock
    ) async -> AdmissionVerdict {
        let crls = lists.withLock { $0 }
        let admission: Admission
        do throws(Store.Failure) {
            admission = try await registrar.admit(
                chain,
                serverName: serverName,
                crls: crls,
                at: now
            )
        } catch {
            return .refused(AdmissionRefusal(code: "store", description: "\(error)"))
        }
        switch admission {
        case .admitted(let principal):
            return .admitted(
                AdmittedCertificate(
                    certificate: principal.record.certificate,
                    intermediates: [],
                    facts: principal.facts,
                    validUntil: principal.recheckAt
                )
            )
        case .pending(let record, let event):
            if let event { announce(record, event) }
            return .refused(
                AdmissionRefusal(
                    code: "pending_activation",
                    description: "certificate \(record.id) waits for its activation"
                )
            )
        case .refused(let refusal):
            return .refused(
                AdmissionRefusal(code: refusal.code, description: "\(refusal.reason)")
            )
        }
    }

    /// Judges a certificate by what is known of it now.
    public func recheck(
        _ certificate: AdmittedCertificate,
        at now: WallClock
    ) async -> AdmissionVerdict {
        let ders = [certificate.certificate.der] + certificate.intermediates.map(\.der)
        // A name was checked when the session began, and CONNECT has none.
        return await admit(ders, serverName: nil, at: now)
    }

    /// Takes the endpoint's way to publish events; `nil` when it stops.
    func setPublisher(_ body: (@Sendable (RegistrationEvent) -> Void)?) {
        publisher.withLock { $0 = body }
    }

    private func announce(_ record: CertificateRecord, _ event: RegistrationEvent) {
        logger.notice(
            "certificate registered",
            metadata: ["certificate": "\(record.id)", "authority": "\(event.authority)"]
        )
        if let publish = publisher.withLock({ $0 }) { publish(event) }
        guard let hook else { return }
        let facts = CertificateFacts(record.certificate, crypto: registrar.crypto)
        let pending = PendingDevice(record: record, facts: facts, event: event)
        Task {
            switch await hook(pending) {
            case .wait: return
            case .activate(let names, let thing):
                await activate(record.id, policies: names, thing: thing)
            case .revoke: await setStatus(.revoked, of: record.id)
            }
        }
    }

    /// Makes a certificate that waits active, and attaches policies and a thing to it first.
    ///
    /// - Returns: `nil` where it is active now, else why not: a revocation is never undone.
    @discardableResult
    public func activate(
        _ id: CertificateID,
        policies names: [String] = [],
        thing: AttachedThing? = nil
    ) async -> AdmissionRefusal? {
        for name in names { policies?.attach(name, to: id.rawValue) }
        if let thing { policies?.attach(thing, to: id.rawValue) }
        return await apply(.activate, to: id)
    }

    /// Sets the status of a certificate; connections that use it end where it is no longer active.
    @discardableResult
    public func setStatus(
        _ status: CertificateStatus,
        of id: CertificateID
    ) async -> AdmissionRefusal? {
        await apply(.update(status), to: id)
    }

    private func apply(_ change: StatusChange, to id: CertificateID) async -> AdmissionRefusal? {
        do throws(Store.Failure) {
            switch try await registrar.apply(change, to: id, at: now()) {
            case .success(let transition):
                logger.notice(
                    "certificate status",
                    metadata: [
                        "certificate": "\(id)", "from": "\(transition.previous.rawValue)",
                        "to": "\(transition.record.status.rawValue)",
                    ]
                )
                changes.notify()
                return nil
            case .failure(let error):
                return AdmissionRefusal(code: "transition", description: "\(error)")
            }
        } catch {
            return AdmissionRefusal(code: "store", description: "\(error)")
        }
    }

    /// Replaces the revocation lists; live connections whose certificate they name end at once.
    public func replaceRevocationLists(_ new: CRLSet) {
        lists.withLock { $0 = new }
        changes.notify()
    }
}

/// An admission that makes events.
protocol RegistrationEvents: Sendable {
    func setPublisher(_ body: (@Sendable (RegistrationEvent) -> Void)?)
}

extension DeviceRegistry: RegistrationEvents {}
#endif

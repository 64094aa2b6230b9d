#if Endpoint
public import DeviceRegistration
public import IoTTime
public import Logging
internal import Synchronization
public import X509Verification
public import X509VerificationOpenSSL

/// Just-in-time registration of one endpoint: its registry, its revocation lists and what happens to
/// devices that come for the first time.
///
/// Known certificates are judged by their status, unknown ones need a path to a CA that registers
/// devices by themselves. Every transition goes into the audit log, and ends or admits connections at
/// once.
public final class DeviceRegistry<Store: RegistryStore>: CertificateAdmission {
    /// Rises with each status, each list.
    public let changes = ChangeSignal()
    let registrar: Registrar<Store, OpenSSLCrypto>
    let policies: PolicyDirectory?
    let resources: ProvisionedResources?
    let hook: ActivationHook?
    let now: @Sendable () -> WallClock
    let logger: Logger
    private let recorder: AdmissionRecorder?
    private let lists = Mutex(RevocationState())
    private let publisher = Mutex<(@Sendable (RegistrationEvent) -> Void)?>(nil)
    private let templates = Mutex<(@Sendable (PendingDevice) async -> Void)?>(nil)

    private struct RevocationState {
        var files = CRLSet.none
        /// Lists that were pushed and are in no registry's file.
        var pushed: [CertificateID: CertificateRevocationList] = [:]
        var all = CRLSet.none
    }

    /// Works on a store.
    ///
    /// - Parameters:
    ///   - registrar: decides and keeps records.
    ///   - policies: where what a hook attaches goes.
    ///   - resources: keeps what is attached, and the audit log of admissions; `nil`: attachments live
    ///     as long as the process.
    ///   - hook: asked about new certificates; `nil`: somebody calls ``activate(_:policies:thing:)``.
    ///   - clock: when things happen.
    ///   - auditLogger: gets one line for each admission of a new certificate and each transition.
    public init(
        _ registrar: Registrar<Store, OpenSSLCrypto>,
        policies: PolicyDirectory?,
        resources: ProvisionedResources? = nil,
        hook: ActivationHook? = nil,
        clock: @escaping @Sendable () -> WallClock = { SystemClock.wall() },
        auditLogger: Logger
    ) {
        self.registrar = registrar
        self.policies = policies
        self.resources = resources
        self.hook = hook
        now = clock
        logger = auditLogger
        recorder = resources.map { AdmissionRecorder($0.database, logger: auditLogger) }
        refreshRevocationLists()
    }

    /// Judges a connection; registers what comes for the first time.
    public func admit(
        _ chain: [[UInt8]],
        serverName: String?,
        at now: WallClock
    ) async -> AdmissionVerdict {
        await judge(chain, serverName: serverName, at: now, isRecheck: false)
    }

    /// Judges a certificate by what is known of it now.
    public func recheck(
        _ certificate: AdmittedCertificate,
        at now: WallClock
    ) async -> AdmissionVerdict {
        let ders = [certificate.certificate.der] + certificate.intermediates.map(\.der)
        // A CA of the mode SNI_ONLY asks for the name every time.
        return await judge(ders, serverName: certificate.serverName, at: now, isRecheck: true)
    }

    private func judge(
        _ chain: [[UInt8]],
        serverName: String?,
        at now: WallClock,
        isRecheck: Bool
    ) async -> AdmissionVerdict {
        let crls = lists.withLock { $0.all }
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
            if !isRecheck { note("admitted", nil, principal.record.authority, chain, at: now) }
            return .admitted(
                AdmittedCertificate(
                    certificate: principal.record.certificate,
                    intermediates: [],
                    facts: principal.facts,
                    validUntil: principal.recheckAt,
                    serverName: serverName
                )
            )
        case .pending(let record, let event):
            note("pending", "pending_activation", record.authority, chain, at: now)
            if let event { announce(record, event) }
            return .refused(
                AdmissionRefusal(
                    code: "pending_activation",
                    description: "certificate \(record.id) waits for its activation"
                )
            )
        case .refused(let refusal):
            note("refused", refusal.code, refusal.authority, chain, at: now)
            return .refused(
                AdmissionRefusal(code: refusal.code, description: "\(refusal)")
            )
        }
    }

    private func note(
        _ verdict: String,
        _ rule: String?,
        _ authority: CertificateID?,
        _ chain: [[UInt8]],
        at now: WallClock
    ) {
        guard let recorder else { return }
        let id = chain.first.flatMap { CertificateID(of: $0, crypto: registrar.crypto) }
        recorder.note(
            .init(certificate: id, authority: authority, verdict: verdict, rule: rule),
            at: now
        )
    }

    /// Writes what the audit log of admissions has gathered; called every second.
    func flushAudit() async { await recorder?.flush() }

    /// Takes the endpoint's way to publish events; `nil` when it stops.
    func setPublisher(_ body: (@Sendable (RegistrationEvent) -> Void)?) {
        publisher.withLock { $0 = body }
    }

    /// Takes what provisions devices of CAs with a template.
    func setTemplates(_ body: @escaping @Sendable (PendingDevice) async -> Void) {
        templates.withLock { $0 = body }
    }

    private func announce(_ record: CertificateRecord, _ event: RegistrationEvent) {
        logger.notice(
            "certificate registered",
            metadata: ["certificate": "\(record.id)", "authority": "\(event.authority)"]
        )
        if let publish = publisher.withLock({ $0 }) { publish(event) }
        let pending = PendingDevice(
            record: record,
            facts: CertificateFacts(record.certificate, crypto: registrar.crypto),
            event: event
        )
        // A CA with a template needs no hook. API model, `RegistrationConfig`
        if event.configuration != nil, let provision = templates.withLock({ $0 }) {
            Task(executorPreference: AdmissionExecutor.shared) { await provision(pending) }
        } else if let hook {
            Task(executorPreference: AdmissionExecutor.shared) {
                await self.decide(await hook(pending), on: record.id)
            }
        }
    }

    /// Replaces the revocation lists of files; live connections whose certificate they name end at
    /// once.
    public func replaceRevocationLists(_ new: CRLSet) {
        lists.withLock { $0.files = new }
        refreshRevocationLists()
        changes.notify()
    }

    /// Takes a list that was pushed and judged, and is in no registry's file.
    func keepPushed(_ list: CertificateRevocationList, of authority: CertificateID) -> Bool {
        lists.withLock { state in
            if let known = state.pushed[authority], !list.isNewer(than: known) { return false }
            state.pushed[authority] = list
            return true
        }
    }

    /// Puts the lists together: those of files, and those that were pushed.
    func refreshRevocationLists() {
        let stored = resources?.revocationLists ?? []
        lists.withLock { state in
            state.all = CRLSet(state.files.lists + stored + Array(state.pushed.values))
        }
    }
}

extension CertificateID {
    /// The id of a certificate's DER.
    init?(of der: [UInt8], crypto: OpenSSLCrypto) {
        let digits = Array("0123456789abcdef".utf8)
        let text = crypto.sha256(der.span).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        self.init(String(decoding: text, as: UTF8.self))
    }
}

/// An admission that makes events.
protocol RegistrationEvents: Sendable {
    func setPublisher(_ body: (@Sendable (RegistrationEvent) -> Void)?)
}

extension DeviceRegistry: RegistrationEvents {}
#endif

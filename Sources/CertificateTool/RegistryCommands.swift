public import DeviceRegistration
public import IoTTime
internal import X509Verification
public import X509VerificationOpenSSL

/// What `iot-cloud ca register|list` and `iot-cloud cert list|activate|revoke` do on a registry, without a
/// command line around it.
///
/// Inputs are the contents of files and ids as text, outputs are a text and an exit status: 0 done,
/// 1 refused, 2 unreadable input.
public struct RegistryCommands<Store: RegistryStore>: Sendable {
    /// What becomes of a CA.
    public struct AuthorityOptions: Hashable, Sendable {
        /// Who may hold it.
        public var mode = CertificateMode.default
        /// Whether it is active at once.
        public var setAsActive = false
        /// Whether first connections register its devices.
        public var allowsAutoRegistration = false
        /// What happens to its devices.
        public var configuration: RegistrationConfiguration?

        /// Inactive, and registering nothing by itself.
        public init() {}
    }

    /// The registry.
    public let registrar: Registrar<Store, OpenSSLCrypto>

    /// Commands on a registry.
    public init(_ registrar: Registrar<Store, OpenSSLCrypto>) { self.registrar = registrar }

    /// Prints the code that a verification certificate must have as its common name.
    ///
    /// - Parameter renew: whether the code so far counts no more.
    /// - Returns: the code.
    /// - Throws: what the store throws.
    public func registrationCode(
        renew: Bool = false
    ) async throws(Store.Failure) -> CertificateCommands.Output {
        let random = SystemRandomSource()
        let code =
            renew
            ? try await registrar.deleteRegistrationCode(using: random)
            : try await registrar.registrationCode(using: random)
        return CertificateCommands.Output(text: code + "\n", status: 0)
    }

    /// Registers a CA from PEM or DER files.
    ///
    /// - Throws: what the store throws.
    public func registerAuthority(
        _ authority: [UInt8],
        verification: [UInt8]?,
        options: AuthorityOptions,
        at now: WallClock
    ) async throws(Store.Failure) -> CertificateCommands.Output {
        var registration: AuthorityRegistration
        var part = "CA certificate"
        do throws(MalformedDER) {
            let certificate = try CertificateCommands.single(authority)
            part = "verification certificate"
            registration = AuthorityRegistration(
                certificate,
                verification: try verification.map { file throws(MalformedDER) in
                    try CertificateCommands.single(file)
                }
            )
        } catch {
            return CertificateCommands.unreadable(part, error)
        }
        registration.mode = options.mode
        registration.setAsActive = options.setAsActive
        registration.allowsAutoRegistration = options.allowsAutoRegistration
        registration.configuration = options.configuration
        switch try await registrar.register(registration, at: now) {
        case .success(let record):
            return CertificateCommands.Output(
                text: "registered \(Self.line(record))\n",
                status: 0
            )
        case .failure(let error):
            return CertificateCommands.Output(text: "refused: \(error)\n", status: 1)
        }
    }

    /// Changes a CA: its state, and whether first connections register its devices.
    ///
    /// - Throws: what the store throws.
    public func updateAuthority(
        _ id: String,
        _ changes: AuthorityChanges,
        at now: WallClock
    ) async throws(Store.Failure) -> CertificateCommands.Output {
        guard let id = CertificateID(id) else { return Self.malformedID }
        switch try await registrar.update(id, changes, at: now) {
        case .success(let record):
            return CertificateCommands.Output(text: "changed \(Self.line(record))\n", status: 0)
        case .failure(let error):
            return CertificateCommands.Output(text: "refused: \(error)\n", status: 1)
        }
    }

    /// Lists the CAs, one in a line: id, state, auto-registration, mode, subject.
    ///
    /// - Throws: what the store throws.
    public func listAuthorities() async throws(Store.Failure) -> CertificateCommands.Output {
        var text = ""
        var last: CertificateID?
        while true {
            let page = try await registrar.store.authorities(after: last, limit: 250)
            for record in page { text += Self.line(record) + "\n" }
            guard let end = page.last else { break }
            last = end.id
        }
        return CertificateCommands.Output(text: text, status: 0)
    }

    /// Lists certificates, one in a line: id, state, the CA's id, subject.
    ///
    /// - Throws: what the store throws.
    public func listCertificates() async throws(Store.Failure) -> CertificateCommands.Output {
        var text = ""
        var last: CertificateID?
        while true {
            let page = try await registrar.store.certificates(of: nil, after: last, limit: 250)
            for record in page {
                text += "\(record.id) \(record.status.rawValue)"
                text += " \(record.authority?.rawValue ?? "-") \(record.certificate.subject)\n"
            }
            guard let end = page.last else { break }
            last = end.id
        }
        return CertificateCommands.Output(text: text, status: 0)
    }

    /// Activates a certificate that waits for it.
    ///
    /// - Throws: what the store throws.
    public func activate(
        _ id: String,
        at now: WallClock
    ) async throws(Store.Failure) -> CertificateCommands.Output {
        try await apply(.activate, id, at: now)
    }

    /// Revokes a certificate, for good.
    ///
    /// - Throws: what the store throws.
    public func revoke(
        _ id: String,
        at now: WallClock
    ) async throws(Store.Failure) -> CertificateCommands.Output {
        try await apply(.update(.revoked), id, at: now)
    }

    /// Switches a certificate off; it may come back.
    ///
    /// - Throws: what the store throws.
    public func deactivate(
        _ id: String,
        at now: WallClock
    ) async throws(Store.Failure) -> CertificateCommands.Output {
        try await apply(.update(.inactive), id, at: now)
    }

    /// Switches a certificate on that was switched off.
    ///
    /// - Throws: what the store throws.
    public func reactivate(
        _ id: String,
        at now: WallClock
    ) async throws(Store.Failure) -> CertificateCommands.Output {
        try await apply(.update(.active), id, at: now)
    }

    private static var malformedID: CertificateCommands.Output {
        CertificateCommands.Output(text: "an id has 64 hexadecimal digits\n", status: 2)
    }

    private func apply(
        _ change: StatusChange,
        _ text: String,
        at now: WallClock
    ) async throws(Store.Failure) -> CertificateCommands.Output {
        guard let id = CertificateID(text) else { return Self.malformedID }
        switch try await registrar.apply(change, to: id, at: now) {
        case .success(let transition):
            let from = transition.previous.rawValue
            let to = transition.record.status.rawValue
            return CertificateCommands.Output(text: "\(id) \(from) -> \(to)\n", status: 0)
        case .failure(let error):
            return CertificateCommands.Output(text: "refused: \(error)\n", status: 1)
        }
    }

    private static func line(_ record: AuthorityRecord) -> String {
        let auto = record.allowsAutoRegistration ? "ENABLE" : "DISABLE"
        return "\(record.id) \(record.status.rawValue) \(auto) \(record.mode.rawValue) "
            + "\(record.certificate.subject)"
    }
}

/// The system's random generator.
public struct SystemRandomSource: RandomSource {
    /// The system's generator; it has no state here.
    public init() {}

    /// Gives `count` octets that nobody can predict.
    public func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<max(0, count)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

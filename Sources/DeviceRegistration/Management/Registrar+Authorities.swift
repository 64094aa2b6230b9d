public import IoTTime
public import X509Verification

/// A CA to be registered, with what shall become of its devices.
public struct AuthorityRegistration: Sendable {
    /// The CA certificate.
    public var authority: Certificate
    /// The proof of possession: signed by the CA's key, its common name the registration code.
    public var verification: Certificate?
    /// Who may hold the CA.
    public var mode = CertificateMode.default
    /// Whether the CA is active at once.
    public var setAsActive = false
    /// Whether first connections register its devices.
    public var allowsAutoRegistration = false
    /// What happens to its devices.
    public var configuration: RegistrationConfiguration?

    /// A CA that is inactive and registers nothing by itself.
    public init(_ authority: Certificate, verification: Certificate?) {
        self.authority = authority
        self.verification = verification
    }
}

/// Changes to a CA; `nil` leaves a member as it is.
public struct AuthorityChanges: Sendable {
    /// The new state.
    public var status: AuthorityRecord.Status?
    /// Whether first connections register its devices.
    public var allowsAutoRegistration: Bool?
    /// What happens to its devices.
    public var configuration: RegistrationConfiguration?
    /// Whether ``AuthorityRecord/configuration`` is to be removed.
    public var removesConfiguration = false

    /// No change.
    public init() {}
}

extension Registrar {
    /// Gives the registration code: the same until it is deleted.
    ///
    /// - Parameter random: where a new code comes from.
    /// - Returns: 64 hexadecimal characters.
    /// - Throws: what the store throws.
    public func registrationCode(
        using random: some RandomSource
    ) async throws(Store.Failure) -> String {
        while true {
            if let known = try await store.registrationCode() { return known.current }
            let code = Hexadecimal.encode(random.randomBytes(32))
            let record = RegistrationCodeRecord(current: code, retired: [], revision: .first)
            if try await store.replaceRegistrationCode(record, expected: nil) { return code }
        }
    }

    /// Retires the registration code and makes a new one.
    ///
    /// - Returns: the new code; the old one where another caller changed it meanwhile.
    public func deleteRegistrationCode(
        using random: some RandomSource
    ) async throws(Store.Failure) -> String {
        guard let known = try await store.registrationCode() else {
            return try await registrationCode(using: random)
        }
        let record = RegistrationCodeRecord(
            current: Hexadecimal.encode(random.randomBytes(32)),
            retired: Array(([known.current] + known.retired).prefix(max(0, limits.retiredCodes))),
            revision: known.revision.next
        )
        _ = try await store.replaceRegistrationCode(record, expected: known.revision)
        return try await registrationCode(using: random)
    }

    /// Registers a CA.
    ///
    /// - Returns: its record, or the first rule that it breaks: the certificate itself, then the proof
    ///   of possession (the code before the signature), then what is registered already.
    public func register(
        _ registration: AuthorityRegistration,
        at now: WallClock
    ) async throws(Store.Failure) -> Result<AuthorityRecord, AuthorityError> {
        let authority = registration.authority
        let judge = validator([], settings.profile)
        if let error = judge.refusal(ofAnchor: authority, at: now) {
            return .failure(AuthorityError(.authority(error)))
        }
        if let reason = try await proofRefusal(registration, at: now) {
            return .failure(AuthorityError(reason))
        }
        let record = AuthorityRecord(
            id: CertificateID(digest: crypto.sha256(authority.der.span)),
            certificate: authority,
            mode: registration.mode,
            createdAt: now,
            verificationDigest: registration.verification?.tbsDigest(crypto: crypto),
            status: registration.setAsActive ? .active : .inactive,
            allowsAutoRegistration: registration.allowsAutoRegistration,
            configuration: registration.configuration,
            lastModified: now,
            revision: .first
        )
        switch try await store.insert(record, perSubject: limits.authoritiesPerSubject) {
        case .inserted(let stored): return .success(stored)
        case .exists(let known): return .failure(AuthorityError(.alreadyRegistered(known.id)))
        case .tooManyOfSubject:
            let limit = limits.authoritiesPerSubject
            return .failure(AuthorityError(.tooManyOfSubject(limit: limit)))
        }
    }

    private func proofRefusal(
        _ registration: AuthorityRegistration,
        at now: WallClock
    ) async throws(Store.Failure) -> AuthorityError.Reason? {
        guard registration.mode == .default else {
            return registration.verification == nil ? nil : .verificationNotAllowed
        }
        guard let verification = registration.verification else { return .verificationMissing }
        guard let code = try await store.registrationCode() else { return .noRegistrationCode }
        if let reason = Self.codeRefusal(verification, code.current) { return reason }
        var profile = settings.profile
        // It is used for nothing but this, so nothing is asked of its usages.
        profile.purpose = nil
        profile.leafKeyUsage = []
        profile.revocation = .ignored
        let outcome = PathValidator(
            anchors: [TrustAnchor(registration.authority)],
            profile: profile,
            crypto: crypto,
            budget: settings.budget
        ).validate(verification, at: now)
        guard case .failure(let error) = outcome.result else { return nil }
        return .verification(error)
    }

    /// Compares the common name with the code, octet by octet.
    private static func codeRefusal(
        _ verification: Certificate,
        _ code: String
    ) -> AuthorityError.Reason? {
        let names = verification.subject.attributes.filter { $0.type == .commonName }
        guard let name = names.first else { return .registrationCodeMissing }
        guard names.count == 1 else { return .registrationCodeAmbiguous }
        guard let text = name.text, Array(text.utf8) == Array(code.utf8) else {
            return .registrationCodeMismatch
        }
        return nil
    }

    /// Changes a CA.
    ///
    /// Certificates that are registered stay as they are.
    public func update(
        _ id: CertificateID,
        _ changes: AuthorityChanges,
        at now: WallClock
    ) async throws(Store.Failure) -> Result<AuthorityRecord, AuthorityError> {
        var attempt = 0
        while attempt < max(1, limits.retries) {
            guard var record = try await store.authority(id) else {
                return .failure(AuthorityError(.notFound))
            }
            if let status = changes.status { record.status = status }
            if let allows = changes.allowsAutoRegistration {
                record.allowsAutoRegistration = allows
            }
            if changes.removesConfiguration { record.configuration = nil }
            if let configuration = changes.configuration { record.configuration = configuration }
            record.lastModified = now
            if let stored = try await store.replace(record) { return .success(stored) }
            attempt += 1
        }
        return .failure(AuthorityError(.changedMeanwhile))
    }

    /// Removes a CA, which must be inactive.
    ///
    /// Certificates that are registered stay as they are.
    ///
    /// - Returns: `nil` where it was removed.
    public func removeAuthority(
        _ id: CertificateID
    ) async throws(Store.Failure) -> AuthorityError? {
        guard let record = try await store.authority(id) else { return AuthorityError(.notFound) }
        guard record.status == .inactive else { return AuthorityError(.stillActive) }
        return try await store.remove(record) ? nil : AuthorityError(.changedMeanwhile)
    }
}

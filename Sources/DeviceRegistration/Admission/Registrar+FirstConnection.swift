internal import IoTTime
internal import X509Verification

// Registration by a first connection.
extension Registrar {
    /// A path that was verified, with the CA it ends at.
    struct VerifiedPath {
        var authority: AuthorityRecord
        var issuers: [Certificate]
    }

    /// Registers an unknown certificate if everything speaks for it.
    ///
    /// - Returns: `nil` where the certificate became known meanwhile.
    func register(
        _ presented: Presented
    ) async throws(Store.Failure) -> Admission? {
        let path: VerifiedPath
        switch try await verifiedPath(presented) {
        case .failure(let refusal): return .refused(refusal)
        case .success(let found): path = found
        }
        let authority = path.authority
        if try await isVerificationCertificate(presented.leaf, authority) {
            return .refused(Refusal(.verificationCertificate, authority: authority.id))
        }
        let record = CertificateRecord(
            presented.leaf,
            path: (authority, path.issuers),
            origin: .firstConnection,
            status: .pendingActivation,
            at: presented.now,
            crypto: crypto
        )
        let quota = RegistrationQuota(
            authority: authority.id,
            maximumPending: limits.pendingPerAuthority,
            maximumNew: limits.newPerAuthority,
            since: presented.now - limits.registrationWindow
        )
        switch try await store.insert(record, quota: quota) {
        case .inserted(let stored):
            let event = event(stored, authority, authority.id, at: presented.now)
            return .pending(stored, event: event)
        case .exists(let known):
            return try await conflict(known, record, presented)
        case .tooManyPending:
            return .refused(Refusal(.tooManyPending, authority: authority.id))
        case .tooManyNew:
            return .refused(Refusal(.tooManyNew, authority: authority.id))
        }
    }

    /// Another record has one of the unique keys of a new one.
    private func conflict(
        _ known: CertificateRecord,
        _ record: CertificateRecord,
        _ presented: Presented
    ) async throws(Store.Failure) -> Admission? {
        if known.hasLapsed(limits, at: presented.now) {
            _ = try await store.remove(known)
            return nil
        }
        // The same certificate, which another connection registered first.
        if known.tbsDigest == record.tbsDigest { return nil }
        // The CA gave one serial number to two certificates. Their keys may differ, so the second must
        // never pass for the first; a refusal of the first holds for the second.
        let verdict = try await verdict(on: known, presented, makesEvents: false)
        if case .refused(let refusal) = verdict { return .refused(refusal) }
        return .refused(Refusal(.serialNumberTaken(by: known.id), authority: record.authority))
    }

    /// Looks for a path to a CA that registers devices by themselves.
    private func verifiedPath(
        _ presented: Presented
    ) async throws(Store.Failure) -> Result<VerifiedPath, Refusal> {
        let candidates = try await candidates(presented)
        let eligible = candidates.filter { obstacle($0, presented) == nil }
        let outcome = validate(presented, against: eligible)
        guard case .failure(let error) = outcome else {
            return outcome.mapError { Refusal(.path($0)) }
        }
        let others = candidates.filter { obstacle($0, presented) != nil }
        guard !others.isEmpty else { return .failure(Refusal(.path(error))) }
        // Only to say why: the certificate is refused in any case.
        switch validate(presented, against: others) {
        case .success(let path):
            let reason = obstacle(path.authority, presented) ?? .authorityInactive
            return .failure(Refusal(reason, authority: path.authority.id))
        case .failure(let otherError):
            return .failure(Refusal(.path(eligible.isEmpty ? otherError : error)))
        }
    }

    private func validate(
        _ presented: Presented,
        against authorities: [AuthorityRecord]
    ) -> Result<VerifiedPath, PathValidationError> {
        validator(authorities, settings.profile).validate(
            presented.leaf,
            intermediates: presented.intermediates,
            crls: presented.crls,
            at: presented.now
        ).result.map { chain in
            VerifiedPath(
                authority: authorities[chain.anchorIndex],
                issuers: Array(chain.certificates.dropFirst())
            )
        }
    }

    /// Why a CA does not register this device by itself; `nil` where it does.
    private func obstacle(_ authority: AuthorityRecord, _ presented: Presented) -> Refusal.Reason? {
        if let reason = refusal(serverName: presented.serverName, mode: authority.mode) {
            return reason
        }
        if authority.status != .active { return .authorityInactive }
        return authority.allowsAutoRegistration ? nil : .autoRegistrationDisabled
    }

    /// Every registered CA that is named as an issuer in the chain.
    private func candidates(
        _ presented: Presented
    ) async throws(Store.Failure) -> [AuthorityRecord] {
        var names: [DistinguishedName] = []
        var found: [AuthorityRecord] = []
        for certificate in [presented.leaf] + presented.intermediates
        where !names.contains(certificate.issuer) {
            names.append(certificate.issuer)
            found += try await store.authorities(subject: certificate.issuer)
        }
        return found
    }

    /// Whether a certificate proved possession of a CA's key, or was made to.
    func isVerificationCertificate(
        _ certificate: Certificate,
        _ authority: AuthorityRecord?
    ) async throws(Store.Failure) -> Bool {
        if let digest = authority?.verificationDigest,
            digest == certificate.tbsDigest(crypto: crypto)
        {
            return true
        }
        guard let codes = try await store.registrationCode() else { return false }
        return certificate.subject.values(of: .commonName).contains { codes.contains($0) }
    }
}

public import IoTTime
public import X509Verification

/// Why a certificate was not registered by hand.
public enum CertificateRegistrationError: Error, Hashable, Sendable {
    /// There is no valid path to an active registered CA; or, without a CA, the certificate itself is
    /// not valid. `CertificateValidationException`
    case invalid(PathValidationError)
    /// Several registered CAs have its issuer's name and key, and the request does not say which.
    /// `CertificateConflictException`
    case ambiguousAuthority
    /// The CA that the request names is not registered, or not active. `CertificateValidationException`
    case authorityUnknown
    /// A state that a new certificate cannot have. `InvalidRequestException`
    case invalidStatus(CertificateStatus)
    /// It, or another one with its serial number or its signed part, is registered.
    /// `ResourceAlreadyExistsException`
    case alreadyRegistered(CertificateID)
    /// It proved possession of a CA's key, and is no device. `CertificateValidationException`
    case verificationCertificate
}

/// What a change did to a certificate.
public struct StatusTransition: Sendable {
    /// The record after it.
    public let record: CertificateRecord
    /// The state before it.
    public let previous: CertificateStatus

    /// Whether connections with this certificate must end now.
    public var endsConnections: Bool { previous == .active && record.status != .active }
}

extension Registrar {
    /// Registers a certificate of a registered CA by hand: `RegisterCertificate`.
    ///
    /// - Parameters:
    ///   - certificate: the certificate; the CA must have signed it itself.
    ///   - authority: the CA it belongs to; needed where several have the same name and key.
    ///   - status: ACTIVE, INACTIVE or REVOKED.
    ///   - now: the moment to judge.
    /// - Returns: the record, or the first rule that is broken.
    /// - Throws: what the store throws.
    public func register(
        _ certificate: Certificate,
        authority: Certificate? = nil,
        status: CertificateStatus = .inactive,
        at now: WallClock
    ) async throws(Store.Failure) -> Result<CertificateRecord, CertificateRegistrationError> {
        guard [.active, .inactive, .revoked].contains(status) else {
            return .failure(.invalidStatus(status))
        }
        var candidates = try await store.authorities(subject: certificate.issuer)
            .filter { $0.status == .active }
        if let authority {
            candidates.removeAll { $0.certificate != authority }
            if candidates.isEmpty { return .failure(.authorityUnknown) }
        }
        let chain: VerifiedChain
        switch validator(candidates, settings.profile).validate(certificate, at: now).result {
        case .failure(let error): return .failure(.invalid(error))
        case .success(let verified): chain = verified
        }
        let path = candidates[chain.anchorIndex]
        let twins = candidates.filter { $0.certificate.publicKey == path.certificate.publicKey }
        if twins.count > 1 { return .failure(.ambiguousAuthority) }
        if try await isVerificationCertificate(certificate, path) {
            return .failure(.verificationCertificate)
        }
        let issuers = Array(chain.certificates.dropFirst())
        return try await add(certificate, (path, issuers), .registered, status, now)
    }

    /// Registers a certificate that has no CA here: `RegisterCertificateWithoutCA`.
    ///
    /// Its own fields are judged; its signature is not.
    public func registerWithoutAuthority(
        _ certificate: Certificate,
        status: CertificateStatus = .inactive,
        at now: WallClock
    ) async throws(Store.Failure) -> Result<CertificateRecord, CertificateRegistrationError> {
        guard [.active, .inactive, .revoked].contains(status) else {
            return .failure(.invalidStatus(status))
        }
        if let error = leafRefusal(certificate, at: now) { return .failure(.invalid(error)) }
        if try await isVerificationCertificate(certificate, nil) {
            return .failure(.verificationCertificate)
        }
        return try await add(certificate, nil, .registeredWithoutCA, status, now)
    }

    /// Registers a certificate that this service has just issued.
    ///
    /// - Parameters:
    ///   - certificate: the certificate.
    ///   - status: ACTIVE or INACTIVE over REST, PENDING_ACTIVATION over MQTT.
    ///   - now: the moment to judge.
    /// - Returns: the record, or the first rule that is broken.
    /// - Throws: what the store throws.
    public func registerIssued(
        _ certificate: Certificate,
        status: CertificateStatus,
        at now: WallClock
    ) async throws(Store.Failure) -> Result<CertificateRecord, CertificateRegistrationError> {
        guard [.active, .inactive, .pendingActivation].contains(status) else {
            return .failure(.invalidStatus(status))
        }
        if let error = leafRefusal(certificate, at: now) { return .failure(.invalid(error)) }
        return try await add(certificate, nil, .issued, status, now)
    }

    private func leafRefusal(_ certificate: Certificate, at now: WallClock) -> PathValidationError?
    {
        var profile = settings.profile
        profile.revocation = .ignored
        guard
            case .failure(let error) = validator([], profile).validate(certificate, at: now).result,
            // Without an anchor a certificate that is good itself gets no further than this.
            error.reason != .issuerUnknown
        else { return nil }
        return error
    }

    private func add(
        _ certificate: Certificate,
        _ path: (authority: AuthorityRecord, issuers: [Certificate])?,
        _ origin: CertificateRecord.Origin,
        _ status: CertificateStatus,
        _ now: WallClock
    ) async throws(Store.Failure) -> Result<CertificateRecord, CertificateRegistrationError> {
        let record = CertificateRecord(
            certificate,
            path: path,
            origin: origin,
            status: status,
            at: now,
            crypto: crypto
        )
        switch try await store.insert(record, quota: nil) {
        case .inserted(let stored): return .success(stored)
        case .exists(let known): return .failure(.alreadyRegistered(known.id))
        case .tooManyPending, .tooManyNew: return .failure(.alreadyRegistered(record.id))
        }
    }

    /// Changes the state of a certificate.
    ///
    /// The change is applied to the latest record, again where another one came in between; a
    /// revocation therefore never loses, and what is revoked stays so.
    ///
    /// - Parameters:
    ///   - change: the step.
    ///   - id: the certificate.
    ///   - attachments: what is attached; asked by ``StatusChange/transfer(account:)`` alone.
    ///   - expected: the revision the caller has seen; `nil` for any.
    ///   - now: when the change is made.
    /// - Returns: what changed; setting the state it has succeeds.
    /// - Throws: what the store throws.
    public func apply(
        _ change: StatusChange,
        to id: CertificateID,
        attachments: CertificateAttachments = .none,
        expected: RecordRevision? = nil,
        at now: WallClock
    ) async throws(Store.Failure) -> Result<StatusTransition, TransitionError> {
        var attempt = 0
        while attempt < max(1, limits.retries) {
            guard var record = try await store.certificate(id), !record.hasLapsed(limits, at: now)
            else { return .failure(.notFound) }
            if let expected, record.revision != expected { return .failure(.changedMeanwhile) }
            let previous = record.status
            switch change.applied(to: previous) {
            case .failure(let error): return .failure(error)
            case .success(let status): record.status = status
            }
            record.transferAccount = nil
            if case .transfer(let account) = change {
                if attachments != .none { return .failure(.attached) }
                record.transferAccount = account
            }
            record.lastModified = now
            if let stored = try await store.replace(record) {
                return .success(StatusTransition(record: stored, previous: previous))
            }
            attempt += 1
        }
        return .failure(.changedMeanwhile)
    }

    /// Removes a certificate that is not active: `DeleteCertificate`.
    ///
    /// - Parameters:
    ///   - id: the certificate.
    ///   - attachments: what is attached.
    ///   - force: whether attached policies do not matter, where the certificate is inactive.
    /// - Returns: `nil` where it was removed.
    /// - Throws: what the store throws.
    public func removeCertificate(
        _ id: CertificateID,
        attachments: CertificateAttachments = .none,
        force: Bool = false
    ) async throws(Store.Failure) -> TransitionError? {
        guard let record = try await store.certificate(id) else { return .notFound }
        if record.status == .active { return .stillActive }
        if attachments.hasThings { return .attached }
        if attachments.hasPolicies, !(force && record.status == .inactive) { return .attached }
        return try await store.remove(record) ? nil : .changedMeanwhile
    }
}

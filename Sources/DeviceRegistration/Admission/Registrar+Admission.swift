public import IoTTime
public import X509Verification

extension Registrar {
    /// Decides on a connection; call it for every CONNECT, those over resumed TLS sessions included.
    ///
    /// The id of the first certificate is looked up first. A known certificate is judged by its state,
    /// its own validity and the revocation lists; it needs no chain, and its CA may be inactive or gone.
    /// An unknown one needs a path to an active CA that registers devices by themselves, and is then
    /// registered as PENDING_ACTIVATION. Nothing is stored before a path was verified.
    ///
    /// - Parameters:
    ///   - chain: what the client presented, as DER: its own certificate, then others in any order;
    ///     those that cannot be read are ignored. Possession of the key is TLS's to prove.
    ///   - serverName: the name that the client sent in TLS; `nil` for none. RFC 6066 §3
    ///   - crls: revocation lists; see ``Settings/profile``.
    ///   - now: the moment to judge.
    /// - Returns: the verdict. Whatever a client sends ends in a value.
    /// - Throws: what the store throws.
    /// - Complexity: one or two lookups for known certificates; for others the work is bounded by
    ///   ``Settings/budget`` and the limits.
    public func admit(
        _ chain: [[UInt8]],
        serverName: String?,
        crls: CRLSet = .none,
        at now: WallClock
    ) async throws(Store.Failure) -> Admission {
        let presented: Presented
        switch read(chain, serverName, crls, now) {
        case .failure(let refusal): return .refused(refusal)
        case .success(let read): presented = read
        }
        var attempt = 0
        while attempt < max(1, limits.retries) {
            if let verdict = try await decide(presented) { return verdict }
            attempt += 1
        }
        return .refused(Refusal(.changedMeanwhile))
    }

    private func read(
        _ chain: [[UInt8]],
        _ serverName: String?,
        _ crls: CRLSet,
        _ now: WallClock
    ) -> Result<Presented, Refusal> {
        guard let first = chain.first else { return .failure(Refusal(.noCertificate)) }
        guard chain.count <= limits.chainCertificates else {
            return .failure(Refusal(.tooManyCertificates(limit: limits.chainCertificates)))
        }
        guard chain.reduce(0, { $0 + $1.count }) <= limits.chainBytes else {
            return .failure(Refusal(.chainTooLarge(limit: limits.chainBytes)))
        }
        do throws(MalformedDER) {
            let leaf = try Certificate(der: first)
            return .success(
                Presented(
                    leaf: leaf,
                    id: CertificateID(digest: crypto.sha256(first.span)),
                    intermediates: chain.dropFirst().compactMap { try? Certificate(der: $0) },
                    serverName: serverName,
                    crls: crls,
                    now: now
                )
            )
        } catch {
            return .failure(Refusal(.malformed(error)))
        }
    }

    /// One attempt at a verdict; `nil` where a record changed meanwhile and all must be asked again.
    private func decide(_ presented: Presented) async throws(Store.Failure) -> Admission? {
        if let known = try await store.certificate(presented.id) {
            guard known.hasLapsed(limits, at: presented.now) else {
                return try await verdict(on: known, presented, makesEvents: true)
            }
            _ = try await store.remove(known)
        }
        let digest = presented.leaf.tbsDigest(crypto: crypto)
        if let known = try await store.certificate(tbsDigest: digest) {
            guard known.hasLapsed(limits, at: presented.now) else {
                return try await verdict(onVariantOf: known, presented)
            }
            _ = try await store.remove(known)
        }
        return try await register(presented)
    }

    /// The verdict on a certificate that is registered.
    func verdict(
        on record: CertificateRecord,
        _ presented: Presented,
        makesEvents: Bool
    ) async throws(Store.Failure) -> Admission {
        if let refusal = refusal(serverName: presented.serverName, mode: record.mode) {
            return .refused(Refusal(refusal, authority: record.authority))
        }
        guard record.status == .active || record.status == .pendingActivation else {
            return .refused(Refusal(.status(record.status), authority: record.authority))
        }
        let recheckAt: WallClock
        switch try await currentValidity(of: record, presented) {
        case .failure(let error):
            return .refused(Refusal(.path(error), authority: record.authority))
        case .success(let until): recheckAt = until
        }
        if record.status == .active {
            return .admitted(DevicePrincipal(record, recheckAt: recheckAt, crypto: crypto))
        }
        guard makesEvents else { return .pending(record, event: nil) }
        return try await pendingAgain(record, at: presented.now)
    }

    /// The verdict on a certificate whose signed part is that of a registered one under another id.
    ///
    /// It gets that one's verdict, is never stored and makes no event. Before it counts as an active
    /// one its own signature must be good.
    private func verdict(
        onVariantOf record: CertificateRecord,
        _ presented: Presented
    ) async throws(Store.Failure) -> Admission {
        let verdict = try await verdict(on: record, presented, makesEvents: false)
        guard case .admitted = verdict else { return verdict }
        guard let id = record.authority, let authority = try await store.authority(id) else {
            return .refused(Refusal(.variantOfKnown(record.id), authority: record.authority))
        }
        let outcome = validator([authority], settings.profile).validate(
            presented.leaf,
            intermediates: presented.intermediates + storedIssuers(record),
            crls: presented.crls,
            at: presented.now
        )
        guard case .failure(let error) = outcome.result else { return verdict }
        return .refused(Refusal(.path(error), authority: id))
    }

    /// A certificate that waited already: the event again, but not too often.
    private func pendingAgain(
        _ record: CertificateRecord,
        at now: WallClock
    ) async throws(Store.Failure) -> Admission {
        if let last = record.lastEventAt, last <= now, now < last + limits.eventInterval {
            return .pending(record, event: nil)
        }
        guard let id = record.authority else { return .pending(record, event: nil) }
        let authority = try await store.authority(id)
        var changed = record
        changed.lastEventAt = now
        guard let stored = try await store.replace(changed) else {
            // Whoever changed it makes the event, or none is due any more.
            return .pending(record, event: nil)
        }
        return .pending(stored, event: event(stored, authority, id, at: now))
    }

    func event(
        _ record: CertificateRecord,
        _ authority: AuthorityRecord?,
        _ id: CertificateID,
        at now: WallClock
    ) -> RegistrationEvent {
        RegistrationEvent(
            certificate: record.id,
            authority: id,
            timestamp: now,
            registeredAt: record.createdAt,
            accountID: settings.accountID,
            configuration: authority?.configuration
        )
    }

    /// Whether the server name is one that a mode allows.
    func refusal(serverName: String?, mode: CertificateMode) -> Refusal.Reason? {
        guard let serverName, !serverName.isEmpty else {
            return mode == .sniOnly ? .serverNameMissing : nil
        }
        if settings.serverNames.isEmpty { return nil }
        return settings.serverNames.contains(serverName.lowercased()) ? nil : .serverNameUnknown
    }

    func storedIssuers(_ record: CertificateRecord) -> [Certificate] {
        record.issuers.compactMap { try? Certificate(der: $0) }
    }
}

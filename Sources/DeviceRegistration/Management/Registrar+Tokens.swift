public import IoTTime
internal import X509Verification

/// Why a token does not count.
public enum TokenError: Error, Hashable, Sendable {
    /// It was never given out for this, was used, or has expired long ago.
    case unknown
    /// It was given out on another connection.
    case otherConnection
    /// Its time has run out.
    case expired
}

extension Registrar {
    /// Gives out a token for a certificate, bound to a connection.
    ///
    /// - Parameters:
    ///   - purpose: what the token stands for.
    ///   - certificate: the certificate.
    ///   - connection: what names the connection uniquely, never a name that a client chooses.
    ///   - random: where the token comes from: 256 bits.
    ///   - now: its time starts here.
    /// - Returns: the token, 64 hexadecimal characters. It goes to the connection alone and is kept
    ///   nowhere; the store has its digest.
    /// - Throws: what the store throws.
    public func makeToken(
        _ purpose: TokenRecord.Purpose,
        for certificate: CertificateID,
        connection: String,
        using random: some RandomSource,
        at now: WallClock
    ) async throws(Store.Failure) -> String {
        let token = Hexadecimal.encode(random.randomBytes(32))
        try await store.insert(
            TokenRecord(
                digest: digest(token, purpose),
                purpose: purpose,
                certificate: certificate,
                connection: connection,
                expiresAt: now + limits.tokenLifetime
            )
        )
        return token
    }

    /// Uses a token up.
    ///
    /// A token that comes on the wrong connection stays valid for the right one.
    /// - Returns: the certificate it stands for; of several callers exactly one gets it.
    public func redeem(
        _ token: String,
        _ purpose: TokenRecord.Purpose,
        connection: String,
        at now: WallClock
    ) async throws(Store.Failure) -> Result<CertificateID, TokenError> {
        // The digest is looked up and not the token, so that timing tells nothing about it.
        let digest = digest(token, purpose)
        guard let record = try await store.token(digest: digest), record.purpose == purpose else {
            return .failure(.unknown)
        }
        if now > record.expiresAt { return .failure(.expired) }
        guard Array(record.connection.utf8) == Array(connection.utf8) else {
            return .failure(.otherConnection)
        }
        guard try await store.removeToken(digest: digest) else { return .failure(.unknown) }
        return .success(record.certificate)
    }

    /// Removes what has run out: certificates that stayed in PENDING_ACTIVATION too long, and tokens
    /// with the certificates that were waiting for them.
    ///
    /// - Parameters:
    ///   - now: the moment to judge.
    ///   - limit: records of each kind to look at, so that one call stays short.
    /// - Returns: the certificates that were removed; call again while there are some.
    /// - Throws: what the store throws.
    public func sweep(
        at now: WallClock,
        limit: Int = 1_000
    ) async throws(Store.Failure)
        -> [CertificateID]
    {
        var removed: [CertificateID] = []
        let oldest = now - limits.pendingLifetime
        for record in try await store.pendingCertificates(before: oldest, limit: limit)
        where record.hasLapsed(limits, at: now) {
            if try await store.remove(record) { removed.append(record.id) }
        }
        for token in try await store.tokens(expiredBefore: now, limit: limit) {
            guard try await store.removeToken(digest: token.digest), token.purpose == .ownership,
                let record = try await store.certificate(token.certificate),
                record.status == .pendingActivation
            else { continue }
            if try await store.remove(record) { removed.append(record.id) }
        }
        return removed
    }

    private func digest(_ token: String, _ purpose: TokenRecord.Purpose) -> [UInt8] {
        let text = Array(purpose.rawValue.utf8) + [0] + Array(token.utf8)
        return crypto.sha256(text.span)
    }
}

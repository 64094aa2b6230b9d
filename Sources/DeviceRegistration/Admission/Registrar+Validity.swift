internal import IoTTime
internal import X509Verification

// What is asked of a known certificate at each connection, beyond its state.
extension Registrar {
    /// Whether a known certificate is within its validity and on no revocation list.
    ///
    /// - Returns: the last moment at which that holds, or the reason against it.
    func currentValidity(
        of record: CertificateRecord,
        _ presented: Presented
    ) async throws(Store.Failure) -> Result<WallClock, PathValidationError> {
        let leaf = record.certificate
        let seconds = presented.now.seconds
        if seconds > leaf.notAfter.seconds {
            return .failure(Self.error(.expired(notAfter: leaf.notAfter)))
        }
        if seconds < leaf.notBefore.seconds {
            return .failure(Self.error(.notYetValid(notBefore: leaf.notBefore)))
        }
        let mode = settings.profile.revocation
        guard mode == .required || (mode == .ifAvailable && !presented.crls.lists.isEmpty) else {
            return .success(leaf.notAfter)
        }
        var authorities: [AuthorityRecord] = []
        if let id = record.authority, let authority = try await store.authority(id) {
            authorities = [authority]
        }
        let outcome = validator(authorities, revocationProfile).validate(
            leaf,
            intermediates: storedIssuers(record) + presented.intermediates,
            crls: presented.crls,
            at: presented.now
        )
        switch outcome.result {
        case .success(let chain): return .success(min(leaf.notAfter, chain.validUntil))
        case .failure(let error) where error.reason.isAboutRevocation || mode == .required:
            return .failure(error.reason.isAboutRevocation ? error : Self.error(.crlMissing))
        case .failure:
            // No path any more, which a known certificate does not need; but then nobody can tell
            // whether a list is genuine, and one that names the certificate is taken at its word.
            guard let entry = Self.entry(leaf, presented.crls) else {
                return .success(leaf.notAfter)
            }
            return .failure(Self.error(.revoked(since: entry.revocationDate, entry.reason)))
        }
    }

    /// The rules for revocation alone: what else the CAs are does not matter to a known certificate.
    private var revocationProfile: Profile {
        var profile = settings.profile
        profile.leafRules = []
        profile.intermediateRules = []
        profile.anchors.validity = false
        profile.anchors.isCA = false
        profile.anchors.criticalExtensions = false
        profile.anchors.constraints = false
        profile.anchors.rules = []
        profile.purpose = nil
        profile.leafKeyUsage = []
        return profile
    }

    private static func entry(
        _ certificate: Certificate,
        _ crls: CRLSet
    ) -> CertificateRevocationList.Entry? {
        for list in crls.lists where list.issuer == certificate.issuer {
            if let entry = list.entry(serialNumber: certificate.serialNumber) { return entry }
        }
        return nil
    }

    private static func error(_ reason: PathValidationError.Reason) -> PathValidationError {
        PathValidationError(leaf: reason)
    }
}

extension PathValidationError.Reason {
    /// Whether it comes from RFC 5280 §6.3.
    var isAboutRevocation: Bool {
        switch self {
        case .revoked, .crlMissing, .crlExpired, .crlNotYetValid, .crlSignatureInvalid,
            .crlSigningNotAllowed, .crlUnknownCriticalExtension, .crlMalformed, .crlUnsupported:
            true
        default: false
        }
    }
}

internal import IoTTime

// RFC 5280 §6.3 without indirect lists.
extension PathSearch {
    /// All of reasons 1 to 8; bit 0 is unused. RFC 5280 §4.2.1.13
    private static var allReasons: UInt16 { 0x1FE }

    /// Searches for signers of CRLs inside each other; all share one budget.
    private static var maximumNesting: Int { 4 }

    /// Who may have signed the list of a certificate.
    private struct Issuer {
        var certificate: Certificate?
        var key: SubjectPublicKey
        /// A number that no other issuer of this search has.
        var identity: Int
    }

    /// Checks every certificate of the path, the anchor's own issues first.
    ///
    /// - Returns: the earliest nextUpdate of the lists that were used; `nil` where one is revoked or
    ///   its status is not known.
    mutating func checkRevocation(anchor index: Int) -> Int64? {
        var end = Int64.max
        let anchor = context.anchors[index]
        var issuer = Issuer(
            certificate: anchor.certificate,
            key: anchor.publicKey,
            identity: 1 << 20 | index
        )
        for position in stride(from: path.count - 1, through: 0, by: -1) {
            let node = path[position]
            switch status(node, position: position, issuer: issuer, anchor: index) {
            case .success(let next): end = min(end, next)
            case .failure(let error):
                if isExhausted { return nil }
                fail(error.reason, position: position, node: node)
                return nil
            }
            issuer = Issuer(
                certificate: certificates[node],
                key: certificates[node].publicKey,
                identity: node
            )
        }
        return end
    }

    private struct StatusError: Error {
        var reason: PathValidationError.Reason
    }

    /// The status of one certificate: success with the earliest nextUpdate.
    private mutating func status(
        _ node: Int,
        position: Int,
        issuer: Issuer,
        anchor: Int
    ) -> Result<Int64, StatusError> {
        let certificate = certificates[node]
        var covered: UInt16 = 0
        var end = Int64.max
        var problem: PathValidationError.Reason?
        for index in usableOrder(for: certificate) {
            let list = crls.lists[index]
            guard !list.isDelta else {
                problem = problem ?? .crlUnsupported
                continue
            }
            guard let scope = CRLScope.reasons(of: list, for: certificate) else {
                problem = problem ?? .crlMissing
                continue
            }
            if let refusal = refusal(of: index, issuer: issuer, anchor: anchor) {
                if isExhausted { return .failure(StatusError(reason: refusal)) }
                problem = refusal
                continue
            }
            var changes: [CertificateRevocationList] = []
            for delta in deltas(of: list) {
                guard refusal(of: delta, issuer: issuer, anchor: anchor) == nil else { continue }
                changes.append(crls.lists[delta])
                end = min(end, crls.lists[delta].fields.nextUpdate ?? .max)
            }
            if isExhausted { return .failure(StatusError(reason: .crlMissing)) }
            if let reason = revocation(of: certificate, in: list, changes) {
                return .failure(StatusError(reason: reason))
            }
            note(reference(node), position, .notRevoked(crl: index))
            covered |= scope
            end = min(end, list.fields.nextUpdate ?? .max)
            if covered & Self.allReasons == Self.allReasons { return .success(end) }
        }
        if covered == 0, problem == nil {
            return profile.revocation == .required
                ? .failure(StatusError(reason: .crlMissing)) : .success(.max)
        }
        return .failure(StatusError(reason: problem ?? .crlMissing))
    }

    /// Lists of the certificate's issuer, the newest first, so that an older one never decides.
    private func usableOrder(for certificate: Certificate) -> [Int] {
        let bytes = certificate.der.span
        let range = certificate.fields.issuer.range
        var form: String?
        var indices: [Int] = []
        for (index, list) in crls.lists.enumerated() {
            let span = list.der.span
            if bytes.equals(range, span, list.fields.issuer.range) {
                indices.append(index)
                continue
            }
            let mine = form ?? CanonicalName.form(bytes, range)
            form = mine
            if mine == CanonicalName.form(span, list.fields.issuer.range) { indices.append(index) }
        }
        return indices.sorted { a, b in
            crls.lists[a].fields.thisUpdate > crls.lists[b].fields.thisUpdate
        }
    }

    /// Lists of changes to `list`: same issuer and scope, later number, and based on this number or an
    /// earlier one. RFC 5280 §5.2.4, §6.3.3 (c)
    private func deltas(of list: CertificateRevocationList) -> [Int] {
        guard let number = list.number else { return [] }
        return crls.lists.indices.filter { index in
            let delta = crls.lists[index]
            guard let base = delta.fields.baseNumber, let own = delta.number else { return false }
            let span = delta.der.span
            let isSameScope: Bool =
                switch (delta.fields.distribution, list.fields.distribution) {
                case (nil, nil): true
                case (let a?, let b?):
                    span.equals(a.value.range, list.der.span, b.value.range)
                default: false
                }
            return isSameScope && delta.issuer == list.issuer
                && !Self.isLess(number, span.array(base.range)) && Self.isLess(number, own)
        }.sorted { a, b in
            crls.lists[a].fields.thisUpdate > crls.lists[b].fields.thisUpdate
        }
    }

    /// Compares the content octets of two numbers that are not negative.
    private static func isLess(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        let left = a.drop { $0 == 0 }
        let right = b.drop { $0 == 0 }
        return left.count == right.count
            ? left.lexicographicallyPrecedes(right) : left.count < right.count
    }

    /// The newest change that names the certificate decides, else the complete list.
    private func revocation(
        of certificate: Certificate,
        in list: CertificateRevocationList,
        _ changes: [CertificateRevocationList]
    ) -> PathValidationError.Reason? {
        let serial = certificate.fields.serialNumber.range
        var found = list.fields.find(list.der.span, certificate.der.span, serial)
        for change in changes {
            guard
                let entry = change.fields.find(change.der.span, certificate.der.span, serial)
            else { continue }
            let isRemoval = entry.reason == CertificateRevocationList.Reason.removeFromCRL.rawValue
            found = isRemoval ? nil : entry
            break
        }
        guard let entry = found else { return nil }
        return .revoked(
            since: WallClock(seconds: entry.date),
            CertificateRevocationList.Reason(rawValue: entry.reason)
        )
    }

    /// Why a list cannot be used; `nil` for a good one.
    private mutating func refusal(
        of index: Int,
        issuer: Issuer,
        anchor: Int
    ) -> PathValidationError.Reason? {
        let fields = crls.lists[index].fields
        guard !(fields.distribution?.isIndirect ?? false),
            !fields.hasCertificateIssuer
        else { return .crlUnsupported }
        guard let next = fields.nextUpdate, fields.number != nil else { return .crlMalformed }
        if fields.unknownCritical != nil { return .crlUnknownCriticalExtension }
        if seconds < fields.thisUpdate {
            return .crlNotYetValid(thisUpdate: WallClock(seconds: fields.thisUpdate))
        }
        if seconds > next { return .crlExpired(nextUpdate: WallClock(seconds: next)) }
        guard profile.keys.allows(fields.signatureAlgorithm) else {
            return .signatureAlgorithmNotAllowed(fields.signatureAlgorithm)
        }
        return signerRefusal(of: index, issuer: issuer, anchor: anchor)
    }

    /// The certificate's issuer must have signed the list, or another key of the same name.
    private mutating func signerRefusal(
        of index: Int,
        issuer: Issuer,
        anchor: Int
    ) -> PathValidationError.Reason? {
        let usage = issuer.certificate?.fields.extensions.keyUsage
        let maySign = usage?.contains(.crlSign) ?? true
        if maySign {
            guard let isValid = crlSignature(index, issuer.key, issuer.identity) else {
                return .budgetExceeded(.signatureChecks)
            }
            if isValid { return nil }
        }
        if nesting < Self.maximumNesting, hasOtherSigner(of: index, issuer: issuer, anchor: anchor)
        {
            return nil
        }
        if isExhausted { return .budgetExceeded(.signatureChecks) }
        return maySign ? .crlSignatureInvalid : .crlSigningNotAllowed
    }

    private mutating func crlSignature(
        _ index: Int,
        _ key: SubjectPublicKey,
        _ identity: Int
    ) -> Bool? {
        let edge = index << 32 | identity
        if let known = crlSignatures.first(where: { $0.edge == edge }) { return known.isValid }
        guard spendSignature() else { return nil }
        let list = crls.lists[index]
        let bytes = list.der.span
        let isValid = context.crypto.verify(
            bytes.extracting(list.fields.signature.range),
            over: bytes.extracting(list.fields.tbs.range),
            algorithm: list.fields.signatureAlgorithm,
            key: key
        )
        crlSignatures.append((edge, isValid))
        return isValid
    }

    /// Whether another certificate of the list's issuer signed it, and has a path to the same anchor.
    /// RFC 5280 §6.3.3 (f)
    private mutating func hasOtherSigner(of index: Int, issuer: Issuer, anchor: Int) -> Bool {
        let list = crls.lists[index]
        let name = CanonicalName.form(list.der.span, list.fields.issuer.range)
        for node in certificates.indices.dropFirst() where node != issuer.identity {
            let candidate = certificates[node]
            guard candidate.publicKey != issuer.key,
                candidate.keyUsage?.contains(.crlSign) ?? true,
                CanonicalName.form(candidate.der.span, candidate.fields.subject.range) == name
            else { continue }
            guard let isValid = crlSignature(index, candidate.publicKey, node) else {
                return false
            }
            if isValid, hasPath(node, anchor: anchor) { return true }
            if isExhausted { return false }
        }
        return false
    }

    /// A search of its own for the signer of a list; it shares the budget.
    private mutating func hasPath(_ node: Int, anchor: Int) -> Bool {
        var profile = profile
        profile.purpose = nil
        profile.leafKeyUsage = []
        profile.allowsCALeaf = true
        profile.leafRules = profile.intermediateRules
        var budget = budget
        budget.signatureChecks -= work.signatureChecks
        budget.pathSteps -= work.pathSteps
        budget.nameComparisons -= work.nameComparisons
        budget.policyNodes -= work.policyNodes
        budget.traceSteps = 0
        var nested = context
        nested.profile = profile
        nested.budget = budget
        var search = PathSearch(
            nested,
            leaf: certificates[node],
            intermediates: Array(certificates.dropFirst()),
            crls: crls,
            seconds: seconds
        )
        search.onlyAnchor = anchor
        search.nesting = nesting + 1
        let outcome = search.run(names: [])
        work.signatureChecks += outcome.work.signatureChecks
        work.pathSteps += outcome.work.pathSteps
        work.nameComparisons += outcome.work.nameComparisons
        work.policyNodes += outcome.work.policyNodes
        if search.isExhausted { exhaust(.signatureChecks) }
        return outcome.isAccepted
    }
}

/// Which certificates and reasons a list speaks for. RFC 5280 §6.3.3 (b), (d)
enum CRLScope {
    private static let all: UInt16 = 0x1FE

    /// The reasons that `list` covers for `certificate`; `nil` where it does not cover it at all.
    static func reasons(of list: CertificateRevocationList, for certificate: Certificate) -> UInt16?
    {
        guard let distribution = list.fields.distribution else { return all }
        let isCA = certificate.fields.extensions.basicConstraints?.isCA ?? false
        if distribution.onlyAttribute || (distribution.onlyUser && isCA)
            || (distribution.onlyCA && !isCA)
        {
            return nil
        }
        let reasons = distribution.reasons ?? all
        guard distribution.point.fullName != nil || distribution.point.relativeName != nil else {
            return reasons
        }
        let names = Self.names(distribution.point, list.der, list.issuer)
        var covered: UInt16 = 0
        for point in points(of: certificate) {
            // A point with another issuer asks for an indirect list.
            guard point.issuer == nil else { continue }
            let own = Self.names(point, certificate.der, certificate.issuer)
            if !own.isDisjoint(with: names) { covered |= reasons & (point.reasons ?? all) }
        }
        return covered == 0 ? nil : covered
    }

    private static func points(of certificate: Certificate) -> [DistributionPoint.Fields] {
        guard let range = certificate.fields.extensions.distributionPoints else { return [] }
        let bytes = certificate.der.span
        var cursor = DERCursor(range.range)
        var points: [DistributionPoint.Fields] = []
        var ignored = Findings()
        do throws(MalformedDER) {
            while !cursor.isAtEnd {
                points.append(try .read(try cursor.next(bytes), bytes, &ignored))
            }
        } catch {
            // The grammar was checked when the certificate was read.
            return []
        }
        return points
    }

    /// The names of a point in a form that compares with `==`.
    private static func names(
        _ point: DistributionPoint.Fields,
        _ der: [UInt8],
        _ issuer: DistinguishedName
    ) -> Set<GeneralName> {
        let bytes = der.span
        var names: Set<GeneralName> = []
        do throws(MalformedDER) {
            if let range = point.fullName {
                var cursor = DERCursor(range.range)
                var ignored = Findings()
                while !cursor.isAtEnd {
                    names.insert(
                        try GeneralNameRecord.read(&cursor, bytes, &ignored).decoded(der)
                    )
                }
            }
            if let range = point.relativeName {
                let rdn = DERWriter.element(DERTag.set, bytes.array(range.range))
                let whole = issuer.der
                var cursor = DERCursor(0..<whole.count)
                let content = try cursor.next(whole.span).content
                names.insert(
                    .directory(
                        try DistinguishedName(
                            der: DERWriter.element(
                                DERTag.sequence,
                                whole.span.array(content),
                                rdn
                            )
                        )
                    )
                )
            }
        } catch {
            return []
        }
        return names
    }
}

internal import IoTTime

// What makes a certificate unfit whatever the path: judged once for each.
extension PathSearch {
    /// The leaf: the fields first, then its key, then what it may be used for.
    mutating func judgeLeaf() -> Judgement {
        let leaf = certificates[0]
        let fields = leaf.fields
        if let bad = judgeRules(fields, profile.leafRules) { return bad }
        if let offset = fields.extensions.unknownCritical {
            return .bad(.unknownCriticalExtension, offset: offset)
        }
        if let bad = judgeValidity(fields) { return bad }
        if let reason = keyRefusal(leaf.publicKey, verifies: false) {
            return .bad(reason, offset: Int(fields.keyFields.whole.lower))
        }
        if let bad = judgeAlgorithm(fields) { return bad }
        if !profile.allowsCALeaf, fields.extensions.basicConstraints?.isCA ?? false {
            return .bad(.leafIsCA, offset: nil)
        }
        if let usage = fields.extensions.keyUsage, !profile.leafKeyUsage.isEmpty,
            usage.isDisjoint(with: profile.leafKeyUsage)
        {
            return .bad(.keyUsageMissing(profile.leafKeyUsage), offset: nil)
        }
        return judgePurpose(fields, acceptsAny: profile.acceptsAnyPurpose) ?? .good
    }

    /// An intermediate: first whether it may sign at all, then the rest.
    mutating func judgeIntermediate(_ index: Int) -> Judgement {
        if case .unknown = judgements[index] {
            judgements[index] = judgeIssuer(
                certificates[index],
                rules: profile.intermediateRules,
                checksValidity: true,
                checksCA: true,
                checksCritical: true,
                checksPurpose: true
            )
            if case .good = judgements[index], let bad = judgeAlgorithm(certificates[index].fields)
            {
                judgements[index] = bad
            }
        }
        return judgements[index]
    }

    /// An anchor, as far as the profile looks at its certificate.
    mutating func judgeAnchor(_ index: Int) -> Judgement {
        if let known = anchorJudgements[index] { return known }
        let anchor = context.anchors[index]
        let judgement: Judgement
        if let certificate = anchor.certificate {
            let checks = profile.anchors
            var rules = checks.rules
            if rules.contains(.authorityKeyIdentifier),
                certificate.brokenRules.contains(.authorityKeyIdentifier),
                isSelfSigned(certificate)
            {
                // A self-signed certificate may leave it out, whatever name it gives its issuer.
                rules.remove(.authorityKeyIdentifier)
            }
            judgement = judgeIssuer(
                certificate,
                rules: rules,
                checksValidity: checks.validity,
                checksCA: checks.isCA,
                checksCritical: checks.criticalExtensions,
                checksPurpose: checks.constraints
            )
        } else if let reason = keyRefusal(anchor.publicKey, verifies: true) {
            judgement = .bad(reason, offset: nil)
        } else {
            judgement = .good
        }
        anchorJudgements[index] = judgement
        return judgement
    }

    /// Whether a certificate is signed by its own key, as far as the budget tells.
    private mutating func isSelfSigned(_ certificate: Certificate) -> Bool {
        guard profile.keys.refusal(certificate.publicKey.algorithm) == nil, spendSignature() else {
            return false
        }
        let bytes = certificate.der.span
        return context.crypto.verify(
            bytes.extracting(certificate.fields.signature.range),
            over: bytes.extracting(certificate.fields.tbs.range),
            algorithm: certificate.signatureAlgorithm,
            key: certificate.publicKey
        )
    }

    private func judgeIssuer(
        _ certificate: Certificate,
        rules: ConformanceRules,
        checksValidity: Bool,
        checksCA: Bool,
        checksCritical: Bool,
        checksPurpose: Bool
    ) -> Judgement {
        let fields = certificate.fields
        if checksCA {
            if fields.version != 3 { return .bad(.versionNotAllowed(fields.version), offset: nil) }
            guard fields.extensions.basicConstraints?.isCA ?? false else {
                return .bad(.notCA, offset: nil)
            }
            guard fields.extensions.keyUsage?.contains(.keyCertSign) ?? true else {
                return .bad(.certificateSigningNotAllowed, offset: nil)
            }
        }
        if checksValidity, let bad = judgeValidity(fields) { return bad }
        if checksCritical, let offset = fields.extensions.unknownCritical {
            return .bad(.unknownCriticalExtension, offset: offset)
        }
        if let bad = judgeRules(fields, rules) { return bad }
        if let reason = keyRefusal(certificate.publicKey, verifies: true) {
            return .bad(reason, offset: Int(fields.keyFields.whole.lower))
        }
        if checksPurpose, let bad = judgePurpose(fields, acceptsAny: true) { return bad }
        return .good
    }

    private func judgeRules(_ fields: Certificate.Fields, _ rules: ConformanceRules) -> Judgement? {
        let broken = fields.findings.rules.intersection(rules)
        guard !broken.isEmpty else { return nil }
        for finding in fields.findings.list where broken.contains(finding.rule) {
            return .bad(.rule(finding.rule), offset: finding.offset)
        }
        return nil
    }

    private func judgeValidity(_ fields: Certificate.Fields) -> Judgement? {
        if seconds > fields.notAfter {
            return .bad(.expired(notAfter: WallClock(seconds: fields.notAfter)), offset: nil)
        }
        if seconds < fields.notBefore {
            return .bad(.notYetValid(notBefore: WallClock(seconds: fields.notBefore)), offset: nil)
        }
        return nil
    }

    private func judgeAlgorithm(_ fields: Certificate.Fields) -> Judgement? {
        let algorithm = fields.signatureAlgorithm
        return profile.keys.allows(algorithm)
            ? nil : .bad(.signatureAlgorithmNotAllowed(algorithm), offset: nil)
    }

    private func judgePurpose(_ fields: Certificate.Fields, acceptsAny: Bool) -> Judgement? {
        guard let purpose = profile.purpose, let allowed = fields.extensions.extendedKeyUsage
        else { return nil }
        if allowed.isSuperset(of: purpose) || (acceptsAny && allowed.contains(.any)) { return nil }
        return .bad(.purposeMissing(purpose), offset: nil)
    }

    private func keyRefusal(
        _ key: SubjectPublicKey,
        verifies: Bool
    ) -> PathValidationError.Reason? {
        if let reason = profile.keys.refusal(key.algorithm) { return reason }
        return context.crypto.validate(key, verifies: verifies).map { .keyMalformed($0) }
    }
}

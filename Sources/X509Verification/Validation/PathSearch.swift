internal import IoTTime

/// One validation: a depth-first search from the leaf to the anchors.
///
/// The provider is held as an existential: a generic search would be laid out at run time wherever it is
/// used from another module, and its few calls of the provider cost nothing beside the signatures.
struct PathSearch {
    /// What a validator hands to each search.
    struct Context: Sendable {
        var anchors: [TrustAnchor]
        var profile: Profile
        var crypto: any CryptoProvider
        var budget: WorkBudget
        /// The anchors by the canonical form of their name; empty for few anchors.
        var anchorIndex: [String: [Int]]
    }

    /// What is known of a certificate whatever the path.
    enum Judgement {
        case unknown
        case good
        case bad(PathValidationError.Reason, offset: Int?)
    }

    let context: Context
    /// The leaf, then the intermediates without repetitions.
    let certificates: [Certificate]
    /// The index that each had among the intermediates.
    let origins: [Int]
    let crls: CRLSet
    let seconds: Int64
    /// Restricts paths to one anchor: for the signers of CRLs.
    var onlyAnchor: Int?
    /// How many searches for the signer of a CRL this one is within.
    var nesting = 0

    var judgements: [Judgement]
    var anchorJudgements: [Int: Judgement] = [:]
    /// For every name that was asked for, a number that equal names share; -1 for others.
    ///
    /// Issuers come first, then subjects.
    private var nameClasses: [Int]
    /// Where each class was first seen.
    private var representatives: [Int] = []
    /// Signatures checked: child and issuer as one number, and the verdict.
    var signatures: [(edge: Int, isValid: Bool)] = []
    var crlSignatures: [(edge: Int, isValid: Bool)] = []
    var work = WorkSpent()
    var trace: [TraceStep] = []
    var best: PathValidationError?
    /// Indices of the path from the leaf up.
    var path: [Int] = [0]
    var isExhausted = false

    init(
        _ context: Context,
        leaf: Certificate,
        intermediates: [Certificate],
        crls: CRLSet,
        seconds: Int64
    ) {
        self.context = context
        var list = [leaf]
        var origins = [-1]
        for (index, certificate) in intermediates.prefix(context.budget.intermediates)
            .enumerated()
        where !list.contains(certificate) {
            list.append(certificate)
            origins.append(index)
        }
        certificates = list
        self.origins = origins
        self.crls = crls
        self.seconds = seconds
        judgements = [Judgement](repeating: .unknown, count: list.count)
        nameClasses = [Int](repeating: -1, count: 2 * list.count)
        trace.reserveCapacity(8)
    }

    var profile: Profile { context.profile }
    var budget: WorkBudget { context.budget }

    mutating func run(names: [ExpectedName]) -> Outcome {
        if case .bad(let reason, let offset) = judgeLeaf() {
            fail(reason, position: 0, reference: .leaf, offset: offset)
        } else if names.contains(where: { !$0.matches(certificates[0]) }) {
            fail(.nameMismatch, position: 0, reference: .leaf)
        } else if let chain = extend() {
            return Outcome(result: .success(chain), work: work, trace: trace)
        }
        let error =
            best
            ?? PathValidationError(
                reason: .issuerUnknown,
                position: 0,
                certificate: .leaf,
                offset: nil
            )
        return Outcome(result: .failure(error), work: work, trace: trace)
    }

    /// Tries every issuer of the path's last certificate.
    ///
    /// Calls itself once for each intermediate of the path, so no deeper than the profile's limit and
    /// the self-issued certificates, whose number ``WorkBudget/intermediates`` bounds.
    mutating func extend() -> VerifiedChain? {
        let child = path[path.count - 1]
        let position = path.count - 1
        var hasCandidate = false
        for index in anchors(issuerOf: child) where onlyAnchor ?? index == index {
            guard step() else { return nil }
            hasCandidate = true
            if let chain = tryAnchor(index, child: child, position: position) { return chain }
            if isExhausted { return nil }
        }
        for candidate in candidates(child: child) {
            guard step() else { return nil }
            hasCandidate = true
            guard canLengthen(with: candidate) else {
                let limit = profile.maximumIntermediates
                fail(.chainTooLong(limit: limit), position: position + 1, node: candidate)
                continue
            }
            if let chain = tryIntermediate(candidate, child: child, position: position) {
                return chain
            }
            if isExhausted { return nil }
        }
        if !hasCandidate { fail(.issuerUnknown, position: position, node: child) }
        return nil
    }

    private mutating func tryAnchor(
        _ index: Int,
        child: Int,
        position: Int
    ) -> VerifiedChain? {
        let reference = CertificateReference.anchor(index)
        note(reference, position + 1, .considered)
        if case .bad(let reason, let offset) = judgeAnchor(index) {
            fail(reason, position: position + 1, reference: reference, offset: offset)
            return nil
        }
        let key = context.anchors[index].publicKey
        let edge = (child << 32) | (1 << 31) | index
        guard let isValid = signature(edge, child: child, key: key) else { return nil }
        note(reference, position + 1, isValid ? .signatureVerified : .signatureRejected)
        guard isValid else {
            fail(.signatureInvalid, position: position, node: child)
            return nil
        }
        work.paths += 1
        guard let chain = judgePath(anchor: index) else { return nil }
        note(reference, position + 1, .accepted)
        return chain
    }

    private mutating func tryIntermediate(
        _ candidate: Int,
        child: Int,
        position: Int
    ) -> VerifiedChain? {
        let reference = CertificateReference.intermediate(origins[candidate])
        note(reference, position + 1, .considered)
        if case .bad(let reason, let offset) = judgeIntermediate(candidate) {
            fail(reason, position: position + 1, reference: reference, offset: offset)
            return nil
        }
        let edge = (child << 32) | candidate
        guard
            let isValid = signature(edge, child: child, key: certificates[candidate].publicKey)
        else { return nil }
        note(reference, position + 1, isValid ? .signatureVerified : .signatureRejected)
        guard isValid else {
            fail(.signatureInvalid, position: position, node: child)
            return nil
        }
        path.append(candidate)
        defer { path.removeLast() }
        return extend()
    }

    /// Intermediates of the issuer's name, those first whose key identifier fits.
    private mutating func candidates(child: Int) -> [Int] {
        guard certificates.count > 1 else { return [] }
        let issuer = nameClass(child)
        var fitting: [Int] = []
        var others: [Int] = []
        let authority = certificates[child].fields.extensions.authorityKeyIdentifier?.keyIdentifier
        let childDER = certificates[child].der
        for index in 1..<certificates.count
        where nameClass(index + certificates.count) == issuer && !isInPath(index) {
            let candidate = certificates[index]
            let key = candidate.fields.extensions.subjectKeyIdentifier
            if let authority, let key,
                childDER.span.equals(authority.range, candidate.der.span, key.range)
            {
                fitting.append(index)
            } else {
                others.append(index)
            }
        }
        return fitting + others
    }

    /// Whether the path already has this certificate, or another for the same name and key: a path
    /// through it would be a loop. RFC 4158 §5.2
    private mutating func isInPath(_ index: Int) -> Bool {
        for member in path {
            if member == index { return true }
            if certificates[member].publicKey == certificates[index].publicKey,
                nameClass(member + certificates.count) == nameClass(index + certificates.count)
            {
                return true
            }
        }
        return false
    }

    private func canLengthen(with candidate: Int) -> Bool {
        guard !certificates[candidate].isSelfIssued else { return true }
        let count = path.dropFirst().count { !certificates[$0].isSelfIssued }
        return count < profile.maximumIntermediates
    }

    private mutating func step() -> Bool {
        work.pathSteps += 1
        guard work.pathSteps <= budget.pathSteps else {
            exhaust(.pathSteps)
            return false
        }
        return true
    }

    /// Ends the search.
    mutating func exhaust(_ resource: WorkBudget.Resource) {
        isExhausted = true
        fail(.budgetExceeded(resource), position: path.count - 1, node: path[path.count - 1])
    }

    /// Whether `key` signed a certificate; `nil` when the budget is spent.
    private mutating func signature(_ edge: Int, child: Int, key: SubjectPublicKey) -> Bool? {
        if let known = signatures.first(where: { $0.edge == edge }) { return known.isValid }
        guard spendSignature() else { return nil }
        let certificate = certificates[child]
        let crypto = context.crypto
        let algorithm = certificate.signatureAlgorithm
        let bytes = certificate.der.span
        let isValid = crypto.verify(
            bytes.extracting(certificate.fields.signature.range),
            over: bytes.extracting(certificate.fields.tbs.range),
            algorithm: algorithm,
            key: key
        )
        signatures.append((edge, isValid))
        return isValid
    }

    mutating func spendSignature() -> Bool {
        guard work.signatureChecks < budget.signatureChecks else {
            exhaust(.signatureChecks)
            return false
        }
        work.signatureChecks += 1
        return true
    }

    /// The anchors of the issuer's name.
    private func anchors(issuerOf child: Int) -> [Int] {
        let certificate = certificates[child]
        let bytes = certificate.der.span
        let range = certificate.fields.issuer.range
        guard context.anchorIndex.isEmpty else {
            return context.anchorIndex[CanonicalName.form(bytes, range)] ?? []
        }
        var indices: [Int] = []
        for index in context.anchors.indices
        where context.anchors[index].name.matches(bytes, range) {
            indices.append(index)
        }
        return indices
    }

    /// A number that equal names share: the issuers have indices from 0, the subjects follow.
    private mutating func nameClass(_ index: Int) -> Int {
        if nameClasses[index] >= 0 { return nameClasses[index] }
        let (der, range) = name(index)
        for (number, other) in representatives.enumerated() {
            let (otherDER, otherRange) = name(other)
            if CanonicalName.matches(der.span, range.range, otherDER.span, otherRange.range) {
                nameClasses[index] = number
                return number
            }
        }
        representatives.append(index)
        nameClasses[index] = representatives.count - 1
        return representatives.count - 1
    }

    private func name(_ index: Int) -> ([UInt8], ByteRange) {
        let isIssuer = index < certificates.count
        let certificate = certificates[isIssuer ? index : index - certificates.count]
        return (certificate.der, isIssuer ? certificate.fields.issuer : certificate.fields.subject)
    }
}

extension PathSearch {
    func reference(_ node: Int) -> CertificateReference {
        node == 0 ? .leaf : .intermediate(origins[node])
    }

    mutating func fail(
        _ reason: PathValidationError.Reason,
        position: Int,
        node: Int,
        offset: Int? = nil
    ) {
        fail(reason, position: position, reference: reference(node), offset: offset)
    }

    /// Notes why a path failed, and keeps the most specific reason.
    mutating func fail(
        _ reason: PathValidationError.Reason,
        position: Int,
        reference: CertificateReference,
        offset: Int? = nil
    ) {
        note(reference, position, .rejected(reason))
        if let best, (best.reason.rank, best.position) >= (reason.rank, position) { return }
        best = PathValidationError(
            reason: reason,
            position: position,
            certificate: reference,
            offset: offset
        )
    }

    mutating func note(
        _ reference: CertificateReference,
        _ position: Int,
        _ event: TraceStep.Event
    ) {
        work.traceSteps += 1
        guard trace.count < budget.traceSteps else { return }
        trace.append(TraceStep(certificate: reference, position: position, event: event))
    }
}

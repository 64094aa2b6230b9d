public import IoTTime

/// A path that was validated; only ``PathValidator`` makes one.
public struct VerifiedChain: Hashable, Sendable {
    /// The leaf, then each issuer up to the one that the anchor signed.
    public let certificates: [Certificate]
    /// Where the path ends.
    public let anchor: TrustAnchor
    /// The anchor's index among those the validator was made with.
    public let anchorIndex: Int
    /// The last moment at which it is valid: the earliest notAfter of its certificates (and of the
    /// anchor, where the profile looks at that) and nextUpdate of the lists that were used.
    public let validUntil: WallClock

    init(certificates: [Certificate], anchor: TrustAnchor, anchorIndex: Int, validUntil: WallClock)
    {
        self.certificates = certificates
        self.anchor = anchor
        self.anchorIndex = anchorIndex
        self.validUntil = validUntil
    }

    /// The certificate that was validated.
    public var leaf: Certificate { certificates[0] }
}

/// One thing a validation did.
public struct TraceStep: Hashable, Sendable {
    /// What happened.
    @nonexhaustive
    public enum Event: Hashable, Sendable {
        /// The certificate or anchor is considered as the issuer of the one below.
        case considered
        /// It signed the one below.
        case signatureVerified
        /// It did not sign the one below.
        case signatureRejected
        /// It cannot be used, or the path through it cannot.
        case rejected(PathValidationError.Reason)
        /// A list that covers the certificate, by its index, does not name it.
        case notRevoked(crl: Int)
        /// The path that ends here is accepted.
        case accepted
    }

    /// Which certificate.
    public let certificate: CertificateReference
    /// Its position in the path: 0 is the leaf.
    public let position: Int
    /// What happened.
    public let event: Event
}

/// The verdict of one validation, and how it came about.
public struct Outcome: Sendable {
    /// The path, or why there is none.
    public let result: Result<VerifiedChain, PathValidationError>
    /// What was done.
    public let work: WorkSpent
    /// The steps in order, as many as ``WorkBudget/traceSteps`` allows.
    public let trace: [TraceStep]

    /// Whether a path was accepted.
    public var isAccepted: Bool {
        if case .success = result { return true }
        return false
    }

    /// Returns the path.
    ///
    /// - Throws: ``PathValidationError`` where there is none.
    public func get() throws(PathValidationError) -> VerifiedChain { try result.get() }

    /// The verdict, the path and every step, in lines for people; holds no key and no control
    /// character.
    public func explain() -> String {
        var lines: [String] = []
        switch result {
        case .success(let chain):
            lines.append("accepted, valid until \(chain.validUntil.rfc3339() ?? "forever")")
            for (position, certificate) in chain.certificates.enumerated() {
                lines.append("  \(position) \(Self.name(certificate.subject))")
            }
            lines.append("  anchor \(chain.anchorIndex) \(Self.name(chain.anchor.name))")
        case .failure(let error):
            lines.append("refused: \(error.reason.summary)")
            lines.append("  \(error.certificate), position \(error.position) in the path")
            lines.append("  rule \(error.code), \(error.clause)")
            if let offset = error.offset { lines.append("  at byte \(offset)") }
        }
        lines.append(
            "work: \(work.signatureChecks) signature checks, \(work.pathSteps) path steps, "
                + "\(work.nameComparisons) name comparisons, \(work.paths) complete paths"
        )
        for step in trace {
            let indent = String(repeating: "  ", count: step.position + 1)
            lines.append(indent + "\(step.certificate): \(step.event.text)")
        }
        if work.traceSteps > trace.count {
            lines.append("  (\(work.traceSteps - trace.count) more steps)")
        }
        return lines.joined(separator: "\n")
    }

    private static func name(_ name: DistinguishedName) -> String {
        name.isEmpty ? "(no subject)" : name.description
    }
}

extension TraceStep.Event {
    fileprivate var text: String {
        switch self {
        case .considered: "considered as issuer"
        case .signatureVerified: "signature verified"
        case .signatureRejected: "did not sign the certificate below"
        case .rejected(let reason): "rejected, \(reason.summary) (\(reason.clause))"
        case .notRevoked(let index): "not revoked, by list \(index)"
        case .accepted: "path accepted"
        }
    }
}

public import IoTTime

/// Finds and validates a path from a certificate to a trust anchor.
///
/// The search tries every anchor and intermediate of an issuer's name, one path after the other, until
/// one satisfies all of RFC 5280 §6.1 and the profile. It is a pure function of its inputs: no clock, no
/// network, no cache but that of the crypto provider. Its work is bounded by ``WorkBudget``.
public struct PathValidator<Crypto: CryptoProvider>: Sendable {
    /// The anchors in the order they were given.
    public let anchors: [TrustAnchor]
    /// The rules.
    public let profile: Profile
    /// Digests and signatures.
    public let crypto: Crypto
    /// How much work one validation may do.
    public let budget: WorkBudget
    private let context: PathSearch.Context

    /// Prepares a validator.
    ///
    /// - Parameters:
    ///   - anchors: where paths may end; several may have one name, and all of them are tried.
    ///   - profile: the rules.
    ///   - crypto: digests and signatures.
    ///   - budget: how much work one validation may do.
    /// - Complexity: O(*n*) in the anchors.
    public init(
        anchors: [TrustAnchor],
        profile: Profile,
        crypto: Crypto,
        budget: WorkBudget = .default
    ) {
        self.anchors = anchors
        self.profile = profile
        self.crypto = crypto
        self.budget = budget
        var index: [String: [Int]] = [:]
        // Comparing a few names costs less than making their keys.
        if anchors.count > 8 {
            for (position, anchor) in anchors.enumerated() {
                index[anchor.name.canonicalForm, default: []].append(position)
            }
        }
        context = PathSearch.Context(
            anchors: anchors,
            profile: profile,
            crypto: crypto,
            budget: budget,
            anchorIndex: index
        )
    }

    /// Validates one certificate.
    ///
    /// - Parameters:
    ///   - leaf: the certificate whose key is to be used.
    ///   - intermediates: certificates that may help, in any order; those that do not belong are
    ///     ignored, and so are all after ``WorkBudget/intermediates``.
    ///   - crls: revocation lists; see ``Profile/revocation``.
    ///   - names: names that the leaf must all have.
    ///   - time: the moment to judge; whole seconds count, both ends of a validity are inclusive.
    /// - Returns: a path, or the most specific reason why there is none; always with the work and the
    ///   trace. Never traps.
    public func validate(
        _ leaf: Certificate,
        intermediates: [Certificate] = [],
        crls: CRLSet = .none,
        names: [ExpectedName] = [],
        at time: WallClock
    ) -> Outcome {
        var search = PathSearch(
            context,
            leaf: leaf,
            intermediates: intermediates,
            crls: crls,
            seconds: time.seconds
        )
        return search.run(names: names)
    }
}

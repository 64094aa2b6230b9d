public import IoTTime

extension PathValidator {
    /// Judges a CA certificate as the anchors of this validator would be judged: by
    /// ``Profile/anchors`` and ``Profile/keys``, not by its own signature. RFC 5937
    ///
    /// For registries that want to refuse a CA before any path ends at it.
    ///
    /// - Parameters:
    ///   - authority: the certificate; it need not be among ``anchors``.
    ///   - time: the moment to judge.
    /// - Returns: why it cannot be an anchor, with position 0; `nil` where it can.
    public func refusal(ofAnchor authority: Certificate, at time: WallClock) -> PathValidationError?
    {
        var search = PathSearch(
            PathSearch.Context(
                anchors: [TrustAnchor(authority)],
                profile: profile,
                crypto: crypto,
                budget: budget,
                anchorIndex: [:]
            ),
            leaf: authority,
            intermediates: [],
            crls: .none,
            seconds: time.seconds
        )
        guard case .bad(let reason, let offset) = search.judgeAnchor(0) else { return nil }
        return PathValidationError(
            reason: reason,
            position: 0,
            certificate: .anchor(0),
            offset: offset
        )
    }
}

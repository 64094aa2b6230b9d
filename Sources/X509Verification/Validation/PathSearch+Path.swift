internal import IoTTime

// RFC 5280 §6.1.3 to §6.1.5 on one complete path, from the anchor down to the leaf.
extension PathSearch {
    /// Judges ``path`` below an anchor whose signature fits.
    mutating func judgePath(anchor index: Int) -> VerifiedChain? {
        let anchor = context.anchors[index]
        let constrained = profile.anchors.constraints ? anchor.certificate : nil
        var end = Int64.max
        if let certificate = anchor.certificate, profile.anchors.validity {
            end = certificate.fields.notAfter
        }
        for node in path { end = min(end, certificates[node].fields.notAfter) }
        guard checkLengths(constrained, index), checkNames(constrained),
            checkPolicies(anchor.certificate)
        else { return nil }
        if profile.revocation != .ignored {
            guard let lists = checkRevocation(anchor: index) else { return nil }
            end = min(end, lists)
        }
        return VerifiedChain(
            certificates: path.map { certificates[$0] },
            anchor: anchor,
            anchorIndex: index,
            validUntil: WallClock(seconds: end)
        )
    }

    /// Path lengths. RFC 5280 §6.1.4 (l), (m)
    private mutating func checkLengths(_ anchor: Certificate?, _ anchorIndex: Int) -> Bool {
        var remaining = anchor?.fields.extensions.basicConstraints?.pathLength ?? .max
        var limiting = CertificateReference.anchor(anchorIndex)
        var limitingPosition = path.count
        for position in stride(from: path.count - 1, to: 0, by: -1) {
            let certificate = certificates[path[position]]
            if !certificate.isSelfIssued {
                guard remaining > 0 else {
                    fail(
                        .pathLengthExceeded,
                        position: limitingPosition,
                        reference: limiting
                    )
                    return false
                }
                remaining -= 1
            }
            if let length = certificate.fields.extensions.basicConstraints?.pathLength,
                length < remaining
            {
                remaining = length
                limiting = reference(path[position])
                limitingPosition = position
            }
        }
        return true
    }

    /// Name constraints. RFC 5280 §6.1.3 (b), (c), §6.1.4 (g)
    private mutating func checkNames(_ anchor: Certificate?) -> Bool {
        var sources: [NameConstraintCheck.Source] = []
        if let anchor, let source = NameConstraintCheck.Source(anchor) { sources.append(source) }
        for position in stride(from: path.count - 1, through: 0, by: -1) {
            let node = path[position]
            let certificate = certificates[node]
            if !sources.isEmpty, position == 0 || !certificate.isSelfIssued {
                var check = NameConstraintCheck(
                    comparisons: work.nameComparisons,
                    limit: budget.nameComparisons
                )
                for source in sources {
                    let reason = check.check(certificate, against: source)
                    work.nameComparisons = check.comparisons
                    guard let reason else { continue }
                    if case .budgetExceeded = reason { isExhausted = true }
                    fail(reason, position: position, node: node)
                    return false
                }
            }
            if position > 0, let source = NameConstraintCheck.Source(certificate) {
                sources.append(source)
            }
        }
        return true
    }

    /// Policies. RFC 5280 §6.1.3 (d) to (f), §6.1.4 (a), (b), (h) to (j), §6.1.5 (g)
    private mutating func checkPolicies(_ anchor: Certificate?) -> Bool {
        let members = path.map { certificates[$0] }
        guard PolicyGraph.matters(profile, members, anchor) else { return true }
        var graph = PolicyGraph(
            profile: profile,
            anchor: anchor,
            length: path.count,
            limit: budget.policyNodes - work.policyNodes
        )
        defer { work.policyNodes += graph.nodes }
        for position in stride(from: path.count - 1, through: 0, by: -1) {
            guard let reason = graph.add(members[position], isLeaf: position == 0) else {
                continue
            }
            if case .budgetExceeded = reason { isExhausted = true }
            fail(reason, position: position, node: path[position])
            return false
        }
        return true
    }
}

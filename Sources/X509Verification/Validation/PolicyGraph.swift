/// The valid policies of a path, as a graph with one node for each policy and depth.
///
/// RFC 5280 §6.1 draws a tree, which mappings can make exponential (CVE-2023-0464); RFC 9618 shows that
/// merging equal nodes of a depth gives the same verdict with a size that is linear in the policies.
struct PolicyGraph {
    private struct Node {
        var policy: [UInt8]
        var expected: Set<[UInt8]>
        /// Indices into the level above.
        var parents: [Int]
    }

    private static let anyPolicy: [UInt8] = [0x55, 0x1D, 0x20, 0x00]

    private var levels: [[Node]]
    private(set) var nodes = 1
    let limit: Int
    private var explicitPolicy: Int
    private var policyMapping: Int
    private var inhibitAnyPolicy: Int
    private let initialPolicies: Set<[UInt8]>?

    // `length` is the count of certificates in the path, without the anchor.
    init(profile: Profile, anchor: Certificate?, length: Int, limit: Int) {
        self.limit = limit
        levels = [[Node(policy: Self.anyPolicy, expected: [Self.anyPolicy], parents: [])]]
        explicitPolicy = profile.requiresExplicitPolicy ? 0 : length + 1
        policyMapping = profile.inhibitsPolicyMapping ? 0 : length + 1
        inhibitAnyPolicy = profile.inhibitsAnyPolicy ? 0 : length + 1
        var initial = profile.policies.map { Set($0.map(\.content)) }
        if initial?.contains(Self.anyPolicy) ?? false { initial = nil }
        initialPolicies = initial
        guard let anchor, profile.anchors.constraints else { return }
        let facts = anchor.fields.extensions
        lower(&explicitPolicy, facts.policyConstraints?.requireExplicitPolicy)
        lower(&policyMapping, facts.policyConstraints?.inhibitPolicyMapping)
        lower(&inhibitAnyPolicy, facts.inhibitAnyPolicy)
    }

    /// Whether a verdict can depend on policies at all.
    static func matters(_ profile: Profile, _ path: [Certificate], _ anchor: Certificate?) -> Bool {
        if profile.requiresExplicitPolicy { return true }
        if path.contains(where: { $0.fields.extensions.policyConstraints != nil }) { return true }
        return profile.anchors.constraints
            && anchor?.fields.extensions.policyConstraints?.requireExplicitPolicy != nil
    }

    /// Processes the next certificate from the anchor down.
    ///
    /// - Returns: why the path fails; `nil` where it does not.
    mutating func add(_ certificate: Certificate, isLeaf: Bool) -> PathValidationError.Reason? {
        let allowsAny = inhibitAnyPolicy > 0 || (certificate.isSelfIssued && !isLeaf)
        addLevel(certificate, allowsAny: allowsAny)
        guard nodes <= limit else { return .budgetExceeded(.policyNodes) }
        if explicitPolicy == 0, isEmpty { return .noValidPolicy }
        if isLeaf { return finish(certificate) }
        map(certificate)
        guard nodes <= limit else { return .budgetExceeded(.policyNodes) }
        if !certificate.isSelfIssued {
            explicitPolicy = max(0, explicitPolicy - 1)
            policyMapping = max(0, policyMapping - 1)
            inhibitAnyPolicy = max(0, inhibitAnyPolicy - 1)
        }
        let facts = certificate.fields.extensions
        lower(&explicitPolicy, facts.policyConstraints?.requireExplicitPolicy)
        lower(&policyMapping, facts.policyConstraints?.inhibitPolicyMapping)
        lower(&inhibitAnyPolicy, facts.inhibitAnyPolicy)
        return nil
    }

    private var isEmpty: Bool { levels.last?.isEmpty ?? true }

    private func lower(_ counter: inout Int, _ value: Int?) {
        if let value { counter = min(counter, value) }
    }

    /// RFC 5280 §6.1.3 (d), (e).
    private mutating func addLevel(_ certificate: Certificate, allowsAny: Bool) {
        guard let above = levels.last, !above.isEmpty,
            let ranges = certificate.fields.extensions.policies
        else {
            levels.append([])
            return
        }
        let span = certificate.der.span
        let policies = ranges.map { span.array($0.range) }
        let anyAbove = above.firstIndex { $0.policy == Self.anyPolicy }
        var level: [Node] = []
        var positions: [[UInt8]: Int] = [:]
        func add(_ policy: [UInt8], _ parents: [Int]) {
            positions[policy] = level.count
            level.append(Node(policy: policy, expected: [policy], parents: parents))
        }
        for policy in policies where policy != Self.anyPolicy && positions[policy] == nil {
            let parents = above.indices.filter { above[$0].expected.contains(policy) }
            if !parents.isEmpty {
                add(policy, parents)
            } else if let anyAbove {
                add(policy, [anyAbove])
            }
        }
        if allowsAny, policies.contains(Self.anyPolicy) {
            var missing: [[UInt8]: [Int]] = [:]
            for (index, node) in above.enumerated() {
                for policy in node.expected where positions[policy] == nil {
                    missing[policy, default: []].append(index)
                }
            }
            for (policy, parents) in missing { add(policy, parents) }
        }
        nodes += level.count
        levels.append(level)
    }

    /// RFC 5280 §6.1.4 (a), (b).
    private mutating func map(_ certificate: Certificate) {
        let mappings = certificate.fields.extensions.policyMappings
        guard !mappings.isEmpty, let depth = levels.indices.last, depth > 0 else { return }
        let span = certificate.der.span
        var targets: [[UInt8]: Set<[UInt8]>] = [:]
        for mapping in mappings {
            targets[span.array(mapping.issuerDomain.range), default: []]
                .insert(span.array(mapping.subjectDomain.range))
        }
        guard policyMapping > 0 else {
            levels[depth].removeAll { targets[$0.policy] != nil }
            return
        }
        let anyNode = levels[depth].first { $0.policy == Self.anyPolicy }
        for (policy, expected) in targets {
            if let index = levels[depth].firstIndex(where: { $0.policy == policy }) {
                levels[depth][index].expected = expected
            } else if let anyNode {
                levels[depth].append(
                    Node(policy: policy, expected: expected, parents: anyNode.parents)
                )
                nodes += 1
            }
        }
    }

    /// RFC 5280 §6.1.5 (a), (b), (g).
    private mutating func finish(_ leaf: Certificate) -> PathValidationError.Reason? {
        explicitPolicy = max(0, explicitPolicy - 1)
        if leaf.fields.extensions.policyConstraints?.requireExplicitPolicy == 0 {
            explicitPolicy = 0
        }
        guard explicitPolicy == 0 else { return nil }
        guard let initialPolicies else { return isEmpty ? .noValidPolicy : nil }
        return intersects(initialPolicies) ? nil : .noValidPolicy
    }

    /// Whether a policy of `initial` is among the policies that the whole path is valid for, in the
    /// terms of the anchor: nodes below an anyPolicy node from which the last level is reached.
    private func intersects(_ initial: Set<[UInt8]>) -> Bool {
        guard let last = levels.indices.last, last > 0 else { return false }
        if levels[last].contains(where: { $0.policy == Self.anyPolicy }) { return true }
        var reached = Set(levels[last].indices)
        for depth in stride(from: last, to: 0, by: -1) {
            var above: Set<Int> = []
            for index in reached {
                let node = levels[depth][index]
                for parent in node.parents {
                    if levels[depth - 1][parent].policy == Self.anyPolicy {
                        if initial.contains(node.policy) { return true }
                    } else {
                        above.insert(parent)
                    }
                }
            }
            reached = above
        }
        return false
    }
}

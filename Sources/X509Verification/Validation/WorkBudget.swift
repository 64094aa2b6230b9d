/// How much work one validation may do, whatever its input.
///
/// The limits count operations, not time, so that a verdict does not depend on the machine. With the
/// defaults the worst input ends within some milliseconds.
public struct WorkBudget: Hashable, Sendable {
    /// Signature checks, on certificates and CRLs together.
    public var signatureChecks = 100
    /// Issuers considered while paths are built.
    public var pathSteps = 4_000
    /// Names compared with constraints.
    public var nameComparisons = 250_000
    /// Nodes of the policy graph.
    public var policyNodes = 4_096
    /// Intermediates that are looked at; further ones are ignored.
    public var intermediates = 64
    /// Steps kept in ``Outcome/trace``; later ones are counted only.
    public var traceSteps = 512

    /// 100 signature checks, 4,000 path steps, 250,000 name comparisons, 4,096 policy nodes.
    public static let `default` = WorkBudget()

    /// The defaults, to be changed member by member.
    public init() {}

    /// What can run out.
    @nonexhaustive
    public enum Resource: Hashable, Sendable {
        /// ``WorkBudget/signatureChecks``
        case signatureChecks
        /// ``WorkBudget/pathSteps``
        case pathSteps
        /// ``WorkBudget/nameComparisons``
        case nameComparisons
        /// ``WorkBudget/policyNodes``
        case policyNodes
    }
}

/// What one validation did.
public struct WorkSpent: Hashable, Sendable {
    /// Signatures checked, each only once.
    public internal(set) var signatureChecks = 0
    /// Issuers considered.
    public internal(set) var pathSteps = 0
    /// Names compared with constraints.
    public internal(set) var nameComparisons = 0
    /// Nodes of policy graphs.
    public internal(set) var policyNodes = 0
    /// Steps of the trace, kept or not.
    public internal(set) var traceSteps = 0
    /// Complete paths judged.
    public internal(set) var paths = 0
}

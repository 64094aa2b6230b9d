#if Endpoint
internal import Synchronization

/// What a rule did since the endpoint started; goes on when the rule is changed.
final class RuleCounters: Sendable {
    /// Messages whose topic matched.
    let matched = Atomic<UInt64>(0)
    /// Messages for which WHERE was true.
    let fired = Atomic<UInt64>(0)
    /// Messages at which the statement, a template or an action failed.
    let failed = Atomic<UInt64>(0)
    /// Actions that were done.
    let succeededActions = Atomic<UInt64>(0)
    /// Actions that failed.
    let failedActions = Atomic<UInt64>(0)

    static func add(_ counter: borrowing Atomic<UInt64>) {
        counter.wrappingAdd(1, ordering: .relaxed)
    }

    /// The values now.
    var snapshot: RuleMetrics {
        RuleMetrics(
            matched: matched.load(ordering: .relaxed),
            fired: fired.load(ordering: .relaxed),
            failed: failed.load(ordering: .relaxed),
            succeededActions: succeededActions.load(ordering: .relaxed),
            failedActions: failedActions.load(ordering: .relaxed)
        )
    }
}

/// What a rule did since the endpoint started.
public struct RuleMetrics: Hashable, Sendable {
    /// Messages whose topic matched.
    public var matched: UInt64
    /// Messages for which WHERE was true.
    public var fired: UInt64
    /// Messages at which the statement, a template or an action failed.
    public var failed: UInt64
    /// Actions that were done.
    public var succeededActions: UInt64
    /// Actions that failed.
    public var failedActions: UInt64
}
#endif

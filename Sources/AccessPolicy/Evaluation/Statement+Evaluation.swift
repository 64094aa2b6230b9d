internal import IoTTime

extension Statement {
    /// Whether the action part covers `action`.
    func covers(_ action: PolicyAction) -> Bool {
        let none = AuthorizationContext(now: .epoch)
        let isNamed = actions.patterns.contains {
            $0.match(action.bytes.span, in: none) == .matched
        }
        return isNamed != actions.isExclusion
    }

    /// Whether the resource part and all conditions hold.
    func applies(
        to resource: Span<UInt8>,
        in context: borrowing AuthorizationContext,
        _ rule: UnresolvedVariableRule
    ) -> Bool {
        guard coversResource(resource, in: context, rule) else { return false }
        for index in conditions.indices
        where !holds(conditions[index].evaluate(in: context), rule) {
            return false
        }
        return true
    }

    /// Whether a condition's outcome lets the statement apply.
    ///
    /// Unresolved: an `Allow` never applies, a `Deny` always does, unless the rule is to ignore.
    func holds(_ outcome: Condition.Outcome, _ rule: UnresolvedVariableRule) -> Bool {
        switch outcome {
        case .holds: true
        case .fails: false
        case .unresolved: effect == .deny && rule == .denies
        }
    }

    /// Whether the resource part covers `resource`.
    ///
    /// A pattern with an unresolved variable counts as matching where that denies: in `Deny` with
    /// `Resource`, and in `Allow` with `NotResource`.
    func coversResource(
        _ resource: Span<UInt8>,
        in context: borrowing AuthorizationContext,
        _ rule: UnresolvedVariableRule
    ) -> Bool {
        let unresolvedMatches = rule == .denies && (effect == .deny) != resources.isExclusion
        for index in resources.patterns.indices {
            switch resources.patterns[index].match(resource, in: context) {
            case .matched: return !resources.isExclusion
            case .notMatched: continue
            case .unresolved: if unresolvedMatches { return !resources.isExclusion }
            }
        }
        return resources.isExclusion
    }
}

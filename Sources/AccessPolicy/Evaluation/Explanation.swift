/// Why a request was allowed or denied: every statement, and what it missed.
///
/// The shape of the service's `TestAuthorization`, with the reason of each statement on top.
public struct Explanation: Sendable, CustomStringConvertible {
    /// What became of one statement.
    public enum Outcome: Hashable, Sendable {
        /// It applies.
        case applies
        /// It speaks of other actions.
        case otherAction
        /// It speaks of other resources.
        case otherResource
        /// A condition does not hold: the operator and the key.
        case conditionFails(operator: String, key: String)
    }

    /// One statement's part in the decision.
    public struct Step: Hashable, Sendable {
        /// The statement.
        public let statement: StatementID
        /// What it does where it applies.
        public let effect: PolicyDocument.Effect
        /// What became of it.
        public let outcome: Outcome
        /// Variables and keys it looked at that the request does not have.
        public let missing: [String]
        /// Whether it belongs to the boundary.
        public let isBoundary: Bool
    }

    /// The decision.
    public let decision: Decision
    /// Every statement of every policy, in order.
    public let steps: [Step]

    /// Policies with an `Allow` that applies, each once.
    public var allowing: [String] { policies(.allow) }
    /// Policies with a `Deny` that applies, each once.
    public var denying: [String] { policies(.deny) }

    /// Values that statements for this action and resource asked for and the request does not have,
    /// each once.
    public var missingContextValues: [String] {
        var seen: Set<String> = []
        return steps.flatMap(\.missing).filter { seen.insert($0).inserted }
    }

    private func policies(_ effect: PolicyDocument.Effect) -> [String] {
        var seen: Set<String> = []
        return steps.filter { $0.effect == effect && $0.outcome == .applies }
            .map(\.statement.policy).filter { seen.insert($0).inserted }
    }

    /// The decision and a line for each statement.
    public var description: String {
        let head =
            switch decision {
            case .allowed(let id): "allowed by \(id)"
            case .explicitDeny(let id): "denied by \(id)"
            case .implicitDeny: "denied: no statement allows it"
            }
        return ([head] + steps.map(\.line)).joined(separator: "\n")
    }
}

extension Explanation.Step {
    fileprivate var line: String {
        var text = "  \(isBoundary ? "boundary " : "")\(statement) \(effect.rawValue): "
        switch outcome {
        case .applies: text += "applies"
        case .otherAction: text += "other action"
        case .otherResource: text += "other resource"
        case .conditionFails(let name, let key): text += "\(name) on \(key) does not hold"
        }
        return missing.isEmpty ? text : text + "; missing " + missing.joined(separator: ", ")
    }
}

extension PolicySet {
    /// Decides a request and says why, statement by statement.
    ///
    /// - Complexity: as ``decide(_:on:in:)-(_,Span<UInt8>,_)`` over every statement; allocates.
    public func explain(
        _ action: PolicyAction,
        on resource: String,
        in context: borrowing AuthorizationContext
    ) -> Explanation {
        let bytes = Array(resource.utf8)
        var steps: [Explanation.Step] = []
        for (number, layer) in layers.enumerated() {
            for (id, statement) in zip(layer.ids, layer.statements) {
                let outcome = outcome(of: statement, action, bytes.span, context)
                let missing =
                    outcome == .otherAction ? [] : statement.missing(in: context)
                steps.append(
                    Explanation.Step(
                        statement: id,
                        effect: statement.effect,
                        outcome: outcome,
                        missing: missing,
                        isBoundary: number > 0
                    )
                )
            }
        }
        return Explanation(decision: decide(action, on: bytes.span, in: context), steps: steps)
    }

    private func outcome(
        of statement: Statement,
        _ action: PolicyAction,
        _ resource: Span<UInt8>,
        _ context: borrowing AuthorizationContext
    ) -> Explanation.Outcome {
        guard statement.covers(action) else { return .otherAction }
        guard statement.coversResource(resource, in: context, unresolvedVariables) else {
            return .otherResource
        }
        for condition in statement.conditions
        where !statement.holds(condition.evaluate(in: context), unresolvedVariables) {
            return .conditionFails(
                operator: condition.modifiers.name,
                key: condition.key.description
            )
        }
        return .applies
    }
}

extension Statement {
    /// The variables and keys that have no value in `context`.
    fileprivate func missing(in context: borrowing AuthorizationContext) -> [String] {
        var names: [String] = []
        for pattern in resources.patterns {
            for variable in pattern.variables where context.substitution(for: variable) == nil {
                names.append(variable.description)
            }
        }
        for condition in conditions {
            let key = condition.key
            let isClock = key.key == .currentTime || key.key == .epochTime
            if !isClock, context.values(for: key).isEmpty { names.append(key.description) }
        }
        return names
    }
}

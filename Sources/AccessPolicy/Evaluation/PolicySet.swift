/// The policies in effect for one principal, compiled: immutable, indexed by action.
///
/// A request is denied if any statement denies it, else allowed if any allows it, else denied. With
/// a boundary, the boundary's policies must allow it as well. The order of policies and statements
/// has no influence on whether a request is allowed.
public struct PolicySet: Sendable {
    /// What `Allow` and `Deny` statements may apply to one action.
    struct ActionIndex: Sendable {
        var deny: [Int32] = []
        var allow: [Int32] = []
    }

    /// Policies that are joined: all denials, any permission.
    struct Layer: Sendable {
        var statements: [Statement] = []
        /// The name of each statement; apart, because only the deciding one is read.
        var ids: [StatementID] = []
        var byAction: [ActionIndex] = []
    }

    let layers: [Layer]
    /// What a variable without a value means in a denial.
    public let unresolvedVariables: UnresolvedVariableRule

    /// Compiles the index.
    ///
    /// - Parameters:
    ///   - policies: the policies attached to the principal and to its groups, with their names.
    ///   - boundary: policies that must allow a request too; `nil` for no boundary. An empty boundary
    ///     allows nothing.
    ///   - unresolvedVariables: ``UnresolvedVariableRule/denies`` unless you compare with the service.
    /// - Complexity: O(statements × known actions × pattern).
    public init(
        _ policies: [(name: String, document: PolicyDocument)],
        boundary: [(name: String, document: PolicyDocument)]? = nil,
        unresolvedVariables: UnresolvedVariableRule = .denies
    ) {
        let groups = [policies] + (boundary.map { [$0] } ?? [])
        layers = groups.map(Self.layer)
        self.unresolvedVariables = unresolvedVariables
    }

    private static func layer(_ policies: [(name: String, document: PolicyDocument)]) -> Layer {
        var layer = Layer()
        for (name, document) in policies {
            for (index, statement) in document.statements.enumerated() {
                layer.statements.append(statement)
                layer.ids.append(StatementID(policy: name, index: index, sid: statement.id))
            }
        }
        layer.byAction = PolicyAction.known.map { layer.index(for: $0) }
        return layer
    }

    /// Decides a request.
    ///
    /// - Parameters:
    ///   - action: what the request does.
    ///   - resource: the resource's name (ARN) in UTF-8, or `*`; compared byte by byte.
    ///   - context: the facts of the request.
    /// - Returns: the decision and the first statement that decided it.
    /// - Complexity: O(statements for the action × (pattern + resource)). For a known action it
    ///   allocates nothing, unless a variable or a `?` stands between two stars, or a condition
    ///   compares numbers, times or addresses.
    public func decide(
        _ action: PolicyAction,
        on resource: Span<UInt8>,
        in context: borrowing AuthorizationContext
    ) -> Decision {
        var allowed: (layer: Int, rule: Int)?
        for layer in layers.indices {
            switch decide(layers[layer], action, resource, context) {
            case .deny(let rule): return .explicitDeny(by: layers[layer].ids[rule])
            case .allow(let rule): allowed = allowed ?? (layer, rule)
            case .none: return denialBeyond(layer, action, resource, context)
            }
        }
        guard let allowed else { return .implicitDeny }
        return .allowed(by: layers[allowed.layer].ids[allowed.rule])
    }

    /// Decides a request whose resource is given as text.
    public func decide(
        _ action: PolicyAction,
        on resource: String,
        in context: borrowing AuthorizationContext
    ) -> Decision {
        let bytes = Array(resource.utf8)
        return decide(action, on: bytes.span, in: context)
    }

    /// A layer allowed nothing: the answer is a denial, explicit if a later layer denies.
    private func denialBeyond(
        _ layer: Int,
        _ action: PolicyAction,
        _ resource: Span<UInt8>,
        _ context: borrowing AuthorizationContext
    ) -> Decision {
        for later in layers.indices where later > layer {
            if case .deny(let rule) = decide(layers[later], action, resource, context) {
                return .explicitDeny(by: layers[later].ids[rule])
            }
        }
        return .implicitDeny
    }

    private enum Verdict {
        case deny(Int)
        case allow(Int)
        case none
    }

    private func decide(
        _ layer: Layer,
        _ action: PolicyAction,
        _ resource: Span<UInt8>,
        _ context: borrowing AuthorizationContext
    ) -> Verdict {
        guard let known = action.index else {
            let index = layer.index(for: action)
            return decide(layer.statements, index.deny, index.allow, resource, context)
        }
        return decide(
            layer.statements,
            layer.byAction[known].deny,
            layer.byAction[known].allow,
            resource,
            context
        )
    }

    private func decide(
        _ statements: [Statement],
        _ deny: [Int32],
        _ allow: [Int32],
        _ resource: Span<UInt8>,
        _ context: borrowing AuthorizationContext
    ) -> Verdict {
        for rule in deny
        where statements[Int(rule)].applies(to: resource, in: context, unresolvedVariables) {
            return .deny(Int(rule))
        }
        for rule in allow
        where statements[Int(rule)].applies(to: resource, in: context, unresolvedVariables) {
            return .allow(Int(rule))
        }
        return .none
    }
}

extension PolicySet.Layer {
    /// The statements whose action part covers `action`.
    fileprivate func index(for action: PolicyAction) -> PolicySet.ActionIndex {
        var index = PolicySet.ActionIndex()
        for (position, statement) in statements.enumerated() where statement.covers(action) {
            let position = Int32(truncatingIfNeeded: position)
            switch statement.effect {
            case .deny: index.deny.append(position)
            case .allow: index.allow.append(position)
            }
        }
        return index
    }
}

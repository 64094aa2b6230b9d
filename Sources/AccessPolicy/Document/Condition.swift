internal import IoTTime
internal import JSONDocument

/// One line of a `Condition` block: an operator, a key and its values.
struct Condition: Hashable, Sendable {
    let modifiers: ConditionModifiers
    let key: VariableReference
    let values: [ConditionValue]
    /// Bytes from the start of the document to the key.
    let offset: Int

    /// How a condition came out.
    enum Outcome {
        case holds
        case fails
        /// A variable in one of its values has no value.
        case unresolved
    }

    /// Judges the condition.
    ///
    /// A key without values fails a positive operator and fulfils a negated one, `IfExists` and
    /// `ForAllValues` (vacuously); `ForAnyValue` fails.
    func evaluate(in context: borrowing AuthorizationContext) -> Outcome {
        let comparator = modifiers.comparator
        let clock = clockValue(context)
        let present = context.values(for: key)
        if case .presence = comparator.comparison {
            return evaluatePresence(!present.isEmpty || clock != nil, context)
        }
        if present.isEmpty, clock == nil {
            let holds =
                modifiers.ifExists || modifiers.quantifier == .forAllValues
                || (comparator.isNegated && modifiers.quantifier == nil)
            return holds ? .holds : .fails
        }
        // Without a quantifier: a positive operator needs one value that matches, a negated one
        // none. With one: all, or any, of the request's values.
        let needsAll =
            switch modifiers.quantifier {
            case .forAllValues: true
            case .forAnyValue: false
            case nil: comparator.isNegated
            }
        var unresolved = false
        for text in present.isEmpty ? [clock ?? []] : present {
            switch compare(text, in: context) {
            case .holds: if !needsAll { return .holds }
            case .fails: if needsAll { return .fails }
            case .unresolved: unresolved = true
            }
        }
        if unresolved { return .unresolved }
        return needsAll ? .holds : .fails
    }

    /// The text of the two time keys, which come from the context's clock.
    private func clockValue(_ context: borrowing AuthorizationContext) -> [UInt8]? {
        if key.key == .currentTime { return context.now.rfc3339().map { Array($0.utf8) } }
        if key.key == .epochTime { return Array(String(context.now.seconds).utf8) }
        return nil
    }

    private func evaluatePresence(
        _ isPresent: Bool,
        _ context: borrowing AuthorizationContext
    ) -> Outcome {
        var unresolved = false
        for value in values {
            guard let value = typed(value, in: context) else {
                unresolved = true
                continue
            }
            if case .bool(let wantsAbsence) = value, wantsAbsence != isPresent { return .holds }
        }
        return unresolved ? .unresolved : .fails
    }

    /// Whether one value of the request stands in the operator's relation to the policy's values.
    private func compare(_ text: [UInt8], in context: borrowing AuthorizationContext) -> Outcome {
        var unresolved = false
        for value in values {
            switch matches(text, value, in: context) {
            case .matched: return modifiers.comparator.isNegated ? .fails : .holds
            case .notMatched: continue
            case .unresolved: unresolved = true
            }
        }
        if unresolved { return .unresolved }
        return modifiers.comparator.isNegated ? .holds : .fails
    }

    private func typed(
        _ value: ConditionValue,
        in context: borrowing AuthorizationContext
    ) -> ConditionValue? {
        guard case .template(let template) = value else { return value }
        guard let text = template.resolved(in: context) else { return nil }
        return ConditionValue(typed: text, for: modifiers.comparator.comparison)
    }

    private func matches(
        _ text: [UInt8],
        _ value: ConditionValue,
        in context: borrowing AuthorizationContext
    ) -> WildcardPattern.MatchResult {
        switch value {
        case .pattern(let pattern): return pattern.match(text.span, in: context)
        case .name(let name): return name.match(text, in: context)
        default: break
        }
        guard let value = typed(value, in: context) else { return .unresolved }
        return matchesTyped(text, value) ? .matched : .notMatched
    }

    private func matchesTyped(_ text: [UInt8], _ value: ConditionValue) -> Bool {
        switch (modifiers.comparator.comparison, value) {
        case (.number(let order), .number(let limit)):
            ConditionValue.number(text).map { order.holds($0, limit) } ?? false
        case (.date(let order), .date(let limit)):
            ConditionValue.date(text).map { order.holds($0, limit) } ?? false
        case (.bool, .bool(let flag)): ConditionValue.bool(text) == flag
        case (.binary, .bytes(let bytes)): Base64.decode(text) == bytes
        case (.address, .network(let network)):
            IPNetwork(text).map { network.contains($0) } ?? false
        default: false
        }
    }
}

/// The operators of a `Condition` block.
///
/// Source: IAM reference, "Condition operators"; `ForAllValues:` / `ForAnyValue:` in front and
/// `IfExists` behind are modifiers, see ``ConditionModifiers``.
enum ConditionOperator: String, CaseIterable, Sendable {
    case stringEquals = "StringEquals"
    case stringNotEquals = "StringNotEquals"
    case stringEqualsIgnoreCase = "StringEqualsIgnoreCase"
    case stringNotEqualsIgnoreCase = "StringNotEqualsIgnoreCase"
    case stringLike = "StringLike"
    case stringNotLike = "StringNotLike"
    case numericEquals = "NumericEquals"
    case numericNotEquals = "NumericNotEquals"
    case numericLessThan = "NumericLessThan"
    case numericLessThanEquals = "NumericLessThanEquals"
    case numericGreaterThan = "NumericGreaterThan"
    case numericGreaterThanEquals = "NumericGreaterThanEquals"
    case dateEquals = "DateEquals"
    case dateNotEquals = "DateNotEquals"
    case dateLessThan = "DateLessThan"
    case dateLessThanEquals = "DateLessThanEquals"
    case dateGreaterThan = "DateGreaterThan"
    case dateGreaterThanEquals = "DateGreaterThanEquals"
    case bool = "Bool"
    case binaryEquals = "BinaryEquals"
    case ipAddress = "IpAddress"
    case notIpAddress = "NotIpAddress"
    case arnEquals = "ArnEquals"
    case arnLike = "ArnLike"
    case arnNotEquals = "ArnNotEquals"
    case arnNotLike = "ArnNotLike"
    case null = "Null"

    /// How a context value and a policy value are compared.
    enum Comparison: Sendable {
        case text, textIgnoringCase, like, number(Order), date(Order), bool, binary, address, name
        case presence
    }

    /// Which outcomes of a three-way comparison hold.
    enum Order: Sendable {
        case equal, less, lessOrEqual, greater, greaterOrEqual

        func holds<Value: Comparable>(_ a: Value, _ b: Value) -> Bool {
            switch self {
            case .equal: a == b
            case .less: a < b
            case .lessOrEqual: a <= b
            case .greater: a > b
            case .greaterOrEqual: a >= b
            }
        }
    }

    /// The comparison; a negated operator holds where it holds for no value.
    var comparison: Comparison {
        switch self {
        case .stringEquals, .stringNotEquals: .text
        case .stringEqualsIgnoreCase, .stringNotEqualsIgnoreCase: .textIgnoringCase
        case .stringLike, .stringNotLike: .like
        case .numericEquals, .numericNotEquals: .number(.equal)
        case .numericLessThan: .number(.less)
        case .numericLessThanEquals: .number(.lessOrEqual)
        case .numericGreaterThan: .number(.greater)
        case .numericGreaterThanEquals: .number(.greaterOrEqual)
        case .dateEquals, .dateNotEquals: .date(.equal)
        case .dateLessThan: .date(.less)
        case .dateLessThanEquals: .date(.lessOrEqual)
        case .dateGreaterThan: .date(.greater)
        case .dateGreaterThanEquals: .date(.greaterOrEqual)
        case .bool: .bool
        case .binaryEquals: .binary
        case .ipAddress, .notIpAddress: .address
        case .arnEquals, .arnLike, .arnNotEquals, .arnNotLike: .name
        case .null: .presence
        }
    }

    /// Whether the operator says that no value matches.
    var isNegated: Bool {
        switch self {
        case .stringNotEquals, .stringNotEqualsIgnoreCase, .stringNotLike, .numericNotEquals,
            .dateNotEquals, .notIpAddress, .arnNotEquals, .arnNotLike:
            true
        default: false
        }
    }
}

/// `ForAllValues:StringEqualsIfExists`: an operator with what stands around it.
struct ConditionModifiers: Hashable, Sendable {
    /// How the values of the request are joined.
    enum Quantifier: String, Sendable {
        case forAllValues = "ForAllValues:"
        case forAnyValue = "ForAnyValue:"
    }

    var quantifier: Quantifier?
    /// A key that the request does not have fulfils the condition.
    var ifExists = false
    let comparator: ConditionOperator

    /// Reads the name of an operator; `nil` where there is no such operator.
    init?(_ name: String) {
        var rest = Substring(name)
        for candidate in [Quantifier.forAllValues, .forAnyValue]
        where rest.hasPrefix(candidate.rawValue) {
            quantifier = candidate
            rest = rest.dropFirst(candidate.rawValue.count)
        }
        if rest.hasSuffix("IfExists") {
            ifExists = true
            rest = rest.dropLast("IfExists".count)
        }
        guard let comparator = ConditionOperator(rawValue: String(rest)) else { return nil }
        // `Null` asks about presence itself, so a modifier would contradict it.
        if comparator == .null, ifExists || quantifier != nil { return nil }
        self.comparator = comparator
    }

    /// As it is written in a policy.
    var name: String {
        (quantifier?.rawValue ?? "") + comparator.rawValue + (ifExists ? "IfExists" : "")
    }
}

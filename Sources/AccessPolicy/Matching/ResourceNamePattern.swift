/// A resource name (ARN) whose six fields, split by `:`, are matched one by one.
///
/// Source: IAM reference, "Amazon Resource Name (ARN) condition operators": each of the six
/// components may include wildcards; a `*` does not reach into the next component.
struct ResourceNamePattern: Hashable, Sendable {
    private let fields: [WildcardPattern]
    static let fieldCount = 6

    /// Compiles the text; `nil` unless it has six fields and starts with `arn`.
    init?(_ text: [UInt8], _ syntax: WildcardPattern.Syntax) throws(PatternError) {
        var compiled: [WildcardPattern] = []
        for field in Self.fields(of: text) {
            compiled.append(try WildcardPattern(text[field], syntax))
        }
        guard compiled.count == Self.fieldCount else { return nil }
        fields = compiled
    }

    /// Compares a name's fields.
    func match(
        _ text: [UInt8],
        in context: borrowing AuthorizationContext
    ) -> WildcardPattern.MatchResult {
        let ranges = Self.fields(of: text)
        guard ranges.count == Self.fieldCount else { return .notMatched }
        var result = WildcardPattern.MatchResult.matched
        for (pattern, range) in zip(fields, ranges) {
            switch pattern.match(text.span.extracting(range), in: context) {
            case .matched: continue
            case .notMatched: return .notMatched
            case .unresolved: result = .unresolved
            }
        }
        return result
    }

    /// The fields; a `:` in the last field, or inside `${…}`, does not split.
    private static func fields(of text: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        var isInVariable = false
        for index in text.indices where ranges.count < fieldCount - 1 {
            if text[index] == UInt8(ascii: "{"), index > 0, text[index - 1] == UInt8(ascii: "$") {
                isInVariable = true
            } else if text[index] == UInt8(ascii: "}") {
                isInVariable = false
            } else if text[index] == UInt8(ascii: ":"), !isInVariable {
                ranges.append(start..<index)
                start = index + 1
            }
        }
        ranges.append(start..<text.count)
        return ranges
    }
}

internal import IoTTime
internal import JSONDocument

/// A value that a condition compares with, read once where it holds no variable.
enum ConditionValue: Hashable, Sendable {
    case pattern(WildcardPattern)
    case number(Decimal34)
    case date(WallClock)
    case bool(Bool)
    case bytes([UInt8])
    case network(IPNetwork)
    case name(ResourceNamePattern)
    /// Holds a variable: read again for each request.
    case template(WildcardPattern)

    /// Compiles the text of a value for a comparison; `nil` where the text is no such value.
    init?(
        _ text: [UInt8],
        for comparison: ConditionOperator.Comparison,
        _ syntax: WildcardPattern.Syntax
    ) throws(PatternError) {
        var syntax = syntax
        switch comparison {
        case .like:
            self = .pattern(try WildcardPattern(text, syntax))
            return
        case .name:
            guard let name = try ResourceNamePattern(text, syntax) else { return nil }
            self = .name(name)
            return
        default: syntax.wildcards = false
        }
        if case .textIgnoringCase = comparison { syntax.ignoresCase = true }
        let pattern = try WildcardPattern(text, syntax)
        switch comparison {
        case .text, .textIgnoringCase: self = .pattern(pattern)
        default:
            if pattern.variables.isEmpty {
                guard let value = ConditionValue(typed: text, for: comparison) else { return nil }
                self = value
            } else {
                self = .template(pattern)
            }
        }
    }

    /// Reads a typed value.
    init?(typed text: [UInt8], for comparison: ConditionOperator.Comparison) {
        switch comparison {
        case .number:
            guard let number = Self.number(text) else { return nil }
            self = .number(number)
        case .date:
            guard let date = Self.date(text) else { return nil }
            self = .date(date)
        case .bool, .presence:
            guard let flag = Self.bool(text) else { return nil }
            self = .bool(flag)
        case .binary:
            guard let bytes = Base64.decode(text) else { return nil }
            self = .bytes(bytes)
        case .address:
            guard let network = IPNetwork(text) else { return nil }
            self = .network(network)
        case .text, .textIgnoringCase, .like, .name: return nil
        }
    }

    static func number(_ text: [UInt8]) -> Decimal34? {
        text.count <= 64 ? Decimal34(String(decoding: text, as: UTF8.self)) : nil
    }

    /// RFC 3339, a bare date (midnight UTC), or seconds since 1970.
    static func date(_ text: [UInt8]) -> WallClock? {
        if text.count <= 11, !text.isEmpty, text.allSatisfy({ (0x30...0x39).contains($0) }) {
            return text.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }.asSeconds
        }
        let full = text.count == 10 ? text + Array("T00:00:00Z".utf8) : text
        return try? WallClock(rfc3339: full.span)
    }

    static func bool(_ text: [UInt8]) -> Bool? {
        let small = text.map(\.asciiLowercased)
        if small.elementsEqual("true".utf8) { return true }
        return small.elementsEqual("false".utf8) ? false : nil
    }
}

extension Int64 {
    fileprivate var asSeconds: WallClock { WallClock(seconds: self) }
}

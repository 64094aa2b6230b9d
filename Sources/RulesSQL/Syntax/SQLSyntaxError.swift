/// Text that is no statement (or template) of the rules language.
///
/// The service calls this `SqlParseException`. It is raised when a rule is created, never while one
/// runs.
public struct SQLSyntaxError: Error, Hashable, Sendable {
    /// The rule of the language that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// A token that cannot stand here.
        case unexpected(found: String, expected: String)
        /// A string without its closing quote.
        case unterminatedString
        /// A character no token starts with.
        case unexpectedCharacter(Unicode.Scalar)
        /// A number outside 1E-999...9.99E999.
        case numberOutOfRange(String)
        /// A name with `(` that is no function; the nearest function, if one is close.
        case unknownFunction(String, suggestion: String?)
        /// A function, literal or query form that this version of the language lacks.
        case needsVersion2016(String)
        /// A type word that CAST does not know.
        case unknownCastType(String)
        /// SELECT VALUE with more than one item.
        case valueTakesOneItem
        /// `*` where only a SELECT item or one of a few functions' arguments may have it.
        case misplacedStar
        /// An item whose name in the output cannot be told; it needs AS.
        case itemNeedsAlias
        /// A SET variable that has its value already.
        case variableAssignedTwice(String)
        /// A variable that no SET before this place assigns.
        case undeclaredVariable(String)
        /// A variable without a name, or with more than 64 characters.
        case variableName(String)
        /// A variable where the service wants the value itself (role, mode).
        case variableNotAllowed(function: String)
        /// A FROM clause that is no topic filter.
        case topicFilter(String)
        /// A regular expression that Java would take and this engine does not.
        case unsupportedPattern(String)
        /// A limit of ``SyntaxLimits``.
        case tooLarge(String, limit: Int)
    }

    /// The rule that was broken.
    public let violation: Violation
    /// The offending text, as offsets in the statement's UTF-8.
    public let range: Range<Int>

    /// Names the broken rule and the text that broke it.
    public init(_ violation: Violation, at range: Range<Int>) {
        self.violation = violation
        self.range = range
    }
}

extension SQLSyntaxError: CustomStringConvertible {
    /// The rule in words, without the position.
    public var description: String {
        switch violation {
        case .unexpected(let found, let expected): "unexpected \(found): expected \(expected)"
        case .unterminatedString: "the string has no closing quote"
        case .unexpectedCharacter(let c): "unexpected character '\(c)'"
        case .numberOutOfRange(let text): "the number \(text) is outside 1E-999...9.99E999"
        case .unknownFunction(let name, let near):
            "unknown function '\(name)'" + (near.map { ": did you mean '\($0)'?" } ?? "")
        case .needsVersion2016(let what): "\(what) needs SQL version 2016-03-23"
        case .unknownCastType(let word): "'\(word)' is no type of CAST"
        case .valueTakesOneItem: "SELECT VALUE takes exactly one item"
        case .misplacedStar: "'*' cannot stand here"
        case .itemNeedsAlias: "this item needs AS and a name"
        case .variableAssignedTwice(let name): "@\(name) is assigned twice"
        case .undeclaredVariable(let name): "@\(name) is not assigned before this place"
        case .variableName(let name):
            "'@\(name)': a variable is named by 1 to 64 letters, digits and underscores"
        case .variableNotAllowed(let function):
            "\(function) does not take a variable for this argument"
        case .topicFilter(let reason): "not a topic filter: \(reason)"
        case .unsupportedPattern(let what): "the regular expression uses \(what)"
        case .tooLarge(let what, let limit): "\(what): the limit is \(limit)"
        }
    }

    /// The message with line and column, the line itself and a caret below the offending text.
    ///
    /// - Parameter source: the text that was parsed.
    /// - Returns: three lines, the last one without a line feed.
    public func rendered(in source: String) -> String {
        let bytes = Array(source.utf8)
        let start = min(max(range.lowerBound, 0), bytes.count)
        let lineStart = (bytes[..<start].lastIndex(of: 0x0A)).map { $0 + 1 } ?? 0
        let lineEnd = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
        let end = max(start, min(range.upperBound, lineEnd))
        let line = 1 + bytes[..<start].reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
        let before = String(decoding: bytes[lineStart..<start], as: UTF8.self)
        let marked = String(decoding: bytes[start..<end], as: UTF8.self)
        let text = String(decoding: bytes[lineStart..<lineEnd], as: UTF8.self)
        // Tabs stay tabs, so that the caret stands below its character.
        let indent = String(before.map { $0 == "\t" ? "\t" : " " })
        let carets = String(repeating: "^", count: max(1, marked.count))
        return "\(line):\(before.count + 1): error: \(description)\n\(text)\n\(indent)\(carets)"
    }
}

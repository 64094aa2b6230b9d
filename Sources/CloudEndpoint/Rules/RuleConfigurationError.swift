#if Endpoint
/// Why a rule was not accepted.
public struct RuleConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of mistake.
    @nonexhaustive
    public enum Kind: Hashable, Sendable {
        /// The document is no JSON, or a member has another form than it must.
        case invalid
        /// The statement or a template cannot be parsed.
        case syntax
        /// A limit was reached.
        case limit
    }

    /// What kind of mistake.
    public let kind: Kind
    /// Where, such as `rules.hot.actions[0].republish.topic`; empty for the whole document.
    public let path: String
    /// What is wrong; for SQL with a caret below the place.
    public let message: String

    init(_ kind: Kind, _ path: String, _ message: String) {
        self.kind = kind
        self.path = path
        self.message = message
    }

    /// Place and reason.
    public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}
#endif

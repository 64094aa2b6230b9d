/// A policy document that satisfies the grammar: statements that allow or deny.
///
/// Source: AWS IoT Core developer guide, "AWS IoT Core policies"; IAM reference, "Grammar of the
/// IAM JSON policy language". There is no `Principal`: a policy belongs to who it is attached to.
public struct PolicyDocument: Hashable, Sendable {
    /// The language version.
    public enum Version: String, Hashable, Sendable {
        /// Variables are substituted.
        case v2012 = "2012-10-17"
        /// `${…}` is plain text.
        case v2008 = "2008-10-17"
    }

    /// What a statement does where it applies.
    public enum Effect: String, Hashable, Sendable {
        /// The request is allowed unless another statement denies it.
        case allow = "Allow"
        /// The request is denied, whatever others say.
        case deny = "Deny"
    }

    /// The language version.
    public let version: Version
    /// `Id`, where the document has one.
    public let id: String?
    /// The number of statements, in the order of the document.
    public var statementCount: Int { statements.count }

    let statements: [Statement]

    /// Reads and compiles a document.
    ///
    /// - Parameters:
    ///   - json: the document in UTF-8.
    ///   - limits: what it may cost.
    /// - Throws: ``MalformedPolicy`` at the first element that breaks the grammar or a limit.
    /// - Complexity: O(bytes).
    public init(_ json: Span<UInt8>, limits: PolicyLimits = .default) throws(MalformedPolicy) {
        var parser = PolicyParser(limits: limits)
        self = try parser.parse(json)
    }

    /// Reads and compiles a document given as text.
    public init(_ json: String, limits: PolicyLimits = .default) throws(MalformedPolicy) {
        let bytes = Array(json.utf8)
        try self.init(bytes.span, limits: limits)
    }

    init(version: Version, id: String?, statements: [Statement]) {
        self.version = version
        self.id = id
        self.statements = statements
    }
}

/// One statement of a document, compiled.
struct Statement: Hashable, Sendable {
    /// Patterns, or everything but them (`NotAction`, `NotResource`).
    struct Selection: Hashable, Sendable {
        var patterns: [WildcardPattern]
        var isExclusion: Bool
    }

    var id: String?
    var effect: PolicyDocument.Effect
    var actions: Selection
    var resources: Selection
    var conditions: [Condition]
    /// Bytes from the start of the document to the statement.
    var offset: Int
}

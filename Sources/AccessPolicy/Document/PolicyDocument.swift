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
///
/// A class, because a decision walks over many statements and must not copy their tables.
final class Statement: Hashable, Sendable {
    /// Patterns, or everything but them (`NotAction`, `NotResource`).
    struct Selection: Hashable, Sendable {
        var patterns: [WildcardPattern]
        var isExclusion: Bool
    }

    let id: String?
    let effect: PolicyDocument.Effect
    let actions: Selection
    let resources: Selection
    let conditions: [Condition]
    /// Bytes from the start of the document to the statement.
    let offset: Int

    init(
        id: String?,
        effect: PolicyDocument.Effect,
        actions: Selection,
        resources: Selection,
        conditions: [Condition],
        offset: Int
    ) {
        self.id = id
        self.effect = effect
        self.actions = actions
        self.resources = resources
        self.conditions = conditions
        self.offset = offset
    }

    static func == (a: Statement, b: Statement) -> Bool {
        a.id == b.id && a.effect == b.effect && a.actions == b.actions
            && a.resources == b.resources && a.conditions == b.conditions
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(effect)
        hasher.combine(actions)
        hasher.combine(resources)
        hasher.combine(conditions)
    }
}

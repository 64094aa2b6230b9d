public import MQTTTopics

/// A rule's statement as a syntax tree, checked against the function table and its version.
public struct SelectStatement: Hashable, Sendable {
    /// `@name = value` of SET.
    public struct Assignment: Hashable, Sendable {
        /// The name without `@`.
        public var name: String
        /// The value.
        public var value: Expression
    }

    /// The language the statement is written in.
    public let version: SQLVersion
    /// SET, in order.
    public internal(set) var variables: [Assignment]
    /// Whether SELECT VALUE makes the output a bare value.
    public internal(set) var isValue: Bool
    /// SELECT.
    public internal(set) var items: [SelectItem]
    /// FROM; absent only in rules that Basic Ingest runs by name.
    public internal(set) var source: TopicFilter?
    /// WHERE.
    public internal(set) var condition: Expression?
    /// The text that the ranges point into; no part of equality.
    let text: [UInt8]

    /// Parses and checks a statement.
    ///
    /// - Parameters:
    ///   - sql: the text.
    ///   - version: the language it is written in.
    ///   - limits: how large it may be.
    /// - Throws: ``SQLSyntaxError`` at the first token that cannot stand where it stands.
    /// - Complexity: O(*n*) in the bytes of `sql`.
    public init(
        parsing sql: String,
        version: SQLVersion,
        limits: SyntaxLimits = .default
    ) throws(SQLSyntaxError) {
        var parser = try Parser(sql, version: version, limits: limits)
        self = try parser.parseStatement()
    }

    init(
        version: SQLVersion,
        variables: [Assignment],
        isValue: Bool,
        items: [SelectItem],
        source: TopicFilter?,
        condition: Expression?,
        text: [UInt8]
    ) {
        self.text = text
        self.version = version
        self.variables = variables
        self.isValue = isValue
        self.items = items
        self.source = source
        self.condition = condition
    }
}

extension SelectStatement {
    /// Whether both have the same meaning by their trees; how they were written does not count.
    public static func == (a: SelectStatement, b: SelectStatement) -> Bool {
        a.version == b.version && a.variables == b.variables && a.isValue == b.isValue
            && a.items == b.items && a.source == b.source && a.condition == b.condition
    }

    /// Hashes the tree.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(version)
        hasher.combine(variables)
        hasher.combine(isValue)
        hasher.combine(items)
        hasher.combine(source)
        hasher.combine(condition)
    }
}

extension SelectStatement: CustomStringConvertible {
    /// The statement in canonical form: parsing it gives an equal statement.
    public var description: String { Printer.print(self) }
}

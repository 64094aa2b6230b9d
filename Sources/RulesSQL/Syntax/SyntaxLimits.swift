/// How large a statement may be; every limit is checked while it is read.
public struct SyntaxLimits: Hashable, Sendable {
    /// The longest statement or template, in bytes of UTF-8.
    public var statementBytes: Int
    /// How deep expressions nest.
    public var depth: Int
    /// The most entries of one list: items, arguments, operands of a chain, path segments.
    public var listLength: Int
    /// The most SET variables.
    public var variables: Int

    /// The defaults: 65,536 bytes, depth 128, lists of 1,024, 10 variables.
    public static let `default` = SyntaxLimits(
        statementBytes: 65_536,
        depth: 128,
        listLength: 1_024,
        variables: 10
    )

    /// Sets every limit.
    public init(statementBytes: Int, depth: Int, listLength: Int, variables: Int) {
        self.statementBytes = statementBytes
        // The parser and the evaluator recurse once per level: an upper bound protects the stack.
        self.depth = min(depth, 256)
        self.listLength = listLength
        self.variables = variables
    }
}

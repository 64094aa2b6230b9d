internal import JSONDocument
public import MQTTTopics

/// A compiled rule: immutable, shared by any number of evaluators.
///
/// Compiling resolves names, folds constants, compiles literal patterns and decides whether the
/// rule can ever need the host.
public struct Program: Sendable {
    let code: Code
    private let box: StatementBox

    /// Keeps a program as small as two references.
    private final class StatementBox: Sendable {
        let statement: SelectStatement

        init(_ statement: SelectStatement) { self.statement = statement }
    }

    /// The statement that was compiled.
    public var statement: SelectStatement { box.statement }

    /// Compiles a statement.
    ///
    /// - Throws: ``SQLSyntaxError`` for a literal regular expression outside of the supported
    ///   syntax.
    /// - Complexity: O(*n*) in the nodes of the tree.
    public init(_ statement: SelectStatement) throws(SQLSyntaxError) {
        var compiler = Compiler(version: statement.version, text: statement.text)
        try compiler.compile(statement)
        code = Code(compiler)
        box = StatementBox(statement)
    }

    /// Parses and compiles a statement.
    ///
    /// - Throws: ``SQLSyntaxError`` at the first thing that is wrong.
    public init(
        parsing sql: String,
        version: SQLVersion,
        limits: SyntaxLimits = .default
    ) throws(SQLSyntaxError) {
        try self.init(SelectStatement(parsing: sql, version: version, limits: limits))
    }

    /// Whether an evaluation may stop with ``Outcome/needsHost(_:)``.
    public var requiresHost: Bool { code.requiresHost }

    /// The topic filter of FROM.
    public var source: TopicFilter? { code.source }

    /// The program as text: one line for each operation, in the order they are numbered.
    public func explain() -> String { Explanation.text(of: code) }
}

/// A string with `${expression}` parts, as action parameters have them.
///
/// The expressions see the original message and the SET variables of the rule, not its aliases.
public struct Template: Sendable {
    enum Part {
        case text([UInt8])
        case node(Int32)
    }

    let code: Code
    let parts: [Part]

    /// Reads and compiles a template.
    ///
    /// - Parameters:
    ///   - text: the template; `$` that no `{` follows is text.
    ///   - version: the language of the expressions.
    ///   - statement: the rule whose variables the expressions may use.
    ///   - limits: how large it may be.
    /// - Throws: ``SQLSyntaxError`` with a range in `text`.
    public init(
        parsing text: String,
        version: SQLVersion,
        variablesOf statement: SelectStatement? = nil,
        limits: SyntaxLimits = .default
    ) throws(SQLSyntaxError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= limits.statementBytes else {
            throw SQLSyntaxError(
                .tooLarge("the template has \(bytes.count) bytes", limit: limits.statementBytes),
                at: limits.statementBytes..<bytes.count
            )
        }
        var compiler = Compiler(version: version, text: bytes)
        try compiler.compile(statement?.variables ?? [])
        var parts: [Part] = []
        var literal: [UInt8] = []
        var position = 0
        while position < bytes.count {
            guard bytes[position] == 0x24, position + 1 < bytes.count, bytes[position + 1] == 0x7B
            else {
                literal.append(bytes[position])
                position += 1
                continue
            }
            var parser = try Parser(
                bytes,
                range: (position + 2)..<bytes.count,
                version: version,
                limits: limits
            )
            parser.declared = Set(compiler.variableNames)
            let expression = try parser.expression()
            guard parser.token.kind == .symbol(.rightBrace) else {
                throw parser.unexpected("an operator or '}'")
            }
            position = parser.token.range.upperBound
            if !literal.isEmpty { parts.append(.text(literal)) }
            literal = []
            parts.append(.node(try compiler.node(expression)))
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
        self.parts = parts
        code = Code(compiler)
    }

    /// Whether an evaluation may stop with ``Outcome/needsHost(_:)``; such templates are refused in
    /// error actions.
    public var requiresHost: Bool { code.requiresHost }

    /// Whether the template has no expression.
    public var isConstant: Bool {
        parts.allSatisfy { if case .text = $0 { true } else { false } }
    }
}

extension Machine {
    /// Writes a template's text.
    mutating func expand(
        _ template: Template,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext,
        into output: inout [UInt8]
    ) -> Outcome {
        begin(template.code)
        let start = output.count
        for part in template.parts {
            switch part {
            case .text(let bytes): output += bytes
            case .node(let node):
                let result = value(node, template.code, frame, context)
                // Undefined and Null leave nothing.
                if let text = result.toText(template.code.version) { output += text.utf8 }
            }
            if output.count - start > scratch.limits.stringBytes {
                scratch.fail(.limit(.stringBytes))
            }
            if isHalted { break }
        }
        if let failure = scratch.failure {
            output.removeSubrange(start...)
            return .failed(failure)
        }
        if let pendingCall {
            output.removeSubrange(start...)
            return .needsHost(pendingCall)
        }
        return .produced(start..<output.count)
    }
}

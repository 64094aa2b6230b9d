/// A node of the syntax tree and the text it was read from.
///
/// Two expressions are equal when they mean the same tree; ``range`` does not take part.
public struct Expression: Hashable, Sendable {
    /// What the expression is.
    public indirect enum Kind: Hashable, Sendable {
        /// A number, as written.
        case number(String)
        /// A string's value.
        case string(String)
        /// TRUE or FALSE.
        case boolean(Bool)
        /// NULL.
        case null
        /// A field of the payload, or in a nested query of the element.
        case field(String)
        /// `@name`.
        case variable(String)
        /// `*`, the whole payload.
        case star
        /// `root.name` and `root[index]`, any number of times.
        case path(Expression, [PathSegment])
        /// `name(arguments)`, the name as written.
        case call(String, [Expression])
        /// CAST(value AS type).
        case cast(Expression, CastType)
        /// CASE subject WHEN … THEN … ELSE … END.
        case caseOf(Expression, [WhenClause], otherwise: Expression?)
        /// `(SELECT … FROM source)`.
        case subselect(NestedSelect)
        /// EXISTS (SELECT …).
        case exists(NestedSelect)
        /// `[a, b]`.
        case array([Expression])
        /// `{'key': value}`.
        case object([ObjectMember])
        /// NOT.
        case not(Expression)
        /// A sign in front of a value.
        case signed(Sign, Expression)
        /// Operands joined by AND, or by OR.
        case logical(LogicalOperator, [Expression])
        /// A comparison or IN.
        case comparison(ComparisonOperator, Expression, Expression)
        /// Operands of one precedence, evaluated from left to right.
        case arithmetic(Expression, [ArithmeticStep])
    }

    /// What the expression is.
    public let kind: Kind
    /// The text, as offsets in the statement's UTF-8.
    public let range: Range<Int>
    /// Levels of nodes below and including this one; bounds every recursion over the tree.
    let height: Int

    /// Makes a node over children whose tallest has the height `childHeight`.
    init(_ kind: Kind, at range: Range<Int>, childHeight: Int = 0) {
        self.kind = kind
        self.range = range
        height = childHeight + 1
    }

    /// Compares the trees, not where they were read from.
    public static func == (a: Expression, b: Expression) -> Bool { a.kind == b.kind }

    /// Hashes the tree.
    public func hash(into hasher: inout Hasher) { hasher.combine(kind) }
}

extension Expression {
    /// One step of a path.
    public enum PathSegment: Hashable, Sendable {
        /// `.name`
        case member(String)
        /// `[index]`
        case index(Expression)
    }

    /// One WHEN … THEN … of a CASE.
    public struct WhenClause: Hashable, Sendable {
        /// What the subject is compared with.
        public var test: Expression
        /// The value if they are equal.
        public var result: Expression
    }

    /// One member of an object literal.
    public struct ObjectMember: Hashable, Sendable {
        /// The key.
        public var key: String
        /// The value.
        public var value: Expression
    }

    /// An operator and its right operand.
    public struct ArithmeticStep: Hashable, Sendable {
        /// The operator.
        public var symbol: ArithmeticOperator
        /// Its right operand.
        public var operand: Expression
    }

    /// `+` or `-` in front of a value.
    public enum Sign: String, Hashable, Sendable { case plus = "+", minus = "-" }

    /// AND or OR.
    public enum LogicalOperator: String, Hashable, Sendable { case and = "AND", or = "OR" }

    /// The operators between two values that give a Boolean.
    public enum ComparisonOperator: String, Hashable, Sendable {
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case isIn = "IN"
    }

    /// The operators of arithmetic; `+` joins strings as well.
    public enum ArithmeticOperator: String, Hashable, Sendable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case remainder = "%"
    }

    /// What CAST makes.
    public struct CastType: Hashable, Sendable {
        /// The type behind the word.
        public enum Target: Hashable, Sendable { case string, int, double, decimal, boolean }
        /// The type.
        public let target: Target
        /// The word, as written.
        public let word: String

        /// Looks a word up.
        ///
        /// - Returns: `nil` for a word that is no type.
        public init?(word: String) {
            switch word.asciiLowercased {
            case "string", "nvarchar", "text", "ntext", "varchar": target = .string
            case "int", "integer": target = .int
            case "double": target = .double
            case "decimal": target = .decimal
            case "bool", "boolean": target = .boolean
            default: return nil
            }
            self.word = word
        }
    }
}

/// One entry behind SELECT.
public struct SelectItem: Hashable, Sendable {
    /// The value; ``Expression/Kind/star`` for `*`.
    public var expression: Expression
    /// The words behind AS; more than one make nested objects, none stand for no AS.
    public var alias: [String]

    /// The key in the output: the alias, or what the expression itself suggests.
    ///
    /// `nil` for `*` without AS, whose members keep their own keys.
    public var outputPath: [String]? {
        guard alias.isEmpty else { return alias }
        switch expression.kind {
        case .field(let name), .variable(let name): return [name]
        case .call(let name, _): return [name]
        case .cast: return ["cast"]
        case .path(_, let segments):
            guard case .member(let name)? = segments.last else { return nil }
            return [name]
        default: return nil
        }
    }
}

/// `SELECT … FROM source` inside an expression.
public struct NestedSelect: Hashable, Sendable {
    /// Whether SELECT VALUE gives bare values.
    public var isValue: Bool
    /// What is made of each element.
    public var items: [SelectItem]
    /// The array or object that is read.
    public var source: Expression
    /// The name of the element, behind AS.
    public var alias: String?
    /// WHERE.
    public var condition: Expression?
}

internal import MQTTTopics

/// Recursive descent with precedence climbing; recursion is bounded by ``SyntaxLimits/depth``.
struct Parser {
    let bytes: [UInt8]
    let version: SQLVersion
    let limits: SyntaxLimits
    var lexer: Lexer
    var token: Token
    var nesting = 0
    /// SET variables assigned so far.
    var declared: Set<String> = []

    init(
        _ text: String,
        version: SQLVersion,
        limits: SyntaxLimits
    ) throws(SQLSyntaxError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= limits.statementBytes else {
            throw SQLSyntaxError(
                .tooLarge("the statement has \(bytes.count) bytes", limit: limits.statementBytes),
                at: limits.statementBytes..<bytes.count
            )
        }
        try self.init(bytes, range: 0..<bytes.count, version: version, limits: limits)
    }

    /// Starts at the first token of `bytes[range]`.
    init(
        _ bytes: [UInt8],
        range: Range<Int>,
        version: SQLVersion,
        limits: SyntaxLimits
    ) throws(SQLSyntaxError) {
        self.bytes = bytes
        self.version = version
        self.limits = limits
        lexer = Lexer(bytes, range: range)
        token = try lexer.next()
    }

    // MARK: Statement

    mutating func parseStatement() throws(SQLSyntaxError) -> SelectStatement {
        var variables: [SelectStatement.Assignment] = []
        if try accept(.set) {
            repeat { variables.append(try assignment()) } while try accept(.comma)
        }
        try expect(.select, "SELECT")
        let isValue = try acceptValueKeyword()
        let items = try self.items(isValue: isValue)
        var source: TopicFilter?
        if try accept(.from) { source = try topicFilter() }
        let condition: Expression? = try accept(.where) ? try expression() : nil
        guard token.kind == .end else {
            throw unexpected(expectedAfterStatement(source, condition))
        }
        return SelectStatement(
            version: version,
            variables: variables,
            isValue: isValue,
            items: items,
            source: source,
            condition: condition,
            text: bytes
        )
    }

    private func expectedAfterStatement(
        _ source: TopicFilter?,
        _ condition: Expression?
    ) -> String {
        if condition != nil { return "an operator or the end" }
        return source != nil ? "WHERE or the end" : "AS, ',', FROM, WHERE or the end"
    }

    private mutating func assignment() throws(SQLSyntaxError) -> SelectStatement.Assignment {
        guard token.kind == .variable else { throw unexpected("a variable such as @name") }
        let name = token
        try advance()
        try expect(.equal, "'='")
        let value = try expression()
        guard declared.insert(name.text).inserted else {
            throw SQLSyntaxError(.variableAssignedTwice(name.text), at: name.range)
        }
        guard declared.count <= limits.variables else {
            throw SQLSyntaxError(
                .tooLarge("too many SET variables", limit: limits.variables),
                at: name.range
            )
        }
        return SelectStatement.Assignment(name: name.text, value: value)
    }

    private mutating func topicFilter() throws(SQLSyntaxError) -> TopicFilter {
        guard token.kind == .string else { throw unexpected("a topic filter in quotes") }
        let text = token
        try advance()
        do {
            return try TopicFilter(text.text)
        } catch {
            throw SQLSyntaxError(.topicFilter("\(error)"), at: text.range)
        }
    }

    /// VALUE is a keyword only where an expression follows, so that a field may be called `value`.
    mutating func acceptValueKeyword() throws(SQLSyntaxError) -> Bool {
        guard token.keyword == .value else { return false }
        var ahead = lexer
        let next = try ahead.next()
        guard startsExpression(next) else { return false }
        if next.kind == .symbol(.star) {
            // `SELECT VALUE * FROM` against the product `value * 2`.
            let following = try ahead.next()
            let ends: Bool =
                switch following.kind {
                case .end, .symbol(.rightParenthesis), .symbol(.comma): true
                default: following.keyword.map { [.from, .where, .as].contains($0) } ?? false
                }
            guard ends else { return false }
        }
        try advance()
        return true
    }

    private func startsExpression(_ token: Token) -> Bool {
        switch token.kind {
        case .number, .string, .variable: true
        case .word:
            switch token.keyword {
            case nil, .value, .true, .false, .null, .case, .not, .exists: true
            default: false
            }
        case .symbol(let symbol):
            switch symbol {
            case .leftParenthesis, .leftBrace, .minus, .plus, .star: true
            // In the first version there are no array literals: `value[0]` is a path.
            case .leftBracket: version.hasNestedQueries
            default: false
            }
        case .end: false
        }
    }

    mutating func items(isValue: Bool) throws(SQLSyntaxError) -> [SelectItem] {
        var items: [SelectItem] = []
        repeat {
            if isValue, !items.isEmpty {
                throw SQLSyntaxError(.valueTakesOneItem, at: token.range)
            }
            items.append(try item(isValue: isValue))
            try checkLength(items.count, "too many items")
        } while try accept(.comma)
        return items
    }

    private mutating func item(isValue: Bool) throws(SQLSyntaxError) -> SelectItem {
        let isStar = token.kind == .symbol(.star)
        let value: Expression
        if isStar {
            value = Expression(.star, at: token.range)
            try advance()
        } else {
            value = try expression()
        }
        var alias: [String] = []
        if try accept(.as) {
            repeat {
                alias.append(try identifier(alias.isEmpty ? "a name" : "a name after '.'"))
                try checkLength(alias.count, "too many names in AS")
            } while try accept(.dot)
        }
        let item = SelectItem(expression: value, alias: alias)
        guard isStar || isValue || item.outputPath != nil else {
            throw SQLSyntaxError(.itemNeedsAlias, at: value.range)
        }
        return item
    }

    // MARK: Tokens

    mutating func advance() throws(SQLSyntaxError) { token = try lexer.next() }

    mutating func accept(_ keyword: Keyword) throws(SQLSyntaxError) -> Bool {
        guard token.keyword == keyword else { return false }
        try advance()
        return true
    }

    mutating func accept(_ symbol: Token.Symbol) throws(SQLSyntaxError) -> Bool {
        guard token.kind == .symbol(symbol) else { return false }
        try advance()
        return true
    }

    mutating func expect(_ keyword: Keyword, _ expected: String) throws(SQLSyntaxError) {
        guard try accept(keyword) else { throw unexpected(expected) }
    }

    mutating func expect(_ symbol: Token.Symbol, _ expected: String) throws(SQLSyntaxError) {
        guard try accept(symbol) else { throw unexpected(expected) }
    }

    /// A name that is no reserved word; VALUE is none.
    mutating func identifier(_ expected: String) throws(SQLSyntaxError) -> String {
        guard token.kind == .word, token.keyword == nil || token.keyword == .value else {
            throw unexpected(expected)
        }
        let name = token.text
        try advance()
        return name
    }

    func unexpected(_ expected: String) -> SQLSyntaxError {
        let found: String
        switch token.kind {
        case .end: found = "end"
        case .word:
            found = token.keyword.map { $0.rawValue.uppercasedASCII } ?? "'\(token.text)'"
        case .string: found = "string"
        case .variable: found = "'@\(token.text)'"
        case .number, .symbol: found = "'\(token.text)'"
        }
        return SQLSyntaxError(.unexpected(found: found, expected: expected), at: token.range)
    }

    func checkLength(_ count: Int, _ what: String) throws(SQLSyntaxError) {
        guard count <= limits.listLength else {
            throw SQLSyntaxError(.tooLarge(what, limit: limits.listLength), at: token.range)
        }
    }

    func needs2016(_ what: String, at range: Range<Int>) throws(SQLSyntaxError) {
        guard version.hasNestedQueries else {
            throw SQLSyntaxError(.needsVersion2016(what), at: range)
        }
    }
}

extension String {
    /// The string with a...z as A...Z and nothing else changed.
    var uppercasedASCII: String {
        String(decoding: utf8.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }, as: UTF8.self)
    }
}

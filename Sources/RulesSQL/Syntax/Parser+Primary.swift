internal import JSONDocument

extension Parser {
    mutating func primary() throws(SQLSyntaxError) -> Expression {
        let start = token
        switch token.kind {
        case .number:
            guard Decimal34(start.text) != nil else {
                throw SQLSyntaxError(.numberOutOfRange(start.text), at: start.range)
            }
            return try leaf(.number(start.text))
        case .string: return try leaf(.string(start.text))
        case .variable:
            guard declared.contains(start.text) else {
                throw SQLSyntaxError(.undeclaredVariable(start.text), at: start.range)
            }
            return try leaf(.variable(start.text))
        case .word: return try word()
        case .symbol(.leftParenthesis): return try parenthesised()
        case .symbol(.leftBracket): return try arrayLiteral()
        case .symbol(.leftBrace): return try objectLiteral()
        case .symbol(.star): throw SQLSyntaxError(.misplacedStar, at: start.range)
        case .symbol, .end: throw unexpected("an expression")
        }
    }

    private mutating func leaf(_ kind: Expression.Kind) throws(SQLSyntaxError) -> Expression {
        let range = token.range
        try advance()
        return Expression(kind, at: range)
    }

    private mutating func word() throws(SQLSyntaxError) -> Expression {
        switch token.keyword {
        case .true: return try leaf(.boolean(true))
        case .false: return try leaf(.boolean(false))
        case .null: return try leaf(.null)
        case .case: return try caseExpression()
        case .exists: return try exists()
        case nil, .value: break
        default: throw unexpected("an expression")
        }
        let name = token
        try advance()
        guard token.kind == .symbol(.leftParenthesis) else {
            return Expression(.field(name.text), at: name.range)
        }
        try advance()
        return name.text.asciiLowercased == "cast" ? try cast(name) : try call(name)
    }

    /// CAST with its parenthesis open.
    private mutating func cast(_ name: Token) throws(SQLSyntaxError) -> Expression {
        let value = try expression()
        try expect(.as, "AS and a type")
        guard token.kind == .word else { throw unexpected("a type") }
        guard let type = Expression.CastType(word: token.text) else {
            throw SQLSyntaxError(.unknownCastType(token.text), at: token.range)
        }
        if type.target == .decimal || type.target == .boolean {
            try needs2016("CAST AS \(token.text)", at: token.range)
        }
        try advance()
        let end = token.range.upperBound
        try expect(.rightParenthesis, "')'")
        return try node(
            .cast(value, type),
            at: name.range.lowerBound..<end,
            childHeight: value.height
        )
    }

    /// A call with its parenthesis open.
    private mutating func call(_ name: Token) throws(SQLSyntaxError) -> Expression {
        guard let function = FunctionSignature.named(name.text.asciiLowercased) else {
            throw SQLSyntaxError(
                .unknownFunction(
                    name.text,
                    suggestion: FunctionSignature.nearest(to: name.text.asciiLowercased)
                ),
                at: name.range
            )
        }
        if function.since == .v2016 { try needs2016(function.name, at: name.range) }
        var arguments: [Expression] = []
        var height = 0
        if token.kind != .symbol(.rightParenthesis) {
            repeat {
                let argument = try self.argument(function, arguments.count)
                height = max(height, argument.height)
                arguments.append(argument)
                try checkLength(arguments.count, "too many arguments")
            } while try accept(.comma)
        }
        let end = token.range.upperBound
        try expect(.rightParenthesis, "',' or ')'")
        try function.checkFixedArguments(arguments)
        return try node(
            .call(name.text, arguments),
            at: name.range.lowerBound..<end,
            childHeight: height
        )
    }

    private mutating func argument(
        _ function: FunctionSignature,
        _ index: Int
    ) throws(SQLSyntaxError) -> Expression {
        guard token.kind == .symbol(.star) else { return try expression() }
        guard function.starArgument == index else {
            throw SQLSyntaxError(.misplacedStar, at: token.range)
        }
        return try leaf(.star)
    }

    private mutating func caseExpression() throws(SQLSyntaxError) -> Expression {
        let start = token.range.lowerBound
        try advance()
        // A searched CASE (CASE WHEN …) is refused here: WHEN starts no expression.
        let subject = try expression()
        var height = subject.height
        var clauses: [Expression.WhenClause] = []
        while try accept(.when) {
            let test = try expression()
            try expect(.then, "THEN")
            let result = try expression()
            height = max(height, test.height, result.height)
            clauses.append(Expression.WhenClause(test: test, result: result))
            try checkLength(clauses.count, "too many WHEN")
        }
        guard !clauses.isEmpty else { throw unexpected("WHEN") }
        var otherwise: Expression?
        if try accept(.else) {
            let value = try expression()
            height = max(height, value.height)
            otherwise = value
        }
        let end = token.range.upperBound
        try expect(.end, otherwise == nil ? "WHEN, ELSE or END" : "END")
        return try node(
            .caseOf(subject, clauses, otherwise: otherwise),
            at: start..<end,
            childHeight: height
        )
    }

    private mutating func exists() throws(SQLSyntaxError) -> Expression {
        let start = token.range
        try needs2016("EXISTS", at: start)
        try advance()
        try expect(.leftParenthesis, "'(' and a nested SELECT")
        guard token.keyword == .select else { throw unexpected("SELECT") }
        let (query, end, height) = try nestedSelect()
        return try node(.exists(query), at: start.lowerBound..<end, childHeight: height)
    }

    private mutating func parenthesised() throws(SQLSyntaxError) -> Expression {
        let start = token.range.lowerBound
        try advance()
        if token.keyword == .select {
            try needs2016("a nested query", at: token.range)
            let (query, end, height) = try nestedSelect()
            return try node(.subselect(query), at: start..<end, childHeight: height)
        }
        let inner = try expression()
        try expect(.rightParenthesis, "')'")
        return inner
    }

    /// A nested query up to its closing parenthesis; the current token is SELECT.
    private mutating func nestedSelect()
        throws(SQLSyntaxError) -> (NestedSelect, end: Int, height: Int)
    {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= limits.depth else {
            throw SQLSyntaxError(
                .tooLarge("expressions nest too deeply", limit: limits.depth),
                at: token.range
            )
        }
        try advance()
        let isValue = try acceptValueKeyword()
        let items = try self.items(isValue: isValue)
        try expect(.from, "FROM")
        let source = try postfix()
        let alias: String? = try accept(.as) ? try identifier("a name") : nil
        let condition: Expression? = try accept(.where) ? try expression() : nil
        let end = token.range.upperBound
        try expect(.rightParenthesis, condition == nil ? "AS, WHERE or ')'" : "')'")
        var height = max(source.height, condition?.height ?? 0)
        for item in items { height = max(height, item.expression.height) }
        let query = NestedSelect(
            isValue: isValue,
            items: items,
            source: source,
            alias: alias,
            condition: condition
        )
        return (query, end, height)
    }

    private mutating func arrayLiteral() throws(SQLSyntaxError) -> Expression {
        let start = token.range
        try needs2016("an array literal", at: start)
        try advance()
        var elements: [Expression] = []
        var height = 0
        if token.kind != .symbol(.rightBracket) {
            repeat {
                let element = try expression()
                height = max(height, element.height)
                elements.append(element)
                try checkLength(elements.count, "too many elements")
            } while try accept(.comma)
        }
        let end = token.range.upperBound
        try expect(.rightBracket, "',' or ']'")
        return try node(.array(elements), at: start.lowerBound..<end, childHeight: height)
    }

    private mutating func objectLiteral() throws(SQLSyntaxError) -> Expression {
        let start = token.range
        try needs2016("an object literal", at: start)
        try advance()
        var members: [Expression.ObjectMember] = []
        var height = 0
        if token.kind != .symbol(.rightBrace) {
            repeat {
                guard token.kind == .string else { throw unexpected("a key in quotes") }
                let key = token.text
                try advance()
                try expect(.colon, "':'")
                let value = try expression()
                height = max(height, value.height)
                members.append(Expression.ObjectMember(key: key, value: value))
                try checkLength(members.count, "too many members")
            } while try accept(.comma)
        }
        let end = token.range.upperBound
        try expect(.rightBrace, "',' or '}'")
        return try node(.object(members), at: start.lowerBound..<end, childHeight: height)
    }
}

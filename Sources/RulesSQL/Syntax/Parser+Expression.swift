internal import JSONDocument

extension Parser {
    /// How tightly operators bind, from OR to the signs.
    enum Precedence: Int, Comparable {
        case or, and, not, comparison, additive, multiplicative, unary

        static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }

        var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .unary }
    }

    private enum Operator {
        case logical(Expression.LogicalOperator)
        case comparison(Expression.ComparisonOperator)
        case arithmetic(Expression.ArithmeticOperator)

        var precedence: Precedence {
            switch self {
            case .logical(.or): .or
            case .logical(.and): .and
            case .comparison: .comparison
            case .arithmetic(.add), .arithmetic(.subtract): .additive
            case .arithmetic: .multiplicative
            }
        }
    }

    mutating func expression() throws(SQLSyntaxError) -> Expression { try expression(from: .or) }

    /// Reads operators that bind at least as tightly as `minimum`.
    mutating func expression(from minimum: Precedence) throws(SQLSyntaxError) -> Expression {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= limits.depth else {
            throw SQLSyntaxError(
                .tooLarge("expressions nest too deeply", limit: limits.depth),
                at: token.range
            )
        }
        var left = try prefix(minimum)
        while let next = binaryOperator(), next.precedence >= minimum {
            switch next {
            case .logical(let symbol): left = try logicalChain(left, symbol)
            case .arithmetic: left = try arithmeticChain(left, next.precedence)
            case .comparison(let symbol):
                try advance()
                let right = try expression(from: .additive)
                left = try node(.comparison(symbol, left, right), over: left, right)
            }
        }
        return left
    }

    private func binaryOperator() -> Operator? {
        switch token.kind {
        case .word:
            switch token.keyword {
            case .and: return .logical(.and)
            case .or: return .logical(.or)
            case .in: return .comparison(.isIn)
            default: return nil
            }
        case .symbol(let symbol):
            let text = symbol.rawValue
            if let comparison = Expression.ComparisonOperator(rawValue: text) {
                return .comparison(comparison)
            }
            return Expression.ArithmeticOperator(rawValue: text).map { .arithmetic($0) }
        default: return nil
        }
    }

    private mutating func logicalChain(
        _ first: Expression,
        _ symbol: Expression.LogicalOperator
    ) throws(SQLSyntaxError) -> Expression {
        let precedence: Precedence = symbol == .or ? .or : .and
        var operands = [first]
        while case .logical(symbol)? = binaryOperator() {
            try advance()
            operands.append(try expression(from: precedence.tighter))
            try checkLength(operands.count, "too many operands")
        }
        let last = operands[operands.count - 1]
        let height = operands.reduce(0) { max($0, $1.height) }
        return try node(
            .logical(symbol, operands),
            at: first.range.lowerBound..<last.range.upperBound,
            childHeight: height
        )
    }

    private mutating func arithmeticChain(
        _ first: Expression,
        _ precedence: Precedence
    ) throws(SQLSyntaxError) -> Expression {
        var steps: [Expression.ArithmeticStep] = []
        var height = first.height
        var end = first.range.upperBound
        while case .arithmetic(let symbol)? = binaryOperator(),
            Operator.arithmetic(symbol).precedence == precedence
        {
            try advance()
            let operand = try expression(from: precedence.tighter)
            height = max(height, operand.height)
            end = operand.range.upperBound
            steps.append(Expression.ArithmeticStep(symbol: symbol, operand: operand))
            try checkLength(steps.count, "too many operands")
        }
        return try node(
            .arithmetic(first, steps),
            at: first.range.lowerBound..<end,
            childHeight: height
        )
    }

    private mutating func prefix(_ minimum: Precedence) throws(SQLSyntaxError) -> Expression {
        let start = token.range.lowerBound
        if token.keyword == .not, minimum <= .not {
            try advance()
            let operand = try expression(from: token.keyword == .not ? .not : .comparison)
            return try node(
                .not(operand),
                at: start..<operand.range.upperBound,
                childHeight: operand.height
            )
        }
        if case .symbol(let symbol) = token.kind,
            let sign = Expression.Sign(rawValue: symbol.rawValue)
        {
            try advance()
            let operand = try postfix()
            return try node(
                .signed(sign, operand),
                at: start..<operand.range.upperBound,
                childHeight: operand.height
            )
        }
        return try postfix()
    }

    /// A primary and the path behind it.
    mutating func postfix() throws(SQLSyntaxError) -> Expression {
        let root = try primary()
        var segments: [Expression.PathSegment] = []
        var height = root.height
        var end = root.range.upperBound
        while true {
            if token.kind == .symbol(.dot) {
                try advance()
                guard token.kind == .word else { throw unexpected("a name after '.'") }
                segments.append(.member(token.text))
                end = token.range.upperBound
                try advance()
            } else if token.kind == .symbol(.leftBracket) {
                try advance()
                let index = try expression()
                height = max(height, index.height)
                segments.append(.index(index))
                end = token.range.upperBound
                try expect(.rightBracket, "']'")
            } else {
                break
            }
            try checkLength(segments.count, "the path is too long")
        }
        guard !segments.isEmpty else { return root }
        // `(a.b).c` and `a.b.c` are one path.
        if case .path(let inner, let first) = root.kind {
            segments = first + segments
            try checkLength(segments.count, "the path is too long")
            return try node(
                .path(inner, segments),
                at: root.range.lowerBound..<end,
                childHeight: max(height - 1, inner.height)
            )
        }
        return try node(
            .path(root, segments),
            at: root.range.lowerBound..<end,
            childHeight: height
        )
    }

    func node(
        _ kind: Expression.Kind,
        at range: Range<Int>,
        childHeight: Int
    ) throws(SQLSyntaxError) -> Expression {
        guard childHeight < limits.depth else {
            throw SQLSyntaxError(
                .tooLarge("expressions nest too deeply", limit: limits.depth),
                at: range
            )
        }
        return Expression(kind, at: range, childHeight: childHeight)
    }

    private func node(
        _ kind: Expression.Kind,
        over left: Expression,
        _ right: Expression
    ) throws(SQLSyntaxError) -> Expression {
        try node(
            kind,
            at: left.range.lowerBound..<right.range.upperBound,
            childHeight: max(left.height, right.height)
        )
    }
}

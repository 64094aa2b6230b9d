internal import JSONDocument

extension Compiler {
    mutating func node(_ expression: Expression) throws(SQLSyntaxError) -> Int32 {
        let range = expression.range
        switch expression.kind {
        case .number(let text):
            return constant(
                Numeric(reading: text, version).map { .number($0) } ?? .undefined,
                at: range
            )
        case .string(let text): return constant(.string(text), at: range)
        case .boolean(let value): return constant(.bool(value), at: range)
        case .null: return constant(.null, at: range)
        case .field(let name): return field(name, at: range)
        case .variable(let name):
            guard let index = variableNames.lastIndex(of: name) else {
                throw SQLSyntaxError(.undeclaredVariable(name), at: range)
            }
            return add(.variable(Int32(truncatingIfNeeded: index)), at: range)
        case .star: return add(.payload, at: range)
        case .path(let root, let segments): return try path(root, segments, range)
        case .call(let name, let arguments): return try call(name, arguments, range)
        case .cast(let value, let type):
            let operand = try node(value)
            if let known = constantValue(operand) {
                return constant(Operations.cast(known, type.target, version), at: range)
            }
            return add(.cast(operand, type.target), at: range, isStable: stable(operand))
        case .caseOf(let subject, let clauses, let otherwise):
            return try caseOf(subject, clauses, otherwise, range)
        case .subselect(let query):
            let number = try self.query(query)
            return add(.select(number), at: range, isStable: !isNested && isQueryStable(number))
        case .exists(let query):
            let number = try self.query(query)
            return add(.exists(number), at: range, isStable: !isNested && isQueryStable(number))
        default: return try combined(expression)
        }
    }

    /// Whether a query gives the same value each time; queries in queries are never kept.
    private func isQueryStable(_ number: Int32) -> Bool {
        let query = queries[Int(number)]
        return isStable[Int(query.source)] && !containsUnstableCall(query)
    }

    private func containsUnstableCall(_ query: QueryPlan) -> Bool {
        // Random and host calls are the only calls whose node is not interned; a query that may
        // hold one is computed each time.
        nodes.contains {
            if case .call(let function, _, _) = $0 { function.isUnstable } else { false }
        }
    }

    private mutating func combined(_ expression: Expression) throws(SQLSyntaxError) -> Int32 {
        let range = expression.range
        switch expression.kind {
        case .array(let elements):
            var numbers: [Int32] = []
            for element in elements { numbers.append(try node(element)) }
            let isStable = numbers.allSatisfy { stable($0) }
            if let values = constantValues(numbers) {
                return constant(.array(values.compactMap { $0.json(version) }), at: range)
            }
            return add(.array(list(numbers)), at: range, isStable: isStable)
        case .object(let members): return try object(members, range)
        case .not(let operand):
            let number = try node(operand)
            if let known = constantValue(number) {
                return constant(Truth(known.toBool).negated.value, at: range)
            }
            return add(.not(number), at: range, isStable: stable(number))
        case .signed(let sign, let operand):
            let number = try node(operand)
            if let known = constantValue(number) {
                return constant(Operations.signed(sign, known, version), at: range)
            }
            return add(.signed(sign, number), at: range, isStable: stable(number))
        case .logical(let symbol, let expressions):
            var numbers: [Int32] = []
            for operand in expressions { numbers.append(try node(operand)) }
            let isStable = numbers.allSatisfy { stable($0) }
            if let values = constantValues(numbers) {
                return constant(
                    Operations.logical(symbol, values.map { Truth($0.toBool) }).value,
                    at: range
                )
            }
            return add(.logical(symbol, list(numbers)), at: range, isStable: isStable)
        case .comparison(let symbol, let left, let right):
            return comparison(symbol, try node(left), try node(right), range)
        case .arithmetic(let first, let steps): return try arithmetic(first, steps, range)
        default: return constant(.undefined, at: range)
        }
    }

    private func constantValues(_ numbers: [Int32]) -> [Value]? {
        var values: [Value] = []
        for number in numbers {
            guard let value = constantValue(number) else { return nil }
            values.append(value)
        }
        return values
    }

    private mutating func object(
        _ members: [Expression.ObjectMember],
        _ range: Range<Int>
    ) throws(SQLSyntaxError) -> Int32 {
        var pairs: [Int32] = []
        for member in members {
            pairs.append(constant(.string(member.key), at: range))
            pairs.append(try node(member.value))
        }
        let isStable = pairs.allSatisfy { stable($0) }
        if let values = constantValues(pairs) {
            return constant(.object(Operations.object(values, version)), at: range)
        }
        return add(.object(list(pairs)), at: range, isStable: isStable)
    }

    private mutating func comparison(
        _ symbol: Expression.ComparisonOperator,
        _ left: Int32,
        _ right: Int32,
        _ range: Range<Int>
    ) -> Int32 {
        if let a = constantValue(left), let b = constantValue(right) {
            return constant(Operations.compare(symbol, a, b, version).value, at: range)
        }
        if symbol != .isIn {
            if case .field(let path) = nodes[Int(left)],
                case .constant(let constant) = nodes[Int(right)]
            {
                return add(.fieldComparison(symbol, path: path, constant: constant), at: range)
            }
            if case .field(let path) = nodes[Int(right)],
                case .constant(let constant) = nodes[Int(left)]
            {
                let turned = symbol.turned
                return add(.fieldComparison(turned, path: path, constant: constant), at: range)
            }
        }
        return add(
            .comparison(symbol, left, right),
            at: range,
            isStable: stable(left, right)
        )
    }

    private mutating func arithmetic(
        _ first: Expression,
        _ steps: [Expression.ArithmeticStep],
        _ range: Range<Int>
    ) throws(SQLSyntaxError) -> Int32 {
        var left = try node(first)
        var index = 0
        while index < steps.count {
            let symbol = steps[index].symbol
            // Long chains of one operator are one node: a chain is no deep tree.
            var run = [left]
            while index < steps.count, steps[index].symbol == symbol {
                run.append(try node(steps[index].operand))
                index += 1
            }
            let end = steps[index - 1].operand.range.upperBound
            let range = range.lowerBound..<max(range.lowerBound, end)
            left = arithmetic(symbol, run, range)
        }
        return left
    }

    private mutating func arithmetic(
        _ symbol: Expression.ArithmeticOperator,
        _ run: [Int32],
        _ range: Range<Int>
    ) -> Int32 {
        var run = run
        // Leading constants are computed now.
        while run.count > 1, let a = constantValue(run[0]), let b = constantValue(run[1]) {
            let value = Operations.arithmetic(symbol, a, b, version)
            guard !Operations.isLong(value) else { break }
            run.removeFirst()
            run[0] = constant(value, at: range)
        }
        if run.count == 1 { return run[0] }
        let isStable = run.allSatisfy { stable($0) }
        if run.count == 2 {
            return add(.arithmetic(symbol, run[0], run[1]), at: range, isStable: isStable)
        }
        return add(.chain(symbol, list(run)), at: range, isStable: isStable)
    }

    private mutating func caseOf(
        _ subject: Expression,
        _ clauses: [Expression.WhenClause],
        _ otherwise: Expression?,
        _ range: Range<Int>
    ) throws(SQLSyntaxError) -> Int32 {
        var numbers = [try node(subject)]
        for clause in clauses {
            numbers.append(try node(clause.test))
            numbers.append(try node(clause.result))
        }
        let last: Int32 = if let otherwise { try node(otherwise) } else { -1 }
        let isStable = numbers.allSatisfy { stable($0) } && (last < 0 || stable(last))
        return add(.caseOf(list(numbers), otherwise: last), at: range, isStable: isStable)
    }

    private mutating func path(
        _ root: Expression,
        _ segments: [Expression.PathSegment],
        _ range: Range<Int>
    ) throws(SQLSyntaxError) -> Int32 {
        // Names below the payload's root are one lookup.
        if !isNested, case .field(let first) = root.kind {
            var names = [first]
            var rest = segments[...]
            while case .member(let name)? = rest.first {
                names.append(name)
                rest.removeFirst()
            }
            let start = add(.field(path: path(names)), at: range)
            return try follow(Array(rest), from: start, range)
        }
        return try follow(segments, from: try node(root), range)
    }

    private mutating func follow(
        _ segments: [Expression.PathSegment],
        from start: Int32,
        _ range: Range<Int>
    ) throws(SQLSyntaxError) -> Int32 {
        var base = start
        for segment in segments {
            switch segment {
            case .member(let name):
                base = add(.member(base, key: key(name)), at: range, isStable: stable(base))
            case .index(let expression):
                let index = try node(expression)
                base = add(.index(base, index), at: range, isStable: stable(base, index))
            }
        }
        return base
    }
}

extension Expression.ComparisonOperator {
    /// The operator with its sides exchanged.
    var turned: Self {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: self
        }
    }
}

internal import MQTTTopics

/// Writes a syntax tree as text that parses to the same tree.
struct Printer {
    private var text = ""

    static func print(_ statement: SelectStatement) -> String {
        var printer = Printer()
        if !statement.variables.isEmpty {
            printer.text += "SET "
            printer.list(statement.variables) { printer, assignment in
                printer.text += "@\(assignment.name) = "
                printer.write(assignment.value, at: .or)
            }
            printer.text += " "
        }
        printer.text += "SELECT "
        printer.items(statement.items, isValue: statement.isValue)
        if let source = statement.source {
            printer.text += " FROM "
            printer.string(source.rawValue)
        }
        if let condition = statement.condition {
            printer.text += " WHERE "
            printer.write(condition, at: .or)
        }
        return printer.text
    }

    static func print(_ expression: Expression) -> String {
        var printer = Printer()
        printer.write(expression, at: .or)
        return printer.text
    }

    private mutating func list<T>(_ values: [T], _ write: (inout Printer, T) -> Void) {
        for (index, value) in values.enumerated() {
            if index > 0 { text += ", " }
            write(&self, value)
        }
    }

    private mutating func items(_ items: [SelectItem], isValue: Bool) {
        if isValue { text += "VALUE " }
        list(items) { printer, item in
            if case .field(let name) = item.expression.kind {
                printer.text += name
            } else {
                printer.write(item.expression, at: .or)
            }
            if !item.alias.isEmpty { printer.text += " AS " + item.alias.joined(separator: ".") }
        }
    }

    private mutating func string(_ value: String) {
        text += "'"
        for scalar in value.unicodeScalars {
            if scalar == "'" { text += "'" }
            text.unicodeScalars.append(scalar)
        }
        text += "'"
    }

    /// Writes an expression where operators must bind at least as tightly as `minimum`.
    private mutating func write(_ expression: Expression, at minimum: Parser.Precedence) {
        let needsParentheses = precedence(expression) < minimum
        if needsParentheses { text += "(" }
        body(expression)
        if needsParentheses { text += ")" }
    }

    private func precedence(_ expression: Expression) -> Parser.Precedence {
        switch expression.kind {
        case .logical(.or, _): .or
        case .logical(.and, _): .and
        case .not: .not
        case .comparison: .comparison
        case .arithmetic(_, let steps):
            switch steps.first?.symbol {
            case .add, .subtract, nil: .additive
            default: .multiplicative
            }
        default: .unary
        }
    }

    private mutating func body(_ expression: Expression) {
        switch expression.kind {
        case .number(let number): text += number
        case .string(let value): string(value)
        case .boolean(let value): text += value ? "TRUE" : "FALSE"
        case .null: text += "NULL"
        // A leading field called `value` would be read as the keyword.
        case .field(let name): text += name.asciiLowercased == "value" ? "(\(name))" : name
        case .variable(let name): text += "@" + name
        case .star: text += "*"
        case .path(let root, let segments): path(root, segments)
        case .call(let name, let arguments):
            text += name + "("
            list(arguments) { $0.write($1, at: .or) }
            text += ")"
        case .cast(let value, let type):
            text += "CAST("
            write(value, at: .or)
            text += " AS \(type.word))"
        case .caseOf(let subject, let clauses, let otherwise):
            caseOf(subject, clauses, otherwise)
        case .subselect(let query): nested(query)
        case .exists(let query):
            text += "EXISTS "
            nested(query)
        case .array(let elements):
            text += "["
            list(elements) { $0.write($1, at: .or) }
            text += "]"
        case .object(let members):
            text += "{"
            list(members) { printer, member in
                printer.string(member.key)
                printer.text += ": "
                printer.write(member.value, at: .or)
            }
            text += "}"
        default: operators(expression)
        }
    }

    private mutating func operators(_ expression: Expression) {
        switch expression.kind {
        case .not(let operand):
            text += "NOT "
            write(operand, at: .not)
        case .signed(let sign, let operand):
            text += sign.rawValue
            primary(operand)
        case .logical(let symbol, let operands):
            let precedence: Parser.Precedence = symbol == .or ? .or : .and
            for (index, operand) in operands.enumerated() {
                if index > 0 { text += " \(symbol.rawValue) " }
                write(operand, at: precedence.tighter)
            }
        case .comparison(let symbol, let left, let right):
            write(left, at: .comparison)
            text += " \(symbol.rawValue) "
            write(right, at: .additive)
        case .arithmetic(let first, let steps):
            let tighter = precedence(expression).tighter
            write(first, at: tighter)
            for step in steps {
                text += " \(step.symbol.rawValue) "
                write(step.operand, at: tighter)
            }
        default: break
        }
    }

    /// Writes what may stand behind a sign: anything but another sign or operator.
    private mutating func primary(_ operand: Expression) {
        var needsParentheses = precedence(operand) < .unary
        if case .signed = operand.kind { needsParentheses = true }
        if needsParentheses { text += "(" }
        body(operand)
        if needsParentheses { text += ")" }
    }

    private mutating func path(_ root: Expression, _ segments: [Expression.PathSegment]) {
        primary(root)
        for segment in segments {
            switch segment {
            case .member(let name): text += "." + name
            case .index(let index):
                text += "["
                write(index, at: .or)
                text += "]"
            }
        }
    }

    private mutating func caseOf(
        _ subject: Expression,
        _ clauses: [Expression.WhenClause],
        _ otherwise: Expression?
    ) {
        text += "CASE "
        write(subject, at: .or)
        for clause in clauses {
            text += " WHEN "
            write(clause.test, at: .or)
            text += " THEN "
            write(clause.result, at: .or)
        }
        if let otherwise {
            text += " ELSE "
            write(otherwise, at: .or)
        }
        text += " END"
    }

    private mutating func nested(_ query: NestedSelect) {
        text += "(SELECT "
        items(query.items, isValue: query.isValue)
        text += " FROM "
        primary(query.source)
        if let alias = query.alias { text += " AS " + alias }
        if let condition = query.condition {
            text += " WHERE "
            write(condition, at: .or)
        }
        text += ")"
    }
}

extension Expression: CustomStringConvertible {
    /// The expression in canonical form.
    public var description: String { Printer.print(self) }
}

internal import JSONDocument
internal import MQTTTopics

/// Prints a program's tables.
enum Explanation {
    static func text(of code: Code) -> String {
        var lines: [String] = ["version \(code.version.rawValue)"]
        if let source = code.source { lines.append("from '\(source.rawValue)'") }
        if code.requiresHost { lines.append("host calls possible") }
        for (number, node) in code.nodes.enumerated() {
            var line = "%\(number) = \(describe(node, code))"
            if code.memo[number] >= 0 { line += "  ; kept" }
            lines.append(line)
        }
        for (name, node) in zip(code.variableNames, code.variables) {
            lines.append("set @\(name) = %\(node)")
        }
        for (number, query) in code.queries.enumerated() {
            var line = "query \(number): from %\(query.source)"
            if query.condition >= 0 { line += " where %\(query.condition)" }
            lines.append(line + " " + describe(query.select))
        }
        if code.condition >= 0 { lines.append("where %\(code.condition)") }
        if let select = code.select { lines.append(describe(select)) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func describe(_ plan: SelectPlan) -> String {
        let items = plan.items.map { item in
            item.isSpliced
                ? "*"
                : "%\(item.node)"
                    + (item.path.isEmpty || plan.isValue
                        ? "" : " as " + item.path.joined(separator: "."))
        }
        return (plan.isValue ? "select value " : "select ") + items.joined(separator: ", ")
    }

    private static func list(_ operands: Operands, _ code: Code) -> String {
        operands.indices.map { "%\(code.operands[$0])" }.joined(separator: ", ")
    }

    private static func path(_ number: Int32, _ code: Code) -> String {
        code.paths[Int(number)].map(\.name).joined(separator: ".")
    }

    private static func constant(_ number: Int32, _ code: Code) -> String {
        let json = code.constants[Int(number)].json
        return json.isEmpty ? "Undefined" : String(decoding: json, as: UTF8.self)
    }

    private static func describe(_ node: Node, _ code: Code) -> String {
        switch node {
        case .constant(let number): "constant " + constant(number, code)
        case .field(let path): "field " + self.path(path, code)
        case .payload: "payload"
        case .element(let depth): "element \(depth)"
        case .variable(let index): "variable @\(code.variableNames[Int(index)])"
        case .member(let base, let key): "member %\(base) .\(code.keys[Int(key)].name)"
        case .index(let base, let index): "element %\(base) [%\(index)]"
        case .call(let function, let operands, let extra):
            "call \(function.rawValue)(\(list(operands, code)))"
                + (extra >= 0 ? "  ; compiled" : "")
        case .cast(let value, let type): "cast %\(value) as \(type)"
        case .caseOf(let operands, let otherwise):
            "case \(list(operands, code))" + (otherwise >= 0 ? " else %\(otherwise)" : "")
        case .select(let number): "select query \(number)"
        case .exists(let number): "exists query \(number)"
        case .array(let operands): "array \(list(operands, code))"
        case .object(let operands): "object \(list(operands, code))"
        case .not(let operand): "not %\(operand)"
        case .signed(let sign, let operand): "\(sign.rawValue) %\(operand)"
        case .logical(let symbol, let operands): "\(symbol.rawValue) \(list(operands, code))"
        case .comparison(let symbol, let left, let right):
            "compare %\(left) \(symbol.rawValue) %\(right)"
        case .fieldComparison(let symbol, let path, let constant):
            "compare field \(self.path(path, code)) \(symbol.rawValue) "
                + self.constant(constant, code)
        case .arithmetic(let symbol, let left, let right): "%\(left) \(symbol.rawValue) %\(right)"
        case .chain(let symbol, let operands): "chain \(symbol.rawValue) \(list(operands, code))"
        }
    }
}

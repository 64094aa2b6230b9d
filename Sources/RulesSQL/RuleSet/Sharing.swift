internal import JSONDocument

/// Finds the sub-expressions that several programs have in common.
struct Sharing {
    /// Numbers of expressions, equal ones alike over all programs.
    private var numbers: [String: Int32] = [:]
    /// How many programs have the expression.
    private var users: [Int] = []
    private var lastUser: [Int] = []
    private(set) var slotCount = 0

    /// For each program and node the slot of its value, or -1.
    mutating func slots(of programs: [Code]) -> [[Int32]] {
        var expressions: [[Int32]] = []
        for (program, code) in programs.enumerated() {
            expressions.append(numbers(of: code, program))
        }
        var slotOf = [Int32](repeating: -1, count: users.count)
        for number in users.indices where users[number] > 1 {
            slotOf[number] = Int32(truncatingIfNeeded: slotCount)
            slotCount += 1
        }
        return zip(programs, expressions).map { code, expressions in
            code.nodes.indices.map { node in
                let number = expressions[node]
                return number >= 0 && code.nodes[node].isWorthSharing ? slotOf[Int(number)] : -1
            }
        }
    }

    private mutating func numbers(of code: Code, _ program: Int) -> [Int32] {
        var result: [Int32] = []
        result.reserveCapacity(code.nodes.count)
        for (node, operation) in code.nodes.enumerated() {
            guard code.isStable[node], let key = key(operation, code, result) else {
                result.append(-1)
                continue
            }
            let number: Int32
            if let known = numbers[key] {
                number = known
            } else {
                number = Int32(truncatingIfNeeded: users.count)
                numbers[key] = number
                users.append(0)
                lastUser.append(-1)
            }
            if operation.isWorthSharing, lastUser[Int(number)] != program {
                users[Int(number)] += 1
                lastUser[Int(number)] = program
            }
            result.append(number)
        }
        return result
    }

    /// What makes an expression; `nil` for one that only its own program can compute.
    private func key(_ node: Node, _ code: Code, _ known: [Int32]) -> String? {
        func list(_ operands: Operands) -> String? {
            var text = ""
            for index in operands.indices {
                let number = known[Int(code.operands[index])]
                guard number >= 0 else { return nil }
                text += ",\(number)"
            }
            return text
        }
        func one(_ operand: Int32) -> Int32? {
            let number = known[Int(operand)]
            return number >= 0 ? number : nil
        }
        let version = code.version.rawValue
        switch node {
        case .constant(let number):
            guard let constant = constant(number, code) else { return nil }
            return "\(version) constant \(constant)"
        case .field(let path): return "\(version) field \(self.path(path, code))"
        case .payload: return "\(version) payload"
        case .fieldComparison(let symbol, let path, let number):
            guard let constant = constant(number, code) else { return nil }
            return "\(version) \(self.path(path, code)) \(symbol.rawValue) \(constant)"
        case .member(let base, let key):
            guard let base = one(base) else { return nil }
            return "\(version) member \(base) \(code.keys[Int(key)].name.debugDescription)"
        case .index(let base, let index):
            guard let base = one(base), let index = one(index) else { return nil }
            return "\(version) index \(base) \(index)"
        case .cast(let value, let type):
            guard let value = one(value) else { return nil }
            return "\(version) cast \(value) \(type)"
        case .signed(let sign, let value):
            guard let value = one(value) else { return nil }
            return "\(version) sign \(sign) \(value)"
        case .not(let value):
            guard let value = one(value) else { return nil }
            return "\(version) not \(value)"
        case .arithmetic(let symbol, let a, let b):
            guard let a = one(a), let b = one(b) else { return nil }
            return "\(version) \(a) \(symbol.rawValue) \(b)"
        case .comparison(let symbol, let a, let b):
            guard let a = one(a), let b = one(b) else { return nil }
            return "\(version) compare \(a) \(symbol.rawValue) \(b)"
        case .chain(let symbol, let operands):
            return list(operands).map { "\(version) chain \(symbol.rawValue) \($0)" }
        case .logical(let symbol, let operands):
            return list(operands).map { "\(version) \(symbol.rawValue) \($0)" }
        case .array(let operands): return list(operands).map { "\(version) array \($0)" }
        case .object(let operands): return list(operands).map { "\(version) object \($0)" }
        case .caseOf(let operands, let otherwise):
            guard let list = list(operands) else { return nil }
            guard otherwise >= 0 else { return "\(version) case \(list)" }
            return one(otherwise).map { "\(version) case \(list) else \($0)" }
        case .call(let function, let operands, _):
            return list(operands).map { "\(version) \(function.rawValue)(\($0))" }
        case .element, .variable, .select, .exists: return nil
        }
    }

    private func path(_ number: Int32, _ code: Code) -> String {
        code.paths[Int(number)].map(\.name.debugDescription).joined(separator: ".")
    }

    private func constant(_ number: Int32, _ code: Code) -> String? {
        let constant = code.constants[Int(number)]
        switch constant.key {
        case .unique: return nil
        case .undefined: return "Undefined"
        // Two numbers may have the same JSON text and different types.
        case .number(let text, let isInt): return "\(isInt ? "Int" : "Decimal") \(text)"
        default: return String(decoding: constant.json, as: UTF8.self)
        }
    }
}

extension Node {
    /// Whether rules share the node's value: comparisons of fields, and what is worth keeping.
    fileprivate var isWorthSharing: Bool {
        if case .fieldComparison = self { return true }
        if case .call(_, let operands, _) = self { return operands.count > 0 }
        return isWorthKeeping
    }
}

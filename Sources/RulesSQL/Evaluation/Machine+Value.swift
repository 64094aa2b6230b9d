internal import JSONDocument

extension Machine {
    /// The value of a node.
    ///
    /// Recursion is as deep as the tree, which the parser has bounded.
    mutating func value(
        _ id: Int32,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Value {
        scratch.steps -= 1
        if scratch.steps < 0 { scratch.fail(.limit(.steps)) }
        guard !isHalted else { return .undefined }
        let slot = Int(code.memo[Int(id)])
        if slot >= 0, memoStamp[slot] == run { return memo[slot] }
        let sharedSlot = shared.slot(of: id)
        if sharedSlot >= 0, let known = shared.value(sharedSlot) { return known }
        let result = compute(code.nodes[Int(id)], id, code, frame, context)
        guard !isHalted else { return .undefined }
        if slot >= 0 {
            memo[slot] = result
            memoStamp[slot] = run
        }
        if sharedSlot >= 0 { shared.keep(result, sharedSlot) }
        return result
    }

    private mutating func compute(
        _ node: Node,
        _ id: Int32,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Value {
        switch node {
        case .constant(let number): return code.constants[Int(number)].value
        case .field(let path):
            guard let view = frame.lookup(path, code) else { return .undefined }
            return copy(view)
        case .payload: return payload(frame)
        case .element(let depth): return Value(elements[Int(depth)])
        case .variable(let index): return variable(index, code, frame, context)
        case .member(let base, let key):
            guard case .object(let object) = value(base, code, frame, context) else {
                return .undefined
            }
            return object[code.keys[Int(key)].name].map { Value($0) } ?? .undefined
        case .index(let base, let index):
            let container = value(base, code, frame, context)
            return Operations.element(
                of: container,
                at: value(index, code, frame, context),
                code.version
            )
        case .call(let function, let list, let extra):
            return call(function, list, extra, code, frame, context)
        case .cast(let operand, let target):
            return Operations.cast(value(operand, code, frame, context), target, code.version)
        case .select(let number): return select(code.queries[Int(number)], code, frame, context)
        case .exists(let number):
            return exists(code.queries[Int(number)], code, frame, context)
        case .fieldComparison, .comparison, .logical, .not:
            return truth(id, code, frame, context).value
        case .signed(let sign, let operand):
            return Operations.signed(sign, value(operand, code, frame, context), code.version)
        default: return combine(node, code, frame, context)
        }
    }

    private mutating func combine(
        _ node: Node,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Value {
        switch node {
        case .array(let list):
            var elements: [JSONValue] = []
            for index in list.indices {
                let element = value(code.operands[index], code, frame, context)
                if let json = element.json(code.version) { elements.append(json) }
            }
            return .array(elements)
        case .object(let list):
            var pairs: [Value] = []
            for index in list.indices {
                pairs.append(value(code.operands[index], code, frame, context))
            }
            return .object(Operations.object(pairs, code.version))
        case .caseOf(let list, let otherwise):
            return caseOf(list, otherwise, code, frame, context)
        case .arithmetic(let symbol, let left, let right):
            let a = value(left, code, frame, context)
            let b = value(right, code, frame, context)
            return checked(Operations.arithmetic(symbol, a, b, code.version))
        case .chain(let symbol, let list):
            var result = value(code.operands[list.indices.lowerBound], code, frame, context)
            for index in list.indices.dropFirst() {
                let operand = value(code.operands[index], code, frame, context)
                result = checked(Operations.arithmetic(symbol, result, operand, code.version))
                if isHalted { return .undefined }
            }
            return result
        default: return .undefined
        }
    }

    /// Checks the length of a string that an operator made.
    private mutating func checked(_ value: Value) -> Value {
        if case .string(let text) = value { return scratch.string(text) }
        return value
    }

    private mutating func caseOf(
        _ list: Operands,
        _ otherwise: Int32,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Value {
        let indices = list.indices
        let subject = value(code.operands[indices.lowerBound], code, frame, context)
        if subject.isUndefined { return .undefined }
        var index = indices.lowerBound + 1
        while index + 1 < indices.upperBound {
            let test = value(code.operands[index], code, frame, context)
            if Operations.equal(subject, test, code.version) == .isTrue {
                return value(code.operands[index + 1], code, frame, context)
            }
            if isHalted { return .undefined }
            index += 2
        }
        return otherwise >= 0 ? value(otherwise, code, frame, context) : .undefined
    }

    /// A copy of a value of the payload.
    private mutating func copy(_ view: JSONView) -> Value {
        let range = view.sourceRange
        scratch.charge(bytes: range.count)
        return Value(view)
    }

    /// `*` as a value.
    func payload(_ frame: borrowing Frame) -> Value {
        switch frame.form {
        case .object, .array: Value(frame.root)
        case .empty: .object(JSONObject())
        case .raw: .raw
        }
    }

    mutating func variable(
        _ index: Int32,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Value {
        let slot = Int(index)
        if variableStamp[slot] == run { return variables[slot] }
        let result = value(code.variables[slot], code, frame, context)
        variables[slot] = result
        variableStamp[slot] = run
        return result
    }

    // MARK: Nested queries

    private mutating func select(
        _ query: QueryPlan,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Value {
        switch value(query.source, code, frame, context) {
        case .array(let source):
            var results: [JSONValue] = []
            for element in source {
                if let result = self.element(element, query, code, frame, context)?.json(
                    code.version
                ) {
                    results.append(result)
                }
                if isHalted { return .undefined }
            }
            return .array(results)
        case .object(let source):
            return element(.object(source), query, code, frame, context) ?? .undefined
        default: return .undefined
        }
    }

    private mutating func exists(
        _ query: QueryPlan,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Value {
        switch value(query.source, code, frame, context) {
        case .array(let source):
            for element in source {
                let result = self.element(element, query, code, frame, context)
                if isHalted { return .undefined }
                if let result, !result.isUndefined { return .bool(true) }
            }
            return .bool(false)
        case .object(let source):
            let result = element(.object(source), query, code, frame, context)
            return .bool(result.map { !$0.isUndefined } ?? false)
        default: return .bool(false)
        }
    }

    /// What a query makes of one element; `nil` where WHERE drops it.
    private mutating func element(
        _ element: JSONValue,
        _ query: QueryPlan,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> Value? {
        elements.append(element)
        defer { elements.removeLast() }
        if query.condition >= 0 {
            guard isTrue(query.condition, code, frame, context) else { return nil }
        }
        if query.select.isValue {
            return value(query.select.items[0].node, code, frame, context)
        }
        if query.select.isStarAlone { return Value(element) }
        return .object(object(query.select, code, frame, context))
    }

    /// The object that SELECT makes, item by item; later items win.
    mutating func object(
        _ plan: SelectPlan,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext
    ) -> JSONObject {
        var object = JSONObject()
        for item in plan.items {
            let result = value(item.node, code, frame, context)
            if isHalted { return object }
            if item.isSpliced {
                if case .object(let members) = result {
                    scratch.charge(bytes: members.members.count * 16)
                    for member in members.members {
                        object.updateValue(member.value, for: member.name)
                    }
                }
            } else if let json = result.json(code.version) {
                Self.set(json, at: item.path[...], in: &object)
            }
        }
        return object
    }

    /// Sets a member along the names of a dotted alias, making objects on the way.
    private static func set(
        _ value: JSONValue,
        at path: ArraySlice<String>,
        in object: inout JSONObject
    ) {
        guard let name = path.first else { return }
        if path.count == 1 {
            object.updateValue(value, for: name)
            return
        }
        var inner = object[name]?.object ?? JSONObject()
        set(value, at: path.dropFirst(), in: &inner)
        object.updateValue(.object(inner), for: name)
    }
}

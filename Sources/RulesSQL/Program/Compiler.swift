internal import JSONDocument
internal import MQTTTopics

/// Turns a syntax tree into nodes: names resolved, constants folded, patterns compiled.
struct Compiler {
    let version: SQLVersion
    let text: [UInt8]
    var nodes: [Node] = []
    var ranges: [Range<Int>] = []
    var isStable: [Bool] = []
    var operands: [Int32] = []
    var paths: [[JSONKey]] = []
    var keys: [JSONKey] = []
    var constants: [Constant] = []
    var queries: [QueryPlan] = []
    var patterns: [Pattern] = []
    var replacements: [Replacement?] = []
    var formats: [TimeFormat] = []
    var timePatterns: [TimePattern] = []
    var variables: [Int32] = []
    var variableNames: [String] = []
    var source: TopicFilter?
    var condition: Int32 = -1
    var select: SelectPlan?
    var requiresHost = false

    private var interned = Interned<Node>()
    private var internedLists = Interned<[Int32]>()
    private var internedPaths = Interned<[JSONKey]>()
    private var internedKeys = Interned<JSONKey>()
    private var internedConstants = Interned<Constant.Key>()
    /// Aliases of the nested queries around, innermost last; `nil` for one without AS.
    private var scopes: [String?] = []

    init(version: SQLVersion, text: [UInt8]) {
        self.version = version
        self.text = text
    }

    mutating func compile(_ statement: SelectStatement) throws(SQLSyntaxError) {
        source = statement.source
        try compile(statement.variables)
        if let expression = statement.condition { condition = try node(expression) }
        select = try plan(statement.items, isValue: statement.isValue, star: .payload)
    }

    mutating func compile(
        _ assignments: [SelectStatement.Assignment]
    ) throws(SQLSyntaxError) {
        for assignment in assignments {
            variables.append(try node(assignment.value))
            variableNames.append(assignment.name)
        }
    }

    // MARK: Tables

    /// The number of a node; equal nodes are stored once unless each must be computed anew.
    mutating func add(
        _ node: Node,
        at range: Range<Int>,
        isStable stable: Bool = true,
        isShared: Bool = true
    ) -> Int32 {
        if isShared, let known = interned[node] { return known }
        let number = Int32(truncatingIfNeeded: nodes.count)
        nodes.append(node)
        ranges.append(range)
        isStable.append(stable)
        if isShared { interned[node] = number }
        return number
    }

    func stable(_ numbers: Int32...) -> Bool { numbers.allSatisfy { isStable[Int($0)] } }

    mutating func list(_ numbers: [Int32]) -> Operands {
        let count = Int32(truncatingIfNeeded: numbers.count)
        if let known = internedLists[numbers] { return Operands(start: known, count: count) }
        let start = Int32(truncatingIfNeeded: operands.count)
        operands += numbers
        internedLists[numbers] = start
        return Operands(start: start, count: count)
    }

    mutating func key(_ name: String) -> Int32 {
        let key = JSONKey(name)
        if let known = internedKeys[key] { return known }
        let number = Int32(truncatingIfNeeded: keys.count)
        keys.append(key)
        internedKeys[key] = number
        return number
    }

    mutating func path(_ names: [String]) -> Int32 {
        let path = names.map { JSONKey($0) }
        if let known = internedPaths[path] { return known }
        let number = Int32(truncatingIfNeeded: paths.count)
        paths.append(path)
        internedPaths[path] = number
        return number
    }

    mutating func constant(_ value: Value, at range: Range<Int>) -> Int32 {
        add(.constant(constantNumber(value)), at: range)
    }

    private mutating func constantNumber(_ value: Value) -> Int32 {
        let key: Constant.Key =
            switch value {
            case .undefined: .undefined
            case .null: .null
            case .bool(let value): .bool(value)
            case .number(let number): .number(number.decimal.description, isInt: number.isInt)
            case .string(let text): .string(text)
            default: .unique(constants.count)
            }
        if let known = internedConstants[key] { return known }
        let number = Int32(truncatingIfNeeded: constants.count)
        constants.append(Constant(value, key: key, version))
        internedConstants[key] = number
        return number
    }

    /// The value of a node that is a constant.
    func constantValue(_ node: Int32) -> Value? {
        guard case .constant(let number) = nodes[Int(node)] else { return nil }
        return constants[Int(number)].value
    }

    /// A slot for every node whose value is worth keeping: used more than once and not trivial.
    func memoSlots() -> ([Int32], Int) {
        var uses = [Int](repeating: 0, count: nodes.count)
        for operand in operands where operand >= 0 && Int(operand) < nodes.count {
            uses[Int(operand)] += 1
        }
        for (number, node) in nodes.enumerated() {
            for operand in node.directOperands { uses[Int(operand)] += 1 }
            if case .call(_, let list, _) = node, list.count == 0 { uses[number] = 0 }
        }
        let roots =
            [condition] + (select?.items.map(\.node) ?? [])
            + queries.flatMap { [$0.source, $0.condition] + $0.select.items.map(\.node) }
        for root in roots where root >= 0 { uses[Int(root)] += 1 }
        var slots = [Int32](repeating: -1, count: nodes.count)
        var count = 0
        for (number, node) in nodes.enumerated()
        where uses[number] > 1 && isStable[number] && node.isWorthKeeping {
            slots[number] = Int32(truncatingIfNeeded: count)
            count += 1
        }
        return (slots, count)
    }

    // MARK: Nested queries and plans

    mutating func plan(
        _ items: [SelectItem],
        isValue: Bool,
        star: Node
    ) throws(SQLSyntaxError) -> SelectPlan {
        var planned: [SelectPlan.Item] = []
        for item in items {
            let isStar = item.expression.kind == .star
            let number: Int32 =
                isStar
                ? add(star, at: item.expression.range, isStable: star == .payload)
                : try node(item.expression)
            let names = item.outputPath ?? []
            let name = names.last ?? ""
            var label: [UInt8] = []
            OutputText.append(quoted: names.first ?? "", to: &label)
            label.append(0x3A)
            planned.append(
                SelectPlan.Item(
                    node: number,
                    isSpliced: isStar && item.alias.isEmpty && !isValue,
                    path: names,
                    key: JSONKey(names.count == 1 ? name : ""),
                    label: label
                )
            )
        }
        return SelectPlan(isValue: isValue, items: planned)
    }

    mutating func query(_ query: NestedSelect) throws(SQLSyntaxError) -> Int32 {
        // The source is named in the scope around the query.
        let source = try node(query.source)
        let depth = Int32(truncatingIfNeeded: scopes.count)
        scopes.append(query.alias)
        defer { scopes.removeLast() }
        let condition: Int32 =
            if let expression = query.condition { try node(expression) } else { -1 }
        let select = try plan(query.items, isValue: query.isValue, star: .element(depth: depth))
        queries.append(
            QueryPlan(select: select, source: source, condition: condition, depth: depth)
        )
        return Int32(truncatingIfNeeded: queries.count - 1)
    }

    /// A name: in a nested query its element or a member of that, else a field of the payload.
    mutating func field(_ name: String, at range: Range<Int>) -> Int32 {
        guard let alias = scopes.last else { return add(.field(path: path([name])), at: range) }
        let depth = Int32(truncatingIfNeeded: scopes.count - 1)
        let element = add(.element(depth: depth), at: range, isStable: false)
        if alias == name { return element }
        return add(.member(element, key: key(name)), at: range, isStable: false)
    }

    var isNested: Bool { !scopes.isEmpty }
}

extension Node {
    /// Operands that stand in the node itself.
    var directOperands: [Int32] {
        switch self {
        case .member(let base, _): [base]
        case .index(let base, let index): [base, index]
        case .cast(let value, _), .not(let value), .signed(_, let value): [value]
        case .comparison(_, let a, let b), .arithmetic(_, let a, let b): [a, b]
        case .caseOf(_, let otherwise): otherwise >= 0 ? [otherwise] : []
        default: []
        }
    }

    /// Whether computing the node twice costs more than keeping its value.
    var isWorthKeeping: Bool {
        switch self {
        case .call, .select, .exists, .cast, .arithmetic, .chain: true
        default: false
        }
    }
}

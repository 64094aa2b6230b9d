internal import JSONDocument

/// Reads a policy document: the grammar's shape first, then each statement.
struct PolicyParser {
    let limits: PolicyLimits
    private var syntax = WildcardPattern.Syntax()

    init(limits: PolicyLimits) { self.limits = limits }

    mutating func parse(_ json: Span<UInt8>) throws(MalformedPolicy) -> PolicyDocument {
        try checkLength(json)
        var reader = JSONReader(
            options: .init(maximumDepth: 8, maximumLength: limits.bytes, duplicateKeys: .reject)
        )
        let root: JSONView
        do {
            root = try reader.parse(json)
        } catch {
            throw MalformedPolicy(.notJSON, at: error.offset)
        }
        guard root.kind == .object else { throw wrongType("document", root) }
        try checkElements(root, ["Version", "Id", "Statement"])
        let version = try version(root)
        syntax.variables = version == .v2012
        let id = try optionalIdentifier(root["Id"], "Id")
        guard let list = root["Statement"] else {
            throw MalformedPolicy(.missing(element: "Statement"), at: root.sourceRange.lowerBound)
        }
        return PolicyDocument(version: version, id: id, statements: try statements(list))
    }

    private func checkLength(_ json: Span<UInt8>) throws(MalformedPolicy) {
        guard json.count <= limits.bytes else {
            throw MalformedPolicy(.tooLong(limit: limits.bytes), at: limits.bytes)
        }
        var characters = 0
        for index in json.indices {
            let byte = json[index]
            if byte.isContinuation || byte == 0x20 || (0x09...0x0D).contains(byte) { continue }
            characters += 1
            if characters > limits.characters {
                throw MalformedPolicy(.tooLong(limit: limits.characters), at: index)
            }
        }
    }

    private func checkElements(
        _ object: JSONView,
        _ allowed: [String]
    ) throws(MalformedPolicy) {
        var members = object.members
        while let member = members.next() {
            let name = member.name.value
            guard allowed.contains(name) else {
                throw MalformedPolicy(.unknownElement(name), at: member.sourceRange.lowerBound)
            }
        }
    }

    private func version(_ root: JSONView) throws(MalformedPolicy) -> PolicyDocument.Version {
        guard let view = root["Version"] else {
            throw MalformedPolicy(.missing(element: "Version"), at: root.sourceRange.lowerBound)
        }
        guard let text = view.string?.value, let version = PolicyDocument.Version(rawValue: text)
        else { throw MalformedPolicy(.unknownVersion, at: view.sourceRange.lowerBound) }
        return version
    }

    private func optionalIdentifier(
        _ view: JSONView?,
        _ element: String
    ) throws(MalformedPolicy) -> String? {
        guard let view else { return nil }
        guard let text = view.string?.value else { throw wrongType(element, view) }
        guard text.utf8.count <= limits.identifierBytes else {
            throw MalformedPolicy(
                .identifierTooLong(limit: limits.identifierBytes),
                at: view.sourceRange.lowerBound
            )
        }
        return text
    }

    private func statements(_ list: JSONView) throws(MalformedPolicy) -> [Statement] {
        if list.kind == .object { return [try statement(list)] }
        guard list.kind == .array else { throw wrongType("Statement", list) }
        guard list.count > 0 else {
            throw MalformedPolicy(.emptyList(element: "Statement"), at: list.sourceRange.lowerBound)
        }
        guard list.count <= limits.statements else {
            throw MalformedPolicy(
                .tooManyStatements(limit: limits.statements),
                at: list.sourceRange.lowerBound
            )
        }
        var statements: [Statement] = []
        var seen: Set<String> = []
        var elements = list.elements
        while let element = elements.next() {
            let statement = try statement(element)
            if let id = statement.id, !seen.insert(id).inserted {
                throw MalformedPolicy(.duplicateStatementID(id), at: statement.offset)
            }
            statements.append(statement)
        }
        return statements
    }

    private func statement(_ view: JSONView) throws(MalformedPolicy) -> Statement {
        guard view.kind == .object else { throw wrongType("Statement", view) }
        try checkElements(
            view,
            ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"]
        )
        guard let effectView = view["Effect"] else {
            throw MalformedPolicy(.missing(element: "Effect"), at: view.sourceRange.lowerBound)
        }
        guard let text = effectView.string?.value,
            let effect = PolicyDocument.Effect(rawValue: text)
        else { throw MalformedPolicy(.unknownEffect, at: effectView.sourceRange.lowerBound) }
        return Statement(
            id: try optionalIdentifier(view["Sid"], "Sid"),
            effect: effect,
            actions: try selection(
                view,
                "Action",
                view["Action"],
                "NotAction",
                view["NotAction"],
                action
            ),
            resources: try selection(
                view,
                "Resource",
                view["Resource"],
                "NotResource",
                view["NotResource"],
                resource
            ),
            conditions: try conditions(view["Condition"]),
            offset: view.sourceRange.lowerBound
        )
    }

    /// One of an element and its opposite, compiled.
    private func selection(
        _ statement: JSONView,
        _ name: String,
        _ positive: JSONView?,
        _ opposite: String,
        _ negative: JSONView?,
        _ compile: ([UInt8], Int) throws(MalformedPolicy) -> WildcardPattern
    ) throws(MalformedPolicy) -> Statement.Selection {
        let list: JSONView
        let isExclusion: Bool
        if let positive {
            if let negative {
                throw MalformedPolicy(.both(name, opposite), at: negative.sourceRange.lowerBound)
            }
            list = positive
            isExclusion = false
        } else if let negative {
            list = negative
            isExclusion = true
        } else {
            throw MalformedPolicy(.missing(element: name), at: statement.sourceRange.lowerBound)
        }
        let element = isExclusion ? opposite : name
        var patterns: [WildcardPattern] = []
        for (text, offset) in try texts(list, element, scalars: false) {
            patterns.append(try compile(text, offset))
        }
        guard !patterns.isEmpty else {
            throw MalformedPolicy(.emptyList(element: element), at: list.sourceRange.lowerBound)
        }
        return Statement.Selection(patterns: patterns, isExclusion: isExclusion)
    }

    /// The text of a string, or of each string of a list; numbers and booleans where allowed.
    private func texts(
        _ view: JSONView,
        _ element: String,
        scalars: Bool
    ) throws(MalformedPolicy) -> [(text: [UInt8], offset: Int)] {
        guard view.kind == .array else {
            return [(try text(view, element, scalars: scalars), view.sourceRange.lowerBound)]
        }
        guard view.count <= limits.values else {
            throw MalformedPolicy(
                .tooManyValues(limit: limits.values),
                at: view.sourceRange.lowerBound
            )
        }
        var texts: [(text: [UInt8], offset: Int)] = []
        var elements = view.elements
        while let item = elements.next() {
            texts.append(
                (try text(item, element, scalars: scalars), item.sourceRange.lowerBound)
            )
        }
        return texts
    }

    private func text(
        _ view: JSONView,
        _ element: String,
        scalars: Bool
    ) throws(MalformedPolicy) -> [UInt8] {
        if let string = view.string { return string.utf8 }
        guard scalars, view.kind == .number || view.kind == .bool else {
            throw wrongType(element, view)
        }
        let source = view.source
        return source.indices.map { source[$0] }
    }

    private func action(_ text: [UInt8], _ offset: Int) throws(MalformedPolicy) -> WildcardPattern {
        // `*`, or a service name, `:` and an action name, where both may hold wildcards.
        if text != [UInt8(ascii: "*")] {
            guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0,
                colon + 1 < text.count, !text[(colon + 1)...].contains(UInt8(ascii: ":")),
                text.allSatisfy({ $0.isActionCharacter })
            else { throw MalformedPolicy(.notAnAction, at: offset) }
        }
        return try compile(
            text,
            offset,
            .init(wildcards: true, variables: false, ignoresCase: true)
        )
    }

    private func resource(
        _ text: [UInt8],
        _ offset: Int
    ) throws(MalformedPolicy) -> WildcardPattern {
        if text != [UInt8(ascii: "*")] {
            guard text.starts(with: "arn:".utf8),
                text.count(where: { $0 == UInt8(ascii: ":") }) >= 5
            else { throw MalformedPolicy(.notAResourceName, at: offset) }
        }
        return try compile(text, offset, syntax)
    }

    private func compile(
        _ text: [UInt8],
        _ offset: Int,
        _ syntax: WildcardPattern.Syntax
    ) throws(MalformedPolicy) -> WildcardPattern {
        do {
            return try WildcardPattern(text, syntax)
        } catch {
            throw Self.malformed(error, offset)
        }
    }

    private static func malformed(_ error: PatternError, _ offset: Int) -> MalformedPolicy {
        switch error {
        case .unterminatedVariable: MalformedPolicy(.unterminatedVariable, at: offset)
        case .badVariableName: MalformedPolicy(.badVariableName, at: offset)
        }
    }

    private func conditions(_ block: JSONView?) throws(MalformedPolicy) -> [Condition] {
        guard let block else { return [] }
        guard block.kind == .object else { throw wrongType("Condition", block) }
        var conditions: [Condition] = []
        var operators = block.members
        while let entry = operators.next() {
            let name = entry.name.value
            guard let modifiers = ConditionModifiers(name) else {
                throw MalformedPolicy(.unknownOperator(name), at: entry.sourceRange.lowerBound)
            }
            guard entry.value.kind == .object else { throw wrongType(name, entry.value) }
            var keys = entry.value.members
            while let key = keys.next() {
                conditions.append(
                    try condition(modifiers, key.name.utf8, key.value, key.sourceRange.lowerBound)
                )
            }
        }
        return conditions
    }

    private func condition(
        _ modifiers: ConditionModifiers,
        _ name: [UInt8],
        _ list: JSONView,
        _ offset: Int
    ) throws(MalformedPolicy) -> Condition {
        guard let key = VariableReference(name) else {
            throw MalformedPolicy(.badConditionKey, at: offset)
        }
        var values: [ConditionValue] = []
        for (text, offset) in try texts(list, modifiers.name, scalars: true) {
            let value: ConditionValue?
            do {
                value = try ConditionValue(text, for: modifiers.comparator.comparison, syntax)
            } catch {
                throw Self.malformed(error, offset)
            }
            guard let value else {
                throw MalformedPolicy(.badConditionValue(operator: modifiers.name), at: offset)
            }
            values.append(value)
        }
        return Condition(modifiers: modifiers, key: key, values: values, offset: offset)
    }

    private func wrongType(_ element: String, _ view: JSONView) -> MalformedPolicy {
        MalformedPolicy(.wrongType(element: element), at: view.sourceRange.lowerBound)
    }
}

extension UInt8 {
    /// Letters, digits and `-_.*?:`, which is what actions are made of.
    fileprivate var isActionCharacter: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-_.*?:".utf8.contains(self)
        }
    }
}

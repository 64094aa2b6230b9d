internal import JSONDocument

/// Reads values: texts and functions.
struct TemplateFunctions {
    let limits: TemplateLimits
    /// The index of each declared parameter.
    let parameters: [String: Int]
    let mappings: [String: [String: [String: String]]]

    /// The name of a function that an object is; `nil` for other values.
    static func function(_ value: SourceValue) -> String? {
        guard case .object(let members) = value.content, members.count == 1,
            members[0].name == "Ref" || members[0].name.hasPrefix("Fn::")
        else { return nil }
        return members[0].name
    }

    /// A text, or a function that makes one.
    func node(_ value: SourceValue, depth: Int = 0) throws(TemplateFault) -> TemplateNode {
        if case .string(let text) = value.content {
            return TemplateNode(offset: value.offset, expression: .literal(text))
        }
        guard case .object(let members) = value.content else {
            throw TemplateFault(.wrongKind(expected: "string or function"), at: value.offset)
        }
        guard members.count == 1 else {
            throw TemplateFault(.wrongKind(expected: "one function"), at: value.offset)
        }
        try check(depth, value)
        let expression = try expression(members[0], depth: depth + 1)
        return TemplateNode(offset: value.offset, expression: expression)
    }

    private func check(_ depth: Int, _ value: SourceValue) throws(TemplateFault) {
        guard depth < limits.depth else {
            throw TemplateFault(.tooMany("nested functions", limit: limits.depth), at: value.offset)
        }
    }

    private func expression(
        _ member: SourceMember,
        depth: Int
    ) throws(TemplateFault) -> TemplateExpression {
        switch member.name {
        case "Ref":
            return .parameter(try parameter(member.value.text(), at: member.value.offset))
        case "Fn::Join":
            let parts = try arguments(member, 2...2)
            return .join(
                delimiter: try node(parts[0], depth: depth),
                try list(parts[1], depth: depth)
            )
        case "Fn::Select":
            let parts = try arguments(member, 2...2)
            return .select(
                index: try index(parts[0], depth: depth),
                try list(parts[1], depth: depth)
            )
        case "Fn::FindInMap":
            return try findInMap(member, depth: depth)
        case "Fn::Sub":
            return try substitution(member, depth: depth)
        case "Fn::Split":
            throw TemplateFault(.wrongKind(expected: "string"), at: member.offset)
        default:
            throw TemplateFault(.unknownFunction(member.name), at: member.offset)
        }
    }

    private func parameter(_ name: String, at offset: Int) throws(TemplateFault) -> Int {
        guard let index = parameters[name] else {
            throw TemplateFault(.unknownParameter(name), at: offset)
        }
        return index
    }

    private func arguments(
        _ member: SourceMember,
        _ count: ClosedRange<Int>
    ) throws(TemplateFault) -> [SourceValue] {
        let elements = try member.value.elements()
        guard count.contains(elements.count) else {
            throw TemplateFault(.wrongArguments(function: member.name), at: member.value.offset)
        }
        return elements
    }

    private func list(_ value: SourceValue, depth: Int) throws(TemplateFault) -> TemplateList {
        if case .object(let members) = value.content, members.count == 1,
            members[0].name == "Fn::Split"
        {
            try check(depth, value)
            let parts = try arguments(members[0], 2...2)
            return .split(
                delimiter: try node(parts[0], depth: depth + 1),
                try node(parts[1], depth: depth + 1)
            )
        }
        var items: [TemplateNode] = []
        for element in try value.elements() { items.append(try node(element, depth: depth)) }
        return .items(items)
    }

    /// An index may be written as a number.
    private func index(_ value: SourceValue, depth: Int) throws(TemplateFault) -> TemplateNode {
        if case .number(let number) = value.content {
            return TemplateNode(offset: value.offset, expression: .literal(number.text))
        }
        return try node(value, depth: depth)
    }

    private func findInMap(
        _ member: SourceMember,
        depth: Int
    ) throws(TemplateFault) -> TemplateExpression {
        let parts = try arguments(member, 3...3)
        let map = try node(parts[0], depth: depth)
        let key = try node(parts[1], depth: depth)
        let name = try node(parts[2], depth: depth)
        if let map = map.literal, let key = key.literal, let name = name.literal,
            mappings[map]?[key]?[name] == nil
        {
            throw TemplateFault(.unknownMapping, at: member.offset)
        }
        return .findInMap(map: map, key: key, name: name)
    }

    private func substitution(
        _ member: SourceMember,
        depth: Int
    ) throws(TemplateFault) -> TemplateExpression {
        var text = member.value
        var names: [String: Int] = [:]
        var variables: [TemplateNode] = []
        if case .array = member.value.content {
            let parts = try arguments(member, 1...2)
            text = parts[0]
            for variable in parts.count == 2 ? try parts[1].members() : [] {
                names[variable.name] = variables.count
                variables.append(try node(variable.value, depth: depth))
            }
        }
        return .sub(try parts(text, variables: names), variables: variables)
    }

    /// Splits `a${b}c`; `${!x}` is the text `${x}`.
    private func parts(
        _ value: SourceValue,
        variables: [String: Int]
    ) throws(TemplateFault) -> [SubstitutionPart] {
        let bytes = Array(try value.text().utf8)
        var parts: [SubstitutionPart] = []
        var text: [UInt8] = []
        var i = 0
        while i < bytes.count {
            guard bytes[i] == 0x24, i + 1 < bytes.count, bytes[i + 1] == 0x7B else {
                text.append(bytes[i])
                i += 1
                continue
            }
            guard let end = bytes[i...].firstIndex(of: 0x7D) else {
                throw TemplateFault(.unterminatedVariable, at: value.offset)
            }
            let name = bytes[(i + 2)..<end]
            i = end + 1
            if name.first == 0x21 {
                text += [0x24, 0x7B] + name.dropFirst() + [0x7D]
                continue
            }
            if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self))) }
            text = []
            let variable = String(decoding: name, as: UTF8.self)
            if let index = variables[variable] {
                parts.append(.variable(index))
            } else {
                parts.append(.parameter(try parameter(variable, at: value.offset)))
            }
        }
        if !text.isEmpty { parts.append(.text(String(decoding: text, as: UTF8.self))) }
        return parts
    }
}

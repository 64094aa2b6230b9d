internal import JSONDocument

/// A JSON value with the offset at which it stands.
struct SourceValue {
    enum Content {
        case null
        case bool(Bool)
        case number(JSONNumber)
        case string(String)
        case array([SourceValue])
        case object([SourceMember])
    }

    let offset: Int
    let content: Content

    /// Copies a view; recurses to the depth that the reader allowed.
    init(_ view: borrowing JSONView) {
        offset = view.sourceRange.lowerBound
        switch view.kind {
        case .null: content = .null
        case .bool: content = .bool(view.bool ?? false)
        case .number:
            if let number = view.number { content = .number(number.owned) } else { content = .null }
        case .string:
            if let string = view.string { content = .string(string.value) } else { content = .null }
        case .array:
            var elements: [SourceValue] = []
            var cursor = view.elements
            while let element = cursor.next() { elements.append(SourceValue(element)) }
            content = .array(elements)
        case .object:
            var members: [SourceMember] = []
            var cursor = view.members
            while let member = cursor.next() {
                members.append(
                    SourceMember(
                        name: member.name.value,
                        offset: member.sourceRange.lowerBound,
                        value: SourceValue(member.value)
                    )
                )
            }
            content = .object(members)
        }
    }
}

/// A member of an object with the offset of its name.
struct SourceMember {
    let name: String
    let offset: Int
    let value: SourceValue
}

extension SourceValue {
    /// The members of an object.
    func members() throws(TemplateFault) -> [SourceMember] {
        guard case .object(let members) = content else {
            throw TemplateFault(.wrongKind(expected: "object"), at: offset)
        }
        return members
    }

    /// The members of an object that has none but `names`.
    func members(only names: Set<String>) throws(TemplateFault) -> [String: SourceValue] {
        var found: [String: SourceValue] = [:]
        for member in try members() {
            guard names.contains(member.name) else {
                throw TemplateFault(.unknownMember(member.name), at: member.offset)
            }
            found[member.name] = member.value
        }
        return found
    }

    /// The elements of an array.
    func elements() throws(TemplateFault) -> [SourceValue] {
        guard case .array(let elements) = content else {
            throw TemplateFault(.wrongKind(expected: "array"), at: offset)
        }
        return elements
    }

    /// The text of a string.
    func text() throws(TemplateFault) -> String {
        guard case .string(let text) = content else {
            throw TemplateFault(.wrongKind(expected: "string"), at: offset)
        }
        return text
    }
}

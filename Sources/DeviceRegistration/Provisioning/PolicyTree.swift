internal import JSONDocument

/// A policy in a template: a tree in which values stand, or a text that becomes one.
indirect enum PolicyTree: Sendable {
    case text(TemplateNode)
    case fixed(JSONValue)
    case array([PolicyTree])
    case object([(name: String, value: PolicyTree)])

    /// Reads a policy that was written as an object.
    ///
    /// Recurses to the depth that the reader of the template allowed.
    init(_ value: SourceValue, _ functions: TemplateFunctions) throws(TemplateFault) {
        switch value.content {
        case .null: self = .fixed(.null)
        case .bool(let bool): self = .fixed(.bool(bool))
        case .number(let number): self = .fixed(.number(number))
        case .string: self = .text(try functions.node(value))
        case .array(let elements):
            var items: [PolicyTree] = []
            for element in elements { items.append(try PolicyTree(element, functions)) }
            self = .array(items)
        case .object(let members):
            if TemplateFunctions.function(value) != nil {
                self = .text(try functions.node(value))
                return
            }
            var items: [(name: String, value: PolicyTree)] = []
            for member in members {
                items.append((member.name, try PolicyTree(member.value, functions)))
            }
            self = .object(items)
        }
    }
}

/// Puts values into the tree of a policy, never into its text.
struct PolicyRenderer {
    var evaluator: TemplateEvaluator
    let limits: TemplateLimits

    /// The first scalar that stands for a value in a text: plane 16 is for private use.
    private static let firstMarker: UInt32 = 0x10_0000

    /// The policy of a tree.
    mutating func render(
        _ tree: PolicyTree,
        member: String = ""
    ) throws(TemplateFault) -> JSONValue {
        switch tree {
        case .fixed(let value): return value
        case .text(let node):
            let text = try evaluator.text(node)
            return .string(try Self.checked(text, member, node.offset))
        case .array(let items):
            var elements: [JSONValue] = []
            for item in items { elements.append(try render(item, member: member)) }
            return .array(elements)
        case .object(let members):
            var object = JSONObject()
            for item in members { object[item.name] = try render(item.value, member: item.name) }
            return .object(object)
        }
    }

    /// The policy of a text.
    ///
    /// Each value is a single private character while the text is parsed. Outside of a string that is no
    /// JSON; inside, it is replaced once the tree is there.
    mutating func render(text node: TemplateNode) throws(TemplateFault) -> JSONValue {
        let text = try evaluator.text(node)
        var values: [String] = []
        var marked = String.UnicodeScalarView()
        for segment in text.segments {
            guard segment.isValue else {
                guard !segment.text.unicodeScalars.contains(where: { Self.isMarker($0) }) else {
                    throw TemplateFault(.reservedCharacter, at: node.offset)
                }
                marked.append(contentsOf: segment.text.unicodeScalars)
                continue
            }
            guard values.count < 0xFFFE,
                let marker = Unicode.Scalar(Self.firstMarker + UInt32(values.count))
            else {
                throw TemplateFault(.tooMany("values", limit: 0xFFFE), at: node.offset)
            }
            values.append(segment.text)
            marked.append(marker)
        }
        let options = JSONReader.Options(maximumDepth: limits.nesting)
        let tree: JSONValue
        do throws(JSONError) {
            tree = try JSONValue(parsing: String(marked), options: options)
        } catch {
            throw TemplateFault(.policyDocument(error.violation), at: node.offset)
        }
        return try replace(tree, "", values, node.offset)
    }

    private mutating func replace(
        _ value: JSONValue,
        _ member: String,
        _ values: [String],
        _ offset: Int
    ) throws(TemplateFault) -> JSONValue {
        switch value {
        case .string(let text):
            let text = try Self.unmarked(text, values, offset)
            for segment in text.segments { try evaluator.spend(segment.text, at: offset) }
            return .string(try Self.checked(text, member, offset))
        case .array(let elements):
            var items: [JSONValue] = []
            for element in elements { items.append(try replace(element, member, values, offset)) }
            return .array(items)
        case .object(let object):
            var result = JSONObject()
            for item in object.members {
                guard !item.name.unicodeScalars.contains(where: { Self.isMarker($0) }) else {
                    throw TemplateFault(.valueNotAllowed(in: "member name"), at: offset)
                }
                result[item.name] = try replace(item.value, item.name, values, offset)
            }
            return .object(result)
        default: return value
        }
    }

    private static func isMarker(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= firstMarker }

    /// A string of the tree with its values in place.
    private static func unmarked(
        _ text: String,
        _ values: [String],
        _ offset: Int
    ) throws(TemplateFault) -> TemplateText {
        guard text.unicodeScalars.contains(where: { isMarker($0) }) else {
            return TemplateText(text, isValue: false)
        }
        var result = TemplateText()
        var literal = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            guard isMarker(scalar) else {
                literal.append(scalar)
                continue
            }
            let index = Int(scalar.value - firstMarker)
            // An escape in the text can name a marker that was not set here.
            guard index < values.count else { throw TemplateFault(.reservedCharacter, at: offset) }
            result.append(TemplateText(String(literal), isValue: false))
            result.append(TemplateText(values[index], isValue: true))
            literal = String.UnicodeScalarView()
        }
        result.append(TemplateText(String(literal), isValue: false))
        return result
    }

    private static func checked(
        _ text: TemplateText,
        _ member: String,
        _ offset: Int
    ) throws(TemplateFault) -> String {
        guard text.hasValues else { return text.plain }
        if member == "Effect" || member == "Version" {
            throw TemplateFault(.valueNotAllowed(in: member), at: offset)
        }
        if text.hasHazard { throw TemplateFault(.forbiddenCharacter(in: member), at: offset) }
        return text.plain
    }
}

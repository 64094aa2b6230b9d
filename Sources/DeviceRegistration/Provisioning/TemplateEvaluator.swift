/// Puts the values of one evaluation together, within a budget.
struct TemplateEvaluator {
    let values: [String]
    let mappings: [String: [String: [String: String]]]
    let limits: TemplateLimits
    private var spent = 0

    init(
        values: [String],
        mappings: [String: [String: [String: String]]],
        limits: TemplateLimits
    ) {
        self.values = values
        self.mappings = mappings
        self.limits = limits
    }

    /// Counts text that was put together, and one more for each piece.
    mutating func spend(_ text: String, at offset: Int) throws(TemplateFault) {
        spent += text.utf8.count + 1
        guard spent <= limits.evaluationBytes else {
            throw TemplateFault(.evaluationTooLarge(limit: limits.evaluationBytes), at: offset)
        }
    }

    private mutating func spend(_ text: TemplateText, at offset: Int) throws(TemplateFault) {
        for segment in text.segments { try spend(segment.text, at: offset) }
    }

    /// The text of a value.
    ///
    /// Recurses to the depth of nested functions, which the reader bounds.
    mutating func text(_ node: TemplateNode) throws(TemplateFault) -> TemplateText {
        var result: TemplateText
        switch node.expression {
        case .literal(let text): result = TemplateText(text, isValue: false)
        case .parameter(let index): result = TemplateText(values[index], isValue: true)
        case .join(let delimiter, let list):
            result = TemplateText()
            let delimiter = try text(delimiter)
            for (index, item) in try items(list, node.offset).enumerated() {
                if index > 0 {
                    try spend(delimiter, at: node.offset)
                    result.append(delimiter)
                }
                result.append(item)
            }
        case .select(let index, let list):
            return try select(index, list, node.offset)
        case .findInMap(let map, let key, let name):
            let path = (try text(map).plain, try text(key).plain, try text(name).plain)
            guard let found = mappings[path.0]?[path.1]?[path.2] else {
                throw TemplateFault(.unknownMapping, at: node.offset)
            }
            // A value chose it, but the template's author wrote it.
            result = TemplateText(found, isValue: false)
        case .sub(let parts, let variables):
            result = try substitute(parts, variables, node.offset)
        }
        try spend(result, at: node.offset)
        return result
    }

    private mutating func substitute(
        _ parts: [SubstitutionPart],
        _ variables: [TemplateNode],
        _ offset: Int
    ) throws(TemplateFault) -> TemplateText {
        var texts: [TemplateText] = []
        for variable in variables { texts.append(try text(variable)) }
        var result = TemplateText()
        for part in parts {
            let piece =
                switch part {
                case .text(let text): TemplateText(text, isValue: false)
                case .parameter(let index): TemplateText(values[index], isValue: true)
                case .variable(let index): texts[index]
                }
            try spend(piece, at: offset)
            result.append(piece)
        }
        return result
    }

    private mutating func select(
        _ index: TemplateNode,
        _ list: TemplateList,
        _ offset: Int
    ) throws(TemplateFault) -> TemplateText {
        let digits = Array(try text(index).plain.utf8)
        guard (1...6).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw TemplateFault(.selectOutOfRange, at: index.offset) }
        let position = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        if case .items(let nodes) = list {
            guard position < nodes.count else {
                throw TemplateFault(.selectOutOfRange, at: offset)
            }
            return try text(nodes[position])
        }
        let items = try items(list, offset)
        guard position < items.count else { throw TemplateFault(.selectOutOfRange, at: offset) }
        return items[position]
    }

    private mutating func items(
        _ list: TemplateList,
        _ offset: Int
    ) throws(TemplateFault) -> [TemplateText] {
        var items: [TemplateText] = []
        switch list {
        case .items(let nodes):
            for node in nodes { items.append(try text(node)) }
        case .split(let delimiter, let node):
            let separator = Array(try text(delimiter).plain.utf8)
            guard !separator.isEmpty else {
                throw TemplateFault(.emptyDelimiter, at: delimiter.offset)
            }
            let source = try text(node)
            // A piece can hold parts of both, so one value makes a value of every piece.
            let isValue = source.hasValues
            for piece in Self.split(Array(source.plain.utf8), separator) {
                try spend(piece, at: offset)
                items.append(TemplateText(piece, isValue: isValue))
            }
        }
        return items
    }

    private static func split(_ bytes: [UInt8], _ separator: [UInt8]) -> [String] {
        var pieces: [String] = []
        var start = 0
        var i = 0
        while i + separator.count <= bytes.count {
            if bytes[i..<i + separator.count].elementsEqual(separator) {
                pieces.append(String(decoding: bytes[start..<i], as: UTF8.self))
                i += separator.count
                start = i
            } else {
                i += 1
            }
        }
        pieces.append(String(decoding: bytes[start...], as: UTF8.self))
        return pieces
    }
}

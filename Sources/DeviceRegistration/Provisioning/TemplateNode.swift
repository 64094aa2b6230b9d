/// A value of a template: a text, or a function that makes one.
struct TemplateNode: Sendable {
    let offset: Int
    let expression: TemplateExpression

    /// The text of a literal.
    var literal: String? {
        if case .literal(let text) = expression { return text }
        return nil
    }
}

/// What a value is made of.
indirect enum TemplateExpression: Sendable {
    case literal(String)
    /// `Ref`: the index of a parameter.
    case parameter(Int)
    /// `Fn::Join`
    case join(delimiter: TemplateNode, TemplateList)
    /// `Fn::Select`
    case select(index: TemplateNode, TemplateList)
    /// `Fn::FindInMap`
    case findInMap(map: TemplateNode, key: TemplateNode, name: TemplateNode)
    /// `Fn::Sub`
    case sub([SubstitutionPart], variables: [TemplateNode])
}

/// A list of values.
indirect enum TemplateList: Sendable {
    case items([TemplateNode])
    /// `Fn::Split`
    case split(delimiter: TemplateNode, TemplateNode)
}

/// A piece of the text of `Fn::Sub`.
enum SubstitutionPart: Sendable {
    case text(String)
    /// The index of a parameter.
    case parameter(Int)
    /// The index of a variable of the function itself.
    case variable(Int)
}

/// What an evaluation puts together: pieces of the template's own text, and values from outside.
struct TemplateText: Sendable {
    struct Segment: Sendable {
        var text: String
        var isValue: Bool
    }

    var segments: [Segment] = []

    init() {}

    init(_ text: String, isValue: Bool) { segments = [Segment(text: text, isValue: isValue)] }

    /// The whole text.
    var plain: String {
        segments.count == 1 ? segments[0].text : segments.map(\.text).joined()
    }

    var hasValues: Bool { segments.contains { $0.isValue } }

    mutating func append(_ other: TemplateText) { segments += other.segments }

    /// Whether a value in it has a character that could widen what it is put into.
    ///
    /// `* ? $ { }` widen a policy; `+ #` are wildcards of topic filters, which policies compare as text.
    var hasHazard: Bool {
        segments.contains { segment in
            segment.isValue
                && segment.text.unicodeScalars.contains { scalar in
                    switch scalar {
                    case "*", "?", "$", "{", "}", "+", "#": true
                    default:
                        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                    }
                }
        }
    }

    /// Whether a value in it has a control character.
    var hasControl: Bool {
        segments.contains { segment in
            segment.isValue
                && segment.text.unicodeScalars.contains { scalar in
                    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                }
        }
    }
}

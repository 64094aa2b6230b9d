/// One token and where it stands.
struct Token {
    enum Kind: Equatable {
        case word
        case number
        case string
        case variable
        case symbol(Symbol)
        case end
    }

    enum Symbol: String {
        case leftParenthesis = "("
        case rightParenthesis = ")"
        case leftBracket = "["
        case rightBracket = "]"
        case leftBrace = "{"
        case rightBrace = "}"
        case comma = ","
        case dot = "."
        case colon = ":"
        case plus = "+"
        case minus = "-"
        case star = "*"
        case slash = "/"
        case percent = "%"
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    var kind: Kind
    /// Offsets in the UTF-8 of the statement.
    var range: Range<Int>
    /// The word, the variable's name without `@`, the number, or the string's value.
    var text: String
    /// Set where a word is a keyword.
    var keyword: Keyword?
}

/// The reserved words, in any case of letters.
enum Keyword: String {
    case select, from, `where`, `as`, and, or, not, `case`, when, then, `else`, end
    case value, null, `true`, `false`, `in`, exists, set

    /// The keyword a word spells.
    init?(word: String) {
        guard word.utf8.count <= 6 else { return nil }
        self.init(rawValue: word.asciiLowercased)
    }
}

extension String {
    /// The string with A...Z as a...z and nothing else changed.
    var asciiLowercased: String {
        guard utf8.contains(where: { $0 >= 0x41 && $0 <= 0x5A }) else { return self }
        return String(
            decoding: utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 },
            as: UTF8.self
        )
    }
}

/// Splits a statement into tokens.
///
/// White space is space, tab, CR and LF; there are no comments.
struct Lexer {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    /// Reads `bytes[range]`; token ranges are offsets in `bytes`.
    init(_ bytes: [UInt8], range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// Offset of the next character to read.
    var offset: Int { position }

    /// The next token, ``Token/Kind/end`` at the end.
    mutating func next() throws(SQLSyntaxError) -> Token {
        skipSpace()
        let start = position
        guard position < end else {
            return Token(kind: .end, range: start..<start, text: "", keyword: nil)
        }
        switch bytes[position] {
        case let c where Self.isWordStart(c): return word(from: start)
        case 0x30...0x39: return number(from: start)
        case 0x27, 0x22: return try string(from: start)
        case 0x40: return try variable(from: start)
        default: return try symbol(from: start)
        }
    }

    private mutating func skipSpace() {
        while position < end {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    static func isWordStart(_ c: UInt8) -> Bool {
        (c | 0x20 >= 0x61 && c | 0x20 <= 0x7A) || c == 0x5F
    }

    static func isWordPart(_ c: UInt8) -> Bool { isWordStart(c) || isDigit(c) }

    static func isDigit(_ c: UInt8) -> Bool { c >= 0x30 && c <= 0x39 }

    private func text(from start: Int) -> String {
        String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func word(from start: Int) -> Token {
        while position < end, Self.isWordPart(bytes[position]) { position += 1 }
        let text = text(from: start)
        return Token(
            kind: .word,
            range: start..<position,
            text: text,
            keyword: Keyword(word: text)
        )
    }

    private mutating func digits() -> Bool {
        let start = position
        while position < end, Self.isDigit(bytes[position]) { position += 1 }
        return position > start
    }

    private mutating func number(from start: Int) -> Token {
        _ = digits()
        if position + 1 < end, bytes[position] == 0x2E, Self.isDigit(bytes[position + 1]) {
            position += 1
            _ = digits()
        }
        if position < end, bytes[position] | 0x20 == 0x65 {
            let mark = position
            position += 1
            if position < end, bytes[position] == 0x2B || bytes[position] == 0x2D { position += 1 }
            // `2e` is the number 2 and a word, which the parser then refuses.
            if !digits() { position = mark }
        }
        return Token(
            kind: .number,
            range: start..<position,
            text: text(from: start),
            keyword: nil
        )
    }

    /// Both quotes make strings; a doubled quote is the quote itself.
    private mutating func string(from start: Int) throws(SQLSyntaxError) -> Token {
        let quote = bytes[start]
        var value: [UInt8] = []
        position += 1
        while position < end {
            let c = bytes[position]
            position += 1
            if c != quote {
                value.append(c)
            } else if position < end, bytes[position] == quote {
                value.append(quote)
                position += 1
            } else {
                return Token(
                    kind: .string,
                    range: start..<position,
                    text: String(decoding: value, as: UTF8.self),
                    keyword: nil
                )
            }
        }
        throw SQLSyntaxError(.unterminatedString, at: start..<end)
    }

    private mutating func variable(from start: Int) throws(SQLSyntaxError) -> Token {
        position += 1
        while position < end, Self.isWordPart(bytes[position]) { position += 1 }
        let name = String(decoding: bytes[(start + 1)..<position], as: UTF8.self)
        guard (1...64).contains(name.utf8.count) else {
            throw SQLSyntaxError(.variableName(name), at: start..<position)
        }
        return Token(kind: .variable, range: start..<position, text: name, keyword: nil)
    }

    private mutating func symbol(from start: Int) throws(SQLSyntaxError) -> Token {
        if position + 1 < end {
            let pair = String(decoding: bytes[position..<(position + 2)], as: UTF8.self)
            // `!=` is written by users of other dialects; it means `<>`.
            if let symbol = Token.Symbol(rawValue: pair == "!=" ? "<>" : pair) {
                position += 2
                return Token(
                    kind: .symbol(symbol),
                    range: start..<position,
                    text: pair,
                    keyword: nil
                )
            }
        }
        let single = String(decoding: bytes[position..<(position + 1)], as: UTF8.self)
        if let symbol = Token.Symbol(rawValue: single) {
            position += 1
            return Token(
                kind: .symbol(symbol),
                range: start..<position,
                text: single,
                keyword: nil
            )
        }
        let rest = String(decoding: bytes[start..<min(end, start + 4)], as: UTF8.self)
        let scalar = rest.unicodeScalars.first ?? "?"
        let length = max(1, min(UTF8.width(scalar), end - start))
        throw SQLSyntaxError(.unexpectedCharacter(scalar), at: start..<(start + length))
    }
}

/// The replacement text of `regexp_replace`, in Java's syntax: `$n`, `${name}`, `\` in front of a
/// literal character.
struct Replacement: Hashable, Sendable {
    enum Part: Hashable {
        case text([UInt8])
        case group(Int)
    }

    private(set) var parts: [Part] = []

    /// Reads `text` for `pattern`; `nil` for a group that the pattern does not have.
    init?(_ text: String, for pattern: Pattern) {
        let bytes = Array(text.utf8)
        var literal: [UInt8] = []
        var i = 0
        func flush() -> Part? { literal.isEmpty ? nil : .text(literal) }
        while i < bytes.count {
            let c = bytes[i]
            i += 1
            if c == 0x5C {
                guard i < bytes.count else { return nil }
                literal.append(bytes[i])
                i += 1
            } else if c == 0x24 {
                guard let group = Self.group(bytes, &i, pattern) else { return nil }
                if let part = flush() { parts.append(part) }
                literal = []
                parts.append(.group(group))
            } else {
                literal.append(c)
            }
        }
        if let part = flush() { parts.append(part) }
    }

    /// The group behind `$`; more digits belong to the number as long as that group exists.
    private static func group(_ bytes: [UInt8], _ i: inout Int, _ pattern: Pattern) -> Int? {
        guard i < bytes.count else { return nil }
        if bytes[i] == 0x7B {
            guard let close = bytes[i...].firstIndex(of: 0x7D) else { return nil }
            let name = String(decoding: bytes[(i + 1)..<close], as: UTF8.self)
            i = close + 1
            return pattern.groupNames[name]
        }
        guard Lexer.isDigit(bytes[i]) else { return nil }
        var number = Int(bytes[i] - 0x30)
        guard number <= pattern.groupCount else { return nil }
        i += 1
        while i < bytes.count, Lexer.isDigit(bytes[i]) {
            let longer = number * 10 + Int(bytes[i] - 0x30)
            guard longer <= pattern.groupCount else { break }
            number = longer
            i += 1
        }
        return number
    }
}

extension PatternMachine {
    /// The result of ``replaceAll(_:in:with:limit:steps:)``.
    enum ReplaceOutcome: Equatable {
        case text([UInt8])
        /// The result would be longer than the limit.
        case tooLong
        case exhausted
    }

    /// Replaces every match.
    mutating func replaceAll(
        _ pattern: Pattern,
        in text: [UInt8],
        with replacement: Replacement,
        limit: Int,
        steps: inout Int
    ) -> ReplaceOutcome {
        var output: [UInt8] = []
        var copied = 0
        var position = 0
        while position <= text.count {
            let outcome = search(
                pattern,
                in: text,
                from: position,
                wantsGroups: true,
                steps: &steps
            )
            guard case .match(let groups) = outcome else {
                if case .exhausted = outcome { return .exhausted }
                break
            }
            output.append(contentsOf: text[copied..<groups[0]])
            for part in replacement.parts {
                switch part {
                case .text(let bytes): output.append(contentsOf: bytes)
                case .group(let group) where groups[2 * group] >= 0:
                    output.append(contentsOf: text[groups[2 * group]..<groups[2 * group + 1]])
                case .group: break
                }
            }
            guard output.count <= limit else { return .tooLong }
            copied = groups[1]
            position = groups[1]
            if groups[0] == groups[1] {
                // Behind an empty match the next search starts one scalar later.
                position += 1
                while position < text.count, text[position] & 0xC0 == 0x80 { position += 1 }
            }
        }
        output.append(contentsOf: text[copied...])
        return output.count <= limit ? .text(output) : .tooLong
    }
}

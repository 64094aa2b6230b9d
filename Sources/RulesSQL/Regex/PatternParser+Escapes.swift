extension PatternParser {
    /// An escape outside of a class; the current character is the backslash.
    mutating func escape() throws(PatternError) -> PatternNode? {
        guard let c = peek(1), let scalar = Unicode.Scalar(c) else { throw .invalid }
        switch scalar {
        case "A":
            position += 2
            return .anchor(.start)
        case "Z":
            position += 2
            return .anchor(.lastEnd)
        case "z":
            position += 2
            return .anchor(.end)
        case "b":
            position += 2
            if peek == 0x7B { throw .unsupported("a boundary by name") }
            return .anchor(.wordBoundary)
        case "B":
            position += 2
            return .anchor(.notWordBoundary)
        case "1"..."9", "k": throw .unsupported("a back-reference")
        case "G", "R", "X", "N": throw .unsupported("\\\(scalar)")
        case "Q":
            position += 2
            return try quotation()
        case "E":
            // Only the end of a quotation, which quotation() consumes.
            throw .invalid
        default: break
        }
        if let set = try classEscape() { return .set(ScalarSet(cased(set))) }
        return literal(try characterEscape())
    }

    /// `\Q…\E`: a quantifier behind it takes the last character.
    private mutating func quotation() throws(PatternError) -> PatternNode? {
        var parts: [PatternNode] = []
        while let c = peek {
            if c == 0x5C, peek(1) == 0x45 {
                // The last character is left to be quantified.
                position += 2
                guard !parts.isEmpty else { return nil }
                return parts.count == 1 ? parts[0] : .sequence(quantifiedLast(&parts))
            }
            parts.append(literal(c))
            position += 1
        }
        guard !parts.isEmpty else { return nil }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    /// Applies a quantifier that follows `\E` to the last quoted character alone.
    private mutating func quantifiedLast(_ parts: inout [PatternNode]) -> [PatternNode] {
        guard let c = peek, let scalar = Unicode.Scalar(c), "*+?".unicodeScalars.contains(scalar),
            let last = parts.popLast()
        else { return parts }
        position += 1
        let isGreedy = !accept("?")
        parts.append(
            .repetition(
                last,
                atLeast: scalar == "+" ? 1 : 0,
                atMost: scalar == "?" ? 1 : nil,
                isGreedy: isGreedy
            )
        )
        return parts
    }

    /// `\d` and its like; `nil`, with nothing read, for other escapes.
    mutating func classEscape() throws(PatternError) -> ScalarSet.Node? {
        guard let c = peek(1), let scalar = Unicode.Scalar(c) else { throw .invalid }
        let node: ScalarSet.Node
        switch scalar {
        case "d": node = .digit
        case "D": node = .not(.digit)
        case "w": node = .word
        case "W": node = .not(.word)
        case "s": node = .space
        case "S": node = .not(.space)
        case "h": node = .horizontalSpace
        case "H": node = .not(.horizontalSpace)
        case "v": node = .verticalSpace
        case "V": node = .not(.verticalSpace)
        case "p", "P":
            position += 2
            let named = try property()
            return scalar == "P" ? .not(named) : named
        default: return nil
        }
        position += 2
        return node
    }

    private mutating func property() throws(PatternError) -> ScalarSet.Node {
        var name = ""
        if accept("{") {
            while let c = peek, let scalar = Unicode.Scalar(c), scalar != "}" {
                name.unicodeScalars.append(scalar)
                position += 1
            }
            guard accept("}") else { throw .invalid }
        } else if let c = peek, let scalar = Unicode.Scalar(c) {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard !name.isEmpty else { throw .invalid }
        guard let node = ScalarSet.Node.named(name) else {
            throw .unsupported("the character property '\(name)'")
        }
        return node
    }

    /// An escape that stands for one character.
    mutating func characterEscape() throws(PatternError) -> UInt32 {
        guard let c = peek(1), let scalar = Unicode.Scalar(c) else { throw .invalid }
        position += 2
        switch scalar {
        case "t": return 0x09
        case "n": return 0x0A
        case "r": return 0x0D
        case "f": return 0x0C
        case "a": return 0x07
        case "e": return 0x1B
        case "0": return try octal()
        case "x":
            if accept("{") {
                let value = try hexadecimal(upTo: 6, exactly: false)
                guard accept("}"), Unicode.Scalar(value) != nil else { throw .invalid }
                return value
            }
            return try hexadecimal(upTo: 2, exactly: true)
        case "u":
            let value = try hexadecimal(upTo: 4, exactly: true)
            guard Unicode.Scalar(value) != nil else { throw .unsupported("a surrogate escape") }
            return value
        case "c":
            guard let control = peek else { throw .invalid }
            position += 1
            return control ^ 64
        default:
            // Java reserves every other letter and digit.
            let isLetter = c | 0x20 >= 0x61 && c | 0x20 <= 0x7A && c < 0x80
            guard !isLetter, !(c >= 0x30 && c <= 0x39) else { throw .invalid }
            return c
        }
    }

    private mutating func octal() throws(PatternError) -> UInt32 {
        var value: UInt32 = 0
        var digits = 0
        while digits < 3, let c = peek, c >= 0x30, c <= 0x37, value * 8 + (c - 0x30) <= 0xFF {
            value = value * 8 + (c - 0x30)
            digits += 1
            position += 1
        }
        guard digits > 0 else { throw .invalid }
        return value
    }

    private mutating func hexadecimal(
        upTo limit: Int,
        exactly: Bool
    ) throws(PatternError) -> UInt32 {
        var value: UInt32 = 0
        var digits = 0
        while digits < limit, let c = peek, let scalar = Unicode.Scalar(c),
            let digit = Character(scalar).hexDigitValue, c < 0x80
        {
            value = value << 4 | UInt32(digit)
            digits += 1
            position += 1
        }
        guard digits > 0, !exactly || digits == limit else { throw .invalid }
        return value
    }

    /// A class up to its `]`; the opening bracket is read.
    mutating func characterClass() throws(PatternError) -> ScalarSet.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw .unsupported("too many nested classes") }
        let isNegated = accept("^")
        var node: ScalarSet.Node?
        var parts: [ScalarSet.Node] = []
        var isFirst = true
        while true {
            guard let c = peek else { throw .invalid }
            if c == 0x5D, !isFirst {
                position += 1
                break
            }
            isFirst = false
            if c == 0x26, peek(1) == 0x26 {
                position += 2
                node = Self.intersect(node, parts)
                parts = []
            } else if c == 0x5B {
                position += 1
                parts.append(try characterClass())
            } else {
                parts.append(try classItem())
            }
        }
        let whole = Self.intersect(node, parts)
        guard let whole else { throw .invalid }
        return isNegated ? .not(whole) : whole
    }

    /// What stands left of `&&` (`nil` at first) and the parts right of it.
    private static func intersect(
        _ left: ScalarSet.Node?,
        _ parts: [ScalarSet.Node]
    ) -> ScalarSet.Node? {
        guard !parts.isEmpty else { return left }
        let right: ScalarSet.Node = parts.count == 1 ? parts[0] : .union(parts)
        return left.map { .intersection($0, right) } ?? right
    }

    private mutating func classItem() throws(PatternError) -> ScalarSet.Node {
        guard let c = peek else { throw .invalid }
        if c == 0x5C {
            if peek(1) == 0x51 || peek(1) == 0x45 {
                throw .unsupported("a quotation inside a class")
            }
            if let set = try classEscape() { return set }
        }
        let low = try classCharacter()
        guard peek == 0x2D, let after = peek(1), after != 0x5D, after != 0x5B else {
            return .scalar(low)
        }
        if after == 0x26, peek(2) == 0x26 { return .scalar(low) }
        position += 1
        let high = try classCharacter()
        guard high >= low else { throw .invalid }
        return .ranges([low...high])
    }

    private mutating func classCharacter() throws(PatternError) -> UInt32 {
        guard let c = peek else { throw .invalid }
        if c == 0x5C { return try characterEscape() }
        position += 1
        return c
    }
}

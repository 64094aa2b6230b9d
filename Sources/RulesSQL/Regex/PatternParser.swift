/// Reads Java's syntax of regular expressions as far as linear time allows.
struct PatternParser {
    struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotMatchesAll = false
    }

    /// The most repetitions that `{n,m}` may ask for.
    static let repetitionLimit = 1_000
    /// How deep groups and classes nest.
    static let depthLimit = 64

    let scalars: [UInt32]
    var position = 0
    var flags = Flags()
    var groupCount = 0
    var groupNames: [String: Int] = [:]
    var depth = 0

    init(_ pattern: String) { scalars = pattern.unicodeScalars.map(\.value) }

    /// The whole pattern as one tree.
    mutating func parse() throws(PatternError) -> PatternNode {
        let node = try alternation()
        // Only an unopened `)` stops before the end.
        guard position == scalars.count else { throw .invalid }
        return node
    }

    var peek: UInt32? { position < scalars.count ? scalars[position] : nil }

    func peek(_ ahead: Int) -> UInt32? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard peek == character.value else { return false }
        position += 1
        return true
    }

    private mutating func alternation() throws(PatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw .unsupported("too many nested groups") }
        var branches = [try sequence()]
        while accept("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var parts: [PatternNode] = []
        while let c = peek, c != 0x7C, c != 0x29 {
            if let atom = try atom() { parts.append(try quantified(atom)) }
        }
        switch parts.count {
        case 0: return .empty
        case 1: return parts[0]
        default: return .sequence(parts)
        }
    }

    /// One atom; `nil` for a construct that only changes the flags.
    private mutating func atom() throws(PatternError) -> PatternNode? {
        guard let c = peek, let scalar = Unicode.Scalar(c) else { throw .invalid }
        switch scalar {
        case "(": return try group()
        case "[":
            position += 1
            return .set(ScalarSet(cased(try characterClass())))
        case "\\": return try escape()
        case "*", "+", "?", "{": throw .invalid
        default: break
        }
        position += 1
        switch scalar {
        case ".":
            return .set(
                ScalarSet(flags.dotMatchesAll ? .everything : .not(.lineTerminator))
            )
        case "^": return .anchor(flags.isMultiline ? .lineStart : .start)
        case "$": return .anchor(flags.isMultiline ? .lineEnd : .lastEnd)
        default: return literal(c)
        }
    }

    func literal(_ c: UInt32) -> PatternNode {
        let isLetter = c < 0x80 && c | 0x20 >= 0x61 && c | 0x20 <= 0x7A
        guard flags.ignoresCase, isLetter else { return .scalar(c) }
        return .set(ScalarSet(.ranges([c...c, (c ^ 0x20)...(c ^ 0x20)])))
    }

    func cased(_ node: ScalarSet.Node) -> ScalarSet.Node {
        flags.ignoresCase ? .anyCase(node) : node
    }

    private mutating func quantified(_ atom: PatternNode) throws(PatternError) -> PatternNode {
        guard let c = peek, let scalar = Unicode.Scalar(c) else { return atom }
        let range: (Int, Int?)
        switch scalar {
        case "*": range = (0, nil)
        case "+": range = (1, nil)
        case "?": range = (0, 1)
        case "{":
            position += 1
            range = try counts()
            position -= 1
        default: return atom
        }
        position += 1
        if accept("+") { throw .unsupported("a possessive quantifier") }
        let isGreedy = !accept("?")
        return .repetition(atom, atLeast: range.0, atMost: range.1, isGreedy: isGreedy)
    }

    private mutating func counts() throws(PatternError) -> (Int, Int?) {
        let low = try count()
        if accept("}") { return (low, low) }
        guard accept(",") else { throw .invalid }
        if accept("}") { return (low, nil) }
        let high = try count()
        guard accept("}"), high >= low else { throw .invalid }
        return (low, high)
    }

    private mutating func count() throws(PatternError) -> Int {
        var value = 0
        var digits = 0
        while let c = peek, c >= 0x30, c <= 0x39 {
            value = min(value * 10 + Int(c - 0x30), 1_000_000)
            digits += 1
            position += 1
        }
        guard digits > 0 else { throw .invalid }
        guard value <= Self.repetitionLimit else {
            throw .unsupported("more than \(Self.repetitionLimit) repetitions")
        }
        return value
    }

    private mutating func group() throws(PatternError) -> PatternNode? {
        position += 1
        guard accept("?") else {
            groupCount += 1
            return try groupBody(capture: groupCount)
        }
        let outer = flags
        switch peek.flatMap(Unicode.Scalar.init) {
        case ":":
            position += 1
            return try groupBody(capture: nil)
        case "=", "!": throw .unsupported("look-ahead")
        case ">": throw .unsupported("an atomic group")
        case "<":
            if peek(1) == 0x3D || peek(1) == 0x21 { throw .unsupported("look-behind") }
            position += 1
            groupCount += 1
            let index = groupCount
            let name = try groupName()
            guard groupNames.updateValue(index, forKey: name) == nil else { throw .invalid }
            return try groupBody(capture: index)
        default:
            try readFlags()
            if accept(")") { return nil }
            guard accept(":") else { throw .invalid }
            let node = try groupBody(capture: nil)
            flags = outer
            return node
        }
    }

    private mutating func groupBody(capture: Int?) throws(PatternError) -> PatternNode {
        let outer = flags
        let body = try alternation()
        guard accept(")") else { throw .invalid }
        flags = outer
        return .group(body, capture: capture)
    }

    private mutating func groupName() throws(PatternError) -> String {
        var name = ""
        while let c = peek, let scalar = Unicode.Scalar(c), scalar != ">" {
            let isLetter = c | 0x20 >= 0x61 && c | 0x20 <= 0x7A
            guard isLetter || (!name.isEmpty && c >= 0x30 && c <= 0x39) else { throw .invalid }
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard accept(">"), !name.isEmpty else { throw .invalid }
        return name
    }

    private mutating func readFlags() throws(PatternError) {
        var value = true
        while let c = peek, let scalar = Unicode.Scalar(c) {
            switch scalar {
            case "-" where value: value = false
            case "i": flags.ignoresCase = value
            case "m": flags.isMultiline = value
            case "s": flags.dotMatchesAll = value
            case "d", "u", "U", "x": throw .unsupported("the flag '\(scalar)'")
            case ")", ":": return
            default: throw .invalid
            }
            position += 1
        }
        throw .invalid
    }
}

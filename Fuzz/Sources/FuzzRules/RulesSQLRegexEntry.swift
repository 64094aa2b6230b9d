import RulesSQL

/// A pattern that is made from fuzz bytes, so that text and meaning are both known.
private indirect enum Node {
    case letter(UInt8)
    case any
    case letters([UInt8], isNegated: Bool)
    case start, end, word
    case sequence([Node])
    case choice([Node])
    case group(Node)
    case repeated(Node, Int, Int?, isGreedy: Bool)
}

private struct Maker {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    mutating func next() -> UInt8 {
        guard position < bytes.count else { return 0 }
        position += 1
        return bytes[position - 1]
    }

    mutating func node(_ depth: Int) -> Node {
        let choice = next()
        guard depth > 0, position < bytes.count else { return .letter(0x61 + choice % 3) }
        switch choice % 12 {
        case 0, 1: return .letter(0x61 + choice / 12 % 3)
        case 2: return .any
        case 3: return .letters([0x61 + choice / 12 % 3, 0x62], isNegated: choice & 128 != 0)
        case 4: return [.start, .end, .word][Int(choice / 12) % 3]
        case 5, 6, 7: return .sequence((0...Int(choice / 12 % 4)).map { _ in node(depth - 1) })
        case 8: return .choice((0...Int(choice / 12 % 3)).map { _ in node(depth - 1) })
        case 9: return .group(node(depth - 1))
        default:
            let low = Int(next() % 3)
            let high = next() % 4
            let inner = node(depth - 1)
            let most: Int? = high == 0 ? nil : low + Int(high) - 1
            return .repeated(inner, low, most, isGreedy: choice / 12 % 2 == 0)
        }
    }
}

extension Node {
    var text: String {
        switch self {
        case .letter(let c): String(Unicode.Scalar(c))
        case .any: "."
        case .letters(let all, let isNegated):
            "[" + (isNegated ? "^" : "") + String(decoding: all, as: UTF8.self) + "]"
        case .start: "^"
        case .end: "\\z"
        case .word: "\\b"
        case .sequence(let parts): parts.map(\.text).joined()
        case .choice(let parts): "(?:" + parts.map(\.text).joined(separator: "|") + ")"
        case .group(let inner): "(" + inner.text + ")"
        case .repeated(let inner, let low, let high, let isGreedy):
            "(?:" + inner.text + "){\(low)," + (high.map(String.init) ?? "") + "}"
                + (isGreedy ? "" : "?")
        }
    }
}

/// Backtracking, as the textbook has it; gives up after `budget` steps.
private struct Oracle {
    let text: [UInt8]
    var budget = 20_000

    mutating func match(_ node: Node, _ at: Int, _ next: (inout Oracle, Int) -> Int?) -> Int? {
        budget -= 1
        guard budget > 0 else { return nil }
        func isWord(_ index: Int) -> Bool {
            text.indices.contains(index) && text[index] != 0x0A && text[index] != 0x2D
        }
        switch node {
        case .letter(let c): return at < text.count && text[at] == c ? next(&self, at + 1) : nil
        case .any: return at < text.count && text[at] != 0x0A ? next(&self, at + 1) : nil
        case .letters(let all, let isNegated):
            guard at < text.count, all.contains(text[at]) != isNegated else { return nil }
            return next(&self, at + 1)
        case .start: return at == 0 ? next(&self, at) : nil
        case .end: return at == text.count ? next(&self, at) : nil
        case .word: return isWord(at - 1) != isWord(at) ? next(&self, at) : nil
        case .sequence(let parts): return sequence(parts[...], at, next)
        case .choice(let parts):
            for part in parts { if let end = match(part, at, next) { return end } }
            return nil
        case .group(let inner): return match(inner, at, next)
        case .repeated(let inner, let low, let high, let isGreedy):
            return loop(inner, low, high, isGreedy, at, next)
        }
    }

    private mutating func sequence(
        _ parts: ArraySlice<Node>,
        _ at: Int,
        _ next: (inout Oracle, Int) -> Int?
    ) -> Int? {
        guard let first = parts.first else { return next(&self, at) }
        return match(first, at) { $0.sequence(parts.dropFirst(), $1, next) }
    }

    private mutating func loop(
        _ inner: Node,
        _ low: Int,
        _ high: Int?,
        _ isGreedy: Bool,
        _ at: Int,
        _ next: (inout Oracle, Int) -> Int?
    ) -> Int? {
        budget -= 1
        guard budget > 0 else { return nil }
        if low > 0 {
            return match(inner, at) {
                $0.loop(inner, low - 1, high.map { $0 - 1 }, isGreedy, $1, next)
            }
        }
        if high == 0 { return next(&self, at) }
        func again(_ oracle: inout Oracle) -> Int? {
            oracle.match(inner, at) { oracle, end in
                // An empty round ends the loop.
                end == at
                    ? next(&oracle, end)
                    : oracle.loop(inner, 0, high.map { $0 - 1 }, isGreedy, end, next)
            }
        }
        if isGreedy { return again(&self) ?? next(&self, at) }
        return next(&self, at) ?? again(&self)
    }
}

/// A pattern and a text from the same bytes: whether there is a match and where it starts is what
/// backtracking finds; any bytes as a pattern do not trap.
@Sendable func fuzzRulesSQLRegex(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 2 else { return }
    if bytes[0] & 1 == 0 {
        // The pattern as text.
        let cut = 1 + Int(bytes[1]) % (bytes.count - 1)
        let source = String(decoding: bytes[2..<max(2, cut)], as: UTF8.self)
        let text = Array(String(decoding: bytes[max(2, cut)...], as: UTF8.self).utf8)
        guard let expression = try? RegularExpression(source) else { return }
        guard let found = try? expression.firstMatch(in: text, steps: 200_000) else { return }
        for range in found { precondition(range.map { $0.upperBound <= text.count } ?? true) }
        return
    }
    let length = Int(bytes[1]) % 12
    var text: [UInt8] = []
    for index in 0..<min(length, bytes.count - 2) {
        text.append([0x61, 0x62, 0x63, 0x61, 0x62, 0x0A, 0x2D, 0x61][Int(bytes[index + 2] % 8)])
    }
    var maker = Maker(bytes: bytes, position: min(2 + length, bytes.count))
    let node = maker.node(4)
    let source = node.text
    guard let expression = try? RegularExpression(source) else {
        // Only patterns that grow beyond the program's limit may be refused.
        precondition(source.utf8.count > 64, "refused: \(source)")
        return
    }
    var oracle = Oracle(text: text)
    var expected: Range<Int>?
    for start in 0...text.count {
        let end = oracle.match(node, start) { _, end in end }
        guard oracle.budget > 0 else { return }
        if let end {
            expected = start..<end
            break
        }
    }
    do {
        let found = try expression.firstMatch(in: text, steps: 1_000_000)
        precondition(found?[0] == expected, "\(source): \(String(describing: found))")
    } catch {
        // The steps ran out.
    }
}

/// A compiled regular expression: a program for ``PatternMachine``.
///
/// The syntax is Java's without what needs backtracking (look-around, back-references, possessive
/// quantifiers, atomic groups), so that every search takes time linear in the text.
struct Pattern: Hashable, Sendable {
    enum Instruction: Hashable {
        case scalar(UInt32)
        case set(Int)
        /// Continue at both; the first is preferred.
        case split(Int, Int)
        case jump(Int)
        /// Note the position in a capture slot.
        case save(Int)
        case anchor(PatternNode.Anchor)
        case match
    }

    /// The most instructions of one pattern.
    static let programLimit = 10_000
    /// The longest pattern, in Unicode scalars.
    static let lengthLimit = 4_096

    private(set) var code: [Instruction] = []
    /// How far a thread jumps, besides to the next instruction, after it has read a character.
    private(set) var shifts: [Int] = []
    private(set) var sets: [ScalarSet] = []
    let groupCount: Int
    let groupNames: [String: Int]
    /// Whether a match can only begin at the start of the text.
    let isAnchored: Bool

    /// Compiles `pattern`.
    init(_ pattern: String) throws(PatternError) {
        guard pattern.unicodeScalars.count <= Self.lengthLimit else {
            throw .unsupported("more than \(Self.lengthLimit) characters")
        }
        var parser = PatternParser(pattern)
        let node = try parser.parse()
        groupCount = parser.groupCount
        groupNames = parser.groupNames
        isAnchored = Self.startsAnchored(node)
        try emit(.save(0))
        try compile(node)
        try emit(.save(1))
        try emit(.match)
    }

    private static func startsAnchored(_ node: PatternNode) -> Bool {
        switch node {
        case .anchor(.start): true
        case .sequence(let parts): parts.first.map(startsAnchored) ?? false
        case .alternation(let branches): branches.allSatisfy(startsAnchored)
        case .group(let body, _): startsAnchored(body)
        default: false
        }
    }

    private mutating func emit(_ instruction: Instruction) throws(PatternError) {
        guard code.count < Self.programLimit else {
            throw .unsupported("too many repetitions")
        }
        code.append(instruction)
        shifts.append(0)
    }

    private mutating func compile(_ node: PatternNode) throws(PatternError) {
        switch node {
        case .empty: break
        case .scalar(let value): try emit(.scalar(value))
        case .set(let set):
            let index = sets.firstIndex(of: set) ?? sets.count
            if index == sets.count { sets.append(set) }
            try emit(.set(index))
        case .sequence(let parts): for part in parts { try compile(part) }
        case .alternation(let branches): try alternation(branches)
        case .group(let body, let capture):
            if let capture { try emit(.save(capture * 2)) }
            try compile(body)
            if let capture { try emit(.save(capture * 2 + 1)) }
        case .repetition(let body, let low, let high, let isGreedy):
            try repetition(body, low, high, isGreedy)
        case .anchor(let anchor): try emit(.anchor(anchor))
        }
    }

    private mutating func alternation(_ branches: [PatternNode]) throws(PatternError) {
        var ends: [Int] = []
        for (index, branch) in branches.enumerated() {
            guard index < branches.count - 1 else {
                try compile(branch)
                break
            }
            let split = code.count
            try emit(.split(split + 1, 0))
            try compile(branch)
            ends.append(code.count)
            try emit(.jump(0))
            code[split] = .split(split + 1, code.count)
        }
        for end in ends { code[end] = .jump(code.count) }
    }

    private mutating func repetition(
        _ body: PatternNode,
        _ low: Int,
        _ high: Int?,
        _ isGreedy: Bool
    ) throws(PatternError) {
        guard let high else {
            if low > 0 {
                for _ in 1..<low { try compile(body) }
                try oneOrMore(body, isGreedy)
            } else if Self.canBeEmpty(body) {
                // (x+)? rather than x*: an empty round must leave the loop, not be skipped.
                try optional(isGreedy) { (pattern) throws(PatternError) in
                    try pattern.oneOrMore(body, isGreedy)
                }
            } else {
                try optional(isGreedy) { (pattern) throws(PatternError) in
                    let start = pattern.code.count - 1
                    try pattern.compile(body)
                    try pattern.emit(.jump(start))
                }
            }
            return
        }
        for _ in 0..<low { try compile(body) }
        var splits: [Int] = []
        for _ in low..<max(low, high) {
            splits.append(code.count)
            try emit(.split(0, 0))
            try compile(body)
        }
        for split in splits { code[split] = Self.branch(split + 1, code.count, isGreedy) }
    }

    private static func branch(_ inside: Int, _ outside: Int, _ isGreedy: Bool) -> Instruction {
        isGreedy ? .split(inside, outside) : .split(outside, inside)
    }

    private mutating func oneOrMore(
        _ body: PatternNode,
        _ isGreedy: Bool
    ) throws(PatternError) {
        let start = code.count
        try compile(body)
        guard Self.canBeEmpty(body) else {
            try emit(Self.branch(start, code.count + 1, isGreedy))
            return
        }
        // A round that reads nothing leaves the loop, by its own rank among the threads. So the
        // body stands twice: a thread is in the first copy until it has read a character.
        let end = code.count
        try emit(.jump(0))
        let distance = code.count - start
        for index in start..<end {
            try emit(Self.moved(code[index], by: distance))
            shifts[index + distance] = shifts[index]
            switch code[index] {
            case .scalar, .set: shifts[index] += distance
            default: break
            }
        }
        try emit(Self.branch(start, code.count + 1, isGreedy))
        code[end] = .jump(code.count)
    }

    private static func moved(_ instruction: Instruction, by distance: Int) -> Instruction {
        switch instruction {
        case .split(let a, let b): .split(a + distance, b + distance)
        case .jump(let target): .jump(target + distance)
        default: instruction
        }
    }

    private mutating func optional(
        _ isGreedy: Bool,
        _ body: (inout Pattern) throws(PatternError) -> Void
    ) throws(PatternError) {
        let split = code.count
        try emit(.split(0, 0))
        try body(&self)
        code[split] = Self.branch(split + 1, code.count, isGreedy)
    }

    static func canBeEmpty(_ node: PatternNode) -> Bool {
        switch node {
        case .empty, .anchor: true
        case .scalar, .set: false
        case .sequence(let parts): parts.allSatisfy(canBeEmpty)
        case .alternation(let branches): branches.contains(where: canBeEmpty)
        case .group(let body, _): canBeEmpty(body)
        case .repetition(let body, let low, let high, _):
            low == 0 || high == 0 || canBeEmpty(body)
        }
    }
}

/// A pattern of a policy: literal text, `*`, `?` and variables, compiled once.
///
/// `*` stands for any run of characters, `/` and none included; `?` for exactly one character
/// (one Unicode scalar). The whole text must match. What a variable resolves to is data: it is
/// never read again, and a `*` or `?` in it stands for itself.
/// Source: AWS IoT Core developer guide, "Policy elements"; IAM reference, "Resource".
///
/// Matching takes time linear in pattern plus text: the pieces between stars are found by
/// Knuth-Morris-Pratt, or, where they hold a `?`, by a bit-parallel automaton (one step per byte
/// of text and 64 bytes of piece).
struct WildcardPattern: Hashable, Sendable {
    /// A part of a segment.
    enum Piece: Hashable, Sendable {
        /// Literal text, a range of `literals`.
        case literal(Range<Int>)
        /// `?`
        case anyCharacter
        /// `${name}`, an index into `variables`.
        case variable(Int)
    }

    /// What stands between two stars.
    struct Segment: Hashable, Sendable {
        var pieces: Range<Int>
        /// Present where no variable takes part, so that the search table is made once.
        var searcher: SegmentSearcher?
    }

    private(set) var literals: [UInt8] = []
    private(set) var pieces: [Piece] = []
    /// One more than there are stars (runs of stars count once).
    private(set) var segments: [Segment] = []
    private(set) var variables: [VariableReference] = []
    /// Whether ASCII letters compare without case (actions).
    let ignoresCase: Bool

    /// Whether the pattern is one piece of literal text.
    var isLiteral: Bool {
        segments.count == 1 && pieces.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    /// What a compiled piece of pattern text may contain.
    struct Syntax {
        /// `*` and `?` are wildcards.
        var wildcards = true
        /// `${…}` is a variable (document version 2012-10-17).
        var variables = true
        /// ASCII letters compare without case.
        var ignoresCase = false
    }

    /// Compiles pattern text.
    ///
    /// - Throws: the offset, in bytes of `text`, of a `${` without `}` or of a name that is no
    ///   variable name.
    init(_ text: some Collection<UInt8>, _ syntax: Syntax) throws(PatternError) {
        ignoresCase = syntax.ignoresCase
        let text = Array(text)
        var segmentStart = 0
        var index = 0
        var lastWasStar = false
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "*"), syntax.wildcards {
                if !lastWasStar { closeSegment(from: &segmentStart, floats: !segments.isEmpty) }
                lastWasStar = true
                index += 1
                continue
            }
            lastWasStar = false
            if byte == UInt8(ascii: "?"), syntax.wildcards {
                pieces.append(.anyCharacter)
                index += 1
            } else if byte == UInt8(ascii: "$"), syntax.variables, index + 1 < text.count,
                text[index + 1] == UInt8(ascii: "{")
            {
                index = try appendVariable(text, at: index, from: segmentStart)
            } else {
                appendLiteral(ignoresCase ? byte.asciiLowercased : byte, from: segmentStart)
                index += 1
            }
        }
        closeSegment(from: &segmentStart, floats: false)
    }

    /// Appends `${…}`; returns the index after it.
    private mutating func appendVariable(
        _ text: [UInt8],
        at start: Int,
        from segmentStart: Int
    ) throws(PatternError) -> Int {
        guard let close = text[(start + 2)...].firstIndex(of: UInt8(ascii: "}")) else {
            throw PatternError.unterminatedVariable(at: start)
        }
        let name = text[(start + 2)..<close]
        if name.count == 1, let byte = name.first, VariableReference.escapes.contains(byte) {
            appendLiteral(byte, from: segmentStart)
        } else {
            guard let variable = VariableReference(name) else {
                throw PatternError.badVariableName(at: start + 2)
            }
            pieces.append(.variable(variables.count))
            variables.append(variable)
        }
        return close + 1
    }

    private mutating func appendLiteral(_ byte: UInt8, from segmentStart: Int) {
        literals.append(byte)
        if pieces.count > segmentStart, case .literal(let range) = pieces[pieces.count - 1] {
            pieces[pieces.count - 1] = .literal(range.lowerBound..<literals.count)
        } else {
            pieces.append(.literal((literals.count - 1)..<literals.count))
        }
    }

    /// Ends a segment; the first is anchored at the start of the text and the last at its end, the
    /// others float and are searched for.
    private mutating func closeSegment(from start: inout Int, floats: Bool) {
        var segment = Segment(pieces: start..<pieces.count, searcher: nil)
        let isStatic = pieces[segment.pieces].allSatisfy {
            if case .variable = $0 { false } else { true }
        }
        if floats, isStatic, !segment.pieces.isEmpty {
            segment.searcher = SegmentSearcher(units(of: segment))
        }
        segments.append(segment)
        start = pieces.count
    }

    /// The bytes of a static segment, `nil` for `?`.
    private func units(of segment: Segment) -> [UInt8?] {
        pieces[segment.pieces].flatMap { piece -> [UInt8?] in
            switch piece {
            case .literal(let range): literals[range].map { $0 }
            case .anyCharacter: [nil]
            case .variable: []
            }
        }
    }
}

/// Why pattern text does not compile.
enum PatternError: Error, Hashable {
    case unterminatedVariable(at: Int)
    case badVariableName(at: Int)
}

extension UInt8 {
    /// The byte with `A`–`Z` made small.
    var asciiLowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }

    /// Whether the byte continues a UTF-8 scalar.
    var isContinuation: Bool { self & 0xC0 == 0x80 }
}

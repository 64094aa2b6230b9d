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
///
/// A class, because a decision walks over many patterns and must not copy their tables.
final class WildcardPattern: Hashable, Sendable {
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
        /// Into `searchers`, where the segment floats between two stars and no variable takes part.
        var searcher: Int?
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

    let literals: [UInt8]
    let pieces: [Piece]
    /// One more than there are stars (runs of stars count once).
    let segments: [Segment]
    let searchers: [SegmentSearcher]
    let variables: [VariableReference]
    /// Whether ASCII letters compare without case (actions).
    let ignoresCase: Bool
    /// Literal bytes that every matching text starts with.
    let prefixLength: Int

    /// Compiles pattern text.
    ///
    /// - Throws: the offset, in bytes of `text`, of a `${` without `}` or of a name that is no
    ///   variable name.
    init(_ text: some Collection<UInt8>, _ syntax: Syntax) throws(PatternError) {
        var compiler = PatternCompiler(syntax)
        try compiler.compile(Array(text))
        literals = compiler.literals
        pieces = compiler.pieces
        segments = compiler.segments
        searchers = compiler.searchers
        variables = compiler.variables
        ignoresCase = syntax.ignoresCase
        if let first = pieces.first, !compiler.segments[0].pieces.isEmpty,
            case .literal(let range) = first
        {
            prefixLength = range.count
        } else {
            prefixLength = 0
        }
    }

    static func == (a: WildcardPattern, b: WildcardPattern) -> Bool {
        a.pieces == b.pieces && a.literals == b.literals && a.segments == b.segments
            && a.variables == b.variables && a.ignoresCase == b.ignoresCase
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(literals)
        hasher.combine(pieces)
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

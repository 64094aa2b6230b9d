/// Reads pattern text into the pieces of a ``WildcardPattern``.
struct PatternCompiler {
    private let syntax: WildcardPattern.Syntax
    private(set) var literals: [UInt8] = []
    private(set) var pieces: [WildcardPattern.Piece] = []
    private(set) var segments: [WildcardPattern.Segment] = []
    private(set) var searchers: [SegmentSearcher] = []
    private(set) var variables: [VariableReference] = []
    /// The first piece of the segment that is being read.
    private var segmentStart = 0

    init(_ syntax: WildcardPattern.Syntax) { self.syntax = syntax }

    mutating func compile(_ text: [UInt8]) throws(PatternError) {
        literals.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "*") where syntax.wildcards:
                closeSegment(floats: !segments.isEmpty)
                while index < text.count, text[index] == UInt8(ascii: "*") { index += 1 }
            case UInt8(ascii: "?") where syntax.wildcards:
                pieces.append(.anyCharacter)
                index += 1
            case UInt8(ascii: "$") where startsVariable(text, at: index):
                index = try appendVariable(text, at: index)
            default:
                var end = index + 1
                while end < text.count, !Self.special.contains(text[end]) { end += 1 }
                appendLiteral(text[index..<end])
                index = end
            }
        }
        closeSegment(floats: false)
    }

    private func startsVariable(_ text: [UInt8], at index: Int) -> Bool {
        syntax.variables && index + 1 < text.count && text[index + 1] == UInt8(ascii: "{")
    }

    /// Appends `${…}`; returns the index after it.
    private mutating func appendVariable(
        _ text: [UInt8],
        at start: Int
    ) throws(PatternError) -> Int {
        guard let close = text[(start + 2)...].firstIndex(of: UInt8(ascii: "}")) else {
            throw PatternError.unterminatedVariable(at: start)
        }
        let name = text[(start + 2)..<close]
        if name.count == 1, let byte = name.first, VariableReference.escapes.contains(byte) {
            appendLiteral([byte])
        } else {
            guard let variable = VariableReference(name) else {
                throw PatternError.badVariableName(at: start + 2)
            }
            pieces.append(.variable(variables.count))
            variables.append(variable)
        }
        return close + 1
    }

    /// Characters at which a run of literal text stops to be looked at.
    private static let special: [UInt8] = Array("*?$".utf8)

    /// Appends text, to the literal that is being read where there is one.
    private mutating func appendLiteral(_ text: ArraySlice<UInt8>) {
        let start = literals.count
        if syntax.ignoresCase {
            for byte in text { literals.append(byte.asciiLowercased) }
        } else {
            literals.append(contentsOf: text)
        }
        if pieces.count > segmentStart, case .literal(let range) = pieces[pieces.count - 1] {
            pieces[pieces.count - 1] = .literal(range.lowerBound..<literals.count)
        } else {
            pieces.append(.literal(start..<literals.count))
        }
    }

    /// Ends a segment; the first is anchored at the start of the text and the last at its end, the
    /// others float and are searched for.
    private mutating func closeSegment(floats: Bool) {
        var segment = WildcardPattern.Segment(pieces: segmentStart..<pieces.count, searcher: nil)
        let isStatic = pieces[segment.pieces].allSatisfy {
            if case .variable = $0 { false } else { true }
        }
        if floats, isStatic, !segment.pieces.isEmpty {
            segment.searcher = searchers.count
            searchers.append(SegmentSearcher(units(of: segment)))
        }
        segments.append(segment)
        segmentStart = pieces.count
    }

    /// The bytes of a static segment, `nil` for `?`.
    private func units(of segment: WildcardPattern.Segment) -> [UInt8?] {
        pieces[segment.pieces].flatMap { piece -> [UInt8?] in
            switch piece {
            case .literal(let range): literals[range].map { $0 }
            case .anyCharacter: [nil]
            case .variable: []
            }
        }
    }
}

/// The syntax tree of a regular expression.
indirect enum PatternNode: Hashable {
    case empty
    case scalar(UInt32)
    case set(ScalarSet)
    case sequence([PatternNode])
    case alternation([PatternNode])
    case group(PatternNode, capture: Int?)
    case repetition(PatternNode, atLeast: Int, atMost: Int?, isGreedy: Bool)
    case anchor(Anchor)

    enum Anchor: Hashable {
        /// `^` and `\A`.
        case start
        /// `^` with the flag `m`.
        case lineStart
        /// `$` and `\Z`: the end, or in front of a last line terminator.
        case lastEnd
        /// `$` with the flag `m`.
        case lineEnd
        /// `\z`.
        case end
        /// `\b`.
        case wordBoundary
        /// `\B`.
        case notWordBoundary
    }
}

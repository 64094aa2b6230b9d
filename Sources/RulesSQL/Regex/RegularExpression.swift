/// A regular expression as the language's functions use it: Java's syntax, linear time.
///
/// Supported: literals, `.`, classes with ranges, negation, union and intersection, `\d \w \s \h \v`
/// and their negations, `\p{…}` for the POSIX classes and general categories, `^ $ \A \Z \z \b \B`,
/// groups (capturing, named, `(?:…)`), alternation, greedy and lazy quantifiers, `{n,m}` up to 1,000,
/// `\Q…\E`, the usual escapes, and the flags `i`, `m` and `s`.
///
/// Refused, since no linear-time search knows them: look-around, back-references, possessive
/// quantifiers, atomic groups.
public struct RegularExpression: Sendable {
    /// Why a pattern was not compiled.
    @nonexhaustive
    public enum Violation: Error, Hashable, Sendable {
        /// No regular expression of Java.
        case invalid
        /// A construct that this engine does not have.
        case unsupported(String)
    }

    /// A search that was given up.
    public struct StepsExhausted: Error, Hashable, Sendable {}

    private let pattern: Pattern

    /// Compiles a pattern of at most 4,096 characters.
    ///
    /// - Throws: ``Violation``.
    public init(_ source: String) throws(Violation) {
        do throws(PatternError) {
            pattern = try Pattern(source)
        } catch {
            switch error {
            case .invalid: throw .invalid
            case .unsupported(let what): throw .unsupported(what)
            }
        }
    }

    /// How many capturing groups the pattern has.
    public var groupCount: Int { pattern.groupCount }

    /// The leftmost match.
    ///
    /// - Parameters:
    ///   - text: valid UTF-8.
    ///   - start: where the search begins, a byte offset between two characters.
    ///   - steps: how much work may be done.
    /// - Returns: the byte ranges of the match and of each group, `nil` for a group that took no
    ///   part; `nil` without a match.
    /// - Throws: ``StepsExhausted``.
    /// - Complexity: O(*n* × *m*) in text and pattern.
    public func firstMatch(
        in text: [UInt8],
        from start: Int = 0,
        steps: Int = 4_000_000
    ) throws(StepsExhausted) -> [Range<Int>?]? {
        var machine = PatternMachine()
        var steps = steps
        let outcome = machine.search(
            pattern,
            in: text,
            from: start,
            wantsGroups: true,
            steps: &steps
        )
        switch outcome {
        case .exhausted: throw StepsExhausted()
        case .noMatch: return nil
        case .match(let offsets):
            return (0...pattern.groupCount).map { group in
                let (low, high) = (offsets[2 * group], offsets[2 * group + 1])
                return low < 0 || high < low ? nil : low..<high
            }
        }
    }
}

/// Which encodings of a value a decoder takes.
public enum CBORProfile: Hashable, Sendable {
    /// Core deterministic encoding, RFC 8949 §4.2.1: shortest arguments and floats, definite
    /// lengths, map keys strictly ascending by their encoded bytes.
    case deterministic
    /// Every well-formed item whose map keys are distinct and whose text is UTF-8.
    ///
    /// Typed reads still want definite lengths; ``CBORDecoder/skipItem()`` and the printer take
    /// indefinite ones.
    case wellFormed
}

/// What an input may cost, whatever it claims about itself.
public struct CBORLimits: Hashable, Sendable {
    /// The highest number of containers (arrays, maps, tags, indefinite strings, embedded items)
    /// around an item.
    ///
    /// Default 16; values above 256 count as 256, because skipping recurses.
    public var depth: Int
    /// The highest number of items in one array, or of pairs in one map.
    ///
    /// Default 65 536.
    public var elements: Int

    /// Depth 16, 65 536 elements.
    public static let `default` = CBORLimits()

    /// Sets both limits.
    ///
    /// - Parameters:
    ///   - depth: containers around an item, 0...256.
    ///   - elements: items in an array or pairs in a map.
    public init(depth: Int = 16, elements: Int = 65_536) {
        self.depth = min(depth, 256)
        self.elements = elements
    }
}

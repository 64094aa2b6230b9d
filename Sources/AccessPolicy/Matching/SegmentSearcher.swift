/// Finds one piece of a pattern (what stands between two stars) in a text.
///
/// Without `?`: Knuth-Morris-Pratt. With `?`: a bit-parallel automaton (Shift-And), where a `?`
/// takes the first byte of a scalar and stays while continuation bytes follow.
/// Complexity of a search: O(text) and O(text × piece / 64); memory O(piece) and 256 × piece / 8
/// bytes.
struct SegmentSearcher: Hashable, Sendable {
    private var needle: [UInt8] = []
    /// Knuth-Morris-Pratt: the longest border of each prefix.
    private var border: [Int32] = []
    /// Shift-And: `words` 64-bit masks for each byte value; empty without `?`.
    private var masks: [UInt64] = []
    private var anyMask: [UInt64] = []
    private var words = 0
    private var length: Int

    /// Prepares a search for `units`, where `nil` is `?`.
    ///
    /// `units` must not be empty.
    init(_ units: [UInt8?]) {
        length = units.count
        if units.contains(nil) {
            prepareAutomaton(units)
        } else {
            needle = units.compactMap { $0 }
            prepareBorders()
        }
    }

    private mutating func prepareBorders() {
        border = [Int32](repeating: 0, count: needle.count)
        var matched = 0
        for index in needle.indices.dropFirst() {
            while matched > 0, needle[index] != needle[matched] {
                matched = Int(border[matched - 1])
            }
            if needle[index] == needle[matched] { matched += 1 }
            border[index] = Int32(truncatingIfNeeded: matched)
        }
    }

    private mutating func prepareAutomaton(_ units: [UInt8?]) {
        words = (units.count + 63) / 64
        masks = [UInt64](repeating: 0, count: 256 * words)
        anyMask = [UInt64](repeating: 0, count: words)
        for (index, unit) in units.enumerated() {
            let bit = UInt64(1) << UInt64(index % 64)
            if let unit {
                masks[Int(unit) * words + index / 64] |= bit
            } else {
                anyMask[index / 64] |= bit
                for byte in 0..<256 where !UInt8(truncatingIfNeeded: byte).isContinuation {
                    masks[byte * words + index / 64] |= bit
                }
            }
        }
    }

    /// The end of the leftmost occurrence in `text[start..<end]`, or `nil`.
    func firstEnd(in text: Span<UInt8>, from start: Int, to end: Int, ignoringCase: Bool) -> Int? {
        if masks.isEmpty {
            return firstLiteralEnd(in: text, from: start, to: end, ignoringCase: ignoringCase)
        }
        var states = [UInt64](repeating: 0, count: words)
        for index in start..<max(start, end) {
            let byte = ignoringCase ? text[index].asciiLowercased : text[index]
            var carry: UInt64 = 1
            for word in 0..<words {
                let old = states[word]
                var new = (old << 1 | carry) & masks[Int(byte) * words + word]
                if byte.isContinuation { new |= old & anyMask[word] }
                carry = old >> 63
                states[word] = new
            }
            if states[words - 1] >> UInt64((length - 1) % 64) & 1 == 1 { return index + 1 }
        }
        return nil
    }

    private func firstLiteralEnd(
        in text: Span<UInt8>,
        from start: Int,
        to end: Int,
        ignoringCase: Bool
    ) -> Int? {
        var matched = 0
        for index in start..<max(start, end) {
            let byte = ignoringCase ? text[index].asciiLowercased : text[index]
            while matched > 0, byte != needle[matched] { matched = Int(border[matched - 1]) }
            if byte == needle[matched] { matched += 1 }
            if matched == needle.count { return index + 1 }
        }
        return nil
    }
}

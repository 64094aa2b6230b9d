/// Where a decoder stands in a map.
public struct CBORMap: Hashable, Sendable {
    /// The offset of the map's head.
    public let offset: Int
    /// Pairs in the map.
    public let count: Int
    /// Pairs that were not begun yet.
    public internal(set) var remaining: Int
    var previous = 0..<0
}

extension CBORDecoder {
    /// Reads the head of a map; call ``nextKey(of:)`` for each pair.
    @_lifetime(self: copy self)
    public mutating func readMap() throws(CBORError) -> CBORMap {
        let start = position
        if profile == .wellFormed {
            // Without an order, only the whole map shows that its keys are distinct.
            try skipItem()
            position = start
        }
        let claimed = try readHead(of: .map)
        do throws(CBORError) {
            let count = try checkedCount(claimed, of: 2, at: start)
            return CBORMap(offset: start, count: count, remaining: count)
        } catch {
            position = start
            throw error
        }
    }

    /// Moves to the next key, which stays unread; the caller reads the key and then its value.
    ///
    /// - Returns: false after the last pair.
    /// - Throws: ``CBORError/Violation/duplicateKey`` and ``CBORError/Violation/keysOutOfOrder`` at
    ///   the key, and whatever is wrong inside the key.
    @_lifetime(self: copy self)
    public mutating func nextKey(of map: inout CBORMap) throws(CBORError) -> Bool {
        guard map.remaining > 0 else { return false }
        let start = position
        let key = try skipItem()
        position = start
        if profile == .deterministic, !map.previous.isEmpty {
            try checkOrder(key, after: map.previous)
        }
        map.previous = key
        map.remaining -= 1
        return true
    }
}

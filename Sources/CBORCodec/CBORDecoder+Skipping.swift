extension CBORDecoder {
    /// Reads an item of any type, checks it and everything inside it, and keeps nothing.
    ///
    /// - Returns: where the item stands in the input.
    /// - Throws: the first rule that is broken, at the item that breaks it.
    /// - Complexity: O(*n*) in the item's bytes; maps of the well-formed profile O(*n* log *n*) and
    ///   one allocation each. Recursion ends at ``CBORLimits/depth``.
    @discardableResult
    @_lifetime(self: copy self)
    public mutating func skipItem() throws(CBORError) -> Range<Int> {
        let start = position
        do throws(CBORError) {
            try skip(depth: baseDepth)
        } catch {
            position = start
            throw error
        }
        return start..<position
    }

    /// Skips an item that has `depth` containers around it.
    @_lifetime(self: copy self)
    mutating func skip(depth: Int) throws(CBORError) {
        let start = position
        let head = try readHead()
        if head.information == 31 {
            return try skipIndefinite(head, from: start, depth: depth)
        }
        switch head.major {
        case 0, 1: return
        case 2:
            position += try checkedLength(head.argument, at: start)
        case 3:
            let length = try checkedLength(head.argument, at: start)
            guard isUTF8(position..<position + length) else {
                throw CBORError(.invalidUTF8, at: start)
            }
            position += length
        case 4:
            let count = try checkedCount(head.argument, of: 1, at: start)
            try enter(depth, at: start)
            for _ in 0..<count { try skip(depth: depth + 1) }
        case 5:
            let count = try checkedCount(head.argument, of: 2, at: start)
            try enter(depth, at: start)
            if profile == .deterministic {
                try skipOrderedPairs(count, depth: depth + 1)
            } else {
                try skipPairs(count, depth: depth + 1)
            }
        case 6:
            try enter(depth, at: start)
            try skip(depth: depth + 1)
        default:
            if (25...27).contains(head.information) {
                _ = try floatValue(head, at: start)
            } else {
                _ = try simpleValue(head, at: start)
            }
        }
    }

    @inline(__always)
    private func enter(_ depth: Int, at start: Int) throws(CBORError) {
        guard depth < limits.depth else {
            throw CBORError(.tooDeep(limit: limits.depth), at: start)
        }
    }

    @_lifetime(self: copy self)
    private mutating func skipOrderedPairs(_ count: Int, depth: Int) throws(CBORError) {
        var previous = 0..<0
        for _ in 0..<count {
            let start = position
            try skip(depth: depth)
            let key = start..<position
            if !previous.isEmpty { try checkOrder(key, after: previous) }
            previous = key
            try skip(depth: depth)
        }
    }

    /// Demands that a key comes after the one before it, by encoded bytes.
    @inline(__always)
    func checkOrder(_ key: Range<Int>, after previous: Range<Int>) throws(CBORError) {
        let ordering = compare(previous, key)
        guard ordering < 0 else {
            throw CBORError(ordering == 0 ? .duplicateKey : .keysOutOfOrder, at: key.lowerBound)
        }
    }

    /// Bytewise lexicographic order: negative, zero, positive.
    func compare(_ a: Range<Int>, _ b: Range<Int>) -> Int {
        let count = min(a.count, b.count)
        for i in 0..<count {
            let x = bytes[a.lowerBound + i]
            let y = bytes[b.lowerBound + i]
            if x != y { return x < y ? -1 : 1 }
        }
        return a.count - b.count
    }

    @_lifetime(self: copy self)
    private mutating func skipPairs(_ count: Int?, depth: Int) throws(CBORError) {
        var keys: [Range<Int>] = []
        while count.map({ keys.count < $0 }) ?? true {
            if count == nil {
                if try readBreak() { break }
                guard keys.count < limits.elements else {
                    throw CBORError(.tooManyElements(limit: limits.elements), at: position)
                }
            }
            let start = position
            try skip(depth: depth)
            keys.append(start..<position)
            try skip(depth: depth)
        }
        try checkDistinct(keys)
    }

    private func checkDistinct(_ keys: [Range<Int>]) throws(CBORError) {
        guard keys.count > 1 else { return }
        // Sorting offsets by what they point at: the closure cannot capture a borrowed span.
        var order = keys
        sort(&order)
        for i in 1..<order.count where compare(order[i - 1], order[i]) == 0 {
            let later = max(order[i - 1].lowerBound, order[i].lowerBound)
            throw CBORError(.duplicateKey, at: later)
        }
    }

    /// Heap sort: no recursion, O(*n* log *n*) whatever the input.
    private func sort(_ keys: inout [Range<Int>]) {
        func sift(_ root: Int, _ count: Int, _ keys: inout [Range<Int>]) {
            var root = root
            while 2 * root + 1 < count {
                var child = 2 * root + 1
                if child + 1 < count, compare(keys[child], keys[child + 1]) < 0 { child += 1 }
                guard compare(keys[root], keys[child]) < 0 else { return }
                keys.swapAt(root, child)
                root = child
            }
        }
        for root in stride(from: keys.count / 2 - 1, through: 0, by: -1) {
            sift(root, keys.count, &keys)
        }
        for count in stride(from: keys.count - 1, to: 0, by: -1) {
            keys.swapAt(0, count)
            sift(0, count, &keys)
        }
    }

    @_lifetime(self: copy self)
    mutating func readBreak() throws(CBORError) -> Bool {
        guard position < end else {
            throw CBORError(.truncated(needed: 1, available: 0), at: position)
        }
        guard bytes[position] == 0xFF else { return false }
        position += 1
        return true
    }

    @_lifetime(self: copy self)
    private mutating func skipIndefinite(
        _ head: Head,
        from start: Int,
        depth: Int
    ) throws(CBORError) {
        guard head.major != 7 else { throw CBORError(.unexpectedBreak, at: start) }
        guard profile == .wellFormed else { throw CBORError(.indefiniteLength, at: start) }
        try enter(depth, at: start)
        switch head.major {
        case 2, 3:
            while try !readBreak() {
                let chunk = position
                let type = try peekMajorType()
                guard type.rawValue == head.major else {
                    throw CBORError(.chunkType(type), at: chunk)
                }
                guard bytes[chunk] & 31 != 31 else {
                    throw CBORError(.indefiniteLength, at: chunk)
                }
                try skip(depth: depth + 1)
            }
        case 4:
            var count = 0
            while try !readBreak() {
                guard count < limits.elements else {
                    throw CBORError(.tooManyElements(limit: limits.elements), at: position)
                }
                count += 1
                try skip(depth: depth + 1)
            }
        default:
            try skipPairs(nil, depth: depth + 1)
        }
    }
}

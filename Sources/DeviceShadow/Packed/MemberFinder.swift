/// Looks members of one packed object up, one name after the other.
///
/// Names are mostly asked for in the order in which they stand, so a search goes on behind the last
/// hit and around. Where the order does not help (an author may choose the worst one), the finder
/// sorts the names once and searches by halves from then on: *m* lookups among *n* members take
/// O((*n* + *m*) log *n*) at most.
struct MemberFinder {
    let object: PackedNode
    private var next: Int
    /// Members looked at in vain that are still free.
    private var patience = 256
    /// Where members start, by their names; empty until patience has run out.
    private var sorted: [Int32] = []

    init(_ object: PackedNode) {
        self.object = object
        next = object.body
    }

    /// The member called `names[name]`; `nil` where there is none.
    @inline(__always)
    mutating func find(
        _ name: Range<Int>,
        of names: Span<UInt8>,
        in bytes: Span<UInt8>
    ) -> PackedMember? {
        if patience < 0 { return search(name, of: names, in: bytes) }
        var position = next
        var wrapped = false
        while true {
            if position >= object.end {
                if wrapped || object.isEmpty { return nil }
                wrapped = true
                position = object.body
            }
            if wrapped, position >= next { return nil }
            let member = bytes.member(at: position)
            if bytes.hasSameBytes(member.name, as: names, name) {
                next = member.end
                return member
            }
            patience &-= 1
            position = member.end
        }
    }

    private mutating func search(
        _ name: Range<Int>,
        of names: Span<UInt8>,
        in bytes: Span<UInt8>
    ) -> PackedMember? {
        if sorted.isEmpty { sort(bytes) }
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            let member = bytes.member(at: Int(sorted[middle]))
            let order = bytes.compare(member.name, with: names, name)
            if order == 0 { return member }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Whether two members of an object have the same name.
    ///
    /// - Complexity: O(*n* log *n*).
    static func hasDuplicates(_ object: PackedNode, in bytes: Span<UInt8>) -> Bool {
        var finder = MemberFinder(object)
        finder.sort(bytes)
        for k in finder.sorted.indices.dropFirst() where !finder.isLess(k - 1, k, bytes) {
            return true
        }
        return false
    }

    private mutating func sort(_ bytes: Span<UInt8>) {
        var position = object.body
        while position < object.end {
            sorted.append(Int32(truncatingIfNeeded: position))
            position = bytes.member(at: position).end
        }
        // A span cannot be captured by the closure of `sort(by:)`: a heap sort in place.
        var start = sorted.count / 2
        while start > 0 {
            start -= 1
            sink(start, of: sorted.count, bytes)
        }
        var end = sorted.count
        while end > 1 {
            end -= 1
            sorted.swapAt(0, end)
            sink(0, of: end, bytes)
        }
    }

    private mutating func sink(_ start: Int, of end: Int, _ bytes: Span<UInt8>) {
        var root = start
        while root * 2 + 1 < end {
            var child = root * 2 + 1
            if child + 1 < end, isLess(child, child + 1, bytes) { child += 1 }
            guard isLess(root, child, bytes) else { return }
            sorted.swapAt(root, child)
            root = child
        }
    }

    private func isLess(_ a: Int, _ b: Int, _ bytes: Span<UInt8>) -> Bool {
        let first = bytes.member(at: Int(sorted[a])).name
        let second = bytes.member(at: Int(sorted[b])).name
        return bytes.compare(first, with: bytes, second) < 0
    }
}

extension Span<UInt8> {
    /// The order of two pieces by their bytes: negative, 0 or positive.
    fileprivate func compare(
        _ range: Range<Int>,
        with other: Span<UInt8>,
        _ otherRange: Range<Int>
    ) -> Int {
        let common = Swift.min(range.count, otherRange.count)
        for k in 0..<common {
            let x = self[range.lowerBound + k]
            let y = other[otherRange.lowerBound + k]
            if x != y { return x < y ? -1 : 1 }
        }
        return range.count - otherRange.count
    }
}

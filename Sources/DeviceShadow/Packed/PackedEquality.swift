internal import JSONDocument

extension Span<UInt8> {
    /// Whether two values of this packed document stand for the same JSON value.
    ///
    /// Numbers are compared by their exact value, whatever their size (1 = 1.0, 2^53 ≠ 2^53 + 1, 1 ≠
    /// `true`); the order of members does not matter; strings are compared by their bytes.
    /// - Complexity: O(*n* log *n*); recurses to the depth of the values.
    func isEqual(_ a: PackedNode, _ b: PackedNode) -> Bool {
        guard a.kind == b.kind else { return false }
        switch a.kind {
        case PackedNode.null: return true
        case PackedNode.scalar: return isEqualScalar(a, b)
        case PackedNode.array:
            var i = a.body
            var j = b.body
            while i < a.end, j < b.end {
                let x = node(at: i)
                let y = node(at: j)
                guard isEqual(x, y) else { return false }
                i = x.end
                j = y.end
            }
            return i == a.end && j == b.end
        default:
            var finder = MemberFinder(b)
            var left = memberCount(b)
            var position = a.body
            while position < a.end {
                let member = self.member(at: position)
                guard let other = finder.find(member.name, of: self, in: self),
                    isEqual(member.value, other.value)
                else { return false }
                left -= 1
                position = member.end
            }
            return left == 0
        }
    }

    private func memberCount(_ object: PackedNode) -> Int {
        var count = 0
        var position = object.body
        while position < object.end {
            count += 1
            position = member(at: position).end
        }
        return count
    }

    private func isEqualScalar(_ a: PackedNode, _ b: PackedNode) -> Bool {
        if hasSameBytes(a.body..<a.end, as: self, b.body..<b.end) { return true }
        guard isNumber(a), isNumber(b) else { return false }
        let (x, y) = (text(a), text(b))
        if isInteger(a), isInteger(b) {
            // Whole numbers are written in one way only, but for the sign of zero.
            return (x == "0" || x == "-0") && (y == "0" || y == "-0")
        }
        guard let p = JSONNumber(x), let q = JSONNumber(y) else { return false }
        return p == q
    }

    private func isNumber(_ scalar: PackedNode) -> Bool {
        let byte = self[scalar.body]
        return byte == 0x2D || byte &- 0x30 < 10
    }

    private func isInteger(_ number: PackedNode) -> Bool {
        for k in number.body..<number.end where self[k] &- 0x30 >= 10 {
            if k > number.body || self[k] != 0x2D { return false }
        }
        return true
    }

    private func text(_ scalar: PackedNode) -> String {
        var bytes: [UInt8] = []
        for k in scalar.body..<scalar.end { bytes.append(self[k]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

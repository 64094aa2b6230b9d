extension ByteSource {
    /// The index behind the number at `start`, whether it is a plain integer, and whether it has an
    /// exponent. RFC 8259 §6
    @inline(__always)
    func numberEnd(from start: Int) throws(TapeFault) -> (
        end: Int, isInteger: Bool, hasExponent: Bool
    ) {
        var i = start
        if self[i] == 0x2D {
            i &+= 1
            guard i < count else { throw TapeFault(.truncated, at: count) }
        }
        let first = self[i] &- 0x30
        guard first < 10 else { throw TapeFault(.malformedNumber, at: i) }
        if first == 0 {
            i &+= 1
            if i < count, self[i] &- 0x30 < 10 { throw TapeFault(.malformedNumber, at: i) }
        } else {
            i = digitsEnd(from: i &+ 1)
        }
        guard i < count else { return (i, true, false) }
        var isInteger = true
        if self[i] == 0x2E {
            isInteger = false
            i = try fractionEnd(from: i)
            guard i < count else { return (i, false, false) }
        }
        if self[i] | 0x20 == 0x65 {
            return (try exponentEnd(from: i), false, true)
        }
        return (i, isInteger, false)
    }

    @inline(__always)
    private func fractionEnd(from point: Int) throws(TapeFault) -> Int {
        let end = digitsEnd(from: point &+ 1)
        guard end > point &+ 1 else {
            throw TapeFault(end < count ? .malformedNumber : .truncated, at: end)
        }
        return end
    }

    private func exponentEnd(from letter: Int) throws(TapeFault) -> Int {
        var i = letter &+ 1
        if i < count, self[i] == 0x2B || self[i] == 0x2D { i &+= 1 }
        let end = digitsEnd(from: i)
        guard end > i else {
            throw TapeFault(end < count ? .malformedNumber : .truncated, at: end)
        }
        return end
    }
}

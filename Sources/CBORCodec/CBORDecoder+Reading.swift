extension CBORDecoder {
    /// Reads an unsigned integer.
    ///
    /// - Throws: `unexpectedType` for anything else, floats and bignums too.
    @_lifetime(self: copy self)
    public mutating func readUnsigned() throws(CBORError) -> UInt64 {
        try readHead(of: .unsigned)
    }

    /// Reads an unsigned or a negative integer.
    ///
    /// - Throws: ``CBORError/Violation/integerOutOfRange`` outside of −2⁶³...2⁶³−1.
    @_lifetime(self: copy self)
    public mutating func readInteger() throws(CBORError) -> Int64 {
        let start = position
        let head = try readHead()
        guard head.major <= 1 else {
            position = start
            throw CBORError(.unexpectedType(expected: .unsigned, found: head.type), at: start)
        }
        guard head.argument <= UInt64(Int64.max) else {
            position = start
            throw CBORError(.integerOutOfRange, at: start)
        }
        let value = Int64(head.argument)
        return head.major == 0 ? value : -1 - value
    }

    /// Reads a byte string of definite length.
    ///
    /// - Returns: where its bytes stand in the input.
    @_lifetime(self: copy self)
    public mutating func readByteString() throws(CBORError) -> Range<Int> {
        let start = position
        let claimed = try readHead(of: .byteString)
        return try readStringBody(claimed, from: start)
    }

    /// Reads a text string of definite length.
    ///
    /// - Returns: where its bytes, which are UTF-8, stand in the input.
    @_lifetime(self: copy self)
    public mutating func readTextString() throws(CBORError) -> Range<Int> {
        let start = position
        let claimed = try readHead(of: .textString)
        let range = try readStringBody(claimed, from: start)
        guard isUTF8(range) else {
            position = start
            throw CBORError(.invalidUTF8, at: start)
        }
        return range
    }

    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func readStringBody(
        _ claimed: UInt64,
        from start: Int
    ) throws(CBORError) -> Range<Int> {
        guard claimed <= UInt64(end - position) else {
            let available = end - position
            position = start
            throw CBORError(
                .lengthExceedsInput(claimed: claimed, available: available),
                at: start
            )
        }
        let first = position
        position += Int(claimed)
        return first..<position
    }

    /// Reads the head of an array.
    ///
    /// - Returns: how many items follow; never more than bytes are left.
    @_lifetime(self: copy self)
    public mutating func readArrayCount() throws(CBORError) -> Int {
        let start = position
        let claimed = try readHead(of: .array)
        do throws(CBORError) {
            return try checkedCount(claimed, of: 1, at: start)
        } catch {
            position = start
            throw error
        }
    }

    /// Reads a tag number; the tagged item follows.
    @_lifetime(self: copy self)
    public mutating func readTag() throws(CBORError) -> UInt64 { try readHead(of: .tag) }

    /// Reads `true` or `false`.
    @_lifetime(self: copy self)
    public mutating func readBool() throws(CBORError) -> Bool {
        let start = position
        let value = try readSimple()
        guard value == 20 || value == 21 else {
            position = start
            throw CBORError(.unexpectedSimpleValue(value), at: start)
        }
        return value == 21
    }

    /// Reads `null` if it is next.
    ///
    /// - Returns: whether it was; if not, nothing was read.
    @_lifetime(self: copy self)
    public mutating func readNullIfPresent() -> Bool {
        guard position < end, bytes[position] == 0xF6 else { return false }
        position += 1
        return true
    }

    /// Reads a simple value: 20 false, 21 true, 22 null, 23 undefined. RFC 8949 §3.3
    ///
    /// - Throws: ``CBORError/Violation/unexpectedType(expected:found:)`` for another type;
    ///   ``CBORError/Violation/unexpectedSimpleValue(_:)`` for a float (25, 26, 27).
    @_lifetime(self: copy self)
    public mutating func readSimple() throws(CBORError) -> UInt8 {
        let start = position
        let head = try readHead()
        do throws(CBORError) {
            guard head.major == 7 else {
                throw CBORError(.unexpectedType(expected: .simple, found: head.type), at: start)
            }
            return try simpleValue(head, at: start)
        } catch {
            position = start
            throw error
        }
    }

    func simpleValue(_ head: Head, at start: Int) throws(CBORError) -> UInt8 {
        switch head.information {
        case 0..<24: return head.information
        case 24:
            let value = UInt8(truncatingIfNeeded: head.argument)
            guard value >= 32 else {
                throw CBORError(.simpleValueNotShortest(value), at: start)
            }
            return value
        case 31: throw CBORError(.unexpectedBreak, at: start)
        default: throw CBORError(.unexpectedSimpleValue(head.information), at: start)
        }
    }

    /// Reads a floating-point value of 16, 32 or 64 bits.
    ///
    /// - Throws: ``CBORError/Violation/floatNotShortest`` in the deterministic profile, which knows
    ///   one NaN (`f97e00`).
    @_lifetime(self: copy self)
    public mutating func readFloat() throws(CBORError) -> Double {
        let start = position
        let head = try readHead()
        do throws(CBORError) {
            guard head.major == 7 else {
                throw CBORError(.unexpectedType(expected: .simple, found: head.type), at: start)
            }
            guard (25...27).contains(head.information) else {
                throw CBORError(.unexpectedSimpleValue(head.information), at: start)
            }
            return try floatValue(head, at: start)
        } catch {
            position = start
            throw error
        }
    }

    func floatValue(_ head: Head, at start: Int) throws(CBORError) -> Double {
        let value =
            switch head.information {
            case 25: CBORFloat.double(half: UInt16(truncatingIfNeeded: head.argument))
            case 26: Double(Float(bitPattern: UInt32(truncatingIfNeeded: head.argument)))
            default: Double(bitPattern: head.argument)
            }
        if profile == .deterministic {
            let shortest = CBORFloat.shortest(value)
            guard shortest.information == head.information, shortest.bits == head.argument else {
                throw CBORError(.floatNotShortest, at: start)
            }
        }
        return value
    }

    // MARK: Contents

    /// A copy of a string's text.
    ///
    /// - Parameter range: what ``readTextString()`` returned.
    /// - Returns: the text.
    public func text(in range: Range<Int>) -> String {
        let slice = bytes.extracting(range)
        return unsafe String(
            unsafeUninitializedCapacity: slice.count,
            initializingUTF8With: { buffer in
                for i in slice.indices { unsafe buffer[i] = slice[i] }
                return slice.count
            }
        )
    }

    /// A copy of bytes of the input.
    ///
    /// - Parameter range: offsets of the input.
    /// - Returns: the bytes.
    public func bytes(in range: Range<Int>) -> [UInt8] {
        let slice = bytes.extracting(range)
        return unsafe slice.withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// Bytes of the input, borrowed.
    ///
    /// - Parameter range: offsets of the input.
    /// - Returns: a view of the input.
    @_lifetime(copy self)
    public func span(in range: Range<Int>) -> Span<UInt8> { bytes.extracting(range) }

    /// Whether a range of the input is UTF-8: the shortest forms of scalar values only.
    func isUTF8(_ range: Range<Int>) -> Bool {
        var i = range.lowerBound
        let end = range.upperBound
        while i < end, bytes[i] < 0x80 { i += 1 }
        guard i < end else { return true }
        do {
            _ = try UTF8Span(validating: bytes.extracting(i..<end))
            return true
        } catch {
            return false
        }
    }
}

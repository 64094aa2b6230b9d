/// A position in the bytes of one packet; every read checks the end of what holds the field.
struct ByteReader: ~Escapable {
    /// The whole packet, from its fixed header on.
    let bytes: Span<UInt8>
    /// The next byte to read.
    var position: Int
    /// The end of what may be read; at most `bytes.count`.
    var end: Int

    @_lifetime(copy bytes)
    @inline(__always)
    init(_ bytes: Span<UInt8>, from position: Int) {
        self.bytes = bytes
        self.position = position
        end = bytes.count
    }

    /// Bytes that are left.
    @inline(__always)
    var available: Int { end - position }

    /// A byte below `end`, which every caller has checked.
    ///
    /// `end` never passes `bytes.count`: it starts there and only shrinks for nested lists. Checking
    /// the span's bounds a second time cost a fifth of the time of a PUBLISH.
    @inline(__always)
    subscript(index: Int) -> UInt8 {
        assert(index >= 0 && index < end && end <= bytes.count)
        return unsafe bytes[unchecked: index]
    }

    @inline(__always)
    @_lifetime(self: copy self)
    mutating func byte() throws(PacketError) -> UInt8 {
        guard position < end else { throw truncated(1) }
        let value = self[position]
        position += 1
        return value
    }

    @inline(__always)
    @_lifetime(self: copy self)
    mutating func twoByteInteger() throws(PacketError) -> UInt16 {
        guard end - position >= 2 else { throw truncated(2) }
        let value = UInt16(self[position]) << 8 | UInt16(self[position + 1])
        position += 2
        return value
    }

    @inline(__always)
    @_lifetime(self: copy self)
    mutating func fourByteInteger() throws(PacketError) -> UInt32 {
        guard end - position >= 4 else { throw truncated(4) }
        let value = bytes.word32(at: position).byteSwapped
        position += 4
        return value
    }

    /// A Variable Byte Integer, 0...268 435 455. MQTT 5.0 §1.5.5
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func variableByteInteger() throws(PacketError) -> UInt32 {
        guard position < end else { throw truncated(1) }
        let first = self[position]
        if first < 0x80 {
            position += 1
            return UInt32(first)
        }
        return try longVariableByteInteger()
    }

    @inline(never)
    @_lifetime(self: copy self)
    mutating func longVariableByteInteger() throws(PacketError) -> UInt32 {
        var value: UInt32 = 0
        var shift: UInt32 = 0
        var index = position
        while true {
            guard index < end else { throw truncated(index - position + 1) }
            let byte = self[index]
            value |= UInt32(byte & 0x7F) << shift
            index += 1
            if byte < 0x80 {
                if byte == 0, shift > 0 { throw malformed(.variableByteIntegerNotMinimal) }
                position = index
                return value
            }
            shift += 7
            if shift == 28 { throw malformed(.variableByteIntegerTooLong) }
        }
    }

    /// The bytes of a length-prefixed field: two bytes of length, then as many bytes.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func binary() throws(PacketError) -> ByteRange {
        guard end - position >= 2 else { throw truncated(2) }
        let count = Int(self[position]) << 8 | Int(self[position + 1])
        guard end - position - 2 >= count else { throw truncated(2 + count) }
        let range = ByteRange(start: position + 2, count: count)
        position += 2 + count
        return range
    }

    /// A length-prefixed text that was checked.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func text(_ kind: TextKind) throws(PacketError) -> ByteRange {
        let field = position
        let range = try binary()
        if !TextCheck.isPlain(bytes, range.start, range.count, kind)
            || (kind == .topicName && range.count == 0)
        {
            try refuseText(range, kind, field)
        }
        return range
    }

    /// Looks closer at a text that is not plain.
    @inline(never)
    func refuseText(_ range: ByteRange, _ kind: TextKind, _ field: Int) throws(PacketError) {
        if let fault = TextCheck.fault(bytes, range.start, range.count, kind) {
            throw .malformed(.init(.init(fault, inFilter: false), at: field))
        }
    }

    /// A packet identifier, never 0.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func packetIdentifier() throws(PacketError) -> PacketIdentifier {
        let field = position
        let value = try twoByteInteger()
        guard value != 0 else { throw .protocolError(.init(.packetIdentifierZero, at: field)) }
        return PacketIdentifier(checked: value)
    }

    /// Nothing may follow the last field.
    @inline(__always)
    func finish() throws(PacketError) {
        if position != end { throw malformed(.trailingBytes(UInt32(end - position))) }
    }

    @inline(never)
    func truncated(_ needed: Int) -> PacketError {
        malformed(.truncated(needed: UInt32(needed), available: UInt32(end - position)))
    }

    @inline(never)
    func malformed(_ violation: MalformedPacket.Violation) -> PacketError {
        .malformed(MalformedPacket(violation, at: position))
    }

    @inline(never)
    func protocolError(_ violation: ProtocolError.Violation) -> PacketError {
        .protocolError(ProtocolError(violation, at: position))
    }
}

/// Where a field's content lies in the packet, in half the space of a `Range`.
@usableFromInline
struct ByteRange: Hashable, Sendable {
    @usableFromInline let start32: UInt32
    @usableFromInline let count32: UInt32

    @inlinable
    init(start: Int, count: Int) {
        start32 = UInt32(truncatingIfNeeded: start)
        count32 = UInt32(truncatingIfNeeded: count)
    }

    /// Stands for a field that is not there; no content starts at byte 0.
    @usableFromInline static var absent: ByteRange { ByteRange(start: 0, count: 0) }

    @inlinable var isAbsent: Bool { start32 == 0 }
    @inlinable var start: Int { Int(start32) }
    @inlinable var count: Int { Int(count32) }
    @inlinable var range: Range<Int> { start..<(start + count) }
}

extension MalformedPacket.Violation {
    init(_ fault: TextFault, inFilter: Bool) {
        switch fault {
        case .illFormedUTF8(let index): self = .illFormedUTF8(at: UInt32(index))
        case .nullCharacter(let index): self = .nullCharacter(at: UInt32(index))
        case .wildcard(let index):
            self =
                inFilter
                ? .wildcardPlacement(at: UInt32(index)) : .wildcardInTopicName(at: UInt32(index))
        case .empty: self = .emptyTopic
        case .share: self = .sharedSubscription
        }
    }
}

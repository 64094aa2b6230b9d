/// The lengths of a packet that was checked: computed once, used for space and for writing.
public struct PacketLayout: Hashable, Sendable {
    /// Packet type and flags.
    let firstByte: UInt8
    /// Bytes after the fixed header: 0...268 435 455.
    public let remainingLength: Int
    /// The revision it was computed for.
    public let version: ProtocolVersion

    /// Bytes of the whole packet.
    @inlinable
    public var packetSize: Int {
        1 + VariableByteInteger.size(remainingLength) + remainingLength
    }

    init(
        _ type: PacketType,
        flags: UInt8,
        remainingLength: Int,
        _ version: ProtocolVersion
    ) throws(EncodeError) {
        guard remainingLength <= VariableByteInteger.maximum else {
            throw .packetTooLarge(remainingLength)
        }
        firstByte = type.rawValue << 4 | flags
        self.remainingLength = remainingLength
        self.version = version
    }
}

/// A packet that can be written.
///
/// Every owned packet conforms. The owned packets are plain values that may hold anything; all rules of the standard are checked
/// when their layout is computed, before a byte is written.
public protocol EncodablePacket: Hashable, Sendable {
    /// Checks the packet and computes its lengths.
    ///
    /// - Parameters:
    ///   - version: the revision to write. Properties, and reason codes of acknowledgements, exist
    ///     since MQTT 5.0 and are left out for earlier ones.
    ///   - role: the end that sends; it decides which properties and codes are allowed.
    /// - Returns: what ``write(_:to:)`` needs, and the size.
    /// - Throws: ``EncodeError`` with the first rule that is broken.
    /// - Complexity: O(*n*) in the bytes of the texts; nothing is allocated.
    func layout(as version: ProtocolVersion, from role: Role) throws(EncodeError) -> PacketLayout

    /// Writes the packet whose layout was computed.
    func write(_ layout: PacketLayout, to writer: inout PacketWriter)

    /// Writes the packet behind what a buffer holds already.
    ///
    /// - Throws: ``EncodeError``; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the bytes of the packet; nothing is allocated.
    func encode(
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError)
}

extension EncodablePacket {
    /// Bytes of the packet on the wire.
    ///
    /// - Throws: ``EncodeError`` where the packet cannot be written.
    @inlinable
    public func encodedSize(
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> Int {
        try layout(as: version, from: role).packetSize
    }

    /// Writes the packet behind what a buffer holds already.
    ///
    /// - Throws: ``EncodeError``; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the bytes of the packet; nothing is allocated.
    @inlinable
    public func encode(
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) {
        let layout = try layout(as: version, from: role)
        try output.write(layout.packetSize) { writer in write(layout, to: &writer) }
    }

    /// The packet in an array of its own.
    ///
    /// - Throws: ``EncodeError`` where the packet cannot be written.
    @inlinable
    public func encoded(
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> [UInt8] {
        let layout = try layout(as: version, from: role)
        return try [UInt8](capacity: layout.packetSize) {
            (output: inout OutputSpan<UInt8>) throws(EncodeError) in
            try output.write(layout.packetSize) { writer in write(layout, to: &writer) }
        }
    }
}

extension EncodablePacket {
    /// What the frequent packets implement `encode` with: checks, size and bytes in one function of
    /// this module.
    @inline(__always)
    func encodeInPlace(
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) {
        let layout = try layout(as: version, from: role)
        let size = layout.packetSize
        guard size <= output.freeCapacity else {
            throw .bufferTooSmall(needed: size, available: output.freeCapacity)
        }
        unsafe output.withUnsafeMutableBufferPointer { buffer, count in
            guard let base = buffer.baseAddress else { return }
            var writer = unsafe PacketWriter(buffer, from: count, base: base)
            write(layout, to: &writer)
            count += writer.count
        }
    }
}

extension OutputSpan<UInt8> {
    /// Lets a packet of a known size be written.
    @inlinable
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func write(
        _ size: Int,
        _ body: (inout PacketWriter) -> Void
    ) throws(EncodeError) {
        guard size <= freeCapacity else {
            throw .bufferTooSmall(needed: size, available: freeCapacity)
        }
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            guard let base = buffer.baseAddress else { return }
            var writer = unsafe PacketWriter(buffer, from: count, base: base)
            body(&writer)
            count += writer.count
        }
    }
}

extension String {
    /// Bytes of the text with its two bytes of length.
    @inline(__always)
    func encodedSize(_ kind: TextKind) throws(EncodeError) -> Int {
        let count = utf8.count
        guard count <= 0xFFFF else { throw .fieldTooLong(count) }
        let fault = withUTF8Bytes { bytes -> TextFault? in
            if TextCheck.isPlain(bytes, 0, count, kind), kind != .topicName || count > 0 {
                return nil
            }
            return TextCheck.fault(bytes, 0, count, kind)
        }
        if let fault { throw EncodeError(fault) }
        return 2 + count
    }

    /// Bytes of a topic filter with its two bytes of length.
    @inline(__always)
    func encodedFilterSize(sharing: Bool) throws(EncodeError) -> Int {
        let count = utf8.count
        guard count <= 0xFFFF else { throw .fieldTooLong(count) }
        let fault = withUTF8Bytes { bytes -> TextFault? in
            if TextCheck.isPlainFilter(bytes, 0, count) { return nil }
            return TextCheck.filterFault(bytes, 0, count, sharing: sharing)
        }
        if let fault { throw fault.inFilter }
        return 2 + count
    }
}

extension String {
    /// Lends the UTF-8 of the text.
    ///
    /// Native strings lend their storage through code that is inlined here; `utf8Span` is two calls
    /// and a reference count, half of the time of a short field.
    @inline(__always)
    func withUTF8Bytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let result = unsafe utf8.withContiguousStorageIfAvailable { buffer in
            body(unsafe buffer.span)
        }
        if let result { return result }
        return body(utf8Span.span)
    }
}

extension TextFault {
    var inFilter: EncodeError {
        switch self {
        case .wildcard, .share: .topicFilter
        default: EncodeError(self)
        }
    }
}

extension EncodeError {
    init(_ fault: TextFault) {
        switch fault {
        case .illFormedUTF8: self = .illFormedUTF8
        case .nullCharacter: self = .nullCharacter
        case .wildcard: self = .wildcardInTopicName
        case .empty: self = .emptyTopic
        case .share: self = .topicFilter
        }
    }
}

extension Properties {
    /// Refuses properties that the packet or its sender cannot have.
    @inline(__always)
    func check(_ context: PropertyContext, from role: Role) throws(EncodeError) {
        let refused = present.rawValue & ~context.allowed(from: role).rawValue
        if refused != 0 { throw refusal(refused) }
        if context != .publish, present.contains(.subscriptionIdentifier) {
            try checkSingleIdentifier()
        }
    }

    /// Bytes of the properties with the length in front; 0 before MQTT 5.0.
    @inline(__always)
    func checkedSize(
        _ context: PropertyContext,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> Int {
        if version < .v5 { return 0 }
        try check(context, from: role)
        return VariableByteInteger.size(byteCount) + byteCount
    }

    @inline(never)
    private func refusal(_ refused: UInt64) -> EncodeError {
        .propertyNotAllowed(PropertySet(rawValue: refused).first ?? .userProperty)
    }

    @inline(never)
    private func checkSingleIdentifier() throws(EncodeError) {
        var count = 0
        var cursor = view.makeCursor()
        while let property = cursor.next() {
            if property.identifier == .subscriptionIdentifier { count += 1 }
        }
        if count > 1 { throw .duplicateProperty(.subscriptionIdentifier) }
    }
}

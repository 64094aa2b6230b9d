/// A packet to be written from borrowed bytes: the raw layer's way out.
///
/// The fields are checked like those of the owned packets, and nothing is copied but once into the
/// caller's buffer.
public protocol PacketFields: ~Escapable {
    /// Checks the fields and writes the packet behind what a buffer holds already.
    ///
    /// - Parameters:
    ///   - output: gets the packet.
    ///   - version: the revision to write. Properties exist since MQTT 5.0 and are left out for
    ///     earlier ones.
    ///   - role: the end that sends.
    /// - Throws: ``EncodeError`` with the first rule that is broken; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the bytes of the packet; nothing is allocated.
    func encode(
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError)
}

extension Span<UInt8> {
    /// Bytes of a text with its two bytes of length, after the check of what it may hold.
    @inline(__always)
    func encodedSize(_ kind: TextKind) throws(EncodeError) -> Int {
        guard count <= 0xFFFF else { throw .fieldTooLong(count) }
        if !TextCheck.isPlain(self, 0, count, kind) || (kind == .topicName && count == 0) {
            try refuse(kind)
        }
        return 2 &+ count
    }

    @inline(never)
    private func refuse(_ kind: TextKind) throws(EncodeError) {
        if let fault = TextCheck.fault(self, 0, count, kind) { throw EncodeError(fault) }
    }

    /// Bytes of binary data with its two bytes of length.
    @inline(__always)
    func binarySize() throws(EncodeError) -> Int {
        guard count <= 0xFFFF else { throw .fieldTooLong(count) }
        return 2 &+ count
    }
}

extension PropertiesView {
    /// No property.
    @inlinable
    @_lifetime(immortal)
    public init() { self.init(Span<UInt8>(), .none) }

    /// Bytes of the properties with the length in front, after the check of what the packet and its
    /// sender can have; 0 before MQTT 5.0.
    @inline(__always)
    func checkedSize(
        _ context: PropertyContext,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> Int {
        if version < .v5 { return 0 }
        let refused = region.present.rawValue & ~context.allowed(from: role).rawValue
        if refused != 0 {
            throw .propertyNotAllowed(PropertySet(rawValue: refused).first ?? .userProperty)
        }
        // Two identifiers take four bytes at least.
        if context != .publish, byteCount >= 4, contains(.subscriptionIdentifier) {
            try checkSingleIdentifier()
        }
        return VariableByteInteger.size(byteCount) &+ byteCount
    }

    @inline(never)
    private func checkSingleIdentifier() throws(EncodeError) {
        var count = 0
        var cursor = makeCursor()
        while let property = cursor.next() {
            if property.identifier == .subscriptionIdentifier { count += 1 }
        }
        if count > 1 { throw .duplicateProperty(.subscriptionIdentifier) }
    }
}

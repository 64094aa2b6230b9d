/// The one pass that checks a list of properties.
extension ByteReader {
    /// Reads a property length and checks every property behind it.
    ///
    /// - Throws: malformed for an unknown identifier, one that the packet cannot have, and wrong
    ///   values' bytes; a protocol error for repetition, a value out of range, the wrong sender.
    /// - Complexity: O(*n*) in the bytes of the properties.
    @_lifetime(self: copy self)
    mutating func properties(
        _ context: PropertyContext,
        from role: Role
    ) throws(PacketError) -> PropertyRegion {
        let field = position
        let length = Int(try variableByteInteger())
        guard length <= end - position else {
            throw .malformed(
                .init(
                    .truncated(needed: UInt32(length), available: UInt32(end - position)),
                    at: field
                )
            )
        }
        if length == 0 { return PropertyRegion(start: position, end: position, present: []) }
        return try scanProperties(length, context, role)
    }

    @_lifetime(self: copy self)
    private mutating func scanProperties(
        _ length: Int,
        _ context: PropertyContext,
        _ role: Role
    ) throws(PacketError) -> PropertyRegion {
        let start = position
        let outerEnd = end
        end = position + length
        let allowed = context.allowed(from: role).rawValue
        let repeatable = context.repeatable.rawValue
        var present: UInt64 = 0
        while position < end {
            let raw = self[position]
            let bit: UInt64 = raw < 64 ? 1 &<< UInt64(raw) : 0
            // What is allowed is known, so the number needs no further look.
            guard allowed & bit != 0, present & bit & ~repeatable == 0 else {
                throw refusedProperty(context, role)
            }
            present |= bit
            try propertyValue(raw)
        }
        end = outerEnd
        return PropertyRegion(start: start, end: position, present: .init(rawValue: present))
    }

    /// Checks one property whose identifier is the next byte.
    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func propertyValue(_ identifier: UInt8) throws(PacketError) {
        let field = position
        position += 1
        switch PropertyType(of: identifier) {
        case .flag:
            let value = try byte()
            if value > 1 { throw outOfRange(identifier, UInt32(value), field) }
        case .twoByteInteger:
            let value = try twoByteInteger()
            if value == 0, PropertyIdentifier.excludesZero(identifier) {
                throw outOfRange(identifier, 0, field)
            }
        case .fourByteInteger:
            let value = try fourByteInteger()
            if value == 0, PropertyIdentifier.excludesZero(identifier) {
                throw outOfRange(identifier, 0, field)
            }
        case .variableByteInteger:
            let value = try variableByteInteger()
            if value == 0 { throw outOfRange(identifier, 0, field) }
        case .text:
            if identifier == PropertyIdentifier.responseTopic.rawValue {
                _ = try text(.topicName)
            } else {
                _ = try text(.string)
            }
        case .binary:
            _ = try binary()
        case .textPair:
            _ = try text(.string)
            _ = try text(.string)
        }
    }

    @inline(never)
    private func outOfRange(
        _ raw: UInt8,
        _ value: UInt32,
        _ field: Int
    ) -> PacketError {
        let identifier = PropertyIdentifier(rawValue: raw) ?? .userProperty
        return identifier == .topicAlias
            ? .protocolError(.init(.topicAliasZero, at: field))
            : .protocolError(.init(.propertyValue(identifier, value), at: field))
    }

    /// Why the identifier at `position` cannot stand there.
    @inline(never)
    private func refusedProperty(_ context: PropertyContext, _ role: Role) -> PacketError {
        // An identifier is a Variable Byte Integer, even if all known ones are one byte.
        var copy = self
        let value: UInt32
        do throws(PacketError) {
            value = try copy.variableByteInteger()
        } catch {
            return error
        }
        guard value < 64, let identifier = PropertyIdentifier(rawValue: UInt8(value)) else {
            return malformed(.propertyIdentifier(value))
        }
        guard context.list.contains(identifier) else {
            return malformed(.propertyNotAllowed(identifier))
        }
        // Listed, so either the sender may not send it, or it is there already.
        return context.allowed(from: role).contains(identifier)
            ? protocolError(.duplicateProperty(identifier))
            : protocolError(.propertyFromSender(identifier))
    }
}

/// Where checked properties lie, and which they are.
@usableFromInline
struct PropertyRegion: Hashable, Sendable {
    @usableFromInline let start32: UInt32
    @usableFromInline let end32: UInt32
    @usableFromInline let present: PropertySet

    @inlinable
    init(start: Int, end: Int, present: PropertySet) {
        start32 = UInt32(truncatingIfNeeded: start)
        end32 = UInt32(truncatingIfNeeded: end)
        self.present = present
    }

    @inlinable static var none: PropertyRegion { .init(start: 0, end: 0, present: []) }
    @inlinable var start: Int { Int(start32) }
    @inlinable var end: Int { Int(end32) }
}

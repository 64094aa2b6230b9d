/// A PUBACK, PUBREC, PUBREL or PUBCOMP to be written from borrowed bytes. MQTT 5.0 §3.4-§3.7
///
/// ``Acknowledgement`` is the same for those who own their properties.
public struct AcknowledgementFields: ~Escapable {
    /// The identifier of the PUBLISH.
    public let packetIdentifier: PacketIdentifier
    /// The outcome; left out before MQTT 5.0, as ``Acknowledgement/reasonCode`` says.
    public let reasonCode: ReasonCode
    /// Reason string and user properties.
    public let properties: PropertiesView

    /// An acknowledgement with the given fields.
    @inlinable
    @_lifetime(copy properties)
    public init(
        packetIdentifier: PacketIdentifier,
        reasonCode: ReasonCode,
        properties: PropertiesView
    ) {
        self.packetIdentifier = packetIdentifier
        self.reasonCode = reasonCode
        self.properties = properties
    }

    /// Checks the fields and writes the packet of one kind behind what a buffer holds already.
    ///
    /// - Throws: ``EncodeError``; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the bytes of the packet; nothing is allocated.
    @inlinable
    @inline(__always)
    public func encode(
        _ kind: Acknowledgement.Kind,
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion
    ) throws(EncodeError) {
        guard properties.isEmpty, output.freeCapacity >= 5 else {
            return try encodeWhole(kind, into: &output, as: version)
        }
        let code = reasonCode.rawValue
        let codes: ReasonCodeSet = kind.rawValue < 6 ? .received : .released
        guard version == .v5 ? codes.contains(code) : code < 0x80 else {
            throw .reasonCode(reasonCode)
        }
        // PUBREL alone has a flag in its first byte. §3.6.1
        output.append(kind.rawValue << 4 | (kind == .pubrel ? 0b10 : 0))
        let hasCode = version == .v5 && code != 0
        output.append(hasCode ? 3 : 2)
        output.append(UInt8(truncatingIfNeeded: packetIdentifier.rawValue >> 8))
        output.append(UInt8(truncatingIfNeeded: packetIdentifier.rawValue))
        if hasCode { output.append(code) }
    }

    @usableFromInline
    func encodeWhole(
        _ kind: Acknowledgement.Kind,
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion
    ) throws(EncodeError) {
        let type: PacketType =
            switch kind {
            case .puback: .puback
            case .pubrec: .pubrec
            case .pubrel: .pubrel
            case .pubcomp: .pubcomp
            }
        var size = 2
        if version == .v5 {
            let codes: ReasonCodeSet = kind.rawValue < 6 ? .received : .released
            guard codes.contains(reasonCode.rawValue) else { throw .reasonCode(reasonCode) }
            if !properties.isEmpty {
                size += 1 + (try properties.checkedSize(.acknowledgement, as: .v5, from: .server))
            } else if reasonCode != .success {
                size += 1
            }
        } else if reasonCode.isError {
            throw .reasonCode(reasonCode)
        }
        let layout = try PacketLayout(
            type,
            flags: type.reservedFlags,
            remainingLength: size,
            version
        )
        try output.writeFields(layout.packetSize) { writer in
            writer.fixedHeader(layout)
            writer.twoByteInteger(packetIdentifier.rawValue)
            if layout.remainingLength > 2 { writer.byte(reasonCode.rawValue) }
            if layout.remainingLength > 3 { writer.properties(properties) }
        }
    }
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP; the case of ``ControlPacket`` says which. MQTT 5.0 §3.4-§3.7
public struct Acknowledgement: Hashable, Sendable {
    /// The identifier of the PUBLISH.
    public var packetIdentifier: PacketIdentifier
    /// The outcome.
    ///
    /// Before MQTT 5.0 there is no such field: codes below 0x80 are left out, and an error cannot be
    /// encoded (the server acknowledges or closes, MQTT 3.1.1 [MQTT-3.3.5-2]).
    public var reasonCode: ReasonCode
    /// Reason string and user properties; left out before MQTT 5.0.
    public var properties: Properties

    /// An acknowledgement with the given fields.
    public init(
        packetIdentifier: PacketIdentifier,
        reasonCode: ReasonCode = .success,
        properties: Properties = Properties()
    ) {
        self.packetIdentifier = packetIdentifier
        self.reasonCode = reasonCode
        self.properties = properties
    }

    /// A copy of a parsed packet that outlives its bytes.
    public init(_ view: AcknowledgementView) {
        self.init(
            packetIdentifier: view.packetIdentifier,
            reasonCode: view.reasonCode,
            properties: view.properties.owned()
        )
    }

    /// Which of the four packets an acknowledgement is.
    public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        /// PUBACK
        case puback = 4
        /// PUBREC
        case pubrec = 5
        /// PUBREL
        case pubrel = 6
        /// PUBCOMP
        case pubcomp = 7
    }

    /// Writes the packet of one kind, without the way around ``ControlPacket``.
    ///
    /// - Parameters:
    ///   - kind: which packet it is.
    ///   - output: gets the packet behind what it holds already.
    ///   - version: the revision to write.
    /// - Throws: ``EncodeError``; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the bytes of the packet; nothing is allocated.
    public func encode(
        _ kind: Kind,
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
        let layout = try layout(type, as: version)
        try output.write(layout.packetSize) { writer in write(layout, to: &writer) }
    }

    /// Checks the packet and computes its lengths.
    @inline(__always)
    func layout(
        _ type: PacketType,
        as version: ProtocolVersion
    ) throws(EncodeError) -> PacketLayout {
        var size = 2
        if version == .v5 {
            let codes: ReasonCodeSet =
                type == .puback || type == .pubrec ? .received : .released
            guard codes.contains(reasonCode.rawValue) else { throw .reasonCode(reasonCode) }
            if !properties.isEmpty {
                size += 1 + (try properties.checkedSize(.acknowledgement, as: .v5, from: .server))
            } else if reasonCode != .success {
                size += 1
            }
        } else if reasonCode.isError {
            throw .reasonCode(reasonCode)
        }
        return try PacketLayout(
            type,
            flags: type.reservedFlags,
            remainingLength: size,
            version
        )
    }

    /// Writes the packet whose layout was computed: no field more than needed. §3.4.2.1
    @inline(__always)
    func write(_ layout: PacketLayout, to writer: inout PacketWriter) {
        writer.fixedHeader(layout)
        writer.twoByteInteger(packetIdentifier.rawValue)
        if layout.remainingLength > 2 { writer.byte(reasonCode.rawValue) }
        if layout.remainingLength > 3 { writer.properties(properties) }
    }
}

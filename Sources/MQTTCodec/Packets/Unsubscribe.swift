/// UNSUBSCRIBE: the client no longer wants messages. MQTT 5.0 §3.10, MQTT 3.1.1 §3.10
public struct Unsubscribe: Hashable, Sendable {
    /// The identifier that UNSUBACK repeats.
    public var packetIdentifier: PacketIdentifier
    /// The filters, at least one. [MQTT-3.10.3-2]
    @ExactBytes public var topicFilters: [String]
    /// User properties; left out before MQTT 5.0.
    public var properties: Properties

    /// An UNSUBSCRIBE with the given fields.
    public init(
        packetIdentifier: PacketIdentifier,
        topicFilters: [String],
        properties: Properties = Properties()
    ) {
        self.packetIdentifier = packetIdentifier
        self.topicFilters = topicFilters
        self.properties = properties
    }

    /// A copy of a parsed packet that outlives its bytes.
    public init(_ view: UnsubscribeView) {
        var filters: [String] = []
        filters.reserveCapacity(view.count)
        var cursor = view.makeCursor()
        while let next = cursor.next() { filters.append(String(checkedUTF8: next)) }
        self.init(
            packetIdentifier: view.packetIdentifier,
            topicFilters: filters,
            properties: view.properties.owned()
        )
    }
}

extension Unsubscribe: EncodablePacket {
    /// Checks the packet and computes its lengths.
    public func layout(
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> PacketLayout {
        guard !topicFilters.isEmpty else { throw .emptyPayload }
        var size = 2 + (try properties.checkedSize(.unsubscribe, as: version, from: .client))
        for filter in topicFilters {
            size += try filter.encodedFilterSize(sharing: version == .v5)
        }
        return try PacketLayout(sending: .unsubscribe, from: role, remainingLength: size, version)
    }

    /// Writes the packet whose layout was computed.
    public func write(_ layout: PacketLayout, to writer: inout PacketWriter) {
        writer.fixedHeader(layout)
        writer.twoByteInteger(packetIdentifier.rawValue)
        if layout.version == .v5 { writer.properties(properties) }
        for filter in topicFilters { writer.field(filter) }
    }
}

/// UNSUBACK: the server's answer to UNSUBSCRIBE. MQTT 5.0 §3.11, MQTT 3.1.1 §3.11
public struct Unsuback: Hashable, Sendable {
    /// The identifier of the UNSUBSCRIBE.
    public var packetIdentifier: PacketIdentifier
    /// One for each filter, in its order; left out before MQTT 5.0. [MQTT-3.11.3-1]
    public var reasonCodes: [ReasonCode]
    /// Reason string and user properties; left out before MQTT 5.0.
    public var properties: Properties

    /// An UNSUBACK with the given fields.
    public init(
        packetIdentifier: PacketIdentifier,
        reasonCodes: [ReasonCode],
        properties: Properties = Properties()
    ) {
        self.packetIdentifier = packetIdentifier
        self.reasonCodes = reasonCodes
        self.properties = properties
    }
}

extension Unsuback: EncodablePacket {
    /// Checks the packet and computes its lengths.
    public func layout(
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> PacketLayout {
        var size = 2
        if version == .v5 {
            guard !reasonCodes.isEmpty else { throw .emptyPayload }
            let codes = ReasonCodeSet(.unsuback, from: .server)
            for code in reasonCodes where !codes.contains(code.rawValue) {
                throw .reasonCode(code)
            }
            size += reasonCodes.count
            size += try properties.checkedSize(.acknowledgement, as: version, from: .server)
        }
        return try PacketLayout(sending: .unsuback, from: role, remainingLength: size, version)
    }

    /// Writes the packet whose layout was computed.
    public func write(_ layout: PacketLayout, to writer: inout PacketWriter) {
        writer.fixedHeader(layout)
        writer.twoByteInteger(packetIdentifier.rawValue)
        guard layout.version == .v5 else { return }
        writer.properties(properties)
        for code in reasonCodes { writer.byte(code.rawValue) }
    }
}

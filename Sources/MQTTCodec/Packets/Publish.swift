/// PUBLISH: a message. MQTT 5.0 §3.3, MQTT 3.1.1 §3.3
public struct Publish: Hashable, Sendable {
    /// Where the message goes; empty where a topic alias stands for it.
    @ExactBytes public var topicName: String
    /// The message.
    public var payload: [UInt8]
    /// The delivery level.
    public var qos: QoS
    /// Whether the server keeps the message, or had kept it. §3.3.1.3
    public var retain: Bool
    /// Whether this repeats an earlier packet. §3.3.1.1
    public var isDuplicate: Bool
    /// Needed at QoS 1 and 2, `nil` at QoS 0.
    public var packetIdentifier: PacketIdentifier?
    /// The properties; left out before MQTT 5.0.
    public var properties: Properties

    /// A message of QoS 0, or with an identifier of a higher level.
    public init(
        topicName: String,
        payload: [UInt8],
        qos: QoS = .atMostOnce,
        packetIdentifier: PacketIdentifier? = nil,
        retain: Bool = false,
        isDuplicate: Bool = false,
        properties: Properties = Properties()
    ) {
        self.topicName = topicName
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.isDuplicate = isDuplicate
        self.packetIdentifier = packetIdentifier
        self.properties = properties
    }

    /// A copy of a parsed packet that outlives its bytes.
    public init(_ view: PublishView) {
        self.init(
            topicName: String(checkedUTF8: view.topicName),
            payload: [UInt8](copying: view.payload),
            qos: view.qos,
            packetIdentifier: view.packetIdentifier,
            retain: view.retain,
            isDuplicate: view.isDuplicate,
            properties: view.properties.owned()
        )
    }
}

extension Publish: EncodablePacket {
    /// Writes the packet behind what a buffer holds already.
    ///
    /// - Throws: ``EncodeError``; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the bytes of the packet; nothing is allocated.
    public func encode(
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) {
        try encodeInPlace(into: &output, as: version, from: role)
    }

    /// Checks the packet and computes its lengths.
    @inline(__always)
    public func layout(
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> PacketLayout {
        var size = try properties.checkedSize(.publish, as: version, from: role) + payload.count
        if topicName.utf8.count == 0, version == .v5, properties.contains(.topicAlias) {
            size += 2
        } else {
            size += try topicName.encodedSize(.topicName)
        }
        if qos == .atMostOnce {
            guard packetIdentifier == nil, !isDuplicate else { throw .notAtQoS0 }
        } else {
            guard packetIdentifier != nil else { throw .packetIdentifierMissing }
            size += 2
        }
        return try PacketLayout(
            .publish,
            flags: (isDuplicate ? 0b1000 : 0) | qos.rawValue << 1 | (retain ? 1 : 0),
            remainingLength: size,
            version
        )
    }

    /// Writes the packet whose layout was computed.
    @inline(__always)
    public func write(_ layout: PacketLayout, to writer: inout PacketWriter) {
        writeHead(layout, to: &writer)
        writer.bytes(payload.span)
    }

    /// Everything before the payload.
    @inline(__always)
    private func writeHead(_ layout: PacketLayout, to writer: inout PacketWriter) {
        writer.fixedHeader(layout)
        writer.field(topicName)
        if let packetIdentifier { writer.twoByteInteger(packetIdentifier.rawValue) }
        if layout.version == .v5 { writer.properties(properties) }
    }

    /// Writes everything before the payload, for a vectored write of both.
    ///
    /// - Returns: bytes written; ``payload`` must follow them.
    /// - Throws: ``EncodeError``; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the bytes before the payload; nothing is allocated.
    @discardableResult
    public func encodeHead(
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) -> Int {
        let layout = try layout(as: version, from: role)
        let size = layout.packetSize - payload.count
        try output.write(size) { writer in writeHead(layout, to: &writer) }
        return size
    }
}

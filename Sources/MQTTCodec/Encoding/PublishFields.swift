/// A PUBLISH to be written from borrowed bytes. MQTT 5.0 §3.3, MQTT 3.1.1 §3.3
///
/// ``Publish`` is the same for those who own their texts.
public struct PublishFields: PacketFields, ~Escapable {
    /// Where the message goes; empty where a topic alias stands for it.
    public let topicName: Span<UInt8>
    /// The message.
    public let payload: Span<UInt8>
    /// The properties.
    public let properties: PropertiesView
    /// The delivery level.
    public var qos: QoS
    /// Needed at QoS 1 and 2, `nil` at QoS 0.
    public var packetIdentifier: PacketIdentifier?
    /// Whether the server keeps the message, or had kept it. §3.3.1.3
    public var retain = false
    /// Whether this repeats an earlier packet. §3.3.1.1
    public var isDuplicate = false

    /// A message of QoS 0, or with an identifier of a higher level.
    @_lifetime(copy topicName, copy payload, copy properties)
    public init(
        topicName: Span<UInt8>,
        payload: Span<UInt8>,
        qos: QoS = .atMostOnce,
        packetIdentifier: PacketIdentifier? = nil,
        properties: PropertiesView
    ) {
        self.topicName = topicName
        self.payload = payload
        self.qos = qos
        self.packetIdentifier = packetIdentifier
        self.properties = properties
    }

    /// Checks the fields and writes the packet behind what a buffer holds already.
    ///
    /// - Throws: ``EncodeError``; the buffer is unchanged then.
    /// - Complexity: O(*n*) in the bytes of the packet; nothing is allocated.
    public func encode(
        into output: inout OutputSpan<UInt8>,
        as version: ProtocolVersion,
        from role: Role
    ) throws(EncodeError) {
        var size = try properties.checkedSize(.publish, as: version, from: role)
        if topicName.count == 0, version == .v5, properties.contains(.topicAlias) {
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
        let layout = try PacketLayout(
            .publish,
            flags: (isDuplicate ? 0b1000 : 0) | qos.rawValue << 1 | (retain ? 1 : 0),
            remainingLength: size + payload.count,
            version
        )
        try output.writeFields(layout.packetSize) { writer in
            writer.fixedHeader(layout)
            writer.field(topicName)
            if let packetIdentifier { writer.twoByteInteger(packetIdentifier.rawValue) }
            if version == .v5 { writer.properties(properties) }
            writer.bytes(payload)
        }
    }
}

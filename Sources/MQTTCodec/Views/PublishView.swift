/// A received PUBLISH. MQTT 5.0 §3.3, MQTT 3.1.1 §3.3
public struct PublishView: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>
    @usableFromInline let region: PropertyRegion
    @usableFromInline let topicRange: ByteRange
    @usableFromInline let payloadStart: UInt32
    @usableFromInline let identifier: UInt16
    @usableFromInline let flags: UInt8

    @inline(__always)
    @_lifetime(copy reader)
    init(
        _ reader: consuming ByteReader,
        _ flags: UInt8,
        _ is5: Bool,
        _ role: Role
    ) throws(PacketError) {
        var reader = reader
        let qos = flags & 0b110
        guard qos != 0b110 else { throw .malformed(.init(.publishQoS, at: 0)) }
        guard qos != 0 || flags & 0b1000 == 0 else {
            throw .malformed(.init(.duplicateAtQoS0, at: 0))
        }
        let topicOffset = reader.position
        let topic = try reader.binary()
        if topic.count == 0 {
            // A topic alias may stand instead, but only since MQTT 5.0.
            if !is5 { throw .malformed(.init(.emptyTopic, at: topicOffset)) }
        } else if !TextCheck.isPlain(reader.bytes, topic.start, topic.count, .topicName) {
            try reader.refuseText(topic, .topicName, topicOffset)
        }
        identifier = qos == 0 ? 0 : try reader.packetIdentifier().rawValue
        region = is5 ? try reader.properties(.publish, from: role) : .none
        if topic.count == 0, !region.present.contains(.topicAlias) {
            throw .protocolError(.init(.topicNameMissing, at: topicOffset))
        }
        topicRange = topic
        payloadStart = UInt32(truncatingIfNeeded: reader.position)
        self.flags = flags
        bytes = reader.bytes
    }

    /// The delivery level.
    @inlinable
    public var qos: QoS {
        flags & 0b110 == 0 ? .atMostOnce : flags & 0b100 == 0 ? .atLeastOnce : .exactlyOnce
    }

    /// Whether this repeats an earlier packet. §3.3.1.1
    @inlinable
    public var isDuplicate: Bool { flags & 0b1000 != 0 }

    /// Whether the server keeps the message, or had kept it. §3.3.1.3
    @inlinable
    public var retain: Bool { flags & 1 != 0 }

    /// `nil` at QoS 0.
    @inlinable
    public var packetIdentifier: PacketIdentifier? { PacketIdentifier(rawValue: identifier) }

    /// Text without wildcard; empty where a topic alias stands for it.
    public var topicName: Span<UInt8> {
        @inlinable
        @_lifetime(copy self)
        get { bytes.extracting(topicRange.range) }
    }

    /// The message.
    public var payload: Span<UInt8> {
        @inlinable
        @_lifetime(copy self)
        get { bytes.extracting(Int(payloadStart)..<bytes.count) }
    }

    /// The properties; none before MQTT 5.0.
    public var properties: PropertiesView {
        @inlinable
        @_lifetime(copy self)
        get { PropertiesView(bytes, region) }
    }

    /// Bytes from the start of the packet to its payload.
    @inlinable
    public var payloadOffset: Int { Int(payloadStart) }

    /// Checks the payload where the properties say that it is text. MQTT 5.0 §3.3.2.3.2
    ///
    /// Nobody has to; a receiver that does not look into payloads leaves it out.
    /// - Throws: a protocol error with ``ReasonCode/payloadFormatInvalid``.
    /// - Complexity: O(*n*) in the payload.
    public func checkPayloadFormat() throws(PacketError) {
        try checkPayload(bytes, Int(payloadStart), bytes.count - Int(payloadStart), properties)
    }

    /// A copy that outlives the bytes.
    public func owned() -> Publish { Publish(self) }
}

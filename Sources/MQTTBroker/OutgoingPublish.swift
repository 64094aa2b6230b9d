internal import IoTTime
internal import MQTTCodec

/// A PUBLISH on its way out: what this receiver gets differently in front of what all share.
struct OutgoingPublish {
    /// From this size on a message's tail is handed out as it is; below, copying is cheaper than
    /// one more piece in the vectored write.
    static let sharedTailThreshold = 4_096

    /// Bytes of the whole packet.
    let size: Int
    /// What the packet says about its topic.
    let alias: OutgoingAliases.Choice
    let content: SharedPublish
    private let identifiers: [UInt32]
    private let version: ProtocolVersion
    private var head: SharedPublish.Delivery

    /// Measures the packet; an identifier is counted in where the QoS needs one.
    ///
    /// - Returns: `nil` for a message that is too large for any PUBLISH of this version.
    init?(
        _ delivery: Delivery,
        _ alias: OutgoingAliases.Choice,
        version: ProtocolVersion,
        at now: MonotonicTime
    ) {
        let content = delivery.message.content
        let identifiers = delivery.subscriptionIdentifiers
        var head = SharedPublish.Delivery(
            qos: delivery.qos,
            packetIdentifier: delivery.qos == .atMostOnce ? nil : 1,
            retain: delivery.retain,
            messageExpiryInterval: delivery.message.remainingExpiry(at: now)
        )
        switch alias {
        case .name: break
        case .new(let number): head.topicAlias = number
        case .known(let number):
            head.topicAlias = number
            head.omitsTopicName = true
        }
        let size = try? content.packetSize(
            for: head,
            subscriptionIdentifiers: identifiers.span,
            as: version
        )
        guard let size else { return nil }
        self.size = size
        self.alias = alias
        self.content = content
        self.identifiers = identifiers
        self.version = version
        self.head = head
    }

    /// Adds the packet to what a connection is sent next.
    mutating func write(
        identifier: PacketIdentifier?,
        isDuplicate: Bool,
        to batch: inout OutboundBatch
    ) {
        head.packetIdentifier = identifier
        head.isDuplicate = isDuplicate
        let tail = content.tail(as: version)
        let headSize = size - tail.count
        batch.append { bytes in
            bytes.append(addingCapacity: headSize) { output in
                // It was measured, so that it can be written.
                _ = try? content.encodeHead(
                    for: head,
                    subscriptionIdentifiers: identifiers.span,
                    into: &output,
                    as: version
                )
            }
        }
        if tail.count < Self.sharedTailThreshold {
            batch.append(tail)
        } else {
            batch.appendTail(of: content, as: version)
        }
    }
}

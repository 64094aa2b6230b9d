internal import IoTTime
internal import MQTTCodec
internal import MQTTTopics

/// A message the broker owns: made once, shared by every queue it waits in.
final class Message: Sendable {
    /// Topic, forwarded properties and payload, checked and encoded once.
    let content: SharedPublish
    let qos: QoS
    let retain: Bool
    /// Seconds the message may wait, counted from ``receivedAt``; `nil`: for ever.
    let expiryInterval: UInt32?
    let receivedAt: MonotonicTime
    /// The session of the publisher, for No Local; `nil` for the broker's own messages.
    let publisher: SlotKey?
    /// Its number in the store; 0 in memory.
    let number: UInt64

    init(
        _ content: SharedPublish,
        qos: QoS,
        retain: Bool,
        expiryInterval: UInt32?,
        receivedAt: MonotonicTime,
        publisher: SlotKey?,
        number: UInt64 = 0
    ) {
        self.number = number
        self.content = content
        self.qos = qos
        self.retain = retain
        self.expiryInterval = expiryInterval
        self.receivedAt = receivedAt
        self.publisher = publisher
        byteCount = content.topicName.count + content.tail(as: .v5).count + 256
        isEmpty = content.payload.isEmpty
    }

    /// What the message is charged with: its bytes and the objects around them.
    let byteCount: Int
    /// Whether the payload is empty: what makes a retained message go away.
    let isEmpty: Bool

    /// Seconds left, or `nil` for a message that does not expire. [MQTT-3.3.2-6]
    ///
    /// Whole seconds of waiting are taken off, so that a message forwarded at once keeps its value.
    func remainingExpiry(at now: MonotonicTime) -> UInt32? {
        guard let expiryInterval else { return nil }
        let waited = max(0, now.nanoseconds(since: receivedAt)) / 1_000_000_000
        return UInt32(clamping: Int64(expiryInterval) - waited)
    }

    /// True once the interval has passed: the message must not be sent any more. [MQTT-3.3.2-5]
    ///
    /// A message with interval 0 is still delivered by the call that received it.
    func isExpired(at now: MonotonicTime) -> Bool {
        now > receivedAt && remainingExpiry(at: now) == 0
    }
}

/// A message on its way to one session.
struct Delivery: Sendable {
    let message: Message
    let qos: QoS
    let retain: Bool
    /// The identifiers of the subscriptions that matched; MQTT 5 only.
    let subscriptionIdentifiers: [UInt32]
    /// The share group whose member the session is: when it leaves, another one is due.
    var group: ShareGroupIdentifier?
    /// Its number in the store; 0 while it is not kept.
    var sequence: UInt64 = 0
}

/// The message a client leaves behind for the case that its connection breaks.
struct StoredWill: Sendable {
    let content: SharedPublish
    let qos: QoS
    let retain: Bool
    let expiryInterval: UInt32?
    /// Seconds between the end of the connection and the message; 0 for MQTT 3.
    let delay: UInt32

    /// Copies the will of a CONNECT. [MQTT-3.1.2-7]
    init(_ will: WillView) throws(EncodeError) {
        var properties = will.properties.owned()
        expiryInterval = will.properties.messageExpiryInterval
        delay = will.properties.willDelayInterval ?? 0
        properties.remove(.willDelayInterval)
        content = try SharedPublish(
            topicName: String(checkedUTF8: will.topicName),
            payload: will.payload,
            properties: properties
        )
        qos = will.qos
        retain = will.retain
    }

    /// The will as a message published now.
    func message(at now: MonotonicTime, by session: SlotKey, number: UInt64) -> Message {
        Message(
            content,
            qos: qos,
            retain: retain,
            expiryInterval: expiryInterval,
            receivedAt: now,
            publisher: session,
            number: number
        )
    }
}

/// A will whose time has come, with the client that left it.
struct DueWill: Sendable {
    let client: Broker.Client
    let message: Message
}

/// What a subscription asks for.
struct SubscriptionChoices: Hashable, Sendable {
    var qos: QoS
    var noLocal: Bool
    var retainAsPublished: Bool
    /// 0: none was given.
    var identifier: UInt32
    /// Whether `a/#` matches `a`; not in the AWS dialect.
    var matchesParent = true
    /// In that dialect, for a filter that ends with `/#`: the levels of topics it does not match
    /// although the index says so; else 0.
    var parentLevels: UInt16 = 0

    /// Takes note of the levels that ``matchesParent`` is about.
    func applied(to filter: SubscriptionFilter) -> SubscriptionChoices {
        guard !matchesParent else { return self }
        var result = self
        let text = filter.topicFilter.rawValue.utf8Span.span
        if text.count > 2, text[text.count - 1] == UInt8(ascii: "#") {
            result.parentLevels = UInt16(clamping: text.levelCount - 1)
        }
        return result
    }
}

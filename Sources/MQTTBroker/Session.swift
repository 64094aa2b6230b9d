internal import IoTTime
internal import MQTTCodec

/// The state the broker keeps for one client identifier, connected or not. MQTT 5.0 §4.1
struct Session: Sendable {
    var client: Broker.Client
    /// When the client connected, or when its connection ended.
    var since: WallClock
    /// The open connection; `nil` while the client is away.
    var connection: SlotKey?
    /// Seconds the session outlives its connection; 0xFFFF_FFFF: for ever.
    var expiryInterval: UInt32
    /// When the session ends; set while the client is away.
    var endsAt: MonotonicTime?
    var will: StoredWill?
    /// When the will is due; set while the client is away.
    var willDueAt: MonotonicTime?

    /// Durable mode: the session is kept in the store.
    var isStored = false
    var subscriptionCount = 0
    /// Messages that were not sent yet, oldest first.
    var pending = RingBuffer<Delivery>()
    var pendingBytes = 0
    /// How many of ``pending`` have QoS 0: a newer one must not overtake them.
    var pendingQoS0 = 0
    /// Messages that were sent and not yet acknowledged.
    var inflight = InflightTable()
    /// What a resumed session still has to send again, oldest first.
    var resends = RingBuffer<PacketIdentifier>()
    /// QoS 2 messages that arrived and whose PUBREL did not: a repeat is not delivered again.
    var inbound: Set<PacketIdentifier> = []

    /// What the policy said about receiving, and the question whose answer the queue waits for.
    var receiveCache = ReceiveCache()
    var awaitedReceive: Broker.EffectID?

    /// The deadline of the current timer entry.
    var timer: MonotonicTime?
    /// The match that last met this session, and where its collected delivery stands.
    var mark: (epoch: UInt64, position: Int) = (0, 0)

    init(client: Broker.Client, expiryInterval: UInt32, since: WallClock) {
        self.client = client
        self.since = since
        self.expiryInterval = expiryInterval
    }

    /// The earlier of the two deadlines.
    var nextDeadline: MonotonicTime? {
        switch (endsAt, willDueAt) {
        case (let end?, let will?): min(end, will)
        case (let end, let will): end ?? will
        }
    }

    /// Queues a delivery behind all others.
    mutating func enqueue(_ delivery: Delivery) {
        pending.append(delivery)
        pendingBytes += delivery.message.byteCount
        if delivery.qos == .atMostOnce { pendingQoS0 += 1 }
    }

    /// Takes the delivery that waited longest.
    mutating func dequeue() -> Delivery? {
        guard let delivery = pending.popFirst() else { return nil }
        pendingBytes -= delivery.message.byteCount
        if delivery.qos == .atMostOnce { pendingQoS0 -= 1 }
        return delivery
    }
}

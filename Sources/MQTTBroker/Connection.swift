internal import IoTTime
internal import MQTTCodec

/// One open transport connection.
struct Connection: Sendable {
    /// How far it has come.
    enum Phase: Sendable {
        /// CONNECT was not accepted yet.
        case opened
        /// CONNECT was accepted; this is its session.
        case connected(SlotKey)
    }

    let peer: Broker.Peer
    let openedAt: MonotonicTime
    var phase = Phase.opened
    var version = ProtocolVersion.v311

    /// Bytes that arrived and were not processed: a packet's beginning, or all that came while the
    /// connection waits for an answer or for its peer to read.
    var input: [UInt8] = []
    var output = OutboundBatch()
    /// Bytes handed out and not reported as written, and those of ``output``.
    var unwritten = 0
    var isDirty = false
    /// Durable mode: bytes that wait for a group of changes to be stored, those groups, and the
    /// group that ``output`` rests on.
    var held = RingBuffer<HeldBatch>()
    var heldBytes = 0
    var outputGroup: UInt64 = 0
    var isWaitingForStore = false
    var readingIsSuspended = false

    /// 1.5 times the keep alive, in nanoseconds; 0: never.
    var patience: Int64 = 0
    var lastHeard: MonotonicTime
    var timer: MonotonicTime?

    /// The client's limits on what it is sent.
    var receiveMaximum = 65_535
    var maximumPacketSize = Int(Int32.max)
    /// QoS 2 messages that arrived on this connection and were not released: what counts against the
    /// Receive Maximum of the broker, which starts anew with each connection. MQTT 5.0 §4.9
    var unreleased: Set<PacketIdentifier> = []
    /// Topics by alias minus one; grows to the highest alias used.
    var aliases: [String] = []

    /// Topic aliases the client was told.
    var outgoingAliases = OutgoingAliases()
    var authentication: Authentication?

    /// The identifier made for this client, should its CONNECT be handled again.
    var assignedIdentifier: ClientIdentifier?

    /// The effect whose answer is awaited.
    var awaited: Broker.EffectID?
    /// Whether the packet at hand is handled again from its start when the answer comes.
    var isPacketWaiting = false
    /// The answers to the questions of the packet at hand, in the order of the questions.
    var answers: [Broker.Decision] = []

    init(peer: Broker.Peer, at now: MonotonicTime) {
        self.peer = peer
        openedAt = now
        lastHeard = now
    }

    var session: SlotKey? {
        if case .connected(let session) = phase { session } else { nil }
    }
}

public import IoTTime
public import MQTTCodec

extension Broker {
    /// The two clocks at one moment.
    public struct Now: Hashable, Sendable {
        /// Drives every timer.
        public var monotonic: MonotonicTime
        /// Stands in events, and in whatever outlives the process.
        public var wall: WallClock

        /// The readings of both clocks.
        public init(monotonic: MonotonicTime, wall: WallClock) {
            self.monotonic = monotonic
            self.wall = wall
        }
    }

    /// Names one connection for as long as it is open; never used again for another one.
    public struct ConnectionID: Hashable, Sendable {
        let key: SlotKey
    }

    /// Something the owner of the sockets has to do.
    @nonexhaustive
    public enum Output: Sendable {
        /// Write these bytes, then report them through ``Broker/written(_:on:at:)``.
        case send(ConnectionID, OutboundBatch)
        /// Close the connection once everything sent before is written. It is already gone for the
        /// broker; report nothing more about it.
        case close(ConnectionID, CloseReason)
        /// Read nothing from this connection for now: the peer does not take what it is sent.
        case suspendReading(ConnectionID)
        /// Read again.
        case resumeReading(ConnectionID)
        /// Answer through ``Broker/completed(_:_:at:)``.
        case authorise(EffectID, Question)
        /// Answer through ``Broker/authenticated(_:_:at:)``.
        case authenticate(EffectID, AuthenticationStep)
        /// Carry these out in one transaction, then report ``Broker/stored(_:at:)``; only with
        /// ``Configuration/isDurable``.
        case store(StoreID, [StoreCommand])
        /// A message was accepted; comes out where ``Configuration/publishedTap`` and
        /// ``BrokerPolicy/wantsPublished(_:)`` want it, before any subscriber gets it.
        case published(PublishedMessage)
        /// Something worth telling an operator or a rule.
        case event(Event)
    }

    /// Why a connection ended.
    public enum CloseReason: Hashable, Sendable {
        /// The client sent DISCONNECT with this code; 0x00 dropped its will.
        case clientDisconnected(ReasonCode)
        /// The transport was closed, by the peer or by an error.
        case connectionLost
        /// Nothing came for 1.5 times the keep alive.
        case keepAliveTimeout
        /// No complete CONNECT in time.
        case handshakeTimeout
        /// CONNECT was refused with this code.
        case refused(ReasonCode)
        /// Another connection took the client identifier over.
        case takenOver
        /// The peer broke a rule of the protocol: the code, where in its packet, and what.
        case violation(ReasonCode, offset: Int, rule: String)
        /// The broker ended it with this code: a limit, the policy, an operator, or shutting down.
        case server(ReasonCode)
    }

    /// Something that happened to a client.
    @nonexhaustive
    public enum Event: Hashable, Sendable {
        /// CONNECT was accepted.
        case connected(Client, sessionPresent: Bool, at: WallClock)
        /// The connection of an accepted client ended.
        case disconnected(Client, CloseReason, at: WallClock)
        /// A SUBSCRIBE was granted, for these filters.
        case subscribed(Client, filters: [String], at: WallClock)
        /// An UNSUBSCRIBE was done, for these filters.
        case unsubscribed(Client, filters: [String], at: WallClock)
        /// A kept session ended: expired, or discarded by its client's next CONNECT.
        case sessionEnded(ClientIdentifier)
    }

    /// Counters since the broker was made, and sizes now.
    public struct Statistics: Hashable, Sendable {
        /// Open connections.
        public var connections = 0
        /// Sessions, connected or kept.
        public var sessions = 0
        /// Subscriptions of all sessions.
        public var subscriptions = 0
        /// Retained messages.
        public var retainedMessages = 0
        /// Messages that wait in sessions.
        public var queuedMessages = 0
        /// PUBLISH packets accepted, wills included.
        public var received: UInt64 = 0
        /// PUBLISH packets handed out, re-sent ones included.
        public var sent: UInt64 = 0
        /// Bytes that arrived.
        public var bytesReceived: UInt64 = 0
        /// Bytes handed out.
        public var bytesSent: UInt64 = 0
        /// Messages dropped: by one of the three reasons below, or because nobody was left to get them.
        public var dropped: UInt64 = 0
        /// Messages dropped because a queue, or the retained store, was full.
        public var droppedQueueFull: UInt64 = 0
        /// QoS 0 messages dropped because their receiver did not read.
        public var droppedSlowReceiver: UInt64 = 0
        /// Messages dropped because they were larger than their receiver takes.
        public var droppedTooLarge: UInt64 = 0
        /// Deliveries and wills that the policy refused when they were due.
        public var denied: UInt64 = 0
        /// Messages that expired before they were sent.
        public var expired: UInt64 = 0

        mutating func drop(_ reason: WritableKeyPath<Statistics, UInt64>) {
            dropped &+= 1
            self[keyPath: reason] &+= 1
        }
    }
}

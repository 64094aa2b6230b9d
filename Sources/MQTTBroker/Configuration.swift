public import MQTTTopics

extension Broker {
    /// Limits and choices of one broker; the defaults suit one process that faces unknown devices.
    ///
    /// Everything a client can make large is bounded here. Sizes are bytes, times are seconds
    /// unless the type says otherwise.
    public struct Configuration: Sendable {
        /// What happens to a message for a client whose queue is full.
        public enum QueueOverflow: Hashable, Sendable {
            /// The new message is not queued.
            case dropNewest
            /// The message that waited longest makes room.
            case dropOldest
            /// The slow client is disconnected with 0x97; an offline one gets ``dropNewest``.
            case disconnect
        }

        /// How a PUBLISH that the policy refuses is answered where the protocol has no reason code
        /// for it: MQTT 3.1 and 3.1.1 ([MQTT-3.3.5-2]), and QoS 0 of MQTT 5.
        public enum RefusedPublish: Hashable, Sendable {
            /// It is acknowledged as usual and goes nowhere.
            case acknowledge
            /// The connection is closed, in MQTT 5 after DISCONNECT 0x87.
            case disconnect
        }

        /// The rules by which topics match; `$aws/…` topics work in both.
        public var dialect: TopicDialect = .oasis

        /// Open connections, those without a CONNECT included.
        public var maximumConnections = 20_000
        /// Sessions, connected or kept.
        public var maximumSessions = 100_000
        /// How long a new connection may take until its CONNECT is complete.
        public var handshakeTimeout: Duration = .seconds(10)
        /// Largest CONNECT, fixed header included.
        public var maximumConnectPacketSize = 128 << 10
        /// Largest packet after CONNECT, fixed header included; told to MQTT 5 clients.
        public var maximumPacketSize = 2 << 20
        /// Longest client identifier.
        public var maximumClientIdentifierBytes = 256
        /// Most levels of a topic or a filter.
        public var maximumTopicLevels = 128

        /// Longest keep alive granted, in seconds; a client that asks for more, or for none, is
        /// told this one (MQTT 5) or held to it (older).
        ///
        /// `nil` grants everything.
        public var maximumKeepAlive: UInt16? = nil
        /// Longest time a session is kept after its connection; what an MQTT 3 client with
        /// clean session 0 gets.
        ///
        /// 0xFFFF_FFFF means for ever.
        public var maximumSessionExpiry: UInt32 = 7 * 86_400

        /// Subscriptions of one session.
        public var maximumSubscriptions = 1_000
        /// QoS 2 messages of an MQTT 5 client between PUBLISH and PUBREL; at least 1.
        public var receiveMaximum: UInt16 = 100
        /// Topic aliases a client may set; 0 switches them off.
        public var topicAliasMaximum: UInt16 = 16
        /// QoS 1 and 2 messages on their way to one client, whatever its Receive Maximum.
        public var maximumInflight = 100

        /// Messages that wait in one session.
        public var maximumQueuedMessages = 10_000
        /// Bytes that wait in one session.
        public var maximumQueuedBytes = 16 << 20
        /// What happens beyond those two.
        public var queueOverflow = QueueOverflow.dropNewest
        /// Bytes handed out for one connection and not yet written to its socket.
        ///
        /// Beyond this, QoS 0 messages to it are dropped, others wait in the session, and nothing is read.
        public var maximumOutboundBytes = 4 << 20

        /// Retained messages of all topics.
        public var maximumRetainedMessages = 100_000
        /// Bytes of all retained messages, with what the store needs to find them.
        public var maximumRetainedBytes = 256 << 20

        /// Topics no client may publish to: those that start with one of these.
        public var reservedTopicPrefixes = ["$SYS/"]
        /// How a refused publish is answered where there is no reason code for it.
        public var refusedPublish = RefusedPublish.acknowledge

        /// The defaults.
        public init() {}
    }
}

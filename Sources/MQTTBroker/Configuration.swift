public import MQTTCodec
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

        /// What clients see of a refusal where the standard leaves a choice.
        public struct Denials: Hashable, Sendable {
            /// How a SUBSCRIBE with a refused filter is answered.
            public enum RefusedSubscribe: Hashable, Sendable {
                /// With SUBACK: 0x80, from MQTT 5.0 on the reason of the refusal, for that filter.
                case reasonCode
                /// The connection is closed, in MQTT 5 after DISCONNECT with the reason.
                case disconnect
            }

            /// The return code of CONNACK in MQTT 3 for a client that is not authorised.
            public var connectReturnCode: UInt8 = 5
            /// How a refused PUBLISH is answered where there is no reason code for it.
            public var publish = RefusedPublish.acknowledge
            /// How a refused filter is answered.
            public var subscribe = RefusedSubscribe.reasonCode

            /// What the standard suggests.
            public static let oasis = Denials()
            /// What the service does: return code 7, and a connection that is closed over a PUBLISH.
            public static let aws = Denials(connectReturnCode: 7, publish: .disconnect)

            /// Describes refusals.
            public init(
                connectReturnCode: UInt8 = 5,
                publish: RefusedPublish = .acknowledge,
                subscribe: RefusedSubscribe = .reasonCode
            ) {
                self.connectReturnCode = connectReturnCode
                self.publish = publish
                self.subscribe = subscribe
            }
        }

        /// Which accepted messages the owner of the broker gets to see.
        public enum PublishedTap: Hashable, Sendable {
            /// None; costs nothing.
            case none
            /// Those for whose topic ``BrokerPolicy/wantsPublished(_:)`` says so.
            case selected
            /// All of them.
            case all
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
        /// Longest topic and filter, in bytes; at most 65,535.
        public var maximumTopicBytes = 65_535
        /// Highest level a client may publish with; a filter that asks for more is granted this.
        public var maximumQoS = QoS.exactlyOnce
        /// Whether clients may publish retained messages.
        public var retainAvailable = true
        /// Whether filters may have wildcards.
        public var wildcardSubscriptionsAvailable = true
        /// Whether filters may be shared.
        public var sharedSubscriptionsAvailable = true
        /// Whether subscriptions may have identifiers.
        public var subscriptionIdentifiersAvailable = true
        /// Filters of one SUBSCRIBE that are looked at; the others are refused with 0x97.
        public var maximumFiltersPerSubscribe = 1_000

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
        /// Topic aliases a client is told, if it takes as many; 0 switches them off.
        public var outgoingTopicAliasMaximum: UInt16 = 16
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

        /// Which accepted messages come out as ``Output/published(_:)``.
        public var publishedTap = PublishedTap.none
        /// Topics whose messages come out at the tap and go nowhere else.
        ///
        /// Those that start with one of these, such as `$aws/rules/`, reach neither subscribers nor the
        /// retained messages.
        public var unroutedTopicPrefixes: [String] = []

        /// Topics no client may publish to: those that start with one of these.
        public var reservedTopicPrefixes = ["$SYS/"]
        /// What a refusal of the policy looks like; `nil`: what the dialect's service does.
        public var denials: Denials? = nil
        /// Answers about receiving that are remembered for one session, a power of two.
        public var receiveDecisionsPerSession = 64

        /// ``denials``, or what the dialect's service does.
        func denials(in dialect: TopicDialect) -> Denials {
            denials ?? (dialect == .aws ? .aws : .oasis)
        }

        /// Where clients are sent that the policy, or an operator, refuses with 0x9C or 0x9D.
        public var serverReference: String? = nil

        /// Whether changes come out as ``Output/store(_:_:)`` and acknowledgements wait for them.
        ///
        /// Kept are sessions that outlive their connection, with their subscriptions, QoS 1 and 2
        /// messages and wills, and retained messages; not what lives in a session that ends with its
        /// connection.
        public var isDurable = false

        /// The limits that the service documents: 8 levels and 256 bytes of topic, 128 bytes of client
        /// identifier, 8 filters in a SUBSCRIBE, 50 subscriptions, 128 KiB of payload, QoS 0 and 1.
        public static var aws: Configuration {
            var configuration = Configuration()
            configuration.dialect = .aws
            configuration.maximumTopicLevels = TopicLimits.aws.maximumLevels
            configuration.maximumTopicBytes = TopicLimits.aws.maximumBytes
            configuration.maximumClientIdentifierBytes = 128
            configuration.maximumFiltersPerSubscribe = 8
            configuration.maximumSubscriptions = 50
            // The payload, a topic, and properties.
            configuration.maximumPacketSize = (128 + 8) << 10
            configuration.maximumQoS = .atLeastOnce
            configuration.maximumInflight = 100
            configuration.topicAliasMaximum = 8
            return configuration
        }

        /// The defaults.
        public init() {}
    }
}

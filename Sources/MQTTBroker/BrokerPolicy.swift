public import MQTTCodec
public import MQTTTopics

/// Who may connect, publish and subscribe: asked by ``Broker`` before anything takes effect.
///
/// An answer that needs a database or the network is ``Broker/Decision/later``: the broker then
/// puts out ``Broker/Output/authorise(_:_:)``, stops with that connection exactly where it is, and
/// goes on when ``Broker/completed(_:_:at:)`` brings the answer.
public protocol BrokerPolicy: Sendable {
    /// May this client connect? Asked once the CONNECT is known to be well formed.
    func connect(_ client: Broker.Client, password: Password?) -> Broker.Decision
    /// May this client connect, as it asks to? The question the broker puts; without an
    /// implementation of its own a policy is asked ``connect(_:password:)``.
    func connect(
        _ client: Broker.Client,
        password: Password?,
        attributes: Broker.ConnectAttributes
    ) -> Broker.Decision
    /// May the client publish to this topic? Also asked for the will: at CONNECT, and again when it
    /// is published.
    func publish(
        _ client: Broker.Client,
        topic: Span<UInt8>,
        qos: QoS,
        retain: Bool
    )
        -> Broker.Decision
    /// May the client subscribe? Asked for each filter; the filter is given with its share name.
    func subscribe(_ client: Broker.Client, filter: Span<UInt8>, qos: QoS) -> Broker.Decision
    /// Whether ``receive(_:topic:)`` is to be asked at all; read once, and again by
    /// ``Broker/policyChanged(at:)``. No without an implementation of its own.
    var decidesReceive: Bool { get }
    /// May the client be sent messages of this topic? Asked when a message is about to be sent.
    ///
    /// Answers are remembered for each session, as many as
    /// ``Broker/Configuration/receiveDecisionsPerSession``. A message that is refused is dropped
    /// and nobody is told. Until a late answer comes, the session's messages wait in its queue.
    func receive(_ client: Broker.Client, topic: Span<UInt8>) -> Broker.Decision
    /// May a client that is connected stay so? Asked by ``Broker/policyChanged(at:)``.
    ///
    /// There is no password any more. Without an implementation of its own a policy is asked
    /// ``connect(_:password:)`` without one.
    func remain(_ client: Broker.Client) -> Broker.Decision
    /// Is this method of enhanced authentication offered? None is without an implementation of its
    /// own; a CONNECT with another one is refused with 0x8C.
    func supportsAuthentication(_ method: String) -> Bool
    /// The Response Information for a client that asked for it, such as the beginning of its
    /// response topics; none without an implementation of its own. MQTT 5.0 §3.2.2.3.15
    func responseInformation(_ client: Broker.Client) -> String?
    /// Shall messages of this topic come out as ``Broker/Output/published(_:)``?
    ///
    /// Asked for each accepted message while ``Broker/Configuration/publishedTap`` is `selected`; no
    /// without an implementation of its own.
    func wantsPublished(_ topic: Span<UInt8>) -> Bool
}

extension BrokerPolicy {
    /// Asks ``connect(_:password:)``.
    public func connect(
        _ client: Broker.Client,
        password: Password?,
        attributes: Broker.ConnectAttributes
    ) -> Broker.Decision {
        connect(client, password: password)
    }
    /// Asks ``connect(_:password:)`` again, without a password.
    public func remain(_ client: Broker.Client) -> Broker.Decision {
        connect(client, password: nil)
    }
    /// No.
    public var decidesReceive: Bool { false }
    /// Allows.
    public func receive(_ client: Broker.Client, topic: Span<UInt8>) -> Broker.Decision { .allow }
    /// No.
    public func supportsAuthentication(_ method: String) -> Bool { false }
    /// None.
    public func responseInformation(_ client: Broker.Client) -> String? { nil }
    /// No.
    public func wantsPublished(_ topic: Span<UInt8>) -> Bool { false }
}

extension Broker {
    /// Allows everything: for development, and for tests.
    public struct AllowAll: BrokerPolicy {
        /// The policy without any rule.
        public init() {}
        /// Allows.
        public func connect(_ client: Client, password: Password?) -> Decision { .allow }
        /// Allows.
        public func publish(
            _ client: Client,
            topic: Span<UInt8>,
            qos: QoS,
            retain: Bool
        )
            -> Decision
        { .allow }
        /// Allows.
        public func subscribe(_ client: Client, filter: Span<UInt8>, qos: QoS) -> Decision {
            .allow
        }
    }

    /// An answer of a ``BrokerPolicy``.
    public enum Decision: Hashable, Sendable {
        /// Go on.
        case allow
        /// Refuse, with the reason that an MQTT 5 client is told.
        case deny(ReasonCode)
        /// The answer comes through ``Broker/completed(_:_:at:)``.
        case later
    }

    /// What a CONNECT asks for beside the connection, as policies see it.
    public struct ConnectAttributes: Hashable, Sendable {
        /// Whether the session is to outlive the connection: clean session 0, or a session expiry
        /// interval above 0. [MQTT-3.1.2-23]
        public var isPersistent: Bool
        /// The topic of the will; `nil` without one.
        public var willTopic: String?

        /// Describes a CONNECT.
        public init(isPersistent: Bool = false, willTopic: String? = nil) {
            self.isPersistent = isPersistent
            self.willTopic = willTopic
        }

        init(_ packet: ConnectView) {
            switch packet.protocolVersion {
            case .v31, .v311: isPersistent = !packet.cleanStart
            case .v5: isPersistent = packet.properties.sessionExpiryInterval ?? 0 > 0
            }
            if let will = packet.will { willTopic = String(checkedUTF8: will.topicName) }
        }
    }

    /// Where a connection comes from, as its transport knows it.
    public struct Peer: Hashable, Sendable {
        /// The remote address, for events and logs.
        public var address: String
        /// Who the transport proved the peer to be, such as a certificate's identifier.
        public var principal: String?
        /// What the policy wants to find again for this connection.
        public var identity: PeerIdentity?
        /// The dialect of its listener; `nil`: that of the broker's configuration.
        ///
        /// Where listeners differ, the broker's own is `.oasis`: what matches there and not in the AWS
        /// dialect is left out for a subscriber of that one.
        public var dialect: TopicDialect?

        /// Describes a peer.
        public init(
            address: String,
            principal: String? = nil,
            identity: PeerIdentity? = nil,
            dialect: TopicDialect? = nil
        ) {
            self.address = address
            self.principal = principal
            self.identity = identity
            self.dialect = dialect
        }
    }

    /// A client as policies and events see it.
    public struct Client: Hashable, Sendable {
        /// The client identifier, assigned ones included.
        public var identifier: ClientIdentifier
        /// The user name of the CONNECT.
        public var userName: String?
        /// The protocol the client speaks.
        public var version: ProtocolVersion
        /// Where it comes from.
        public var peer: Peer

        /// Describes a client.
        public init(
            identifier: ClientIdentifier,
            userName: String?,
            version: ProtocolVersion,
            peer: Peer
        ) {
            self.identifier = identifier
            self.userName = userName
            self.version = version
            self.peer = peer
        }
    }

    /// A question that a policy answered with ``Decision/later``.
    public struct Question: Hashable, Sendable {
        /// What the client wants to do.
        public enum Action: Hashable, Sendable {
            /// Connect, with this password.
            case connect(password: Password?)
            /// Publish, now or as its will.
            case publish(topic: [UInt8], qos: QoS, retain: Bool)
            /// Subscribe, or keep a subscription after the policy changed.
            case subscribe(filter: [UInt8], qos: QoS)
            /// Be sent messages of this topic.
            case receive(topic: [UInt8])
            /// Stay connected after the policy changed.
            case remain
        }

        /// Who asks.
        public let client: Client
        /// For what.
        public let action: Action
    }

    /// Ties an effect to its completion.
    public struct EffectID: Hashable, Sendable {
        let rawValue: UInt64
    }
}

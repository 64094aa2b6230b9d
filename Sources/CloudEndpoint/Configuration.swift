#if Endpoint
public import DeviceShadow
public import MQTTBroker
public import MQTTTopics

extension CloudEndpoint {
    /// What one endpoint listens on and allows.
    public struct Configuration: Sendable {
        /// How MQTT reaches a listener.
        public enum Transport: Hashable, Sendable {
            /// Straight over the connection.
            case tcp
            /// In binary WebSocket frames, at the path `/mqtt`.
            case webSocket
        }

        /// A listener for MQTT.
        public struct Listener: Hashable, Sendable {
            /// The address or name to bind to; only loopback is open without a policy.
            public var host: String
            /// The port; 0 lets the system choose.
            public var port: Int

            /// How MQTT comes in.
            public var transport: Transport
            /// Whether TLS is around it; takes ``Configuration/tls``.
            public var isSecure: Bool
            /// Whose matching and refusals its clients meet; `nil`: those of
            /// ``Configuration/broker``.
            public var dialect: TopicDialect?

            /// Names an address and a port.
            public init(
                host: String = "127.0.0.1",
                port: Int = 1883,
                transport: Transport = .tcp,
                isSecure: Bool = false,
                dialect: TopicDialect? = nil
            ) {
                self.host = host
                self.port = port
                self.transport = transport
                self.isSecure = isSecure
                self.dialect = dialect
            }

            var scheme: String {
                switch transport {
                case .tcp: isSecure ? "mqtts" : "mqtt"
                case .webSocket: isSecure ? "wss" : "ws"
                }
            }
        }

        /// Where MQTT clients connect.
        public var listeners: [Listener]
        /// Limits and choices of the broker.
        public var broker = Broker.Configuration()
        /// Certificates of secure listeners.
        public var tls: TLSServer?
        /// Threads of the endpoint; at least 1.
        ///
        /// With 1 the broker and all sockets share a thread. With more, one is the broker's and the
        /// others serve sockets, TLS and WebSocket framing.
        public var eventLoops = 1
        /// TLS handshakes in progress; more connections are closed at once.
        public var maximumHandshakes = 1_000
        /// How long a TLS handshake may take.
        public var tlsHandshakeTimeout: Duration = .seconds(10)
        /// Who may do what, by policies; `nil`: see ``policy``.
        public var policies: PolicyDirectory?
        /// Who may do what, by code, where there are no ``policies``; `nil`: nobody decides, see
        /// ``allowsAnonymous``.
        public var policy: (any BrokerPolicy)?
        /// For development: without a policy, lets everybody do everything even where others than
        /// this machine can connect.
        ///
        /// On loopback this is implied.
        public var allowsAnonymous = false
        /// How long a connection that the broker ended may take to read the reason.
        public var lingerTimeout: Duration = .seconds(2)
        /// Rules that run on published messages; one engine serves one endpoint, once.
        public var rules: RulesEngine?
        /// The shadow service; `nil`: requests to shadows are messages like others.
        public var shadows: ShadowService<MemoryShadowStore>? = ShadowService(
            store: MemoryShadowStore()
        )
        /// Methods of enhanced authentication; `nil`: none is offered.
        public var authentication: (any EnhancedAuthentication)?
        /// Filters nobody may subscribe to, whatever the policy says; refused with 0x80.
        ///
        /// The text of the filter counts, not what it matches.
        public var refusedFilters: Set<String> = []
        /// New connections per second, TLS handshakes included; more are closed at once.
        ///
        /// `nil`: as many as come.
        public var maximumConnectRate: Int?
        /// How often the broker's counters are published below `$SYS/broker/`; `nil`: never.
        public var systemTopicInterval: Duration?
        /// Where shadows are kept; `nil`: in memory alone.
        ///
        /// Load it into the service's store first.
        public var shadowDatabase: ShadowDatabase?
        /// How much the shadow service lets its clients take.
        public var shadowQuota = ShadowQuota()
        /// Provisioning of fleets by claim; `nil`: requests for it are messages like others.
        ///
        /// Needs ``policies``, as claims are certificates.
        public var provisioning: (any ProvisioningResponder)?
        /// How many requests of provisioning are served.
        public var provisioningLimits = ProvisioningLimits()
        /// Where the broker keeps what it must not forget; `nil`: in memory alone.
        ///
        /// With a database PUBACK, PUBREC and every other answer that rests on a change leave after the
        /// change is committed. What was kept is loaded when the endpoint starts.
        public var brokerDatabase: BrokerDatabase?
        /// Where the endpoint counts.
        public var metrics = MetricsConfiguration()
        /// What is served over HTTP; `nil`: nothing.
        public var http: HTTPConfiguration?

        /// One listener and the defaults.
        public init(listeners: [Listener] = [Listener()]) { self.listeners = listeners }
    }

    /// An address that a listener is bound to.
    public struct ListeningAddress: Hashable, Sendable, CustomStringConvertible {
        /// `mqtt`, `mqtts`, `ws`, `wss`, `http` or `https`.
        public let scheme: String
        /// The IP address.
        public let host: String
        /// The port, also where the configuration said 0.
        public let port: Int

        /// As in a URL: `mqtt://127.0.0.1:1883`, `wss://[::1]:443`.
        public var description: String {
            host.contains(":") ? "\(scheme)://[\(host)]:\(port)" : "\(scheme)://\(host):\(port)"
        }
    }

    /// Why an endpoint does not start.
    @nonexhaustive
    public enum StartError: Error, Hashable, Sendable, CustomStringConvertible {
        /// Others could connect, and there is neither a policy nor leave to do without one.
        case openWithoutPolicy(host: String)
        /// A listener is secure, and there is no certificate.
        case noCertificate

        /// For an operator.
        public var description: String {
            switch self {
            case .openWithoutPolicy(let host):
                "refusing to listen on \(host): it is not a loopback address, and without policies "
                    + "everybody could do everything; --allow-anonymous permits that for development"
            case .noCertificate:
                "a secure listener needs the server's certificate and key"
            }
        }
    }
}
#endif

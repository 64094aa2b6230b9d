#if Endpoint
public import MQTTBroker

extension CloudEndpoint {
    /// What one endpoint listens on and allows.
    public struct Configuration: Sendable {
        /// A TCP listener for MQTT.
        public struct Listener: Hashable, Sendable {
            /// The address or name to bind to; only loopback is open without a policy.
            public var host: String
            /// The port; 0 lets the system choose.
            public var port: Int

            /// Names an address and a port.
            public init(host: String = "127.0.0.1", port: Int = 1883) {
                self.host = host
                self.port = port
            }
        }

        /// Where MQTT clients connect.
        public var listeners: [Listener]
        /// Limits and choices of the broker.
        public var broker = Broker.Configuration()
        /// Who may do what; `nil`: nobody decides, see ``allowsAnonymous``.
        public var policy: (any BrokerPolicy)?
        /// For development: without a policy, lets everybody do everything even where others than
        /// this machine can connect.
        ///
        /// On loopback this is implied.
        public var allowsAnonymous = false
        /// How long a connection that the broker ended may take to read the reason.
        public var lingerTimeout: Duration = .seconds(2)
        /// What is served over HTTP; `nil`: nothing.
        public var http: HTTPConfiguration?

        /// One listener and the defaults.
        public init(listeners: [Listener] = [Listener()]) { self.listeners = listeners }
    }

    /// An address that a listener is bound to.
    public struct ListeningAddress: Hashable, Sendable, CustomStringConvertible {
        /// The IP address.
        public let host: String
        /// The port, also where the configuration said 0.
        public let port: Int
        /// What is spoken there: `mqtt` or `http`.
        public var scheme = "mqtt"

        /// As in a URL: `mqtt://127.0.0.1:1883`, `http://[::1]:8080`.
        public var description: String {
            host.contains(":") ? "\(scheme)://[\(host)]:\(port)" : "\(scheme)://\(host):\(port)"
        }
    }

    /// Why an endpoint does not start.
    @nonexhaustive
    public enum StartError: Error, Hashable, Sendable, CustomStringConvertible {
        /// Others could connect, and there is neither a policy nor leave to do without one.
        case openWithoutPolicy(host: String)

        /// For an operator.
        public var description: String {
            switch self {
            case .openWithoutPolicy(let host):
                "refusing to listen on \(host): it is not a loopback address, and without policies "
                    + "everybody could do everything; --allow-anonymous permits that for development"
            }
        }
    }
}
#endif

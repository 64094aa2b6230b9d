#if Endpoint
extension CloudEndpoint {
    /// What an endpoint serves over HTTP.
    public struct HTTPConfiguration: Sendable {
        /// A listener for HTTP/1.1.
        public struct Listener: Hashable, Sendable {
            /// The address or name to bind to; only loopback is open without a policy.
            public var host: String
            /// The port; 0 lets the system choose.
            public var port: Int
            /// Whether TLS is around it; takes `tls` of the configuration.
            ///
            /// A client is then whom its certificate names, and policies decide what it may do.
            public var isSecure: Bool

            /// Names an address and a port.
            public init(
                host: String = "127.0.0.1",
                port: Int = 8080,
                isSecure: Bool = false
            ) {
                self.host = host
                self.port = port
                self.isSecure = isSecure
            }
        }

        /// Where HTTP clients connect.
        public var listeners: [Listener]
        /// The folder whose files are served below `/files/`; `nil`: none.
        ///
        /// Regular files only; symbolic links below the folder and names that begin with a dot are
        /// not served. Replace a file by renaming a new one over it: a file that is written to while
        /// it is sent ends the connection.
        public var filesFolder: String?
        /// Opens `/rules`, `/metrics` and, where there are policies, the data plane, from everywhere:
        /// `Authorization: Bearer …`; `nil`: only this machine may, and without TLS alone.
        ///
        /// At least 16 bytes; a shorter one opens nothing.
        public var adminToken: String? {
            get { token }
            set {
                token = newValue.flatMap {
                    $0.utf8.count >= AdminGuard.minimumTokenBytes ? $0 : nil
                }
            }
        }
        private var token: String?
        /// How much a client may ask for.
        public var limits = HTTPLimits()

        /// Listeners, and nothing to serve but `/health`.
        public init(listeners: [Listener] = []) { self.listeners = listeners }
    }

    /// How much an HTTP client may ask for.
    public struct HTTPLimits: Hashable, Sendable {
        /// Connections at a time, on each listener: 1,024.
        ///
        /// Others wait to be accepted.
        public var connections = 1_024
        /// Bytes of one header field, and of all: 16,384.
        ///
        /// More is answered with 400.
        public var headerBytes = 16_384
        /// Header fields of one request: 100.
        public var headerFields = 100
        /// Ranges of one request: 16.
        ///
        /// A `Range` field with more is ignored.
        public var ranges = 16
        /// Bytes of a request's body: 131,072, as a message may have.
        ///
        /// More is answered with 413.
        public var bodyBytes = 131_072
        /// Bytes of a file that are held in memory for one connection: 131,072.
        public var fileChunkBytes = 131_072
        /// How long a connection may say nothing between two requests: 60 s.
        public var idleTimeout: Duration = .seconds(60)

        /// The defaults.
        public init() {}
    }
}
#endif

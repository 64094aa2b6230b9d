public import MQTTCodec

// Enhanced authentication. MQTT 5.0 §4.12

extension Broker {
    /// One step of an authentication that the owner of the broker is to judge.
    public struct AuthenticationStep: Hashable, Sendable {
        /// Where the exchange stands.
        public enum Stage: Hashable, Sendable {
            /// CONNECT opened it.
            case connect(password: Password?)
            /// The client answered an AUTH of the server.
            case next
            /// A connected client began to authenticate again.
            case reauthenticate
        }

        /// The connection of the exchange.
        public let connection: ConnectionID
        /// Who authenticates; not yet connected, unless it does so again.
        public let client: Client
        /// The authentication method, which the policy supports.
        public let method: String
        /// The client's data; `nil` where the packet has none.
        public let data: [UInt8]?
        /// Where the exchange stands.
        public let stage: Stage
    }

    /// What the owner answers to an ``AuthenticationStep``.
    public enum AuthenticationAnswer: Hashable, Sendable {
        /// Send AUTH 0x18 with this data and wait for the client's next step.
        case proceed(data: [UInt8]?)
        /// The client is who it says; the data goes into CONNACK, or into AUTH 0x00.
        case success(data: [UInt8]?)
        /// It is not: CONNACK, or DISCONNECT, with this code.
        case failure(ReasonCode)
    }
}

/// How far the authentication of one connection has come.
struct Authentication: Sendable {
    enum Stage: Sendable {
        /// Before CONNACK; the packets may be AUTH and DISCONNECT alone. [MQTT-3.1.2-30]
        case connecting
        /// Done before CONNACK: the CONNECT is handled now.
        case accepted
        /// Connected, nothing going on.
        case idle
        /// Connected, and authenticating again.
        case again
    }

    let client: Broker.Client
    let method: String
    var stage = Stage.connecting
    /// The CONNECT, to be handled once the client is known.
    var connectPacket: [UInt8]
    /// What CONNACK carries.
    var finalData: [UInt8]?
}

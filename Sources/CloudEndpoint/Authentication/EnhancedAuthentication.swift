#if Endpoint
public import MQTTBroker
internal import MQTTCodec
internal import NIOCore

/// Enhanced authentication of MQTT 5 clients: methods such as SCRAM whose exchange takes more than
/// a password. MQTT 5.0 §4.12
///
/// A CONNECT that names none of the ``methods`` is refused with 0x8C. One that names none at all is
/// decided by the policy alone, which may demand a method by refusing it.
public protocol EnhancedAuthentication: Sendable {
    /// The names of the methods on offer.
    var methods: Set<String> { get }

    /// Begins an exchange: at CONNECT, and again when a connected client authenticates anew.
    ///
    /// - Parameters:
    ///   - method: one of ``methods``.
    ///   - client: who wants to be known; not yet believed.
    /// - Returns: the exchange, before its first message.
    func begin(_ method: String, for client: Broker.Client) -> any AuthenticationExchange
}

/// One exchange between a client and the endpoint.
public protocol AuthenticationExchange: Sendable {
    /// Answers a step of the client; called once at a time, in order.
    ///
    /// The time until CONNACK is limited by the broker's `handshakeTimeout`, whatever this takes.
    func respond(to step: Broker.AuthenticationStep) async -> Broker.AuthenticationAnswer
}

extension BrokerLoop {
    /// Has a step of a client judged.
    func authenticate(_ effect: Broker.EffectID, _ step: Broker.AuthenticationStep) {
        guard let authentication else {
            return broker.authenticated(effect, .failure(.badAuthenticationMethod), at: now())
        }
        let exchange: any AuthenticationExchange
        if case .next = step.stage, let open = exchanges[step.connection] {
            exchange = open
        } else {
            exchange = authentication.begin(step.method, for: step.client)
            if links[step.connection] != nil { exchanges[step.connection] = exchange }
        }
        let loop = NIOLoopBound(self, eventLoop: eventLoop)
        Task(executorPreference: AdmissionExecutor.shared) {
            let answer = await exchange.respond(to: step)
            loop.eventLoop.execute { loop.value.authenticated(effect, step.connection, answer) }
        }
    }

    private func authenticated(
        _ effect: Broker.EffectID,
        _ connection: Broker.ConnectionID,
        _ answer: Broker.AuthenticationAnswer
    ) {
        if case .proceed = answer {} else { exchanges[connection] = nil }
        broker.authenticated(effect, answer, at: now())
        drain()
    }
}
#endif

#if Endpoint
internal import AccessPolicy
internal import IoTTime
internal import Logging
internal import MQTTBroker
internal import MQTTCodec

/// Answers the broker's questions from the certificates that were admitted and a ``PolicyDirectory``.
struct DirectoryPolicy: BrokerPolicy {
    let directory: PolicyDirectory
    let logger: Logger
    let now: @Sendable () -> WallClock

    func connect(_ client: Broker.Client, password: Password?) -> Broker.Decision {
        guard let identity = Self.identity(of: client) else { return .deny(.notAuthorized) }
        let identifier = client.identifier.description
        if let character = directory.clientIdentifiers.firstRefused(in: identifier) {
            logger.notice(
                "client identifier refused",
                metadata: [
                    "client": "\(String(reflecting: identifier))", "character": "\(character)",
                ]
            )
            return .deny(.clientIdentifierNotValid)
        }
        let now = now()
        if identity.needsRecheck { return .later }
        if let refusal = identity.refusal(at: now) { return refuse(client, refusal) }
        identity.setClient(identifier)
        let name = Array(identifier.utf8)
        return answer(identity.isAllowed(.connect, .client, name.span, at: now), client, "connect")
    }

    func connect(
        _ client: Broker.Client,
        password: Password?,
        attributes: Broker.ConnectAttributes
    )
        -> Broker.Decision
    {
        Self.identity(of: client)?.setConnectAttributes(
            isPersistent: attributes.isPersistent,
            willTopic: attributes.willTopic
        )
        return connect(client, password: password)
    }

    func publish(
        _ client: Broker.Client,
        topic: Span<UInt8>,
        qos: QoS,
        retain: Bool
    )
        -> Broker.Decision
    {
        guard let identity = Self.identity(of: client), !ReservedTopic.isForEndpointOnly(topic)
        else { return .deny(.notAuthorized) }
        let now = now()
        let isAllowed =
            identity.isAllowed(.publish, .topic, topic, at: now)
            && (!retain || identity.isAllowed(.retainPublish, .topic, topic, at: now))
        return answer(isAllowed, client, "publish")
    }

    func subscribe(_ client: Broker.Client, filter: Span<UInt8>, qos: QoS) -> Broker.Decision {
        guard let identity = Self.identity(of: client) else { return .deny(.notAuthorized) }
        return answer(
            identity.isAllowed(.subscribe, .topicFilter, filter, at: now()),
            client,
            "subscribe"
        )
    }

    var decidesReceive: Bool { true }

    func receive(_ client: Broker.Client, topic: Span<UInt8>) -> Broker.Decision {
        guard let identity = Self.identity(of: client) else { return .deny(.notAuthorized) }
        return answer(
            identity.isAllowed(.receive, .topic, topic, at: now()),
            client,
            "receive"
        )
    }

    private static func identity(of client: Broker.Client) -> ConnectionIdentity? {
        client.peer.identity?.object as? ConnectionIdentity
    }

    private func answer(
        _ isAllowed: Bool,
        _ client: Broker.Client,
        _ what: String
    ) -> Broker.Decision {
        if isAllowed { return .allow }
        logger.debug(
            "not authorised",
            metadata: [
                "client": "\(String(reflecting: client.identifier.description))",
                "action": "\(what)", "principal": "\(client.peer.principal ?? "-")",
            ]
        )
        return .deny(.notAuthorized)
    }

    private func refuse(_ client: Broker.Client, _ refusal: AdmissionRefusal) -> Broker.Decision {
        logger.notice(
            "certificate refused at CONNECT",
            metadata: [
                "client": "\(String(reflecting: client.identifier.description))",
                "principal": "\(client.peer.principal ?? "-")", "code": "\(refusal.code)",
                "reason": "\(refusal)",
            ]
        )
        return .deny(.notAuthorized)
    }
}
#endif

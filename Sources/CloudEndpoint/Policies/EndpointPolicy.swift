#if Endpoint
internal import AccessPolicy
internal import DeviceShadow
internal import MQTTBroker
internal import MQTTCodec

/// What holds for every endpoint whatever its policies are, around the policy that decides the rest.
///
/// Nobody speaks with the endpoint's own voice: `$aws/events/#` and answers such as `…/accepted` are
/// for it alone.
struct EndpointPolicy: BrokerPolicy {
    let base: any BrokerPolicy
    /// Methods of enhanced authentication that are offered.
    var authenticationMethods: Set<String> = []
    /// Filters that nobody may subscribe to.
    var refusedFilters: Set<String> = []

    func connect(_ client: Broker.Client, password: Password?) -> Broker.Decision {
        base.connect(client, password: password)
    }

    func connect(
        _ client: Broker.Client,
        password: Password?,
        attributes: Broker.ConnectAttributes
    )
        -> Broker.Decision
    { base.connect(client, password: password, attributes: attributes) }

    func publish(
        _ client: Broker.Client,
        topic: Span<UInt8>,
        qos: QoS,
        retain: Bool
    )
        -> Broker.Decision
    {
        if ReservedTopic.isForEndpointOnly(topic) { return .deny(.notAuthorized) }
        // A request that is kept would be served again to everybody who subscribes to it.
        if retain, ShadowTopic.isReserved(topic) || ProvisioningTopic.isReserved(topic) {
            return .deny(.retainNotSupported)
        }
        return base.publish(client, topic: topic, qos: qos, retain: retain)
    }

    func subscribe(_ client: Broker.Client, filter: Span<UInt8>, qos: QoS) -> Broker.Decision {
        if !refusedFilters.isEmpty {
            let text = String(decoding: filter.indices.map { filter[$0] }, as: UTF8.self)
            if refusedFilters.contains(text) { return .deny(.unspecifiedError) }
        }
        return base.subscribe(client, filter: filter, qos: qos)
    }

    var decidesReceive: Bool { base.decidesReceive }

    func receive(_ client: Broker.Client, topic: Span<UInt8>) -> Broker.Decision {
        base.receive(client, topic: topic)
    }

    func supportsAuthentication(_ method: String) -> Bool {
        authenticationMethods.contains(method) || base.supportsAuthentication(method)
    }

    func responseInformation(_ client: Broker.Client) -> String? {
        base.responseInformation(client)
    }

    func remain(_ client: Broker.Client) -> Broker.Decision { base.remain(client) }

    func wantsPublished(_ topic: Span<UInt8>) -> Bool {
        ShadowTopic.isReserved(topic) || ProvisioningTopic.isReserved(topic)
            || base.wantsPublished(topic)
    }
}
#endif

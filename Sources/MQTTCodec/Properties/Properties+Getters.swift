// Typed getters; each is `nil` where the packet has no such property.

extension Properties {
    /// Whether the payload is bytes or text.
    public var payloadFormatIndicator: PayloadFormat? { view.payloadFormatIndicator }

    /// The highest QoS of the server.
    public var maximumQoS: QoS? { view.maximumQoS }

    /// Seconds a message lives.
    public var messageExpiryInterval: UInt32? { view.messageExpiryInterval }

    /// The first subscription identifier, 1...268 435 455.
    public var subscriptionIdentifier: UInt32? { view.subscriptionIdentifier }

    /// Seconds a session outlives its connection; 0xFFFFFFFF: for ever.
    public var sessionExpiryInterval: UInt32? { view.sessionExpiryInterval }

    /// Seconds, instead of the client's keep alive.
    public var serverKeepAlive: UInt16? { view.serverKeepAlive }

    /// Seconds between the end of a connection and its will.
    public var willDelayInterval: UInt32? { view.willDelayInterval }

    /// QoS 1 and 2 messages in flight, not 0.
    public var receiveMaximum: UInt16? { view.receiveMaximum }

    /// The highest topic alias this end takes; 0: none.
    public var topicAliasMaximum: UInt16? { view.topicAliasMaximum }

    /// The number that stands for a topic name, not 0.
    public var topicAlias: UInt16? { view.topicAlias }

    /// Bytes of the largest packet this end takes, not 0.
    public var maximumPacketSize: UInt32? { view.maximumPacketSize }

    /// Whether the client wants reason strings and user properties everywhere.
    public var requestProblemInformation: Bool? { view.requestProblemInformation }

    /// Whether the client wants response information.
    public var requestResponseInformation: Bool? { view.requestResponseInformation }

    /// Whether the server keeps retained messages.
    public var retainAvailable: Bool? { view.retainAvailable }

    /// Whether the server takes filters with wildcards.
    public var wildcardSubscriptionAvailable: Bool? { view.wildcardSubscriptionAvailable }

    /// Whether the server takes subscription identifiers.
    public var subscriptionIdentifiersAvailable: Bool? { view.subscriptionIdentifiersAvailable }

    /// Whether the server takes shared subscriptions.
    public var sharedSubscriptionAvailable: Bool? { view.sharedSubscriptionAvailable }

    /// What the payload is, a media type by custom.
    public var contentType: String? { text(.contentType) }

    /// The topic name for a reply.
    public var responseTopic: String? { text(.responseTopic) }

    /// The client identifier that the server chose.
    public var assignedClientIdentifier: String? { text(.assignedClientIdentifier) }

    /// The name of an authentication method.
    public var authenticationMethod: String? { text(.authenticationMethod) }

    /// What response topics are made of.
    public var responseInformation: String? { text(.responseInformation) }

    /// Another server to use.
    public var serverReference: String? { text(.serverReference) }

    /// Text for humans.
    public var reasonString: String? { text(.reasonString) }

    /// What ties a reply to its request.
    public var correlationData: [UInt8]? { binary(.correlationData) }

    /// What the authentication method exchanges.
    public var authenticationData: [UInt8]? { binary(.authenticationData) }

    /// Every subscription identifier, in the order sent.
    public var subscriptionIdentifiers: [UInt32] {
        compactMap { property in
            if case .subscriptionIdentifier(let value) = property { value } else { nil }
        }
    }

    /// Every user property, in the order sent. [MQTT-3.3.2-18]
    public var userProperties: [(name: String, value: String)] {
        compactMap { property in
            if case .userProperty(let name, let value) = property { (name, value) } else { nil }
        }
    }

    private func text(_ identifier: PropertyIdentifier) -> String? {
        guard let property = view.first(identifier) else { return nil }
        return String(checkedUTF8: property.value)
    }

    private func binary(_ identifier: PropertyIdentifier) -> [UInt8]? {
        guard let property = view.first(identifier) else { return nil }
        return [UInt8](copying: property.value)
    }
}

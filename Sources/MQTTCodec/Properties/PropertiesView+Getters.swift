// Typed getters; each is `nil` where the packet has no such property.

extension PropertiesView {
    private func number(_ identifier: PropertyIdentifier) -> UInt32? {
        guard let property = first(identifier) else { return nil }
        return property.number
    }

    @_lifetime(copy self)
    private func value(_ identifier: PropertyIdentifier) -> Span<UInt8>? {
        guard let property = first(identifier) else { return nil }
        return property.value
    }

    /// Whether the payload is bytes or text.
    public var payloadFormatIndicator: PayloadFormat? {
        number(.payloadFormatIndicator).map { $0 == 1 ? .text : .bytes }
    }

    /// The highest QoS of the server.
    public var maximumQoS: QoS? {
        number(.maximumQoS).map { $0 == 1 ? .atLeastOnce : .atMostOnce }
    }

    /// Seconds a message lives.
    public var messageExpiryInterval: UInt32? { number(.messageExpiryInterval) }

    /// The first subscription identifier, 1...268 435 455.
    public var subscriptionIdentifier: UInt32? { number(.subscriptionIdentifier) }

    /// Seconds a session outlives its connection; 0xFFFFFFFF: for ever.
    public var sessionExpiryInterval: UInt32? { number(.sessionExpiryInterval) }

    /// Seconds, instead of the client's keep alive.
    public var serverKeepAlive: UInt16? {
        number(.serverKeepAlive).map { UInt16(truncatingIfNeeded: $0) }
    }

    /// Seconds between the end of a connection and its will.
    public var willDelayInterval: UInt32? { number(.willDelayInterval) }

    /// QoS 1 and 2 messages in flight, not 0.
    public var receiveMaximum: UInt16? {
        number(.receiveMaximum).map { UInt16(truncatingIfNeeded: $0) }
    }

    /// The highest topic alias this end takes; 0: none.
    public var topicAliasMaximum: UInt16? {
        number(.topicAliasMaximum).map { UInt16(truncatingIfNeeded: $0) }
    }

    /// The number that stands for a topic name, not 0.
    public var topicAlias: UInt16? { number(.topicAlias).map { UInt16(truncatingIfNeeded: $0) } }

    /// Bytes of the largest packet this end takes, not 0.
    public var maximumPacketSize: UInt32? { number(.maximumPacketSize) }

    /// Whether the client wants reason strings and user properties everywhere.
    public var requestProblemInformation: Bool? {
        number(.requestProblemInformation).map { $0 == 1 }
    }

    /// Whether the client wants response information.
    public var requestResponseInformation: Bool? {
        number(.requestResponseInformation).map { $0 == 1 }
    }

    /// Whether the server keeps retained messages.
    public var retainAvailable: Bool? { number(.retainAvailable).map { $0 == 1 } }

    /// Whether the server takes filters with wildcards.
    public var wildcardSubscriptionAvailable: Bool? {
        number(.wildcardSubscriptionAvailable).map { $0 == 1 }
    }

    /// Whether the server takes subscription identifiers.
    public var subscriptionIdentifiersAvailable: Bool? {
        number(.subscriptionIdentifiersAvailable).map { $0 == 1 }
    }

    /// Whether the server takes shared subscriptions.
    public var sharedSubscriptionAvailable: Bool? {
        number(.sharedSubscriptionAvailable).map { $0 == 1 }
    }

    /// What the payload is, a media type by custom.
    public var contentType: Span<UInt8>? {
        @_lifetime(copy self)
        get { value(.contentType) }
    }

    /// The topic name for a reply.
    public var responseTopic: Span<UInt8>? {
        @_lifetime(copy self)
        get { value(.responseTopic) }
    }

    /// The client identifier that the server chose.
    public var assignedClientIdentifier: Span<UInt8>? {
        @_lifetime(copy self)
        get { value(.assignedClientIdentifier) }
    }

    /// The name of an authentication method.
    public var authenticationMethod: Span<UInt8>? {
        @_lifetime(copy self)
        get { value(.authenticationMethod) }
    }

    /// What response topics are made of.
    public var responseInformation: Span<UInt8>? {
        @_lifetime(copy self)
        get { value(.responseInformation) }
    }

    /// Another server to use.
    public var serverReference: Span<UInt8>? {
        @_lifetime(copy self)
        get { value(.serverReference) }
    }

    /// Text for humans.
    public var reasonString: Span<UInt8>? {
        @_lifetime(copy self)
        get { value(.reasonString) }
    }

    /// What ties a reply to its request.
    public var correlationData: Span<UInt8>? {
        @_lifetime(copy self)
        get { value(.correlationData) }
    }

    /// What the authentication method exchanges.
    public var authenticationData: Span<UInt8>? {
        @_lifetime(copy self)
        get { value(.authenticationData) }
    }
}

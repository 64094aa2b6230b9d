/// One property of a packet. MQTT 5.0 §2.2.2.2
///
/// The cases stand in the order of their identifiers.
public enum Property: Hashable, Sendable {
    /// Whether the payload is bytes or text.
    case payloadFormatIndicator(PayloadFormat)
    /// Seconds a message lives.
    case messageExpiryInterval(UInt32)
    /// What the payload is, a media type by custom.
    case contentType(String)
    /// The topic name for a reply.
    case responseTopic(String)
    /// What ties a reply to its request.
    case correlationData([UInt8])
    /// What ties a message to its subscription: 1...268 435 455.
    case subscriptionIdentifier(UInt32)
    /// Seconds a session outlives its connection; 0xFFFFFFFF: for ever.
    case sessionExpiryInterval(UInt32)
    /// The client identifier that the server chose.
    case assignedClientIdentifier(String)
    /// Seconds, instead of the client's keep alive.
    case serverKeepAlive(UInt16)
    /// The name of an authentication method.
    case authenticationMethod(String)
    /// What the method exchanges.
    case authenticationData([UInt8])
    /// Whether the client wants reason strings and user properties everywhere.
    case requestProblemInformation(Bool)
    /// Seconds between the end of a connection and its will.
    case willDelayInterval(UInt32)
    /// Whether the client wants response information.
    case requestResponseInformation(Bool)
    /// What response topics are made of.
    case responseInformation(String)
    /// Another server to use.
    case serverReference(String)
    /// Text for humans.
    case reasonString(String)
    /// QoS 1 and 2 messages in flight: 1...65 535.
    case receiveMaximum(UInt16)
    /// The highest topic alias this end takes; 0: none.
    case topicAliasMaximum(UInt16)
    /// The number that stands for a topic name: 1...65 535.
    case topicAlias(UInt16)
    /// The highest QoS of the server, 0 or 1.
    case maximumQoS(QoS)
    /// Whether the server keeps retained messages.
    case retainAvailable(Bool)
    /// A name and a value; may repeat, the order counts.
    case userProperty(name: String, value: String)
    /// Bytes of the largest packet this end takes, not 0.
    case maximumPacketSize(UInt32)
    /// Whether the server takes filters with wildcards.
    case wildcardSubscriptionAvailable(Bool)
    /// Whether the server takes subscription identifiers.
    case subscriptionIdentifiersAvailable(Bool)
    /// Whether the server takes shared subscriptions.
    case sharedSubscriptionAvailable(Bool)

    /// The identifier on the wire.
    public var identifier: PropertyIdentifier {
        switch self {
        case .payloadFormatIndicator: .payloadFormatIndicator
        case .messageExpiryInterval: .messageExpiryInterval
        case .contentType: .contentType
        case .responseTopic: .responseTopic
        case .correlationData: .correlationData
        case .subscriptionIdentifier: .subscriptionIdentifier
        case .sessionExpiryInterval: .sessionExpiryInterval
        case .assignedClientIdentifier: .assignedClientIdentifier
        case .serverKeepAlive: .serverKeepAlive
        case .authenticationMethod: .authenticationMethod
        case .authenticationData: .authenticationData
        case .requestProblemInformation: .requestProblemInformation
        case .willDelayInterval: .willDelayInterval
        case .requestResponseInformation: .requestResponseInformation
        case .responseInformation: .responseInformation
        case .serverReference: .serverReference
        case .reasonString: .reasonString
        case .receiveMaximum: .receiveMaximum
        case .topicAliasMaximum: .topicAliasMaximum
        case .topicAlias: .topicAlias
        case .maximumQoS: .maximumQoS
        case .retainAvailable: .retainAvailable
        case .userProperty: .userProperty
        case .maximumPacketSize: .maximumPacketSize
        case .wildcardSubscriptionAvailable: .wildcardSubscriptionAvailable
        case .subscriptionIdentifiersAvailable: .subscriptionIdentifiersAvailable
        case .sharedSubscriptionAvailable: .sharedSubscriptionAvailable
        }
    }

    /// Compares texts byte by byte, not by canonical equivalence. [MQTT-4.7.3-4]
    public static func == (left: Property, right: Property) -> Bool {
        left.identifier == right.identifier && left.content == right.content
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(identifier)
        hasher.combine(content)
    }
}

/// What a payload is. MQTT 5.0 §3.3.2.3.2
public enum PayloadFormat: UInt8, Hashable, Sendable {
    /// Unspecified bytes.
    case bytes = 0
    /// UTF-8 text.
    case text = 1
}

extension Property {
    /// A property's value in one of four shapes.
    enum Content: Hashable {
        case number(UInt32)
        case text(ExactBytes<String>)
        case pair(ExactBytes<String>, ExactBytes<String>)
        case binary([UInt8])
    }

    var content: Content {
        switch self {
        case .payloadFormatIndicator(let format): .number(UInt32(format.rawValue))
        case .messageExpiryInterval(let value), .subscriptionIdentifier(let value),
            .sessionExpiryInterval(let value), .willDelayInterval(let value),
            .maximumPacketSize(let value):
            .number(value)
        case .serverKeepAlive(let value), .receiveMaximum(let value),
            .topicAliasMaximum(let value), .topicAlias(let value):
            .number(UInt32(value))
        case .requestProblemInformation(let value), .requestResponseInformation(let value),
            .retainAvailable(let value), .wildcardSubscriptionAvailable(let value),
            .subscriptionIdentifiersAvailable(let value), .sharedSubscriptionAvailable(let value):
            .number(value ? 1 : 0)
        case .maximumQoS(let value): .number(UInt32(value.rawValue))
        case .contentType(let text), .responseTopic(let text), .assignedClientIdentifier(let text),
            .authenticationMethod(let text), .responseInformation(let text),
            .serverReference(let text), .reasonString(let text):
            .text(ExactBytes(wrappedValue: text))
        case .correlationData(let bytes), .authenticationData(let bytes): .binary(bytes)
        case .userProperty(let name, let value):
            .pair(ExactBytes(wrappedValue: name), ExactBytes(wrappedValue: value))
        }
    }
}

/// A set of property identifiers: bit *n* stands for identifier *n*.
@usableFromInline
struct PropertySet: OptionSet, Hashable, Sendable {
    @usableFromInline let rawValue: UInt64

    @inlinable
    init(rawValue: UInt64) { self.rawValue = rawValue }

    @inlinable
    init(_ identifier: PropertyIdentifier) { rawValue = 1 << UInt64(identifier.rawValue) }

    @inlinable
    @inline(__always)
    func contains(_ identifier: PropertyIdentifier) -> Bool {
        rawValue &>> UInt64(identifier.rawValue) & 1 != 0
    }

    /// The lowest identifier of the set.
    var first: PropertyIdentifier? {
        rawValue == 0
            ? nil : PropertyIdentifier(rawValue: UInt8(rawValue.trailingZeroBitCount))
    }
}

/// What holds a list of properties: a packet, or the will inside CONNECT.
public enum PropertyContext: Hashable, Sendable, CaseIterable {
    /// CONNECT
    case connect
    /// The will properties in the payload of CONNECT.
    case will
    /// CONNACK
    case connack
    /// PUBLISH
    case publish
    /// PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK, which have the same list.
    case acknowledgement
    /// SUBSCRIBE
    case subscribe
    /// UNSUBSCRIBE
    case unsubscribe
    /// DISCONNECT
    case disconnect
    /// AUTH
    case auth
}

extension PropertyContext {
    /// The table of this library: what may stand where, and who may send it. MQTT 5.0 Table 2-4
    ///
    /// [MQTT-3.3.4-6] a client sends no Subscription Identifier in PUBLISH; [MQTT-3.14.2-2] a server
    /// sends no Session Expiry Interval in DISCONNECT.
    @inline(__always)
    func allowed(from role: Role) -> PropertySet {
        switch self {
        case .publish where role == .client: list.subtracting(.subscriptionIdentifier)
        case .disconnect where role == .server: list.subtracting(.sessionExpiryInterval)
        default: list
        }
    }

    /// The column of Table 2-4, whoever sends.
    @inline(__always)
    var list: PropertySet {
        switch self {
        case .connect:
            [
                .sessionExpiryInterval, .receiveMaximum, .maximumPacketSize, .topicAliasMaximum,
                .requestResponseInformation, .requestProblemInformation, .userProperty,
                .authenticationMethod, .authenticationData,
            ]
        case .will:
            [
                .willDelayInterval, .payloadFormatIndicator, .messageExpiryInterval, .contentType,
                .responseTopic, .correlationData, .userProperty,
            ]
        case .connack:
            [
                .sessionExpiryInterval, .receiveMaximum, .maximumQoS, .retainAvailable,
                .maximumPacketSize, .assignedClientIdentifier, .topicAliasMaximum, .reasonString,
                .userProperty, .wildcardSubscriptionAvailable, .subscriptionIdentifiersAvailable,
                .sharedSubscriptionAvailable, .serverKeepAlive, .responseInformation,
                .serverReference, .authenticationMethod, .authenticationData,
            ]
        case .publish:
            [
                .payloadFormatIndicator, .messageExpiryInterval, .topicAlias, .responseTopic,
                .correlationData, .userProperty, .subscriptionIdentifier, .contentType,
            ]
        case .acknowledgement: [.reasonString, .userProperty]
        case .subscribe: [.subscriptionIdentifier, .userProperty]
        case .unsubscribe: [.userProperty]
        case .disconnect:
            [.sessionExpiryInterval, .reasonString, .userProperty, .serverReference]
        case .auth: [.authenticationMethod, .authenticationData, .reasonString, .userProperty]
        }
    }

    /// The properties that may occur more than once. MQTT 5.0 §3.3.2.3.8 and "User Property"
    @inline(__always)
    var repeatable: PropertySet {
        self == .publish ? [.userProperty, .subscriptionIdentifier] : .userProperty
    }
}

extension PropertySet {
    static var payloadFormatIndicator: PropertySet { .init(.payloadFormatIndicator) }
    static var messageExpiryInterval: PropertySet { .init(.messageExpiryInterval) }
    static var contentType: PropertySet { .init(.contentType) }
    static var responseTopic: PropertySet { .init(.responseTopic) }
    static var correlationData: PropertySet { .init(.correlationData) }
    static var subscriptionIdentifier: PropertySet { .init(.subscriptionIdentifier) }
    static var sessionExpiryInterval: PropertySet { .init(.sessionExpiryInterval) }
    static var assignedClientIdentifier: PropertySet { .init(.assignedClientIdentifier) }
    static var serverKeepAlive: PropertySet { .init(.serverKeepAlive) }
    static var authenticationMethod: PropertySet { .init(.authenticationMethod) }
    static var authenticationData: PropertySet { .init(.authenticationData) }
    static var requestProblemInformation: PropertySet { .init(.requestProblemInformation) }
    static var willDelayInterval: PropertySet { .init(.willDelayInterval) }
    static var requestResponseInformation: PropertySet { .init(.requestResponseInformation) }
    static var responseInformation: PropertySet { .init(.responseInformation) }
    static var serverReference: PropertySet { .init(.serverReference) }
    static var reasonString: PropertySet { .init(.reasonString) }
    static var receiveMaximum: PropertySet { .init(.receiveMaximum) }
    static var topicAliasMaximum: PropertySet { .init(.topicAliasMaximum) }
    static var topicAlias: PropertySet { .init(.topicAlias) }
    static var maximumQoS: PropertySet { .init(.maximumQoS) }
    static var retainAvailable: PropertySet { .init(.retainAvailable) }
    static var userProperty: PropertySet { .init(.userProperty) }
    static var maximumPacketSize: PropertySet { .init(.maximumPacketSize) }
    static var wildcardSubscriptionAvailable: PropertySet { .init(.wildcardSubscriptionAvailable) }
    static var subscriptionIdentifiersAvailable: PropertySet {
        .init(.subscriptionIdentifiersAvailable)
    }
    static var sharedSubscriptionAvailable: PropertySet { .init(.sharedSubscriptionAvailable) }
}

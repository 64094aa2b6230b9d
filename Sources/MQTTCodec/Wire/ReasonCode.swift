/// The outcome of an operation, one byte. MQTT 5.0 §2.4
///
/// Codes this library does not know survive in ``rawValue``. MQTT 3.1 and 3.1.1 packets are
/// described with the same codes: the return codes of CONNACK translate through
/// ``init(connectReturnCode:)`` and ``connectReturnCode``.
public struct ReasonCode: RawRepresentable, Hashable, Sendable {
    /// The byte on the wire.
    public let rawValue: UInt8

    /// Any byte.
    @inlinable
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Whether the code says that the operation failed, 0x80 and above.
    @inlinable
    public var isError: Bool { rawValue >= 0x80 }
}

extension ReasonCode {
    /// 0x00: done.
    public static let success = ReasonCode(rawValue: 0x00)
    /// 0x00 in DISCONNECT: close, and do not send the will.
    public static let normalDisconnection = ReasonCode(rawValue: 0x00)
    /// 0x00 in SUBACK.
    public static let grantedQoS0 = ReasonCode(rawValue: 0x00)
    /// 0x01 in SUBACK.
    public static let grantedQoS1 = ReasonCode(rawValue: 0x01)
    /// 0x02 in SUBACK.
    public static let grantedQoS2 = ReasonCode(rawValue: 0x02)
    /// 0x04: close, and do send the will.
    public static let disconnectWithWillMessage = ReasonCode(rawValue: 0x04)
    /// 0x10: accepted, but nobody subscribes.
    public static let noMatchingSubscribers = ReasonCode(rawValue: 0x10)
    /// 0x11: there was nothing to unsubscribe.
    public static let noSubscriptionExisted = ReasonCode(rawValue: 0x11)
    /// 0x18: the next step of an authentication.
    public static let continueAuthentication = ReasonCode(rawValue: 0x18)
    /// 0x19: the client starts an authentication anew.
    public static let reAuthenticate = ReasonCode(rawValue: 0x19)
    /// 0x80: unspecified error.
    public static let unspecifiedError = ReasonCode(rawValue: 0x80)
    /// 0x81: the bytes are no packet.
    public static let malformedPacket = ReasonCode(rawValue: 0x81)
    /// 0x82: the packet is not allowed here.
    public static let protocolError = ReasonCode(rawValue: 0x82)
    /// 0x83: valid, but this implementation does not take it.
    public static let implementationSpecificError = ReasonCode(rawValue: 0x83)
    /// 0x84: the protocol version is not served.
    public static let unsupportedProtocolVersion = ReasonCode(rawValue: 0x84)
    /// 0x85: the client identifier is not allowed.
    public static let clientIdentifierNotValid = ReasonCode(rawValue: 0x85)
    /// 0x86: user name or password is wrong.
    public static let badUserNameOrPassword = ReasonCode(rawValue: 0x86)
    /// 0x87: not authorized.
    public static let notAuthorized = ReasonCode(rawValue: 0x87)
    /// 0x88: the server is not available.
    public static let serverUnavailable = ReasonCode(rawValue: 0x88)
    /// 0x89: the server is busy, try later.
    public static let serverBusy = ReasonCode(rawValue: 0x89)
    /// 0x8A: the client is banned.
    public static let banned = ReasonCode(rawValue: 0x8A)
    /// 0x8B: the server shuts down.
    public static let serverShuttingDown = ReasonCode(rawValue: 0x8B)
    /// 0x8C: the authentication method is not supported, or another than before.
    public static let badAuthenticationMethod = ReasonCode(rawValue: 0x8C)
    /// 0x8D: nothing was received for 1.5 times the keep alive.
    public static let keepAliveTimeout = ReasonCode(rawValue: 0x8D)
    /// 0x8E: another connection took the session over.
    public static let sessionTakenOver = ReasonCode(rawValue: 0x8E)
    /// 0x8F: the topic filter is not allowed.
    public static let topicFilterInvalid = ReasonCode(rawValue: 0x8F)
    /// 0x90: the topic name is not allowed.
    public static let topicNameInvalid = ReasonCode(rawValue: 0x90)
    /// 0x91: the packet identifier is in use.
    public static let packetIdentifierInUse = ReasonCode(rawValue: 0x91)
    /// 0x92: the packet identifier is not known.
    public static let packetIdentifierNotFound = ReasonCode(rawValue: 0x92)
    /// 0x93: more messages in flight than Receive Maximum.
    public static let receiveMaximumExceeded = ReasonCode(rawValue: 0x93)
    /// 0x94: the topic alias is 0 or too large.
    public static let topicAliasInvalid = ReasonCode(rawValue: 0x94)
    /// 0x95: the packet is larger than Maximum Packet Size.
    public static let packetTooLarge = ReasonCode(rawValue: 0x95)
    /// 0x96: messages come too fast.
    public static let messageRateTooHigh = ReasonCode(rawValue: 0x96)
    /// 0x97: a quota is exceeded.
    public static let quotaExceeded = ReasonCode(rawValue: 0x97)
    /// 0x98: an administrator ended it.
    public static let administrativeAction = ReasonCode(rawValue: 0x98)
    /// 0x99: the payload is not the UTF-8 that its format indicator promises.
    public static let payloadFormatInvalid = ReasonCode(rawValue: 0x99)
    /// 0x9A: retained messages are not supported.
    public static let retainNotSupported = ReasonCode(rawValue: 0x9A)
    /// 0x9B: the QoS is not supported.
    public static let qosNotSupported = ReasonCode(rawValue: 0x9B)
    /// 0x9C: use another server for now.
    public static let useAnotherServer = ReasonCode(rawValue: 0x9C)
    /// 0x9D: use another server from now on.
    public static let serverMoved = ReasonCode(rawValue: 0x9D)
    /// 0x9E: shared subscriptions are not supported.
    public static let sharedSubscriptionsNotSupported = ReasonCode(rawValue: 0x9E)
    /// 0x9F: too many connections in a time.
    public static let connectionRateExceeded = ReasonCode(rawValue: 0x9F)
    /// 0xA0: the connection lasted as long as it may.
    public static let maximumConnectTime = ReasonCode(rawValue: 0xA0)
    /// 0xA1: subscription identifiers are not supported.
    public static let subscriptionIdentifiersNotSupported = ReasonCode(rawValue: 0xA1)
    /// 0xA2: filters with wildcards are not supported.
    public static let wildcardSubscriptionsNotSupported = ReasonCode(rawValue: 0xA2)
}

extension ReasonCode {
    /// The code of MQTT 5.0 that says what a CONNACK return code of MQTT 3.1.1 §3.2.2.3 says.
    ///
    /// - Returns: `nil` for a return code above 5.
    public init?(connectReturnCode: UInt8) {
        switch connectReturnCode {
        case 0: self = .success
        case 1: self = .unsupportedProtocolVersion
        case 2: self = .clientIdentifierNotValid
        case 3: self = .serverUnavailable
        case 4: self = .badUserNameOrPassword
        case 5: self = .notAuthorized
        default: return nil
        }
    }

    /// The CONNACK return code of MQTT 3.1 and 3.1.1 that says the same.
    ///
    /// - Returns: `nil` where there is none; the server then closes without a CONNACK.
    ///   MQTT 3.1.1 [MQTT-3.2.2-6]
    public var connectReturnCode: UInt8? {
        switch self {
        case .success: 0
        case .unsupportedProtocolVersion: 1
        case .clientIdentifierNotValid: 2
        case .serverUnavailable, .serverBusy: 3
        case .badUserNameOrPassword: 4
        case .notAuthorized: 5
        default: nil
        }
    }
}

extension ReasonCode: CustomStringConvertible {
    /// The byte in hexadecimal, `0x81`.
    public var description: String {
        let digits = String(rawValue, radix: 16, uppercase: true)
        return digits.utf8.count == 1 ? "0x0" + digits : "0x" + digits
    }
}

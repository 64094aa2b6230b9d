#if Endpoint
public import DeviceRegistration
public import JSONDocument

/// A request of a device that came with a claim certificate.
public struct ProvisioningRequest: Sendable {
    /// What it asks for.
    public let topic: ProvisioningTopic
    /// What it says: JSON, or nothing.
    public let payload: [UInt8]
    /// Names the connection uniquely, over restarts as well.
    public let connection: String
    /// The client identifier, for hooks.
    public let clientID: String
    /// The certificate of the connection.
    public let claim: CertificateID

    /// A request.
    public init(
        topic: ProvisioningTopic,
        payload: [UInt8],
        connection: String,
        clientID: String,
        claim: CertificateID
    ) {
        self.topic = topic
        self.payload = payload
        self.connection = connection
        self.clientID = clientID
        self.claim = claim
    }
}

/// The answer to a ``ProvisioningRequest``: for the connection that asked, and for nobody else.
public enum ProvisioningReply: Hashable, Sendable {
    /// It was done. May hold a private key or a token.
    case accepted(JSONObject)
    /// It was not.
    case rejected(ProvisioningRejection)

    /// Whether it was done.
    public var isAccepted: Bool { if case .accepted = self { true } else { false } }

    /// The last level of the topic.
    var suffix: String { isAccepted ? "/accepted" : "/rejected" }

    /// The payload.
    var payload: [UInt8] {
        switch self {
        case .accepted(let object): CompactJSON(.object(object)).bytes
        case .rejected(let rejection):
            CompactJSON([
                "statusCode": .number(JSONNumber(Int64(rejection.statusCode))),
                "errorCode": .string(rejection.errorCode),
                "errorMessage": .string(rejection.errorMessage),
            ]).bytes
        }
    }
}

/// Why a request was rejected.
public struct ProvisioningRejection: Error, Hashable, Sendable {
    /// As in HTTP.
    public let statusCode: Int
    /// A word that clients switch on.
    public let errorCode: String
    /// For people; holds no value that a device gave.
    public let errorMessage: String

    /// A rejection.
    public init(_ statusCode: Int, _ errorCode: String, _ errorMessage: String) {
        self.statusCode = statusCode
        self.errorCode = errorCode
        self.errorMessage = errorMessage
    }

    static func invalid(_ message: String) -> ProvisioningRejection {
        ProvisioningRejection(400, "InvalidRequest", message)
    }

    static let internalFailure = ProvisioningRejection(
        500,
        "InternalFailure",
        "the request cannot be served now"
    )
}

/// Answers requests of provisioning.
///
/// Called from several threads.
public protocol ProvisioningResponder: Sendable {
    /// Answers one request.
    func respond(to request: ProvisioningRequest) async -> ProvisioningReply
}
#endif

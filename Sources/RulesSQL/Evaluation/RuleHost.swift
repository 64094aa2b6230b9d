public import JSONDocument

/// The functions that ask the outside world.
public enum HostFunction: String, Hashable, Sendable {
    case awsLambda = "aws_lambda"
    case getDynamodb = "get_dynamodb"
    case getThingShadow = "get_thing_shadow"
    case getSecret = "get_secret"
    case getRegistryData = "get_registry_data"
    case machinelearningPredict = "machinelearning_predict"
    /// `decode(value, 'proto', …)`.
    case decodeProtobuf = "decode"
}

/// A question of a rule to the outside world.
public struct HostCall: Hashable, Sendable {
    /// The function.
    public let function: HostFunction
    /// Its arguments, as the rule computed them; none is Undefined.
    public let arguments: [JSONValue]

    /// A question.
    public init(_ function: HostFunction, _ arguments: [JSONValue]) {
        self.function = function
        self.arguments = arguments
    }
}

/// What the host said.
public enum HostAnswer: Hashable, Sendable {
    /// A value; `nil` is Undefined.
    case value(JSONValue?)
    /// The call failed: the rule ends, unless `get_or_default` stands around the call.
    case failure(String)
}

/// Answers what rules ask of the outside world.
///
/// A call that takes too long is the host's to end (the service gives a Lambda 2,000 ms).
public protocol RuleHost: Sendable {
    /// Answers one call; what it throws ends the rule.
    func answer(_ call: HostCall) async throws -> JSONValue?
}

/// The digests that come from a cryptographic library; MD2 is this module's own.
public enum DigestAlgorithm: String, Hashable, Sendable, CaseIterable {
    case md5, sha1, sha224, sha256, sha384, sha512
}

/// Computes digests; `RulesSQLSystem` has one over libcrypto.
public protocol DigestProvider: Sendable {
    /// The digest of `message`; `nil` where the library refuses the algorithm.
    func digest(_ algorithm: DigestAlgorithm, of message: [UInt8]) -> [UInt8]?
}

/// Has no digest: the functions that need one are Undefined.
public struct NoDigests: DigestProvider {
    /// A provider without digests.
    public init() {}

    /// `nil`.
    public func digest(_ algorithm: DigestAlgorithm, of message: [UInt8]) -> [UInt8]? { nil }
}

public import IoTTime
public import JSONDocument

/// What a rule may ask about a message besides topic and payload.
///
/// Everything has a value a message could have; nothing is read from the system.
public struct MessageContext: Sendable {
    /// The time that `timestamp()` reports, the same for all calls of one evaluation.
    public var now: WallClock
    /// `accountid()`.
    public var accountID: String
    /// `clientid()`; without one the function says `n/a`.
    public var clientID: String?
    /// `principal()`.
    public var principal: String?
    /// `traceid()`.
    public var traceID: String?
    /// `sourceip()`.
    public var sourceIP: String?
    /// `get_mqtt_property('content_type')`.
    public var contentType: String?
    /// `get_mqtt_property('format_indicator')`: `UNSPECIFIED_BYTES` or `UTF8_DATA`.
    public var formatIndicator: String?
    /// `get_mqtt_property('response_topic')`.
    public var responseTopic: String?
    /// `get_mqtt_property('correlation_data')`, in base 64.
    public var correlationData: String?
    /// `get_user_properties()`, in the order of the message.
    public var userProperties: [(name: String, value: String)]
    /// Fixes `newuuid()`, to replay a recorded message.
    public var fixedUUID: String?
    /// Fixes `rand()`, to replay a recorded message.
    public var fixedRandom: Decimal34?

    /// A context that knows only the time and the account.
    public init(
        now: WallClock,
        accountID: String = "123456789012",
        clientID: String? = nil,
        principal: String? = nil,
        traceID: String? = nil,
        sourceIP: String? = nil
    ) {
        self.now = now
        self.accountID = accountID
        self.clientID = clientID
        self.principal = principal
        self.traceID = traceID
        self.sourceIP = sourceIP
        userProperties = []
    }
}

/// How much one evaluation may do.
public struct EvaluationLimits: Hashable, Sendable {
    /// The largest payload, in bytes.
    public var payloadBytes: Int
    /// How deep a payload's arrays and objects nest.
    public var jsonDepth: Int
    /// The largest output, in bytes.
    public var outputBytes: Int
    /// The longest string that is made, in bytes.
    public var stringBytes: Int
    /// Steps: one for each operation, for each 64 bytes of a string that is made or a value that is
    /// copied, and for each state of a regular expression at each character.
    public var steps: Int
    /// The most calls to the host.
    public var hostCalls: Int

    /// The defaults: 128 KiB in and out, depth 128, strings of 1 MiB, 4,000,000 steps, 16 calls.
    public static let `default` = EvaluationLimits(
        payloadBytes: 131_072,
        jsonDepth: 128,
        outputBytes: 131_072,
        stringBytes: 1_048_576,
        steps: 4_000_000,
        hostCalls: 16
    )

    /// Sets every limit.
    public init(
        payloadBytes: Int,
        jsonDepth: Int,
        outputBytes: Int,
        stringBytes: Int,
        steps: Int,
        hostCalls: Int
    ) {
        self.payloadBytes = payloadBytes
        // Values of the payload are copied and written by recursion.
        self.jsonDepth = min(jsonDepth, 512)
        self.outputBytes = outputBytes
        self.stringBytes = stringBytes
        self.steps = steps
        self.hostCalls = hostCalls
    }
}

/// Why a rule ended without a result; the service runs the error action then.
public struct RuleError: Error, Hashable, Sendable {
    /// What went wrong.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// A limit of ``EvaluationLimits``.
        case limit(Limit)
        /// The host could not answer; its message.
        case hostCallFailed(function: String, message: String)
        /// A rule may call `get_dynamodb` once.
        case secondDynamodbCall
        /// `transform` made more than 128 KiB.
        case transformTooLarge
        /// Items beside `*`, but the payload is no JSON object.
        case payloadIsNoObject
    }

    /// A limit of ``EvaluationLimits``.
    @nonexhaustive
    public enum Limit: String, Hashable, Sendable {
        case payloadBytes, jsonDepth, outputBytes, stringBytes, steps, hostCalls
    }

    /// What went wrong.
    public let violation: Violation

    /// Names what went wrong.
    public init(_ violation: Violation) { self.violation = violation }
}

/// What became of one message at one rule.
@nonexhaustive
public enum Outcome: Hashable, Sendable {
    /// The topic does not match FROM.
    case topicDiffers
    /// WHERE is not true.
    case notFired
    /// The rule fires with these bytes of the output buffer; an Undefined result is empty.
    case produced(Range<Int>)
    /// The rule ends; its error action runs.
    case failed(RuleError)
    /// The rule needs an answer of the host; evaluate again with one more answer.
    case needsHost(HostCall)
}

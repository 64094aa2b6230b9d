/// A request that is refused: what the service answers, and where the request is wrong.
public struct ShadowRejection: Error, Hashable, Sendable {
    /// The rule that was broken.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// No JSON object, or no JSON at all.
        case invalidJSON
        /// No `state` in an update.
        case missingState
        /// `state` is neither an object nor `null`.
        case stateNotObject
        /// `desired` is neither an object nor `null`.
        case desiredNotObject
        /// `reported` is neither an object nor `null`.
        case reportedNotObject
        /// `state` has a member that is none of `desired`, `reported` and `delta`; or an array in it
        /// holds a `null` (then there is no name).
        case invalidNode(name: String?)
        /// `version` is no whole number from 0 on.
        case invalidVersion
        /// `clientToken` is no string, or one of more bytes than the limit.
        case invalidClientToken
        /// More nested objects and arrays than the limit.
        case tooDeep(maximum: Int)
        /// The thing's name breaks the rules of ``ShadowKey/thing``.
        case invalidThingName
        /// The shadow's name breaks the rules of ``ShadowKey/name``.
        case invalidShadowName
        /// `pageSize` of a listing is no number from 1 to 100.
        case invalidPageSize
        /// `nextToken` of a listing is none that a listing gave out.
        case invalidNextToken
        /// A validator has refused the state that the update would make.
        case refused(String)
        /// The caller did not say who it is.
        case unauthorized
        /// The caller may not do this.
        case forbidden
        /// The registry does not know the thing (this module does not ask for it).
        case thingNotFound
        /// There is no such shadow.
        case noShadow(ShadowKey)
        /// The request's `version` is not the shadow's.
        case versionConflict
        /// More state than ``ShadowLimits/maximumStateLength``, or more payload than
        /// ``ShadowLimits/maximumRequestLength``.
        case tooLarge
        /// The payload is no UTF-8.
        case unsupportedEncoding
        /// Too many requests of one connection or thing are being served.
        case tooManyRequests
        /// The store failed.
        case internalFailure
    }

    /// The rule that was broken.
    public let violation: Violation
    /// Bytes from the start of the payload to the value that is wrong; `nil` where it is not the
    /// payload's fault.
    public let offset: Int?
    /// The request's client token, where it could be read.
    public var clientToken: ClientToken?

    /// A rejection.
    public init(_ violation: Violation, at offset: Int? = nil, clientToken: ClientToken? = nil) {
        self.violation = violation
        self.offset = offset
        self.clientToken = clientToken
    }

    /// The code of the answer, an HTTP status.
    public var code: Int {
        switch violation {
        case .unauthorized: 401
        case .forbidden: 403
        case .thingNotFound, .noShadow: 404
        case .versionConflict: 409
        case .tooLarge: 413
        case .unsupportedEncoding: 415
        case .tooManyRequests: 429
        case .internalFailure: 500
        default: 400
        }
    }

    /// The text of the answer, in the service's words.
    public var message: String {
        switch violation {
        case .invalidJSON: "Invalid JSON"
        case .missingState: "Missing required node: state"
        case .stateNotObject: "State node must be an object"
        case .desiredNotObject: "Desired node must be an object"
        case .reportedNotObject: "Reported node must be an object"
        case .invalidNode(nil): "State contains an invalid node"
        case .invalidNode(let name?): "State contains an invalid node: '\(name)'"
        case .invalidVersion: "Invalid version"
        case .invalidClientToken: "Invalid clientToken"
        case .tooDeep(let maximum):
            "JSON contains too many levels of nesting; maximum is \(maximum)"
        case .invalidThingName: "Invalid thing name"
        case .invalidShadowName: "Invalid shadow name"
        case .invalidPageSize: "Invalid pageSize"
        case .invalidNextToken: "Invalid nextToken"
        case .refused(let reason): reason
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .thingNotFound: "Thing not found"
        case .noShadow(let key): "No shadow exists with name: '\(key)'"
        case .versionConflict: "Version conflict"
        case .tooLarge: "The payload exceeds the maximum size allowed"
        case .unsupportedEncoding:
            "Unsupported documented encoding; supported encoding is UTF-8"
        case .tooManyRequests: "Too many requests"
        case .internalFailure: "Internal service failure"
        }
    }

    /// The value of the header `x-amzn-ErrorType` in an HTTP answer.
    public var errorType: String {
        switch code {
        case 401: "UnauthorizedException"
        case 403: "ForbiddenException"
        case 404: "ResourceNotFoundException"
        case 409: "ConflictException"
        case 413: "RequestEntityTooLargeException"
        case 415: "UnsupportedDocumentEncodingException"
        case 429: "ThrottlingException"
        case 500: "InternalFailureException"
        default: "InvalidRequestException"
        }
    }
}

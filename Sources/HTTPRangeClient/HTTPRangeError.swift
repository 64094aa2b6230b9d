/// Why a file, or a part of it, was not fetched.
public struct HTTPRangeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    @nonexhaustive
    public enum Violation: Hashable, Sendable {
        /// No `http://` location that this client takes.
        case badLocation
        /// Nobody answers there.
        case unreachable
        /// The server was silent for too long.
        case timedOut
        /// The connection ended before the answer did.
        case connectionLost
        /// What came is no HTTP/1.1 answer, or one in a form that this client does not take.
        case malformedAnswer
        /// The server answered with this status; redirections are not followed.
        case status(Int)
        /// The answer is larger than the caller allows.
        case tooLarge
        /// The server sent other bytes than those that were asked for.
        case wrongRange
        /// The file is no longer the one that was first seen.
        case changed
    }

    /// What went wrong.
    public let violation: Violation

    /// Names what went wrong.
    public init(_ violation: Violation) { self.violation = violation }

    /// For an operator.
    public var description: String {
        switch violation {
        case .badLocation: "no http:// location"
        case .unreachable: "the server cannot be reached"
        case .timedOut: "the server is silent"
        case .connectionLost: "the connection was lost"
        case .malformedAnswer: "the server's answer is malformed"
        case .status(let status): "the server answered \(status)"
        case .tooLarge: "the server's answer is too large"
        case .wrongRange: "the server sent another range"
        case .changed: "the file changed on the server"
        }
    }
}

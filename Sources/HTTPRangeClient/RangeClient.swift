/// Fetches files and parts of them from one web server, over one connection that is kept.
///
/// Blocking, for tools and small devices. Nothing that the server says is trusted beyond its frame:
/// a part is given out only when it is the one that was asked for. Redirections are not followed.
public final class RangeClient {
    /// What a server answered.
    public struct Answer: Hashable, Sendable {
        /// The bytes of the range, cut at the file's end.
        public var bytes: [UInt8]
        /// The whole file's length.
        public var length: UInt64
        /// The file's strong entity tag.
        public var entityTag: String?
    }

    private let timeout: Int
    private var connection: Connection?
    /// What ``connection`` leads to.
    private var host: String?

    /// Prepares; the first request connects.
    ///
    /// - Parameter timeout: seconds of silence after which the client gives up; at least 1.
    public init(timeout: Int = 30) { self.timeout = max(1, timeout) }

    /// Fetches a file or a part of it.
    ///
    /// - Parameters:
    ///   - location: the file.
    ///   - range: which bytes, not empty; `nil`: all of them.
    ///   - entityTag: the file must still be this one.
    ///   - limit: the most bytes that are taken.
    /// - Returns: `nil` where there is no such file, or no byte of the range in it.
    /// - Throws: ``HTTPRangeError``.
    public func fetch(
        _ location: HTTPLocation,
        range: Range<UInt64>? = nil,
        matching entityTag: String? = nil,
        limit: Int
    ) throws(HTTPRangeError) -> Answer? {
        var request =
            "GET \(location.path) HTTP/1.1\r\nHost: \(location.authority)\r\n"
            + "Accept-Encoding: identity\r\n"
        if let range {
            precondition(!range.isEmpty, "an empty range cannot be asked for")
            request += "Range: bytes=\(range.lowerBound)-\(range.upperBound - 1)\r\n"
        }
        if let entityTag { request += "If-Match: \(entityTag)\r\n" }
        do throws(HTTPRangeError) {
            let head = try exchange(Array((request + "\r\n").utf8), location)
            let answer = try receive(head, range, limit)
            if head.closes { connection = nil }
            return answer
        } catch {
            // What is left of the answer must not be taken for the next one.
            connection = nil
            throw error
        }
    }

    /// Sends a request and receives the head of its answer.
    ///
    /// A kept connection that the server has closed meanwhile is replaced once.
    private func exchange(
        _ request: [UInt8],
        _ location: HTTPLocation
    ) throws(HTTPRangeError) -> AnswerHead {
        if let connection, host == location.authority,
            let head = try? attempt(request, on: connection)
        {
            return head
        }
        let fresh = try Connection(location, timeout: timeout)
        connection = fresh
        host = location.authority
        guard let head = try attempt(request, on: fresh) else {
            throw HTTPRangeError(.connectionLost)
        }
        return head
    }

    private func attempt(
        _ request: [UInt8],
        on connection: Connection
    ) throws(HTTPRangeError) -> AnswerHead? {
        try connection.send(request)
        // Interim answers may come first, but not without end. RFC 9110 §15.2
        for _ in 0..<8 {
            guard let bytes = try connection.receiveHead() else { return nil }
            let head = try AnswerHead(bytes)
            if head.status >= 200 { return head }
        }
        throw HTTPRangeError(.malformedAnswer)
    }

    private func receive(
        _ head: AnswerHead,
        _ range: Range<UInt64>?,
        _ limit: Int
    ) throws(HTTPRangeError) -> Answer? {
        switch (head.status, range) {
        case (200, nil):
            let bytes = try body(head, limit: limit)
            return Answer(
                bytes: bytes,
                length: UInt64(bytes.count),
                entityTag: head.entityTag
            )
        case (200, let range?):
            // A server may ignore ranges; then the file must be small, and the part is cut out.
            let bytes = try body(head, limit: limit)
            guard range.lowerBound < UInt64(bytes.count) else { return nil }
            let end = min(range.upperBound, UInt64(bytes.count))
            return Answer(
                bytes: Array(bytes[Int(range.lowerBound)..<Int(end)]),
                length: UInt64(bytes.count),
                entityTag: head.entityTag
            )
        case (206, let range?):
            guard let sent = head.contentRange,
                sent.range.lowerBound == range.lowerBound,
                sent.range.upperBound == min(range.upperBound, sent.length)
            else { throw HTTPRangeError(.wrongRange) }
            let bytes = try body(head, limit: limit)
            guard UInt64(bytes.count) == sent.range.upperBound - sent.range.lowerBound else {
                throw HTTPRangeError(.wrongRange)
            }
            return Answer(bytes: bytes, length: sent.length, entityTag: head.entityTag)
        case (404, _), (416, _):
            try skip(head)
            return nil
        case (412, _): throw HTTPRangeError(.changed)
        default: throw HTTPRangeError(.status(head.status))
        }
    }

    private func body(_ head: AnswerHead, limit: Int) throws(HTTPRangeError) -> [UInt8] {
        guard let connection else { throw HTTPRangeError(.connectionLost) }
        guard let length = head.contentLength else {
            let bytes = try connection.receiveAll(limit: limit)
            self.connection = nil
            return bytes
        }
        guard length <= UInt64(clamping: limit) else { throw HTTPRangeError(.tooLarge) }
        return try connection.receive(Int(length))
    }

    /// The short body of an answer without a file.
    private func skip(_ head: AnswerHead) throws(HTTPRangeError) {
        guard let length = head.contentLength, length <= 4_096 else {
            connection = nil
            return
        }
        _ = try connection?.receive(Int(length))
    }
}

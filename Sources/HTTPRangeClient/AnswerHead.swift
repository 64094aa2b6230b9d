/// Status and the fields that matter of an answer's head: RFC 9112 §4, RFC 9110 §14.4.
struct AnswerHead: Hashable, Sendable {
    /// The status code.
    var status = 0
    /// `Content-Length`; `nil`: until the connection's end.
    var contentLength: UInt64?
    /// `Content-Range`: which bytes, and of how many.
    var contentRange: (range: Range<UInt64>, length: UInt64)?
    /// `ETag`, a strong one.
    var entityTag: String?
    /// Whether the connection ends with this answer.
    var closes = false

    static func == (a: AnswerHead, b: AnswerHead) -> Bool {
        a.status == b.status && a.contentLength == b.contentLength
            && a.contentRange?.range == b.contentRange?.range
            && a.contentRange?.length == b.contentRange?.length && a.entityTag == b.entityTag
            && a.closes == b.closes
    }

    func hash(into hasher: inout Hasher) { hasher.combine(status) }

    /// Bytes of a head.
    static let maximumBytes = 16_384

    /// Reads a head without its final empty line.
    ///
    /// - Throws: ``HTTPRangeError/Violation/malformedAnswer`` for anything that leaves a doubt about
    ///   where the body ends.
    init(_ bytes: ArraySlice<UInt8>) throws(HTTPRangeError) {
        var lines = Self.lines(bytes)
        try readStatus(lines.isEmpty ? [] : lines.removeFirst())
        for line in lines {
            guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex,
                line[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { throw HTTPRangeError(.malformedAnswer) }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            try read(name, Self.trimmed(line[(colon + 1)...]))
        }
    }

    private static func lines(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map {
            $0.last == 0x0D ? $0.dropLast() : $0
        }
    }

    private mutating func readStatus(_ line: ArraySlice<UInt8>) throws(HTTPRangeError) {
        let start = line.startIndex
        guard line.count >= 12, line.starts(with: "HTTP/1.".utf8), line[start + 8] == 0x20,
            let code = Self.number(line[(start + 9)..<(start + 12)]), (100...999).contains(code),
            line.count == 12 || line[start + 12] == 0x20
        else { throw HTTPRangeError(.malformedAnswer) }
        closes = line[start + 7] != 0x31
        status = Int(code)
    }

    private mutating func read(
        _ name: String,
        _ value: ArraySlice<UInt8>
    ) throws(HTTPRangeError) {
        switch name {
        case "content-length":
            guard let length = Self.number(value), contentLength ?? length == length else {
                throw HTTPRangeError(.malformedAnswer)
            }
            contentLength = length
        case "transfer-encoding":
            // Files have a length; a body in chunks is not taken.
            throw HTTPRangeError(.malformedAnswer)
        case "content-range":
            guard contentRange == nil else { throw HTTPRangeError(.malformedAnswer) }
            contentRange = Self.contentRange(value)
        case "etag":
            if value.first == 0x22, value.count <= 256 {
                entityTag = String(decoding: value, as: UTF8.self)
            }
        case "connection":
            if String(decoding: value, as: UTF8.self).lowercased().contains("close") {
                closes = true
            }
        default: return
        }
    }

    private static func contentRange(
        _ value: ArraySlice<UInt8>
    ) -> (range: Range<UInt64>, length: UInt64)? {
        guard value.starts(with: "bytes ".utf8), let dash = value.firstIndex(of: 0x2D),
            let slash = value.firstIndex(of: 0x2F), dash < slash,
            let first = number(value[(value.startIndex + 6)..<dash]),
            let last = number(value[(dash + 1)..<slash]),
            let length = number(value[(slash + 1)...]), first <= last, last < length
        else { return nil }
        return (first..<last + 1, length)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while bytes.first == 0x20 || bytes.first == 0x09 { bytes.removeFirst() }
        while bytes.last == 0x20 || bytes.last == 0x09 { bytes.removeLast() }
        return bytes
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        // 19 digits fit without a check for overflow.
        guard (1...19).contains(digits.count) else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + UInt64(digit - 0x30)
        }
        return value
    }
}

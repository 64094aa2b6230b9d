internal import HTTPRangeClient

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A file on a web server without TLS, fetched by byte ranges.
///
/// A connection that breaks is made again a few times; a file that becomes another one meanwhile is
/// refused. What arrives is checked by the transfer, not here.
public struct HTTPRangeSource: RangeSource {
    private let location: HTTPLocation
    private let client = RangeClient()
    private var entityTag: String?
    /// How often a broken connection is made again before giving up.
    public var attempts = 5

    /// Takes a URL, `http://host[:port]/path`.
    ///
    /// - Throws: ``FileToolError`` for any other.
    public init(_ url: String) throws(FileToolError) {
        do { location = try HTTPLocation(url) } catch {
            throw FileToolError(.usage, "\(url): \(error)")
        }
    }

    /// Whether a source is meant to be fetched over HTTP.
    public static func isURL(_ source: String) -> Bool {
        source.prefix(7).lowercased() == "http://"
    }

    /// Reads a range.
    public mutating func read(
        _ range: Range<UInt64>
    ) throws(FileToolError) -> (bytes: [UInt8], length: UInt64) {
        guard !range.isEmpty, let count = Int(exactly: range.upperBound - range.lowerBound) else {
            throw FileToolError(.refused, "\(location): no such range")
        }
        var attempt = 1
        while true {
            let answer: RangeClient.Answer?
            do throws(HTTPRangeError) {
                answer = try client.fetch(
                    location,
                    range: range,
                    matching: entityTag,
                    limit: count
                )
            } catch {
                guard Self.mayPass(error), attempt < attempts else {
                    throw FileToolError(
                        error.violation == .changed ? .refused : .system,
                        "\(location): \(error)"
                    )
                }
                wait(after: attempt)
                attempt += 1
                continue
            }
            guard let answer else {
                throw FileToolError(.refused, "\(location) has no byte \(range.lowerBound)")
            }
            entityTag = entityTag ?? answer.entityTag
            return (answer.bytes, answer.length)
        }
    }

    private func wait(after attempt: Int) {
        // 0.2 s, 0.4 s, 0.8 s …
        usleep(useconds_t(100_000) << useconds_t(min(attempt, 8)))
    }

    private static func mayPass(_ error: HTTPRangeError) -> Bool {
        switch error.violation {
        case .unreachable, .timedOut, .connectionLost: true
        case .status(let status): status >= 500
        default: false
        }
    }
}

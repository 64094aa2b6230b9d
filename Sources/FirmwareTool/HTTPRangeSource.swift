public import FirmwareManifest
internal import HTTPRangeClient

/// A web server without TLS, asked by ranges.
///
/// Whatever it answers is only ever compared with what was signed. It follows no redirect.
public struct HTTPRangeSource: UpdateSource {
    private let base: HTTPLocation
    private let client = RangeClient()

    /// Takes a base URL, `http://host[:port][/folder]`; `nil` for anything else.
    public init?(_ url: String) {
        guard let base = try? HTTPLocation(url) else { return nil }
        self.base = base
    }

    /// Bytes of a file.
    public func fetch(
        _ path: String,
        range: Range<UInt64>?,
        limit: Int
    ) throws(FirmwareError) -> [UInt8]? {
        let location = try PayloadLocation(path)
        if let range, range.isEmpty { return [] }
        do throws(HTTPRangeError) {
            let answer = try client.fetch(
                base.appending(location.path),
                range: range,
                limit: range.map { min(limit, $0.count) } ?? limit
            )
            return answer?.bytes
        } catch {
            throw switch error.violation {
            case .timedOut: FirmwareError(.tooSlow)
            case .tooLarge: FirmwareError(.limitExceeded(.documentBytes))
            default: FirmwareError(.storage)
            }
        }
    }
}

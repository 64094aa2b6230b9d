/// Byte ranges of HTTP (RFC 9110 §14), as far as a file transfer needs them.
public enum HTTPRanges {
    /// What a server does with a `Range` field.
    public enum Decision: Hashable, Sendable {
        /// Answer 200 with the whole file: no field, another unit, or more than one range.
        case whole
        /// Answer 206 with these bytes.
        case part(Range<UInt64>)
        /// Answer 416.
        case unsatisfiable
    }

    /// The `Range` field's value for a non-empty range, such as `bytes=4096-8191`.
    public static func field(for range: Range<UInt64>) -> String {
        precondition(!range.isEmpty)
        return "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
    }

    /// The `Content-Range` field's value of a 206 answer.
    public static func contentRange(_ range: Range<UInt64>, of length: UInt64) -> String {
        precondition(!range.isEmpty)
        return "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(length)"
    }

    /// Decides about a `Range` field (RFC 9110 §14.2).
    ///
    /// A malformed field is ignored, as the standard allows; several ranges are answered with the
    /// whole file, so that a request cannot ask for the same bytes many times over.
    /// - Parameters:
    ///   - field: the field's value; `nil` without one.
    ///   - length: the file's length.
    /// - Returns: what to answer.
    public static func decide(_ field: String?, length: UInt64) -> Decision {
        guard let field, field.utf8.count <= 64 else { return .whole }
        let bytes = [UInt8](field.utf8)
        guard bytes.count > 6,
            bytes.prefix(6).map({ $0 | 0x20 }) == [UInt8]("bytes=".utf8).map({ $0 | 0x20 })
        else { return .whole }
        let spec = bytes[6...].filter { $0 != 0x20 && $0 != 0x09 }
        guard let dash = spec.firstIndex(of: 0x2D), !spec.contains(0x2C) else { return .whole }
        let first = spec[..<dash]
        let last = spec[(dash + 1)...]
        if first.isEmpty {
            guard let count = number(last) else { return .whole }
            guard count > 0, length > 0 else { return .unsatisfiable }
            return .part(length - min(count, length)..<length)
        }
        guard let start = number(first) else { return .whole }
        guard !last.isEmpty else {
            return start < length ? .part(start..<length) : .unsatisfiable
        }
        guard let end = number(last), end >= start else { return .whole }
        guard start < length else { return .unsatisfiable }
        return .part(start..<min(end, length - 1) + 1)
    }

    /// Reads a `Content-Range` field of a 206 answer (RFC 9110 §14.4).
    ///
    /// - Returns: the range, and the file's length.
    /// - Throws: ``TransferError`` for anything but `bytes first-last/length`.
    public static func parseContentRange(
        _ field: String
    ) throws(TransferError) -> (range: Range<UInt64>, length: UInt64) {
        let bytes = [UInt8](field.utf8)
        guard
            bytes.count <= 96, bytes.starts(with: "bytes ".utf8),
            let dash = bytes.firstIndex(of: 0x2D), let slash = bytes.firstIndex(of: 0x2F),
            dash < slash, let first = number(bytes[6..<dash]),
            let last = number(bytes[(dash + 1)..<slash]),
            let length = number(bytes[(slash + 1)...]), first <= last, last < length
        else { throw TransferError(.httpField, at: 0) }
        return (first..<last + 1, length)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard (1...20).contains(digits.count) else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            let (product, a) = value.multipliedReportingOverflow(by: 10)
            let (sum, b) = product.addingReportingOverflow(UInt64(digit - 0x30))
            guard !a, !b else { return nil }
            value = sum
        }
        return value
    }
}

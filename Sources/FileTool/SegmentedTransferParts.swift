public import FileEncryption
public import SegmentTransfer

/// The segment format's BLAKE2b, from libsodium, for a transfer.
public struct SodiumSegmentHash: SegmentHash {
    /// Makes one.
    public init() {}

    /// The labelled hash of two parts.
    public func digest(
        _ label: StaticString,
        _ first: Span<UInt8>,
        _ second: Span<UInt8>
    ) -> [UInt8] {
        SegmentDigest.digest(label, first, second)
    }
}

/// Checks arriving segments by the file's key.
public struct KeyedAuthenticator: SegmentAuthenticator {
    private let verifier: SegmentVerifier

    /// Uses an opened file's key.
    public init(_ verifier: SegmentVerifier) { self.verifier = verifier }

    /// Whether the segment belongs at `index`.
    public func isAuthentic(_ segment: Span<UInt8>, index: UInt64, isFinal: Bool) -> Bool {
        verifier.isAuthentic(segment, index: index, isFinal: isFinal)
    }
}

/// A file that is fetched by byte ranges: an HTTP server, another folder.
public protocol RangeSource {
    /// The bytes of `range`, cut at the file's end, and the file's length.
    mutating func read(
        _ range: Range<UInt64>
    ) throws(FileToolError) -> (bytes: [UInt8], length: UInt64)
}

/// A local file as a range source.
public struct LocalRangeSource: RangeSource {
    private let file: DescriptorIO
    private let path: String

    /// Opens a file.
    public init(_ path: String) throws(FileToolError) {
        self.path = path
        file = try openInput(path)
    }

    /// Reads a range.
    public mutating func read(
        _ range: Range<UInt64>
    ) throws(FileToolError) -> (bytes: [UInt8], length: UInt64) {
        let end = min(range.upperBound, file.byteCount)
        guard range.lowerBound < end else {
            throw FileToolError(.refused, "\(path) has no byte \(range.lowerBound)")
        }
        let count = Int(end - range.lowerBound)
        var failure: SystemFailure?
        let bytes = [UInt8](capacity: count) { (output: inout OutputSpan<UInt8>) in
            do throws(SystemFailure) {
                try file.read(at: range.lowerBound, count: count, into: &output)
            } catch { failure = error }
        }
        if let failure {
            throw FileToolError(.system, "cannot read \(path): \(describe(failure.code))")
        }
        return (bytes, file.byteCount)
    }
}

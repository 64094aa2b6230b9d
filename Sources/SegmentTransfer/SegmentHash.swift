/// The labelled hash of the segment format: BLAKE2b-256 whose personalisation is the label.
///
/// It comes in as a parameter, so that this module needs no cryptographic library.
public protocol SegmentHash: Sendable {
    /// The 32-byte hash of `first` and `second`, one after the other.
    ///
    /// - Parameters:
    ///   - label: at most 16 ASCII characters, padded with zero bytes.
    ///   - first: the first part.
    ///   - second: the part after it.
    /// - Returns: 32 bytes.
    func digest(_ label: StaticString, _ first: Span<UInt8>, _ second: Span<UInt8>) -> [UInt8]
}

/// Checks segments with the file's key.
public protocol SegmentAuthenticator: Sendable {
    /// Whether `segment` is the one that belongs at `index`.
    func isAuthentic(_ segment: Span<UInt8>, index: UInt64, isFinal: Bool) -> Bool
}

/// The authenticator of a receiver without a key.
public struct NoAuthenticator: SegmentAuthenticator {
    /// Makes one.
    public init() {}
    /// Always true; a receiver does not ask it.
    public func isAuthentic(_ segment: Span<UInt8>, index: UInt64, isFinal: Bool) -> Bool { true }
}

extension SegmentHash {
    /// The Merkle leaf of a segment.
    public func leaf(_ segment: Span<UInt8>, index: UInt64, isFinal: Bool) -> [UInt8] {
        var head: [UInt8] = []
        head.append(littleEndian: index)
        head.append(isFinal ? 1 : 0)
        return digest("iotseg1 leaf", head.span, segment)
    }
}

/// A Merkle root in O(log *n*) memory, shaped as RFC 9162 §2.1.1.
struct RootAccumulator: Sendable {
    private var roots: [[UInt8]] = []
    private(set) var count: UInt64 = 0

    mutating func append(_ leaf: [UInt8], using hash: some SegmentHash) {
        var digest = leaf
        var size = count
        while size & 1 == 1, let left = roots.popLast() {
            digest = hash.digest("iotseg1 node", left.span, digest.span)
            size >>= 1
        }
        roots.append(digest)
        count += 1
    }

    func root(using hash: some SegmentHash) -> [UInt8] {
        guard var digest = roots.last else { return [UInt8](repeating: 0, count: 32) }
        for left in roots.dropLast().reversed() {
            digest = hash.digest("iotseg1 node", left.span, digest.span)
        }
        return digest
    }
}

extension [UInt8] {
    mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
        for i in 0..<T.bitWidth / 8 { append(UInt8(truncatingIfNeeded: value >> (8 * i))) }
    }

    /// An integer at `offset`; `nil` past the end.
    func littleEndian<T: FixedWidthInteger>(_ type: T.Type, at offset: Int) -> T? {
        guard offset >= 0, count - offset >= T.bitWidth / 8 else { return nil }
        var value: T = 0
        for i in 0..<T.bitWidth / 8 { value |= T(truncatingIfNeeded: self[offset + i]) << (8 * i) }
        return value
    }
}

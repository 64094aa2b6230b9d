/// Checks single segments of a file by its key, without decrypting them to anywhere.
///
/// For receivers of a transfer that hold a key: each segment is checked when it arrives.
public struct SegmentVerifier: Sendable {
    private let file: OpenedFile
    /// The file's header.
    public let header: SegmentedHeader

    /// Finds the key of a file.
    ///
    /// - Parameters:
    ///   - header: the file's header, padding included.
    ///   - identities: what may open it.
    ///   - policy: what is demanded of the file; the sender's signature is checked by ``checkSeal(_:)``.
    /// - Throws: ``DecryptionError``.
    public init(
        header: Span<UInt8>,
        identities: [Identity],
        policy: DecryptionPolicy = .default
    ) throws(DecryptionError) {
        self.header = try SegmentedHeader.parse(header)
        file = try OpenedFile(segmented: self.header, identities: identities, policy: policy)
    }

    /// Whether `segment` is segment `index` of the file, and its last one where `isFinal`.
    public func isAuthentic(_ segment: Span<UInt8>, index: UInt64, isFinal: Bool) -> Bool {
        guard segment.count <= file.cipher.cipherBytes, index < file.cipher.maximumChunks else {
            return false
        }
        return unsafe segment.withUnsafeBytes {
            unsafe file.cipher.isAuthentic($0, index: index, isFinal: isFinal)
        }
    }

    /// Checks the numbers and the signature of a seal.
    ///
    /// - Parameter seal: the 120 bytes after the last segment.
    /// - Throws: ``DecryptionError`` with offsets from the seal's start.
    public func checkSeal(_ seal: [UInt8]) throws(DecryptionError) {
        try SegmentedSeal(seal, at: 0).check(header, file.headerHash, at: 0)
    }
}

/// The labelled BLAKE2b-256 of the segment format, for those who check it without this module's
/// readers.
public enum SegmentDigest {
    /// The hash of `first` and `second`, one after the other, under `label`.
    ///
    /// - Parameters:
    ///   - label: at most 16 ASCII characters.
    ///   - first: the first part.
    ///   - second: the part after it.
    /// - Returns: 32 bytes.
    public static func digest(
        _ label: StaticString,
        _ first: Span<UInt8>,
        _ second: Span<UInt8>
    ) -> [UInt8] {
        unsafe first.withUnsafeBytes { first in
            unsafe second.withUnsafeBytes { second in
                unsafe Sodium.hash(label, first, second).bytes
            }
        }
    }
}

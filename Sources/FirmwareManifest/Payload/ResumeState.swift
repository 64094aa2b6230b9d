internal import CBORCodec

/// How far a transfer came: a hint that is worth nothing until the image is read back.
public struct ResumeState: Hashable, Sendable {
    /// The manifest that names the payload.
    public let manifestDigest: SUITDigest
    /// The payload's component.
    public let component: ComponentIdentifier
    /// The root of its chunk tree.
    public let treeDigest: SUITDigest
    /// Bytes of a chunk.
    public let chunkSize: UInt64
    /// Chunks that were verified and, when this is stored, synced.
    public let verifiedChunks: UInt64

    init(
        manifestDigest: SUITDigest,
        component: ComponentIdentifier,
        treeDigest: SUITDigest,
        chunkSize: UInt64,
        verifiedChunks: UInt64
    ) {
        self.manifestDigest = manifestDigest
        self.component = component
        self.treeDigest = treeDigest
        self.chunkSize = chunkSize
        self.verifiedChunks = verifiedChunks
    }

    /// Bytes of the payload that need not be fetched again.
    public var verifiedBytes: UInt64 {
        let (bytes, overflow) = verifiedChunks.multipliedReportingOverflow(by: chunkSize)
        return overflow ? .max : bytes
    }

    /// The state as one item.
    ///
    /// `[1, manifest digest, component, tree digest, chunk size, chunks]`
    public var encoded: [UInt8] {
        CBOREncoder.encode {
            $0.append(arrayCount: 6)
            $0.append(unsigned: 1)
            $0.append(byteString: manifestDigest.bytes)
            component.encode(into: &$0)
            $0.append(byteString: treeDigest.bytes)
            $0.append(unsigned: chunkSize)
            $0.append(unsigned: verifiedChunks)
        }
    }

    /// Reads what ``encoded`` wrote.
    ///
    /// - Parameter bytes: one encoded state.
    /// - Throws: ``FirmwareError``; start again then.
    public init(_ bytes: Span<UInt8>) throws(FirmwareError) {
        var reader = FirmwareReader(bytes)
        try reader.array(of: 6)
        let version = try reader.unsigned()
        guard version == 1 else { throw FirmwareError(.unsupportedVersion(version), at: 1) }
        manifestDigest = try reader.digestBytes()
        component = try reader.component(.default)
        treeDigest = try reader.digestBytes()
        chunkSize = try reader.unsigned()
        verifiedChunks = try reader.unsigned()
        try reader.finish()
    }
}

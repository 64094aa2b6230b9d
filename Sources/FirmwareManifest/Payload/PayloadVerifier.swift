/// A payload whose bytes, as they were transported, are the signed ones.
public struct VerifiedPayload: Hashable, Sendable {
    /// Where it goes.
    public let component: ComponentIdentifier
    /// The manifest that names it.
    public let manifestDigest: SUITDigest
    /// The signed digest of the bytes.
    public let transportDigest: SUITDigest
    /// Bytes that arrived.
    public let byteCount: UInt64
}

/// The base of a delta, read from the device and found to be the one the delta is made for.
public struct VerifiedBase: Hashable, Sendable {
    let digest: SUITDigest

    /// Hashes the base as it is read.
    ///
    /// - Parameters:
    ///   - payload: names the base's digest.
    ///   - running: a hash state that was fed the whole base.
    /// - Throws: ``FirmwareError/Violation/baseMismatch``, also where the payload is no delta.
    public init(
        for payload: PlannedPayload,
        running: inout some RunningSHA256
    ) throws(FirmwareError) {
        let found = running.finish()
        guard payload.baseDigest == found else { throw FirmwareError(.baseMismatch) }
        digest = found
    }
}

/// Verifies a payload while it arrives, in pieces of any size; memory does not grow with it.
///
/// With a chunk tree each chunk is checked when it is complete, and the first bad one is refused. The
/// bytes are hashed once, as leaves; the image's own digest is checked when it is read back from the
/// slot (``ImageVerifier``), which the installation demands. Without a tree the digest is checked at
/// the end.
public struct PayloadVerifier<Crypto: FirmwareCryptography>: ~Copyable {
    /// The payload that is expected.
    public let payload: PlannedPayload
    private let manifestDigest: SUITDigest
    private var tree: ChunkTreeVerifier<Crypto>?
    private let limit: UInt64
    private var running: Crypto.SHA256
    private var hashed: UInt64 = 0

    /// Starts, at the beginning or where an earlier run stopped.
    ///
    /// - Parameters:
    ///   - manifest: names the payload.
    ///   - component: which one.
    ///   - base: the base, for a delta.
    ///   - resume: what an earlier run left; anything in it that does not fit is ignored and the
    ///     payload starts again. Without a chunk tree it always starts again: feed what the slot holds.
    ///   - crypto: hashes.
    /// - Throws: ``FirmwareError/Violation/unknownComponent(_:)`` where the manifest has no payload for
    ///   it; ``FirmwareError/Violation/baseMismatch`` for a delta without its base.
    public init(
        _ manifest: VerifiedManifest,
        component: ComponentIdentifier,
        base: VerifiedBase? = nil,
        resuming resume: ResumeState? = nil,
        using crypto: Crypto
    ) throws(FirmwareError) {
        guard let payload = manifest.payload(component) else {
            throw FirmwareError(.unknownComponent(component))
        }
        guard payload.baseDigest == base?.digest else { throw FirmwareError(.baseMismatch) }
        let tree = try Self.tree(payload, manifest.digest, resume, crypto)
        self.payload = payload
        manifestDigest = manifest.digest
        running = crypto.makeSHA256()
        limit = payload.transportSize ?? payload.capacity
        self.tree = tree
    }

    private static func tree(
        _ payload: PlannedPayload,
        _ manifestDigest: SUITDigest,
        _ resume: ResumeState?,
        _ crypto: Crypto
    ) throws(FirmwareError) -> ChunkTreeVerifier<Crypto>? {
        guard let root = payload.chunkTree, let size = payload.transportSize else { return nil }
        var first: UInt64 = 0
        if let resume, resume.manifestDigest == manifestDigest,
            resume.component == payload.component, resume.treeDigest == root.digest,
            resume.chunkSize == UInt64(root.chunkSize)
        {
            first = resume.verifiedChunks
        }
        return try ChunkTreeVerifier(
            root: root,
            payloadSize: size,
            firstChunk: first,
            using: crypto
        )
    }

    /// What comes next.
    public var need: ChunkTreeNeed {
        if let tree { return tree.need }
        return hashed < limit ? .bytes(limit - hashed) : .nothing
    }

    /// Bytes of the payload that were taken, the ones before the place of resumption included.
    public var offset: UInt64 { tree?.offset ?? hashed }

    /// Where an interruption would continue; `nil` without a chunk tree.
    public var resumeState: ResumeState? {
        guard let tree else { return nil }
        return ResumeState(
            manifestDigest: manifestDigest,
            component: payload.component,
            treeDigest: tree.root.digest,
            chunkSize: UInt64(tree.root.chunkSize),
            verifiedChunks: tree.verifiedChunks
        )
    }

    /// Takes a node of the file beside the payload.
    ///
    /// - Parameter node: 64 bytes, the one that ``need`` asks for.
    /// - Throws: as ``ChunkTreeVerifier/supply(node:)``.
    public mutating func supply(node: Span<UInt8>) throws(FirmwareError) {
        guard tree != nil else { throw FirmwareError(.unexpectedInput) }
        try tree?.supply(node: node)
    }

    /// Takes more bytes.
    ///
    /// - Parameter bytes: any number; no more than the signed size altogether.
    /// - Returns: how many were taken; fewer where a node is needed first.
    /// - Throws: as ``ChunkTreeVerifier/update(_:)``.
    public mutating func update(_ bytes: Span<UInt8>) throws(FirmwareError) -> Int {
        if let taken = try tree?.update(bytes) { return taken }
        guard UInt64(bytes.count) <= limit - hashed else {
            throw FirmwareError(
                .payloadSize(expected: limit, found: hashed + UInt64(bytes.count))
            )
        }
        running.update(bytes)
        hashed += UInt64(bytes.count)
        return bytes.count
    }

    /// Demands that everything arrived.
    ///
    /// - Returns: what the installation takes.
    /// - Throws: ``FirmwareError/Violation/payloadSize(expected:found:)``,
    ///   ``FirmwareError/Violation/payloadDigestMismatch(chunk:)``.
    public consuming func finish() throws(FirmwareError) -> VerifiedPayload {
        if tree != nil {
            try tree?.finish()
        } else {
            if let size = payload.transportSize, hashed != size {
                throw FirmwareError(.payloadSize(expected: size, found: hashed))
            }
            guard running.finish() == payload.transportDigest else {
                throw FirmwareError(.payloadDigestMismatch(chunk: nil))
            }
        }
        return VerifiedPayload(
            component: payload.component,
            manifestDigest: manifestDigest,
            transportDigest: payload.transportDigest,
            byteCount: offset
        )
    }
}

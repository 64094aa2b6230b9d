/// What the verification of a payload wants next.
public enum ChunkTreeNeed: Hashable, Sendable {
    /// 64 bytes at 64 × index of the file beside the payload.
    case node(UInt64)
    /// Up to this many bytes of the payload, from the verifier's offset on.
    case bytes(UInt64)
    /// Nothing: finish.
    case nothing
}

/// Verifies chunk by chunk against the signed root of a chunk tree.
///
/// It keeps the part of one path that is still to come, at most 64 subtrees, whatever the payload's
/// size. A copy continues on its own only where the hash state is a value.
public struct ChunkTreeVerifier<Crypto: FirmwareCryptography> {
    /// The signed root.
    public let root: ChunkTreeRoot
    /// The shape of the tree.
    public let tree: ChunkTree
    /// Bytes of the payload that were taken, the ones before the first chunk included.
    public private(set) var offset: UInt64 = 0
    /// Chunks that were verified, the ones before the first chunk included.
    public private(set) var verifiedChunks: UInt64 = 0
    private let crypto: Crypto
    private var pending: [ChunkTree.Subtree]
    private var chunkEnd: UInt64 = 0
    private var running: Crypto.SHA256

    /// Starts before a chunk.
    ///
    /// - Parameters:
    ///   - root: the signed root.
    ///   - payloadSize: the signed size.
    ///   - firstChunk: where to start; 0 where the payload does not have that chunk.
    ///   - crypto: hashes.
    /// - Throws: nothing for a root that exists.
    public init(
        root: ChunkTreeRoot,
        payloadSize: UInt64,
        firstChunk: UInt64 = 0,
        using crypto: Crypto
    ) throws(FirmwareError) {
        self.root = root
        self.crypto = crypto
        tree = ChunkTree(payloadSize: payloadSize, chunkSize: root.chunkSize)
        running = crypto.makeSHA256()
        MerkleHash.beginLeaf(&running)
        pending = [
            ChunkTree.Subtree(
                digest: root.digest,
                firstLeaf: 0,
                leafCount: tree.chunkCount,
                node: 0
            )
        ]
        if firstChunk < tree.chunkCount { verifiedChunks = firstChunk }
        let range = tree.range(ofChunk: verifiedChunks)
        offset = range.lowerBound
        chunkEnd = range.upperBound
    }

    /// What comes next.
    public var need: ChunkTreeNeed {
        guard let top = pending.last else { return .nothing }
        guard top.isLeaf else { return .node(top.node) }
        return offset < chunkEnd ? .bytes(chunkEnd - offset) : .nothing
    }

    /// Takes a node of the file beside the payload.
    ///
    /// - Parameter node: 64 bytes, the one that ``need`` asks for.
    /// - Throws: ``FirmwareError/Violation/chunkTreeMismatch(node:)``, and the same node is needed
    ///   again: it may come from somewhere else. ``FirmwareError/Violation/unexpectedInput``.
    public mutating func supply(node: Span<UInt8>) throws(FirmwareError) {
        guard case .node(let index) = need, let top = pending.last else {
            throw FirmwareError(.unexpectedInput)
        }
        guard node.count == 64, let left = SUITDigest(node.extracting(0..<32)),
            let right = SUITDigest(node.extracting(32..<64)),
            MerkleHash.node(node, crypto) == top.digest
        else { throw FirmwareError(.chunkTreeMismatch(node: index)) }
        pending.removeLast()
        let children = top.children(left, right)
        pending.append(children.1)
        // When resuming, parts that lie wholly before the place are left out.
        if children.1.firstLeaf > verifiedChunks { pending.append(children.0) }
    }

    /// Takes more bytes.
    ///
    /// - Parameter bytes: any number; no more than the signed size altogether.
    /// - Returns: how many were taken; fewer where a node is needed first.
    /// - Throws: ``FirmwareError/Violation/payloadSize(expected:found:)`` for a byte too many;
    ///   ``FirmwareError/Violation/payloadDigestMismatch(chunk:)`` at the end of the first bad chunk:
    ///   ``offset`` is that chunk's start again, and the chunk may come from somewhere else.
    public mutating func update(_ bytes: Span<UInt8>) throws(FirmwareError) -> Int {
        guard UInt64(bytes.count) <= tree.payloadSize - offset else {
            throw FirmwareError(
                .payloadSize(expected: tree.payloadSize, found: offset + UInt64(bytes.count))
            )
        }
        var taken = 0
        while taken < bytes.count {
            guard let top = pending.last, top.isLeaf else {
                guard taken > 0 else { throw FirmwareError(.unexpectedInput) }
                return taken
            }
            let count = Int(min(UInt64(bytes.count - taken), chunkEnd - offset))
            running.update(bytes.extracting(taken..<taken + count))
            taken += count
            offset += UInt64(count)
            if offset == chunkEnd { try closeChunk(expecting: top.digest) }
        }
        return taken
    }

    private mutating func closeChunk(expecting digest: SUITDigest) throws(FirmwareError) {
        let found = running.finish()
        MerkleHash.beginLeaf(&running)
        guard found == digest else {
            offset = tree.range(ofChunk: verifiedChunks).lowerBound
            throw FirmwareError(.payloadDigestMismatch(chunk: verifiedChunks))
        }
        pending.removeLast()
        verifiedChunks += 1
        if verifiedChunks < tree.chunkCount {
            chunkEnd = tree.range(ofChunk: verifiedChunks).upperBound
        }
    }

    /// Demands that every chunk from the first one on was verified.
    ///
    /// - Throws: ``FirmwareError/Violation/payloadSize(expected:found:)``; for an empty payload
    ///   ``FirmwareError/Violation/payloadDigestMismatch(chunk:)``.
    public mutating func finish() throws(FirmwareError) {
        if tree.payloadSize == 0, let top = pending.last { try closeChunk(expecting: top.digest) }
        guard pending.isEmpty else {
            throw FirmwareError(.payloadSize(expected: tree.payloadSize, found: offset))
        }
    }
}

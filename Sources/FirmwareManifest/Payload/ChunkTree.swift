/// The shape of a chunk tree: RFC 9162 §2.1.1 over the chunks of a payload.
///
/// A leaf is SHA-256(00 | chunk), a node SHA-256(01 | left | right). The file beside the payload
/// holds the two children of every inner node, 64 bytes each, parents before children and left
/// before right: a device that reads both files from the start needs each node just when it comes.
public struct ChunkTree: Hashable, Sendable {
    /// Bytes of the payload.
    public let payloadSize: UInt64
    /// Bytes of a chunk.
    public let chunkSize: UInt64

    /// The tree over a payload.
    ///
    /// - Parameters:
    ///   - payloadSize: bytes, 0 too.
    ///   - chunkSize: bytes of a chunk; not 0 (a ``ChunkTreeRoot`` never has it).
    public init(payloadSize: UInt64, chunkSize: UInt32) {
        self.payloadSize = payloadSize
        self.chunkSize = max(1, UInt64(chunkSize))
    }

    /// Chunks; an empty payload has one, which is empty.
    public var chunkCount: UInt64 {
        payloadSize == 0 ? 1 : (payloadSize - 1) / chunkSize + 1
    }

    /// Nodes in the file beside the payload, each of them 64 bytes.
    public var nodeCount: UInt64 { chunkCount - 1 }

    /// The bytes of one chunk.
    ///
    /// - Parameter index: below ``chunkCount``.
    /// - Returns: offsets of the payload.
    public func range(ofChunk index: UInt64) -> Range<UInt64> {
        let start = min(payloadSize, index.multipliedReportingOverflow(by: chunkSize).partialValue)
        return start..<start + min(chunkSize, payloadSize - start)
    }

    /// The largest power of two below `count`: the leaves on the left side.
    static func leftCount(_ count: UInt64) -> UInt64 {
        1 << UInt64(63 - (count - 1).leadingZeroBitCount)
    }

    /// A part of the tree that was not entered yet.
    struct Subtree: Hashable {
        var digest: SUITDigest
        var firstLeaf: UInt64
        var leafCount: UInt64
        /// The index of its node; meaningless for a leaf.
        var node: UInt64

        var isLeaf: Bool { leafCount == 1 }

        func children(_ left: SUITDigest, _ right: SUITDigest) -> (Subtree, Subtree) {
            let count = ChunkTree.leftCount(leafCount)
            return (
                Subtree(digest: left, firstLeaf: firstLeaf, leafCount: count, node: node + 1),
                Subtree(
                    digest: right,
                    firstLeaf: firstLeaf + count,
                    leafCount: leafCount - count,
                    node: node + count
                )
            )
        }
    }
}

/// Builds the root of a payload and the file that goes beside it.
///
/// Memory grows with the number of chunks, 32 bytes each: this is for authors.
public struct ChunkTreeBuilder<Crypto: FirmwareCryptography> {
    private let chunkSize: Int
    private let crypto: Crypto
    private var leaves: [SUITDigest] = []
    private var running: Crypto.SHA256
    private var filled = 0
    private var size: UInt64 = 0

    /// Starts with an empty payload.
    ///
    /// - Parameters:
    ///   - chunkSize: a power of two, 256...1 048 576 bytes.
    ///   - crypto: hashes.
    /// - Throws: ``FirmwareError/Violation/valueOutOfRange``.
    public init(chunkSize: UInt64, using crypto: Crypto) throws(FirmwareError) {
        guard (256...1_048_576).contains(chunkSize), chunkSize.nonzeroBitCount == 1 else {
            throw FirmwareError(.valueOutOfRange)
        }
        self.chunkSize = Int(chunkSize)
        self.crypto = crypto
        running = crypto.makeSHA256()
        MerkleHash.beginLeaf(&running)
    }

    /// Takes more of the payload.
    public mutating func update(_ bytes: Span<UInt8>) {
        var rest = bytes
        while rest.count > 0 {
            if filled == chunkSize { closeChunk() }
            let count = min(rest.count, chunkSize - filled)
            running.update(rest.extracting(first: count))
            rest = rest.extracting(droppingFirst: count)
            filled += count
            size += UInt64(count)
        }
    }

    private mutating func closeChunk() {
        leaves.append(running.finish())
        MerkleHash.beginLeaf(&running)
        filled = 0
    }

    /// The root, and the nodes of the file beside the payload.
    ///
    /// - Returns: the signed part and the file's bytes.
    /// - Throws: nothing for a chunk size that ``init(chunkSize:using:)`` took.
    public consuming func finish() throws(FirmwareError)
        -> (root: ChunkTreeRoot, nodes: [UInt8])
    {
        if filled > 0 || leaves.isEmpty { closeChunk() }
        var nodes: [UInt8] = []
        nodes.reserveCapacity((leaves.count - 1) * 64)
        let root = append(leaves[...], to: &nodes)
        return (try ChunkTreeRoot(chunkSize: UInt64(chunkSize), digest: root), nodes)
    }

    /// Writes a subtree's nodes and returns its digest; recursion ends at the tree's height.
    private func append(_ leaves: ArraySlice<SUITDigest>, to nodes: inout [UInt8]) -> SUITDigest {
        guard leaves.count > 1 else { return leaves.first ?? MerkleHash.empty(crypto) }
        let position = nodes.count
        nodes.append(contentsOf: repeatElement(0, count: 64))
        let left = Int(ChunkTree.leftCount(UInt64(leaves.count)))
        let a = append(leaves.prefix(left), to: &nodes)
        let b = append(leaves.dropFirst(left), to: &nodes)
        let children = a.bytes + b.bytes
        for (i, byte) in children.enumerated() { nodes[position + i] = byte }
        return MerkleHash.node(children.span, crypto)
    }
}

/// The hashes of RFC 9162 §2.1.1.
enum MerkleHash {
    /// Starts a leaf.
    static func beginLeaf(_ running: inout some RunningSHA256) {
        let prefix: [UInt8] = [0]
        running.update(prefix.span)
    }

    static func node(_ children: Span<UInt8>, _ crypto: some FirmwareCryptography) -> SUITDigest {
        var input: [UInt8] = [1]
        input.reserveCapacity(65)
        for i in children.indices { input.append(children[i]) }
        return crypto.sha256(input.span)
    }

    static func empty(_ crypto: some FirmwareCryptography) -> SUITDigest {
        let prefix: [UInt8] = [0]
        return crypto.sha256(prefix.span)
    }
}

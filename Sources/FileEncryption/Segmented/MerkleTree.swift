/// The Merkle tree over a segmented file's ciphertext, in O(log *n*) memory.
///
/// The shape of RFC 9162 §2.1.1: a leaf without a sibling rises unchanged.
struct MerkleTree: Sendable {
    /// Roots of complete subtrees, the largest first; their sizes are the set bits of ``count``.
    private var roots: [Digest] = []
    private(set) var count: UInt64 = 0

    /// `leaf_i`: the segment's number and final flag are part of it.
    static func leaf(_ segment: UnsafeRawBufferPointer, index: UInt64, isFinal: Bool) -> Digest {
        // Nine bytes: the number, little-endian, and the flag.
        var head = (index.littleEndian, UInt8(isFinal ? 1 : 0))
        return unsafe withUnsafeBytes(of: &head) { head in
            unsafe Sodium.hash(
                "iotseg1 leaf",
                UnsafeRawBufferPointer(rebasing: head[..<9]),
                segment
            )
        }
    }

    static func node(_ left: Digest, _ right: Digest) -> Digest {
        unsafe withUnsafeBytes(of: left.words) { left in
            unsafe withUnsafeBytes(of: right.words) { right in
                unsafe Sodium.hash("iotseg1 node", left, right)
            }
        }
    }

    /// Adds the next leaf.
    mutating func append(_ leaf: Digest) {
        var digest = leaf
        var size = count
        while size & 1 == 1 {
            digest = Self.node(roots.removeLast(), digest)
            size >>= 1
        }
        roots.append(digest)
        count += 1
    }

    /// The root over all leaves so far; zero for none.
    var root: Digest {
        guard var digest = roots.last else { return Digest() }
        for left in roots.dropLast().reversed() { digest = Self.node(left, digest) }
        return digest
    }
}

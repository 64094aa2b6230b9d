/// One worker's memory: the bytes of a part before and after.
struct PartBuffers {
    var input = ReusedBuffer()
    var output = ReusedBuffer()

    /// Encrypts the chunks of `part` from `input` to `output`.
    ///
    /// - Returns: their leaves, where `hashing`.
    mutating func seal(
        _ part: Range<UInt64>,
        of chunks: UInt64,
        _ cipher: ChunkCipher,
        hashing: Bool
    ) -> [Digest] {
        var leaves: [Digest] = []
        let total = input.count
        let source = input
        unsafe output.fill(total + part.count * ChunkCipher.tagBytes) { target in
            unsafe source.withBytes { source in
                for (i, index) in part.enumerated() {
                    let from = i * cipher.plainBytes
                    let plain = unsafe UnsafeRawBufferPointer(
                        rebasing: source[from..<min(from + cipher.plainBytes, total)]
                    )
                    let start = unsafe target + i * cipher.cipherBytes
                    let isFinal = index == chunks - 1
                    unsafe cipher.seal(plain, index: index, isFinal: isFinal, into: start)
                    guard hashing else { continue }
                    let sealed = unsafe UnsafeRawBufferPointer(
                        start: start,
                        count: plain.count + ChunkCipher.tagBytes
                    )
                    unsafe leaves.append(MerkleTree.leaf(sealed, index: index, isFinal: isFinal))
                }
            }
        }
        return leaves
    }

    /// Decrypts the chunks of `part` from `input` to `output`.
    ///
    /// - Returns: how many opened, and their leaves; no leaves when one did not open.
    mutating func open(
        _ part: Range<UInt64>,
        _ layout: OpenedFile.Layout,
        _ cipher: ChunkCipher,
        hashing: Bool
    ) -> (count: Int, leaves: [Digest]?) {
        var leaves: [Digest]? = []
        var opened = 0
        let total = input.count
        let source = input
        unsafe output.fill(total - part.count * ChunkCipher.tagBytes) { target in
            unsafe source.withBytes { source in
                for (i, index) in part.enumerated() {
                    let from = i * cipher.cipherBytes
                    let chunk = unsafe UnsafeRawBufferPointer(
                        rebasing: source[from..<min(from + cipher.cipherBytes, total)]
                    )
                    let isFinal = index == layout.chunkCount - 1
                    let start = unsafe target + i * cipher.plainBytes
                    guard unsafe cipher.open(chunk, index: index, isFinal: isFinal, into: start)
                    else {
                        leaves = nil
                        return
                    }
                    opened += 1
                    guard hashing else { continue }
                    unsafe leaves?.append(
                        MerkleTree.leaf(chunk, index: index, isFinal: isFinal)
                    )
                }
            }
        }
        return (opened, leaves)
    }
}

/// Memory that is allocated once and filled again and again, without being zeroed in between.
@safe
final class ReusedBuffer {
    private var memory = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private(set) var count = 0

    deinit {
        unsafe wipeInPlace(UnsafeRawBufferPointer(memory))
        unsafe memory.deallocate()
    }

    private func reserve(_ capacity: Int) {
        guard unsafe memory.count < capacity else { return }
        unsafe wipeInPlace(UnsafeRawBufferPointer(memory))
        unsafe memory.deallocate()
        unsafe memory = .allocate(byteCount: capacity, alignment: 64)
    }

    /// Lets `body` append to the emptied buffer.
    func refill<E: Error>(
        _ capacity: Int,
        _ body: (inout OutputSpan<UInt8>) throws(E) -> Void
    ) throws(E) {
        reserve(capacity)
        count = 0
        let target = unsafe UnsafeMutableBufferPointer(
            start: memory.baseAddress?.assumingMemoryBound(to: UInt8.self),
            count: capacity
        )
        var output = unsafe OutputSpan(buffer: target, initializedCount: 0)
        try body(&output)
        count = unsafe output.finalize(for: target)
    }

    /// Lets `body` write exactly `count` bytes.
    func fill(_ count: Int, _ body: (UnsafeMutableRawPointer) -> Void) {
        reserve(max(1, count))
        self.count = count
        guard let base = unsafe memory.baseAddress else { return }
        unsafe body(base)
    }

    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        unsafe body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// The bytes.
    var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let bytes = unsafe UnsafeBufferPointer(
                start: UnsafePointer(memory.baseAddress?.assumingMemoryBound(to: UInt8.self)),
                count: count
            )
            return unsafe _overrideLifetime(Span(_unsafeElements: bytes), borrowing: self)
        }
    }
}

internal import Dispatch
internal import Synchronization

/// Encrypts and decrypts whole sources, on several threads, in bounded memory.
///
/// Memory is about 1 MiB for each worker, whatever the file's size.
public struct FileCipher: Sendable {
    /// How many threads; at least 1.
    public var workers: Int
    /// Called after each part, from any thread, with the bytes of plaintext done so far.
    public var progress: (@Sendable (UInt64) -> Void)?
    /// Asked before each part; `true` ends the run with `.cancelled`.
    public var isCancelled: (@Sendable () -> Bool)?

    /// Bytes of chunks a worker takes at a time.
    static let partBytes = 262_144

    /// Chooses.
    public init(
        workers: Int = 1,
        progress: (@Sendable (UInt64) -> Void)? = nil,
        isCancelled: (@Sendable () -> Bool)? = nil
    ) {
        self.workers = max(1, workers)
        self.progress = progress
        self.isCancelled = isCancelled
    }

    // MARK: - Anywhere to anywhere

    /// Encrypts a source of known size into a sink that can be written anywhere.
    ///
    /// The source must not change meanwhile. Nothing in the sink is a valid file until this
    /// returns: write to a temporary file and rename it.
    /// - Parameters:
    ///   - source: the plaintext.
    ///   - sink: where the file goes.
    ///   - format: not armored.
    ///   - recipients: whom it is for.
    /// - Returns: the bytes written, from offset 0 on.
    /// - Throws: ``EncryptionError``.
    public func encrypt(
        _ source: some RandomAccessSource,
        to sink: some RandomAccessSink,
        as format: FileFormat = .age,
        recipients: [Recipient]
    ) throws(EncryptionError) -> UInt64 {
        let plan = try EncryptionPlan(format, to: recipients)
        let size = source.byteCount
        if let promised = plan.promisedSize, promised != size {
            throw EncryptionError.plaintextSize(promised: promised, actual: size)
        }
        let plain = UInt64(plan.cipher.plainBytes)
        let chunks = max(1, size / plain + (size % plain == 0 ? 0 : 1))
        guard chunks <= plan.cipher.maximumChunks, !plan.isArmored else {
            throw EncryptionError.tooLarge
        }
        let start = UInt64(plan.prefix.count)
        let fold = LeafFold(isActive: plan.sealing != nil)
        do throws(PartFailure) {
            try Self.writing(at: 0) { () throws(SystemFailure) in
                try sink.write(plan.prefix.span, at: 0)
            }
            try run(chunks: chunks, cipher: plan.cipher) { (part, buffers) throws(PartFailure) in
                let offset = part.lowerBound * plain
                let count = Int(min(UInt64(part.count) * plain, size - offset))
                try Self.reading(at: offset) { () throws(SystemFailure) in
                    try buffers.input.refill(count) { (output) throws(SystemFailure) in
                        try source.read(at: offset, count: count, into: &output)
                    }
                }
                let leaves = buffers.seal(part, of: chunks, plan.cipher, hashing: fold.isActive)
                fold.add(leaves, at: part.lowerBound)
                let target = start + part.lowerBound * UInt64(plan.cipher.cipherBytes)
                try Self.writing(at: target) { () throws(SystemFailure) in
                    try sink.write(buffers.output.span, at: target)
                }
                return count
            }
            var end = start + size + chunks * UInt64(ChunkCipher.tagBytes)
            if let sealing = plan.sealing {
                let seal = sealing.seal(
                    plaintextSize: size,
                    segmentCount: chunks,
                    root: fold.root
                )
                let bytes = seal.encoded
                try Self.writing(at: end) { () throws(SystemFailure) in
                    try sink.write(bytes.span, at: end)
                }
                end += UInt64(bytes.count)
            }
            return end
        } catch { throw error.encryption }
    }

    /// Decrypts a source that can be read anywhere into a sink that can be written anywhere.
    ///
    /// The end and a seal's signature are authenticated first, every chunk before its plaintext is
    /// written, and a seal's root at the end. On failure the sink holds parts of the file: write to
    /// a temporary file and rename it.
    /// - Throws: ``DecryptionError``, the one with the lowest offset.
    public func decrypt(
        _ source: some RandomAccessSource,
        to sink: some RandomAccessSink,
        identities: [Identity],
        policy: DecryptionPolicy = .default
    ) throws(DecryptionError) -> VerifiedFile {
        let reader = try SeekableDecryptor(source, identities: identities, policy: policy)
        let file = reader.file
        let layout = reader.layout
        let plain = UInt64(file.cipher.plainBytes)
        let fold = LeafFold(isActive: reader.seal != nil)
        do throws(PartFailure) {
            try run(chunks: layout.chunkCount, cipher: file.cipher) {
                (part, buffers) throws(PartFailure) in
                let offset = file.offset(ofChunk: part.lowerBound)
                var count = part.count * file.cipher.cipherBytes
                if part.upperBound == layout.chunkCount {
                    count -= file.cipher.cipherBytes - layout.finalBytes
                }
                try Self.reading(at: offset) { () throws(SystemFailure) in
                    try buffers.input.refill(count) { (output) throws(SystemFailure) in
                        try source.read(at: offset, count: count, into: &output)
                    }
                }
                let opened = buffers.open(part, layout, file.cipher, hashing: fold.isActive)
                guard let leaves = opened.leaves else {
                    let chunk = part.lowerBound + UInt64(opened.count)
                    throw PartFailure(
                        offset: file.offset(ofChunk: chunk),
                        reason: .authentication
                    )
                }
                fold.add(leaves, at: part.lowerBound)
                let target = part.lowerBound * plain
                try Self.writing(at: target) { () throws(SystemFailure) in
                    try sink.write(buffers.output.span, at: target)
                }
                return buffers.output.count
            }
        } catch { throw error.decryption }
        if let seal = reader.seal, seal.root != fold.root {
            throw DecryptionError(.seal(.root), at: source.byteCount - UInt64(file.tailBytes) + 24)
        }
        return file.verified(plaintextSize: layout.plaintextSize, policy: policy)
    }

    // MARK: - Workers

    private static func reading(
        at offset: UInt64,
        _ body: () throws(SystemFailure) -> Void
    ) throws(PartFailure) {
        do throws(SystemFailure) { try body() } catch {
            throw PartFailure(offset: offset, reason: .system(error))
        }
    }

    private static func writing(
        at offset: UInt64,
        _ body: () throws(SystemFailure) -> Void
    ) throws(PartFailure) {
        try reading(at: offset, body)
    }

    /// Splits the chunks into parts that workers take one after the other.
    private func run(
        chunks: UInt64,
        cipher: ChunkCipher,
        _ body: @Sendable (Range<UInt64>, inout PartBuffers) throws(PartFailure) -> Int
    ) throws(PartFailure) {
        let perPart = UInt64(max(1, Self.partBytes / cipher.cipherBytes))
        let parts = chunks / perPart + (chunks % perPart == 0 ? 0 : 1)
        let shared = SharedRun()
        let threads = Int(min(UInt64(workers), parts))
        withoutActuallyEscaping(body) { body in
            DispatchQueue.concurrentPerform(iterations: threads) { _ in
                var buffers = PartBuffers()
                while let part = shared.next(below: parts) {
                    if isCancelled?() == true {
                        shared.fail(PartFailure(offset: 0, reason: .cancelled))
                        return
                    }
                    let first = part * perPart
                    let range = first..<min(first + perPart, chunks)
                    do throws(PartFailure) {
                        let done = shared.add(try body(range, &buffers))
                        progress?(done)
                    } catch { shared.fail(error) }
                }
            }
        }
        if let failure = shared.failure { throw failure }
    }
}

/// Why a part could not be finished.
struct PartFailure: Error {
    enum Reason {
        case system(SystemFailure)
        case authentication
        case cancelled
    }

    let offset: UInt64
    let reason: Reason

    var encryption: EncryptionError {
        switch reason {
        case .system(let failure): .system(failure)
        case .authentication, .cancelled: .cancelled
        }
    }

    var decryption: DecryptionError {
        switch reason {
        case .system(let failure): DecryptionError(.system(failure), at: offset)
        case .authentication: DecryptionError(.payload(.authentication), at: offset)
        case .cancelled: DecryptionError(.cancelled, at: offset)
        }
    }
}

/// What the workers of one run share.
private final class SharedRun: Sendable {
    private let nextPart = Atomic<UInt64>(0)
    private let done = Atomic<UInt64>(0)
    private let state = Mutex<PartFailure?>(nil)

    var failure: PartFailure? { state.withLock { $0 } }

    /// The next part; `nil` at the end and after a failure.
    func next(below count: UInt64) -> UInt64? {
        if failure != nil { return nil }
        let part = nextPart.add(1, ordering: .relaxed).oldValue
        return part < count ? part : nil
    }

    func add(_ bytes: Int) -> UInt64 { done.add(UInt64(bytes), ordering: .relaxed).newValue }

    /// Keeps the failure with the lowest offset: parts are taken in order, so it is the first one.
    func fail(_ failure: PartFailure) {
        state.withLock { kept in
            if let known = kept, known.offset <= failure.offset { return }
            kept = failure
        }
    }
}

/// Brings the leaves of parts, finished in any order, into the order of the tree.
final class LeafFold: Sendable {
    let isActive: Bool
    private let state = Mutex<(tree: MerkleTree, waiting: [UInt64: [Digest]])>((MerkleTree(), [:]))

    init(isActive: Bool) { self.isActive = isActive }

    func add(_ leaves: [Digest], at index: UInt64) {
        guard isActive else { return }
        state.withLock { state in
            state.waiting[index] = leaves
            while let next = state.waiting.removeValue(forKey: state.tree.count) {
                for leaf in next { state.tree.append(leaf) }
            }
        }
    }

    var root: Digest { state.withLock { $0.tree.root } }
}

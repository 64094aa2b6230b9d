internal import IoTCSodium

/// Encrypts one file from pieces of any size, in bounded memory.
///
/// The file key is drawn here and cannot be supplied, read or used again: an encryption that was
/// interrupted starts anew. Without ``finish(into:)`` there is no valid file.
public struct Encryptor: ~Copyable {
    private let plan: EncryptionPlan
    private var pending: [UInt8] = []
    private var scratch: [UInt8] = []
    private var text: [UInt8] = []
    private var armor: ArmorEncoder?
    private var index: UInt64 = 0
    private var consumed: UInt64 = 0
    private var tree = MerkleTree()
    private var wrotePrefix = false
    private var failure: EncryptionError?

    /// Draws a file key and wraps it for `recipients`.
    ///
    /// - Parameters:
    ///   - format: which file to write.
    ///   - recipients: 1...1 024 for age, 1...64 for segmented files; a passphrase stands alone.
    /// - Throws: ``EncryptionError``.
    /// - Complexity: one X25519 (some 50 µs) a recipient; a passphrase takes its cost.
    public init(_ format: FileFormat, to recipients: [Recipient]) throws(EncryptionError) {
        plan = try EncryptionPlan(format, to: recipients)
        if plan.isArmored { armor = ArmorEncoder() }
        pending.reserveCapacity(plan.cipher.plainBytes)
    }

    deinit { unsafe pending.withUnsafeBytes { unsafe wipeInPlace($0) } }

    /// The most bytes that one call appends for `count` bytes of input.
    public func outputBound(for count: Int) -> Int {
        let chunks = count / plan.cipher.plainBytes + 2
        let bytes =
            count + plan.cipher.plainBytes + chunks * ChunkCipher.tagBytes
            + plan.prefix.count + SegmentedSeal.byteCount
        return armor == nil ? bytes : ArmorEncoder.bound(for: bytes)
    }

    /// Encrypts the next bytes and appends what is complete.
    ///
    /// - Parameters:
    ///   - plain: any number of bytes.
    ///   - output: must have room for ``outputBound(for:)``.
    /// - Throws: ``EncryptionError``; after that every call throws it again.
    public mutating func update(
        _ plain: Span<UInt8>,
        into output: inout OutputSpan<UInt8>
    ) throws(EncryptionError) {
        try checkRoom(plain.count, output.freeCapacity)
        let (total, overflow) = consumed.addingReportingOverflow(UInt64(plain.count))
        if let promised = plan.promisedSize, overflow || total > promised {
            throw fail(.plaintextSize(promised: promised, actual: total))
        }
        let most = (plan.cipher.maximumChunks - 1).multipliedReportingOverflow(
            by: UInt64(plan.cipher.plainBytes)
        )
        guard !overflow, most.overflow || total <= most.partialValue else { throw fail(.tooLarge) }
        consumed = total
        writePrefix(into: &output)
        encrypt(plain, into: &output)
    }

    /// Writes the final chunk, and the seal.
    ///
    /// - Parameter output: must have room for ``outputBound(for:)`` of zero bytes.
    /// - Throws: ``EncryptionError/plaintextSize(promised:actual:)`` when fewer bytes came than were
    ///   promised, and any error of before.
    public mutating func finish(
        into output: inout OutputSpan<UInt8>
    ) throws(EncryptionError) {
        try checkRoom(0, output.freeCapacity)
        if let promised = plan.promisedSize, promised != consumed {
            throw fail(.plaintextSize(promised: promised, actual: consumed))
        }
        failure = .finished
        writePrefix(into: &output)
        let last = pending
        sealChunk(last.span, isFinal: true, into: &output)
        if let sealing = plan.sealing {
            let seal = sealing.seal(
                plaintextSize: consumed,
                segmentCount: index,
                root: tree.root
            )
            emit(seal.encoded.span, into: &output)
        }
        guard armor != nil else { return }
        text.removeAll(keepingCapacity: true)
        armor?.finish(into: &text)
        output.append(copying: text.span)
    }

    private mutating func checkRoom(_ count: Int, _ room: Int) throws(EncryptionError) {
        if let failure { throw failure }
        let needed = outputBound(for: count)
        guard room >= needed else {
            throw EncryptionError.outputTooSmall(needed: needed, available: room)
        }
    }

    private mutating func fail(_ error: EncryptionError) -> EncryptionError {
        failure = error
        return error
    }

    private mutating func writePrefix(into output: inout OutputSpan<UInt8>) {
        guard !wrotePrefix else { return }
        wrotePrefix = true
        let prefix = plan.prefix
        emit(prefix.span, into: &output)
    }

    /// A full chunk is written only when another byte follows: else it is the final one.
    private mutating func encrypt(_ plain: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
        let size = plan.cipher.plainBytes
        var i = 0
        while i < plain.count {
            if pending.count == size {
                let full = pending
                pending = []  // `full` is now the only owner, and is put back without its bytes
                sealChunk(full.span, isFinal: false, into: &output)
                pending = full
                pending.removeAll(keepingCapacity: true)
            }
            if pending.isEmpty, plain.count - i > size {
                sealChunk(plain.extracting(i..<i + size), isFinal: false, into: &output)
                i += size
                continue
            }
            let count = min(size - pending.count, plain.count - i)
            unsafe plain.extracting(i..<i + count).withUnsafeBufferPointer {
                unsafe pending.append(contentsOf: $0)
            }
            i += count
        }
    }

    private mutating func sealChunk(
        _ plain: Span<UInt8>,
        isFinal: Bool,
        into output: inout OutputSpan<UInt8>
    ) {
        let count = plain.count + ChunkCipher.tagBytes
        let isSealed = plan.sealing != nil
        var leaf: Digest?
        func write(to target: UnsafeMutableRawPointer) -> Int {
            unsafe plain.withUnsafeBytes {
                unsafe plan.cipher.seal($0, index: index, isFinal: isFinal, into: target)
            }
            if isSealed {
                leaf = unsafe MerkleTree.leaf(
                    UnsafeRawBufferPointer(start: target, count: count),
                    index: index,
                    isFinal: isFinal
                )
            }
            return count
        }
        if armor == nil {
            unsafe output.appendRaw(count) { unsafe write(to: $0) }
        } else {
            scratch = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                guard let base = buffer.baseAddress else { return }
                initialized = unsafe write(to: UnsafeMutableRawPointer(base))
            }
            let chunk = scratch
            emit(chunk.span, into: &output)
        }
        if let leaf { tree.append(leaf) }
        index += 1
    }

    private mutating func emit(_ bytes: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
        guard armor != nil else { return output.append(copying: bytes) }
        text.removeAll(keepingCapacity: true)
        armor?.update(bytes, into: &text)
        output.append(copying: text.span)
    }
}

extension Encryptor {
    /// Encrypts bytes in memory.
    ///
    /// - Throws: ``EncryptionError``.
    public static func encrypt(
        _ plain: Span<UInt8>,
        as format: FileFormat = .age,
        to recipients: [Recipient]
    ) throws(EncryptionError) -> [UInt8] {
        var bytes: [UInt8] = []
        var encryptor = try Encryptor(format, to: recipients)
        try bytes.appendOutput(encryptor.outputBound(for: plain.count)) {
            (output) throws(EncryptionError) in
            try encryptor.update(plain, into: &output)
        }
        try bytes.appendOutput(encryptor.outputBound(for: 0)) { (output) throws(EncryptionError) in
            try encryptor.finish(into: &output)
        }
        return bytes
    }
}

extension [UInt8] {
    /// Appends what `body` writes, at most `capacity` bytes; also what it wrote before an error.
    mutating func appendOutput<E: Error>(
        _ capacity: Int,
        _ body: (inout OutputSpan<UInt8>) throws(E) -> Void
    ) throws(E) {
        var failure: E?
        let written = [UInt8](capacity: capacity) { (output: inout OutputSpan<UInt8>) in
            do throws(E) { try body(&output) } catch { failure = error }
        }
        if isEmpty { self = written } else { append(contentsOf: written) }
        if let failure { throw failure }
    }
}

/// Overwrites bytes that are about to be freed.
func wipeInPlace(_ bytes: UnsafeRawBufferPointer) {
    unsafe sodium_memzero(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
}

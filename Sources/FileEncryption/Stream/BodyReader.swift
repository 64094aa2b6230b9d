internal import IoTCSodium

/// Opens the chunks of one body as they arrive.
///
/// A chunk is taken for a non-final one only when more bytes follow than a final chunk and the seal
/// could take: at most one chunk and the seal are held back.
struct BodyReader: ~Copyable, Sendable {
    private let file: OpenedFile
    private var held: [UInt8] = []
    private var index: UInt64 = 0
    private var plaintextSize: UInt64 = 0
    private var tree = MerkleTree()

    init(_ file: OpenedFile) {
        self.file = file
        held.reserveCapacity(file.cipher.cipherBytes + file.tailBytes)
    }

    private var isSealed: Bool { file.tailBytes > 0 }

    mutating func update(
        _ bytes: Span<UInt8>,
        into output: inout OutputSpan<UInt8>
    ) throws(DecryptionError) {
        let size = file.cipher.cipherBytes
        var i = 0
        while held.count + (bytes.count - i) > size + file.tailBytes {
            if held.isEmpty {
                try open(bytes.extracting(i..<i + size), isFinal: false, into: &output)
                i += size
            } else if held.count >= size {
                let chunk = held
                held = []
                try open(chunk.span.extracting(0..<size), isFinal: false, into: &output)
                held = chunk
                held.removeFirst(size)
            } else {
                let count = size - held.count
                hold(bytes.extracting(i..<i + count))
                i += count
            }
        }
        hold(bytes.extracting(i..<bytes.count))
    }

    mutating func finish(
        into output: inout OutputSpan<UInt8>,
        policy: DecryptionPolicy
    ) throws(DecryptionError) -> VerifiedFile {
        let start = file.offset(ofChunk: index)
        let length = start + UInt64(held.count)
        if let expected = file.header?.fileLength, expected != length {
            throw DecryptionError(
                .payload(.length(expected: expected, actual: length)),
                at: min(expected, length)
            )
        }
        let count = held.count - file.tailBytes
        guard count >= ChunkCipher.tagBytes else {
            throw DecryptionError(.payload(.truncated), at: length)
        }
        guard index == 0 || count > ChunkCipher.tagBytes else {
            throw DecryptionError(.payload(.emptyFinalChunk), at: start)
        }
        let last = held
        // A seal that does not fit is found before the last plaintext is released.
        let seal =
            isSealed
            ? try SegmentedSeal([UInt8](last[count...]), at: start + UInt64(count)) : nil
        if let seal, let header = file.header {
            try seal.check(header, file.headerHash, at: start + UInt64(count))
        }
        try open(last.span.extracting(0..<count), isFinal: true, into: &output)
        if let seal { try check(seal, at: start + UInt64(count)) }
        return file.verified(plaintextSize: plaintextSize, policy: policy)
    }

    private func check(_ seal: SegmentedSeal, at offset: UInt64) throws(DecryptionError) {
        guard seal.plaintextSize == plaintextSize else {
            throw DecryptionError(.seal(.plaintextSize), at: offset + 8)
        }
        guard seal.segmentCount == index else {
            throw DecryptionError(.seal(.segmentCount), at: offset + 16)
        }
        guard seal.root == tree.root else {
            throw DecryptionError(.seal(.root), at: offset + 24)
        }
    }

    private mutating func hold(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe held.append(contentsOf: $0) }
    }

    private mutating func open(
        _ chunk: Span<UInt8>,
        isFinal: Bool,
        into output: inout OutputSpan<UInt8>
    ) throws(DecryptionError) {
        guard index < file.cipher.maximumChunks else {
            throw DecryptionError(.payload(.tooManyChunks), at: file.offset(ofChunk: index))
        }
        var opensAs: Bool?
        unsafe output.appendRaw(chunk.count - ChunkCipher.tagBytes) { target in
            unsafe chunk.withUnsafeBytes { bytes in
                for flag in [isFinal, !isFinal] {
                    guard
                        unsafe file.cipher.open(bytes, index: index, isFinal: flag, into: target)
                    else { continue }
                    opensAs = flag
                    break
                }
            }
            // A final chunk that is followed by bytes is authentic, and so is a full one at the end
            // of a file that was cut. A short chunk without the final flag is none of the format's.
            let isWhole =
                opensAs == true || opensAs == isFinal
                || opensAs == false && chunk.count == file.cipher.cipherBytes
            return isWhole ? chunk.count - ChunkCipher.tagBytes : 0
        }
        let offset = file.offset(ofChunk: index)
        guard opensAs == isFinal else {
            switch opensAs {
            case true?:
                let end = offset + UInt64(chunk.count)
                throw DecryptionError(.payload(.trailingData), at: end)
            case false?: throw DecryptionError(.payload(.truncated), at: offset)
            case nil: throw DecryptionError(.payload(.authentication), at: offset)
            }
        }
        if isSealed {
            let leaf = unsafe chunk.withUnsafeBytes {
                unsafe MerkleTree.leaf($0, index: index, isFinal: isFinal)
            }
            tree.append(leaf)
        }
        plaintextSize += UInt64(chunk.count - ChunkCipher.tagBytes)
        index += 1
    }
}

internal import IoTCSodium

/// One key's chunks: ChaCha20-Poly1305 with a counter and a final flag in the nonce.
///
/// Chunks are independent, so any number of threads may share a value.
struct ChunkCipher: Sendable {
    /// Where the nonce holds the chunk number.
    enum NonceLayout: Sendable {
        /// 11 bytes big-endian, then the flag (age v1, "STREAM").
        case age
        /// Three zero bytes, the flag, 8 bytes little-endian (IOTSEG).
        case segmented
    }

    static let tagBytes = 16

    let layout: NonceLayout
    let key: SecureBytes
    /// Bytes of a full chunk's plaintext.
    let plainBytes: Int
    /// Numbers at or above are refused.
    let maximumChunks: UInt64

    /// Bytes of a full chunk's ciphertext.
    var cipherBytes: Int { plainBytes + Self.tagBytes }

    private func withNonce<R>(
        _ index: UInt64,
        _ isFinal: Bool,
        _ body: (UnsafePointer<UInt8>) -> R
    ) -> R {
        let flag: UInt32 = isFinal ? 1 : 0
        // Built from words: 12 bytes in memory order.
        var nonce: (UInt32, UInt32, UInt32)
        switch layout {
        case .age:
            // Bytes 0...2 are zero, 3...10 the number, 11 the flag.
            nonce = (
                UInt32(truncatingIfNeeded: index >> 56).bigEndian,
                UInt32(truncatingIfNeeded: index >> 24).bigEndian,
                (UInt32(truncatingIfNeeded: index) << 8 | flag).bigEndian
            )
        case .segmented:
            nonce = (
                flag.bigEndian,
                UInt32(truncatingIfNeeded: index).littleEndian,
                UInt32(truncatingIfNeeded: index >> 32).littleEndian
            )
        }
        return unsafe withUnsafePointer(to: &nonce) { nonce in
            unsafe nonce.withMemoryRebound(to: UInt8.self, capacity: 12) { unsafe body($0) }
        }
    }

    // Pointers, not spans: the ciphertext goes straight from and to the caller's memory, 64 KiB at
    // a time, and libsodium takes pointers. Lengths are checked by every caller in this module.

    /// Encrypts one chunk; `target` receives `plain.count` + 16 bytes.
    func seal(
        _ plain: UnsafeRawBufferPointer,
        index: UInt64,
        isFinal: Bool,
        into target: UnsafeMutableRawPointer
    ) {
        unsafe withNonce(index, isFinal) { nonce in
            unsafe _ = crypto_aead_chacha20poly1305_ietf_encrypt(
                target.assumingMemoryBound(to: UInt8.self),
                nil,
                plain.baseAddress?.assumingMemoryBound(to: UInt8.self),
                UInt64(plain.count),
                nil,
                0,
                nil,
                nonce,
                key.pointer
            )
        }
    }

    /// Decrypts one chunk; `target` receives `cipher.count` - 16 bytes, zero on failure.
    func open(
        _ cipher: UnsafeRawBufferPointer,
        index: UInt64,
        isFinal: Bool,
        into target: UnsafeMutableRawPointer
    ) -> Bool {
        guard
            cipher.count >= Self.tagBytes,
            let base = unsafe cipher.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { return false }
        return unsafe withNonce(index, isFinal) { nonce in
            unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                target.assumingMemoryBound(to: UInt8.self),
                nil,
                nil,
                base,
                UInt64(cipher.count),
                nil,
                0,
                nonce,
                key.pointer
            ) == 0
        }
    }

    /// Checks one chunk's tag and discards its plaintext.
    func isAuthentic(_ cipher: UnsafeRawBufferPointer, index: UInt64, isFinal: Bool) -> Bool {
        guard
            cipher.count >= Self.tagBytes,
            let base = unsafe cipher.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { return false }
        // With no target libsodium checks the tag only.
        return unsafe withNonce(index, isFinal) { nonce in
            unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                nil,
                nil,
                nil,
                base,
                UInt64(cipher.count),
                nil,
                0,
                nonce,
                key.pointer
            ) == 0
        }
    }
}

extension OutputSpan<UInt8> {
    /// Lets `body` write up to `count` bytes at the end and keeps as many as it says.
    ///
    /// The caller has checked ``freeCapacity``.
    mutating func appendRaw(_ count: Int, _ body: (UnsafeMutableRawPointer) -> Int) {
        precondition(freeCapacity >= count)
        unsafe withUnsafeMutableBufferPointer { buffer, initialized in
            guard let base = buffer.baseAddress else { return }
            initialized += unsafe body(UnsafeMutableRawPointer(base + initialized))
        }
    }

    /// Appends copies of `bytes`; the caller has checked ``freeCapacity``.
    mutating func append(copying bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        unsafe appendRaw(bytes.count) { target in
            unsafe bytes.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(start: target, count: source.count)
                    .copyMemory(from: source)
            }
            return bytes.count
        }
    }
}

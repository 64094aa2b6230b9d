internal import IoTCSodium

extension Sodium {
    // MARK: - HMAC-SHA-256 (RFC 2104) and HKDF (RFC 5869)

    /// HMAC-SHA-256 of `message`.
    static func hmac(key: Span<UInt8>, _ message: Span<UInt8>) -> [UInt8] {
        start()
        var tag = [UInt8](repeating: 0, count: 32)
        unsafe hmac(key: key, into: &tag, message)
        return tag
    }

    private static func hmac(
        key: Span<UInt8>,
        into tag: UnsafeMutablePointer<UInt8>,
        _ message: Span<UInt8>
    ) {
        var state = crypto_auth_hmacsha256_state()
        unsafe key.withPointer {
            unsafe _ = crypto_auth_hmacsha256_init(&state, $0, key.count)
        }
        unsafe message.withPointer {
            unsafe _ = crypto_auth_hmacsha256_update(&state, $0, UInt64(message.count))
        }
        unsafe _ = crypto_auth_hmacsha256_final(&state, tag)
        unsafe sodium_memzero(&state, MemoryLayout.size(ofValue: state))
    }

    /// The most bytes HKDF-SHA-256 can give: 255 hashes.
    static let hkdfLimit = 255 * 32

    /// HKDF-SHA-256, extract and expand.
    ///
    /// libsodium 1.0.18 has HMAC only.
    ///
    /// - Returns: `nil` when more than ``hkdfLimit`` bytes are asked for.
    static func hkdf(
        _ secret: Span<UInt8>,
        salt: Span<UInt8>,
        info: Span<UInt8>,
        count: Int
    ) -> SecureBytes? {
        guard (0...hkdfLimit).contains(count) else { return nil }
        start()
        // RFC 5869 §2.2: no salt means 32 zero bytes, which HMAC pads an empty key to anyway.
        let extracted = SecureBytes(count: 32) { (target: inout MutableSpan<UInt8>) in
            unsafe target.withPointer { unsafe hmac(key: salt, into: $0, secret) }
        }
        return SecureBytes(count: count) { (target: inout MutableSpan<UInt8>) in
            extracted.withBytes { expand($0, info: info, into: &target) }
        }
    }

    private static func expand(
        _ key: Span<UInt8>,
        info: Span<UInt8>,
        into target: inout MutableSpan<UInt8>
    ) {
        var block = [UInt8](repeating: 0, count: 32)
        var filled = 0
        var counter: UInt8 = 0
        while filled < target.count {
            counter += 1  // at most 255: checked by the caller
            var state = crypto_auth_hmacsha256_state()
            unsafe key.withPointer {
                unsafe _ = crypto_auth_hmacsha256_init(&state, $0, key.count)
            }
            if filled > 0 {
                unsafe _ = crypto_auth_hmacsha256_update(&state, block, 32)
            }
            unsafe info.withPointer {
                unsafe _ = crypto_auth_hmacsha256_update(&state, $0, UInt64(info.count))
            }
            unsafe _ = crypto_auth_hmacsha256_update(&state, &counter, 1)
            unsafe _ = crypto_auth_hmacsha256_final(&state, &block)
            unsafe sodium_memzero(&state, MemoryLayout.size(ofValue: state))
            for i in 0..<min(32, target.count - filled) { target[filled + i] = block[i] }
            filled += 32
        }
        wipe(&block)
    }

    // MARK: - BLAKE2b with a personalisation (RFC 7693): the `H` and `PRF` of IOTSEG

    private static func blake2b(
        _ label: StaticString,
        key: SecureBytes?,
        _ a: UnsafeRawBufferPointer,
        _ b: UnsafeRawBufferPointer,
        _ c: UnsafeRawBufferPointer,
        into target: UnsafeMutablePointer<UInt8>
    ) {
        precondition(label.utf8CodeUnitCount <= 16)
        start()
        var personal: (UInt64, UInt64) = (0, 0)
        unsafe withUnsafeMutableBytes(of: &personal) { personal in
            unsafe personal.copyMemory(
                from: UnsafeRawBufferPointer(
                    start: label.utf8Start,
                    count: label.utf8CodeUnitCount
                )
            )
            unsafe personal.withMemoryRebound(to: UInt8.self) { personal in
                guard let personal = personal.baseAddress else { return }
                unsafe iot_blake2b(
                    target,
                    personal,
                    key?.pointer,
                    key?.count ?? 0,
                    a.baseAddress,
                    a.count,
                    b.baseAddress,
                    b.count,
                    c.baseAddress,
                    c.count
                )
            }
        }
    }

    /// `H(label, a | b)`.
    static func hash(
        _ label: StaticString,
        _ a: UnsafeRawBufferPointer,
        _ b: UnsafeRawBufferPointer = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    ) -> Digest {
        var digest = Digest()
        unsafe withUnsafeMutableBytes(of: &digest.words) { target in
            unsafe target.withMemoryRebound(to: UInt8.self) { target in
                guard let target = target.baseAddress else { return }
                let none = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
                unsafe blake2b(label, key: nil, a, b, none, into: target)
            }
        }
        return digest
    }

    /// `H(label, x)`.
    static func hash(_ label: StaticString, _ bytes: Span<UInt8>) -> Digest {
        unsafe bytes.withUnsafeBytes { unsafe hash(label, $0) }
    }

    /// `PRF(key, label, x)`.
    static func derive(_ label: StaticString, key: SecureBytes, _ bytes: Span<UInt8>) -> SecureBytes
    {
        precondition(key.count == 32)
        return SecureBytes(count: 32) { (target: inout MutableSpan<UInt8>) in
            unsafe target.withPointer { target in
                unsafe bytes.withUnsafeBytes { bytes in
                    let none = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
                    unsafe blake2b(label, key: key, bytes, none, none, into: target)
                }
            }
        }
    }
}

extension Span<UInt8> {
    /// Lends the address, which is never null: libsodium's prototypes demand that.
    func withPointer<R>(_ body: (UnsafePointer<UInt8>) -> R) -> R {
        unsafe withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { return unsafe body(base) }
            let nothing: UInt8 = 0
            return unsafe withUnsafePointer(to: nothing) { unsafe body($0) }
        }
    }
}

extension MutableSpan<UInt8> {
    /// Lends the address, which is never null: libsodium's prototypes demand that.
    mutating func withPointer<R>(_ body: (UnsafeMutablePointer<UInt8>) -> R) -> R {
        unsafe withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { return unsafe body(base) }
            var nothing: UInt8 = 0
            return unsafe withUnsafeMutablePointer(to: &nothing) { unsafe body($0) }
        }
    }
}

/// 32 bytes of BLAKE2b, without an allocation.
struct Digest: Hashable, Sendable {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// All zero.
    init() {}

    /// The first 32 bytes of `bytes` from `offset` on.
    init(_ bytes: [UInt8], at offset: Int = 0) {
        precondition(offset + 32 <= bytes.count)
        unsafe withUnsafeMutableBytes(of: &words) { target in
            for i in 0..<32 { unsafe target[i] = bytes[offset + i] }
        }
    }

    var bytes: [UInt8] { unsafe withUnsafeBytes(of: words) { unsafe [UInt8]($0) } }

    static func == (a: Digest, b: Digest) -> Bool { a.words == b.words }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
    }
}

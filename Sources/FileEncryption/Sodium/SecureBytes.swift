internal import IoTCSodium

/// Secret bytes in guarded memory: locked where the system allows, zeroed when released.
///
/// The bytes live between guard pages (`sodium_malloc`), are excluded from swap and core dumps
/// where the system's limits allow it, and are read-only after initialisation. A value of this
/// class is never printed, compared in variable time, encoded or copied: passing it on passes a
/// reference to the one copy. When the guarded allocator is out of mappings the bytes live in plain
/// memory (``isGuarded`` tells) and are zeroed just the same.
@safe
public final class SecureBytes: @unchecked Sendable {
    /// The number of bytes.
    public let count: Int
    /// Whether the bytes lie between guard pages.
    public let isGuarded: Bool
    // Written only during initialisation, then read-only: sharing it between threads is sound.
    private let base: UnsafeMutableRawPointer

    /// Makes room for `count` bytes and lets `body` fill it; unfilled bytes are zero.
    ///
    /// - Parameters:
    ///   - count: bytes, at least 0.
    ///   - body: receives the memory, all zero.
    /// - Throws: what `body` throws.
    /// - Complexity: O(*count*) and a few system calls (tens of microseconds).
    public init<E: Error>(
        count: Int,
        initializingWith body: (inout MutableSpan<UInt8>) throws(E) -> Void
    ) throws(E) {
        Sodium.start()
        self.count = count
        if let guarded = unsafe sodium_malloc(count) {
            unsafe base = guarded
            isGuarded = true
        } else {
            unsafe base = .allocate(byteCount: max(count, 1), alignment: 16)
            isGuarded = false
        }
        unsafe sodium_memzero(base, count)
        let bytes = unsafe UnsafeMutableBufferPointer(
            start: base.assumingMemoryBound(to: UInt8.self),
            count: count
        )
        var span = unsafe MutableSpan(_unsafeElements: bytes)
        try body(&span)
        if isGuarded { unsafe _ = sodium_mprotect_readonly(base) }
    }

    /// Copies `bytes`; wiping the original is the caller's duty.
    public convenience init(copying bytes: Span<UInt8>) {
        self.init(count: bytes.count) { (target: inout MutableSpan<UInt8>) in
            for i in bytes.indices { target[i] = bytes[i] }
        }
    }

    /// Moves `bytes` into guarded memory and zeroes the array.
    public convenience init(wiping bytes: inout [UInt8]) {
        self.init(copying: bytes.span)
        wipe(&bytes)
    }

    /// Draws `count` bytes from the system's random source.
    public convenience init(randomCount count: Int) {
        self.init(count: count) { (target: inout MutableSpan<UInt8>) in
            unsafe target.withPointer { unsafe randombytes_buf($0, count) }
        }
    }

    deinit {
        if isGuarded {
            unsafe sodium_free(base)  // zeroes first
        } else {
            unsafe sodium_memzero(base, count)
            unsafe base.deallocate()
        }
    }

    /// Lends the bytes for the duration of `body`.
    public func withBytes<R: ~Copyable, E: Error>(
        _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        let buffer = unsafe UnsafeBufferPointer(
            start: UnsafePointer(base.assumingMemoryBound(to: UInt8.self)),
            count: count
        )
        let span = unsafe Span(_unsafeElements: buffer)
        return try body(span)
    }

    /// The address, for calls into libsodium; valid while `self` lives.
    var pointer: UnsafePointer<UInt8> {
        unsafe UnsafePointer(base.assumingMemoryBound(to: UInt8.self))
    }

    /// Compares in time that depends on the lengths only.
    public func isEqual(to other: SecureBytes) -> Bool {
        guard count == other.count else { return false }
        return unsafe sodium_memcmp(base, other.base, count) == 0
    }
}

/// Overwrites an array's bytes in a way that the optimiser keeps.
func wipe(_ bytes: inout [UInt8]) {
    let count = bytes.count
    unsafe sodium_memzero(&bytes, count)
    bytes.removeAll()
}

/// Writes the fields of one packet into free space of a caller's buffer.
///
/// The space is checked once, before the first byte; each write checks again that it stays inside.
@safe
public struct PacketWriter: ~Copyable, ~Escapable {
    @usableFromInline let base: UnsafeMutablePointer<UInt8>
    @usableFromInline let capacity: Int
    @usableFromInline var count: Int

    // A pointer, because a span of output grows byte by byte and its count goes through memory for
    // each of them: twice the time of a PUBACK.
    @_lifetime(borrow buffer)
    @inlinable
    init(
        _ buffer: borrowing UnsafeMutableBufferPointer<UInt8>,
        from start: Int,
        base: UnsafeMutablePointer<UInt8>
    ) {
        unsafe self.base = base + start
        capacity = buffer.count - start
        count = 0
    }

    /// Makes room for `size` bytes.
    @inline(__always)
    @usableFromInline
    mutating func reserve(_ size: Int) -> UnsafeMutablePointer<UInt8> {
        precondition(size <= capacity - count, "a packet is larger than its computed size")
        let place = unsafe base + count
        count += size
        return unsafe place
    }

    @inline(__always)
    mutating func byte(_ value: UInt8) {
        unsafe reserve(1).pointee = value
    }

    @inline(__always)
    mutating func twoByteInteger(_ value: UInt16) {
        let place = unsafe reserve(2)
        unsafe place[0] = UInt8(truncatingIfNeeded: value >> 8)
        unsafe place[1] = UInt8(truncatingIfNeeded: value)
    }

    @inline(__always)
    mutating func fourByteInteger(_ value: UInt32) {
        twoByteInteger(UInt16(truncatingIfNeeded: value >> 16))
        twoByteInteger(UInt16(truncatingIfNeeded: value))
    }

    @inline(__always)
    mutating func variableByteInteger(_ value: Int) {
        var rest = UInt32(truncatingIfNeeded: value)
        while rest >= 0x80 {
            byte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        byte(UInt8(truncatingIfNeeded: rest))
    }

    /// Bytes without a length.
    @inline(__always)
    mutating func bytes(_ source: Span<UInt8>) {
        let size = source.count
        let place = unsafe reserve(size)
        unsafe source.withUnsafeBufferPointer { pointer in
            if let start = pointer.baseAddress {
                unsafe place.update(from: start, count: size)
            }
        }
    }

    /// Two bytes of length and bytes.
    @inline(__always)
    mutating func field(_ source: Span<UInt8>) {
        twoByteInteger(UInt16(truncatingIfNeeded: source.count))
        bytes(source)
    }

    /// Writes a length and makes room for as many bytes.
    @inline(__always)
    private mutating func reserveField(_ size: Int) -> UnsafeMutablePointer<UInt8> {
        twoByteInteger(UInt16(truncatingIfNeeded: size))
        return unsafe reserve(size)
    }

    /// Two bytes of length and text.
    @inline(__always)
    mutating func field(_ text: borrowing String) {
        let place = unsafe reserveField(text.utf8.count)
        text.withUTF8Bytes { source in
            unsafe source.withUnsafeBufferPointer { pointer in
                if let start = pointer.baseAddress, pointer.count > 0 {
                    unsafe place.update(from: start, count: pointer.count)
                }
            }
        }
    }

    /// The property length and all properties.
    @inline(__always)
    mutating func properties(_ properties: borrowing Properties) {
        let size = properties.byteCount
        variableByteInteger(size)
        if size > 0 { bytes(properties.storage.span) }
    }
}

/// Bytes that grow at their end: what packed documents and messages are written into.
///
/// Memory of its own instead of an `Array`: the engine appends many pieces of a few bytes, and an
/// array checks uniqueness for each of them (measured: three times the cost of a copy). Every
/// access is checked against what has been written.
@safe
struct ByteBuilder: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Bytes written so far.
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = Swift.max(64, capacity)
        unsafe base = .allocate(capacity: self.capacity)
    }

    deinit { unsafe base.deallocate() }

    /// The bytes so far.
    var span: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)
        get {
            let bytes = unsafe Span(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(bytes, borrowing: self)
        }
    }

    /// A copy of the bytes so far, in memory of exactly their size.
    func array() -> [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: base, count: count))
    }

    /// A copy of the bytes from `start` on.
    func array(from start: Int) -> [UInt8] {
        precondition(start >= 0 && start <= count)
        return unsafe Array(UnsafeBufferPointer(start: base + start, count: count - start))
    }

    /// Forgets the bytes from `length` on.
    mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count)
        count = length
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        if count == capacity { grow(by: 1) }
        unsafe base[count] = byte
        count &+= 1
    }

    @inline(__always)
    mutating func append(_ bytes: Span<UInt8>) {
        let length = bytes.count
        if length > capacity &- count { grow(by: length) }
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe (base + count).update(from: start, count: length)
        }
        count &+= length
    }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(unsafe Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a copy of some of the bytes that are here already.
    mutating func repeatBytes(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        if range.count > capacity &- count { grow(by: range.count) }
        unsafe (base + count).update(from: base + range.lowerBound, count: range.count)
        count &+= range.count
    }

    /// Appends a number in decimal digits.
    mutating func appendDecimal(_ value: UInt64) {
        if capacity &- count < 20 { grow(by: 20) }
        var digits = 1
        var bound: UInt64 = 10
        while digits < 20, value >= bound {
            digits += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        var rest = value
        var position = count + digits
        while position > count {
            position -= 1
            unsafe base[position] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += digits
    }

    /// Appends the lowest `length` bytes of a number, 8 at most, the lowest one first.
    @inline(__always)
    mutating func appendLittleEndian(_ value: UInt64, length: Int) {
        precondition(length >= 0 && length <= 8)
        // All eight are written; the next piece overwrites those that do not count.
        if capacity &- count < 8 { grow(by: 8) }
        unsafe UnsafeMutableRawPointer(base + count).storeBytes(
            of: value.littleEndian,
            as: UInt64.self
        )
        count &+= length
    }

    /// Replaces four bytes that are here already, the lowest one first.
    @inline(__always)
    mutating func patch(_ value: Int, at offset: Int) {
        precondition(offset >= 0 && offset <= count - 4)
        unsafe UnsafeMutableRawPointer(base + offset).storeBytes(
            of: UInt32(truncatingIfNeeded: value).littleEndian,
            as: UInt32.self
        )
    }

    /// Replaces one byte that is here already.
    @inline(__always)
    mutating func set(_ byte: UInt8, at offset: Int) {
        precondition(offset >= 0 && offset < count)
        unsafe base[offset] = byte
    }

    @inline(never)
    private mutating func grow(by length: Int) {
        let larger = Swift.max(capacity * 2, count + length)
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        unsafe memory.update(from: base, count: count)
        unsafe base.deallocate()
        unsafe base = memory
        capacity = larger
    }
}

extension ByteBuilder {
    /// Appends a string's bytes between quotes, with the shortest escapes (RFC 8259 §7).
    mutating func appendQuoted(_ utf8: Span<UInt8>) {
        append(0x22)
        appendEscaped(utf8)
        append(0x22)
    }

    /// Appends a string's bytes with the shortest escapes, without quotes.
    mutating func appendEscaped(_ utf8: Span<UInt8>) {
        var start = 0
        for k in utf8.indices {
            let byte = utf8[k]
            guard byte < 0x20 || byte == 0x22 || byte == 0x5C else { continue }
            append(utf8.extracting(start..<k))
            appendEscape(byte)
            start = k + 1
        }
        append(utf8.extracting(start..<utf8.count))
    }

    private mutating func appendEscape(_ byte: UInt8) {
        append(0x5C)
        switch byte {
        case 0x08: append(0x62)
        case 0x09: append(0x74)
        case 0x0A: append(0x6E)
        case 0x0C: append(0x66)
        case 0x0D: append(0x72)
        case 0x22, 0x5C: append(byte)
        default:
            append("u00")
            append(0x30 + byte >> 4)
            append(byte & 15 < 10 ? 0x30 + byte & 15 : 0x57 + byte & 15)
        }
    }
}

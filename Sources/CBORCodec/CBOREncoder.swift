/// Writes items in core deterministic encoding. RFC 8949 §4.2.1
///
/// Arguments and floats come out in their shortest form and lengths are definite; ``append(map:)``
/// sorts keys. Heads are written as they come: the caller keeps the count he announced.
public struct CBOREncoder: Hashable, Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8]

    /// Starts with nothing.
    ///
    /// - Parameter capacity: bytes to reserve.
    public init(reservingCapacity capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// The bytes of one item, written by a function.
    public static func encode(_ body: (inout CBOREncoder) -> Void) -> [UInt8] {
        var encoder = CBOREncoder()
        body(&encoder)
        return encoder.bytes
    }

    private mutating func appendHead(_ type: CBORMajorType, _ argument: UInt64) {
        let major = type.rawValue << 5
        switch argument {
        case 0..<24: bytes.append(major | UInt8(argument))
        case 24..<0x100: appendBigEndian(argument, size: 1, initial: major | 24)
        case 0x100..<0x1_0000: appendBigEndian(argument, size: 2, initial: major | 25)
        case 0x1_0000..<0x1_0000_0000: appendBigEndian(argument, size: 4, initial: major | 26)
        default: appendBigEndian(argument, size: 8, initial: major | 27)
        }
    }

    private mutating func appendBigEndian(_ value: UInt64, size: Int, initial: UInt8) {
        bytes.append(initial)
        for shift in stride(from: (size - 1) * 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    /// Writes an unsigned integer.
    public mutating func append(unsigned value: UInt64) { appendHead(.unsigned, value) }

    /// Writes an unsigned or a negative integer.
    public mutating func append(integer value: Int64) {
        if value >= 0 {
            appendHead(.unsigned, UInt64(value))
        } else {
            appendHead(.negative, UInt64(bitPattern: ~value))
        }
    }

    /// Writes a byte string.
    public mutating func append(byteString value: [UInt8]) {
        appendHead(.byteString, UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// Writes a text string.
    public mutating func append(textString value: String) {
        let utf8 = value.utf8
        appendHead(.textString, UInt64(utf8.count))
        bytes.append(contentsOf: utf8)
    }

    /// Writes the head of an array; `count` items must follow.
    public mutating func append(arrayCount count: Int) { appendHead(.array, UInt64(count)) }

    /// Writes the head of a map; `count` pairs must follow, keys ascending by their encoded bytes.
    public mutating func append(mapCount count: Int) { appendHead(.map, UInt64(count)) }

    /// Writes a tag number; the tagged item must follow.
    public mutating func append(tag number: UInt64) { appendHead(.tag, number) }

    /// Writes `true` or `false`.
    public mutating func append(bool value: Bool) { bytes.append(value ? 0xF5 : 0xF4) }

    /// Writes `null`.
    public mutating func appendNull() { bytes.append(0xF6) }

    /// Writes a floating-point value in the shortest form that holds it exactly; one NaN.
    public mutating func append(float value: Double) {
        let (information, bits) = CBORFloat.shortest(value)
        appendBigEndian(bits, size: 1 << Int(information - 24), initial: 0xE0 | information)
    }

    /// Writes an item that is encoded already.
    public mutating func append(encoded item: [UInt8]) { bytes.append(contentsOf: item) }

    /// Writes a byte string that holds one item.
    public mutating func append(embedding body: (inout CBOREncoder) -> Void) {
        append(byteString: Self.encode(body))
    }

    /// Writes a map whose pairs may come in any order.
    ///
    /// - Parameter pairs: encoded keys and encoded values.
    /// - Throws: ``CBORError/Violation/duplicateKey``, at the place in `bytes` where the map would
    ///   begin; nothing is written then.
    public mutating func append(
        map pairs: [(key: [UInt8], value: [UInt8])]
    ) throws(CBORError) {
        let sorted = pairs.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for (a, b) in zip(sorted, sorted.dropFirst()) where a.key == b.key {
            throw CBORError(.duplicateKey, at: bytes.count)
        }
        append(mapCount: sorted.count)
        for pair in sorted {
            bytes.append(contentsOf: pair.key)
            bytes.append(contentsOf: pair.value)
        }
    }
}

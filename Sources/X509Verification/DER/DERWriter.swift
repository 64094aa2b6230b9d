/// Builds DER from the inside out.
///
/// Used for requests and certificates that we make, and by tests. Values are `[UInt8]`: writing is no
/// hot path.
public enum DERWriter {
    /// One element.
    ///
    /// - Parameters:
    ///   - tag: the identifier octet; its number must be below 31.
    ///   - content: the content, or the elements inside it, in order.
    /// - Returns: the element with its length in the minimal form.
    public static func element(_ tag: UInt8, _ content: [UInt8]...) -> [UInt8] {
        let count = content.reduce(0) { $0 + $1.count }
        var output: [UInt8] = [tag]
        output.reserveCapacity(count + 6)
        if count < 0x80 {
            output.append(UInt8(count))
        } else {
            var length: [UInt8] = []
            var rest = count
            while rest > 0 {
                length.append(UInt8(truncatingIfNeeded: rest))
                rest >>= 8
            }
            output.append(0x80 | UInt8(length.count))
            output.append(contentsOf: length.reversed())
        }
        for part in content { output.append(contentsOf: part) }
        return output
    }

    /// A SEQUENCE.
    public static func sequence(_ elements: [UInt8]...) -> [UInt8] {
        element(DERTag.sequence, elements.flatMap { $0 })
    }

    /// A SET OF, in the order of X.690 §11.6.
    public static func set(_ elements: [[UInt8]]) -> [UInt8] {
        let sorted = elements.sorted { a, b in a.lexicographicallyPrecedes(b) }
        return element(DERTag.set, sorted.flatMap { $0 })
    }

    /// An INTEGER that is at least 0.
    ///
    /// The magnitude is big-endian and of any length; leading zero bytes are dropped.
    public static func integer(_ magnitude: [UInt8]) -> [UInt8] {
        var digits = Array(magnitude.drop { $0 == 0 })
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
        return element(DERTag.integer, digits)
    }

    /// An INTEGER that is at least 0.
    public static func integer(_ value: Int) -> [UInt8] {
        integer((0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) })
    }

    /// A BIT STRING of whole bytes.
    public static func bitString(_ bytes: [UInt8]) -> [UInt8] {
        element(DERTag.bitString, [0], bytes)
    }

    /// An OCTET STRING.
    public static func octetString(_ bytes: [UInt8]) -> [UInt8] {
        element(DERTag.octetString, bytes)
    }

    /// An OBJECT IDENTIFIER.
    public static func objectIdentifier(_ identifier: ObjectIdentifier) -> [UInt8] {
        element(DERTag.objectIdentifier, identifier.content)
    }

    /// A UTF8String.
    public static func utf8String(_ text: String) -> [UInt8] {
        element(DERTag.utf8String, Array(text.utf8))
    }

    /// BOOLEAN TRUE.
    public static var isTrue: [UInt8] { [DERTag.boolean, 1, 0xFF] }

    /// NULL.
    public static var null: [UInt8] { [DERTag.null, 0] }
}

/// Bech32 as age keys use it: BIP 173 without its length limit of 90 characters.
public enum Bech32 {
    /// The longest text that is decoded.
    public static let maximumLength = 4_096

    /// What was wrong with a text.
    public struct Malformed: Error, Hashable, Sendable {
        /// The rule that was broken.
        public enum Violation: Hashable, Sendable {
            /// Longer than ``Bech32/maximumLength`` or too short to hold a checksum.
            case length
            /// Both cases in one text. BIP 173
            case mixedCase
            /// A character outside 33...126, or outside the alphabet in the data part.
            case character(UInt8)
            /// No `1` between a human-readable part and six or more data characters.
            case separator
            /// The checksum does not match.
            case checksum
            /// Bits left over after the last byte: more than four, or not zero.
            case padding
        }

        /// The rule that was broken.
        public let violation: Violation
        /// Bytes from the start of the text.
        public let offset: Int

        init(_ violation: Violation, at offset: Int) {
            self.violation = violation
            self.offset = offset
        }
    }

    private static let alphabet = [UInt8]("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 128)
        for (value, character) in alphabet.enumerated() {
            table[Int(character)] = UInt8(value)
            // Digits have no upper case.
            if character >= 0x61 { table[Int(character) - 0x20] = UInt8(value) }
        }
        return table
    }()

    /// Encodes `bytes` in lower case.
    ///
    /// - Parameters:
    ///   - prefix: the human-readable part, lower case.
    ///   - bytes: any number of bytes.
    /// - Returns: the text with its checksum.
    public static func encode(prefix: String, _ bytes: Span<UInt8>) -> String {
        String(decoding: encodeBytes(prefix: [UInt8](prefix.utf8), bytes), as: UTF8.self)
    }

    static func encodeBytes(prefix: [UInt8], _ bytes: Span<UInt8>) -> [UInt8] {
        var words: [UInt8] = []
        words.reserveCapacity(bytes.count * 8 / 5 + 7)
        var pending: UInt32 = 0
        var bits = 0
        for i in bytes.indices {
            pending = (pending << 8 | UInt32(bytes[i])) & 0xFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                words.append(UInt8(pending >> UInt32(bits) & 31))
            }
        }
        if bits > 0 { words.append(UInt8(pending << UInt32(5 - bits) & 31)) }
        var checksum = Checksum(prefix: prefix)
        for word in words { checksum.add(word) }
        for _ in 0..<6 { checksum.add(0) }
        let sum = checksum.value ^ 1
        for i in 0..<6 { words.append(UInt8(sum >> UInt32(5 * (5 - i)) & 31)) }
        defer { wipe(&words) }
        return prefix + [0x31] + words.map { alphabet[Int($0)] }
    }

    /// Decodes `text`, upper or lower case.
    ///
    /// - Returns: the prefix in lower case, and the bytes.
    /// - Throws: ``Malformed`` at the first character that breaks a rule; the text's length for a
    ///   wrong checksum.
    /// - Complexity: O(*n*).
    public static func decode(
        _ text: Span<UInt8>
    ) throws(Malformed) -> (prefix: [UInt8], bytes: [UInt8]) {
        guard (8...maximumLength).contains(text.count) else { throw Malformed(.length, at: 0) }
        var separator: Int?
        var upper = false
        var lower = false
        for i in text.indices {
            let c = text[i]
            guard (33...126).contains(c) else { throw Malformed(.character(c), at: i) }
            if (0x41...0x5A).contains(c) { upper = true }
            if (0x61...0x7A).contains(c) { lower = true }
            if upper, lower { throw Malformed(.mixedCase, at: i) }
            if c == 0x31 { separator = i }
        }
        guard let separator, separator >= 1, separator + 7 <= text.count else {
            throw Malformed(.separator, at: separator ?? 0)
        }
        var prefix: [UInt8] = []
        for i in 0..<separator {
            prefix.append(upper && (0x41...0x5A).contains(text[i]) ? text[i] + 0x20 : text[i])
        }
        return (prefix, try decodeData(text, from: separator + 1, prefix: prefix))
    }

    private static func decodeData(
        _ text: Span<UInt8>,
        from start: Int,
        prefix: [UInt8]
    ) throws(Malformed) -> [UInt8] {
        var checksum = Checksum(prefix: prefix)
        var bytes: [UInt8] = []
        bytes.reserveCapacity((text.count - start) * 5 / 8)
        var pending: UInt32 = 0
        var bits = 0
        for i in start..<text.count {
            let word = values[Int(text[i])]  // below 127: checked by the caller
            guard word != 0xFF else { throw Malformed(.character(text[i]), at: i) }
            checksum.add(word)
            guard i < text.count - 6 else { continue }
            pending = (pending << 5 | UInt32(word)) & 0xFFF
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
            }
        }
        guard checksum.value == 1 else { throw Malformed(.checksum, at: text.count) }
        guard bits < 5, pending & (1 << UInt32(bits) - 1) == 0 else {
            throw Malformed(.padding, at: text.count - 7)
        }
        return bytes
    }

    /// The BCH code of BIP 173.
    private struct Checksum {
        var value: UInt32 = 1

        init(prefix: [UInt8]) {
            for c in prefix { add(c >> 5) }
            add(0)
            for c in prefix { add(c & 31) }
        }

        mutating func add(_ word: UInt8) {
            let top = value >> 25
            value = (value & 0x1FF_FFFF) << 5 ^ UInt32(word)
            if top & 1 != 0 { value ^= 0x3B6A_57B2 }
            if top & 2 != 0 { value ^= 0x2650_8E6D }
            if top & 4 != 0 { value ^= 0x1EA1_19FA }
            if top & 8 != 0 { value ^= 0x3D42_33DD }
            if top & 16 != 0 { value ^= 0x2A14_62B3 }
        }
    }
}

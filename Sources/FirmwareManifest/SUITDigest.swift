internal import CBORCodec

/// A SHA-256 digest, the one algorithm that every SUIT implementation has (`cose-alg-sha-256`).
public struct SUITDigest: Hashable, Sendable {
    // Four words keep it out of the heap.
    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// Takes 32 bytes.
    ///
    /// - Returns: `nil` for any other length.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == 32 else { return nil }
        func word(_ at: Int) -> UInt64 {
            var value: UInt64 = 0
            for i in at..<at + 8 { value = value << 8 | UInt64(bytes[i]) }
            return value
        }
        words = (word(0), word(8), word(16), word(24))
    }

    /// Takes the digest as four words, most significant byte first: for adapters.
    public init(bigEndianWords a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) {
        words = (a, b, c, d)
    }

    /// Takes 32 bytes of an array.
    public init?(_ bytes: [UInt8]) { self.init(bytes.span) }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(32)
        append(to: &result)
        return result
    }

    func append(to result: inout [UInt8]) {
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                result.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
    }

    /// SUIT_Digest: `[-16, bytes]`.
    public var encoded: [UInt8] { CBOREncoder.encode { encode(into: &$0) } }

    func encode(into encoder: inout CBOREncoder) {
        encoder.append(arrayCount: 2)
        encoder.append(integer: SUITLabel.sha256)
        encoder.append(byteString: bytes)
    }

    /// Equality; digests are public, so the time it takes tells nothing worth hiding.
    public static func == (a: Self, b: Self) -> Bool { a.words == b.words }

    /// Feeds the digest's words.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}

extension SUITDigest: CustomStringConvertible {
    /// 64 hexadecimal digits.
    public var description: String { HexadecimalText.encode(bytes) }
}

/// Lower-case hexadecimal digits.
enum HexadecimalText {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var result: [UInt8] = []
        for byte in bytes {
            result.append(digits[Int(byte >> 4)])
            result.append(digits[Int(byte & 15)])
        }
        return String(decoding: result, as: UTF8.self)
    }
}

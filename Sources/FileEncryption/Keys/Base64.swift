/// Strict RFC 4648 §4 base64: standard alphabet, canonical trailing bits, no white space.
enum Base64 {
    private static let alphabet = [UInt8](
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    /// Why a text is no base64, and at which character.
    enum Failure: Error {
        case character(Int)
        case length
        case notCanonical(Int)
    }

    /// Appends the decoded bytes of unpadded `text`.
    static func decode(_ text: Span<UInt8>, into bytes: inout [UInt8]) throws(Failure) {
        guard text.count % 4 != 1 else { throw .length }
        var pending: UInt32 = 0
        var bits = 0
        for i in text.indices {
            let value = values[Int(text[i])]
            guard value != 0xFF else { throw .character(i) }
            pending = (pending << 6 | UInt32(value)) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
            }
        }
        guard pending & (1 << UInt32(bits) - 1) == 0 else { throw .notCanonical(text.count - 1) }
    }

    /// The bytes of unpadded `text`.
    static func decode(_ text: Span<UInt8>) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        try decode(text, into: &bytes)
        return bytes
    }

    /// Appends `bytes` as text, padded with `=` where asked.
    static func encode(_ bytes: Span<UInt8>, padded: Bool = false, into text: inout [UInt8]) {
        unsafe alphabet.withUnsafeBufferPointer { alphabet in
            var i = 0
            while i + 3 <= bytes.count {
                let group =
                    UInt32(bytes[i]) << 16 | UInt32(bytes[i + 1]) << 8
                    | UInt32(bytes[i + 2])
                unsafe text.append(alphabet[Int(group >> 18)])
                unsafe text.append(alphabet[Int(group >> 12 & 63)])
                unsafe text.append(alphabet[Int(group >> 6 & 63)])
                unsafe text.append(alphabet[Int(group & 63)])
                i += 3
            }
            guard i < bytes.count else { return }
            let two = i + 2 == bytes.count
            let group = UInt32(bytes[i]) << 16 | (two ? UInt32(bytes[i + 1]) << 8 : 0)
            unsafe text.append(alphabet[Int(group >> 18)])
            unsafe text.append(alphabet[Int(group >> 12 & 63)])
            if two { unsafe text.append(alphabet[Int(group >> 6 & 63)]) }
            if padded { text.append(contentsOf: two ? [0x3D] : [0x3D, 0x3D]) }
        }
    }
}

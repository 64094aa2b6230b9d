/// Strict base64 (RFC 4648 §4, padding required), for `BinaryEquals`.
enum Base64 {
    /// The decoded bytes; `nil` for a wrong length, character, padding or stray bit.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var digits = 0
        var padding = 0
        for byte in text {
            if byte == UInt8(ascii: "=") {
                padding += 1
                group <<= 6
            } else {
                guard padding == 0, let value = digit(byte) else { return nil }
                group = group << 6 | UInt32(value)
            }
            digits += 1
            guard digits % 4 == 0 else { continue }
            guard padding <= 2 else { return nil }
            let count = 3 - padding
            for position in 0..<3 {
                let octet = UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * position))
                if position < count { bytes.append(octet) } else if octet != 0 { return nil }
            }
            if padding > 0, digits != text.count { return nil }
            group = 0
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5A: byte - 0x41
        case 0x61...0x7A: byte - 0x61 + 26
        case 0x30...0x39: byte - 0x30 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

/// `r | s` as COSE has it, and the DER that libcrypto wants. RFC 9053 §2.1, RFC 3279 §2.2.3
enum ECDSASignature {
    /// DER of 64 raw bytes; `nil` for a zero number (libcrypto checks the range).
    static func der(raw: [UInt8]) -> [UInt8]? {
        guard raw.count == 64 else { return nil }
        let r = integer(raw[..<32])
        let s = integer(raw[32...])
        guard let r, let s else { return nil }
        return [0x30, UInt8(r.count + s.count)] + r + s
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var value = Array(bytes.drop { $0 == 0 })
        guard let first = value.first else { return nil }
        if first & 0x80 != 0 { value.insert(0, at: 0) }
        return [0x02, UInt8(value.count)] + value
    }

    /// 64 raw bytes of DER that libcrypto made.
    static func raw(der: [UInt8]) -> [UInt8]? {
        guard der.count >= 8, der[0] == 0x30, Int(der[1]) == der.count - 2 else { return nil }
        var position = 2
        var result: [UInt8] = []
        for _ in 0..<2 {
            guard position + 2 <= der.count, der[position] == 0x02 else { return nil }
            let count = Int(der[position + 1])
            position += 2
            guard position + count <= der.count else { return nil }
            let value = der[position..<position + count].drop { $0 == 0 }
            guard value.count <= 32 else { return nil }
            result += [UInt8](repeating: 0, count: 32 - value.count) + value
            position += count
        }
        return position == der.count ? result : nil
    }
}

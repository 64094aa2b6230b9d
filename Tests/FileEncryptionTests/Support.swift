import FileEncryption
import IoTCSodium

/// SHA-256 in hexadecimal.
func sha256(_ bytes: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    unsafe _ = crypto_hash_sha256(&digest, bytes, UInt64(bytes.count))
    return hex(digest)
}

/// Lower-case hexadecimal.
func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}

/// The bytes of hexadecimal text.
func bytes(hex text: String) -> [UInt8] {
    let digits = text.utf8.map { $0 < 0x3A ? $0 - 0x30 : ($0 | 0x20) - 0x57 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Text in guarded memory.
func secret(_ text: String) -> SecureBytes { SecureBytes(copying: [UInt8](text.utf8).span) }

/// Decompresses a zlib stream (RFC 1950, RFC 1951); `nil` when it is damaged.
func inflate(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 6, bytes[0] & 15 == 8, bytes[1] & 32 == 0 else { return nil }
    var inflater = Inflater(bytes: bytes, at: 2)
    return inflater.run() ? inflater.output : nil
}

/// A plain inflater: one bit at a time, canonical Huffman codes by length.
private struct Inflater {
    let bytes: [UInt8]
    var at: Int
    var bit: UInt8 = 0
    var output: [UInt8] = []

    init(bytes: [UInt8], at: Int) {
        self.bytes = bytes
        self.at = at
    }

    struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        init(_ lengths: [Int]) {
            for length in lengths { counts[length] += 1 }
            counts[0] = 0
            for length in 1...15 {
                for (symbol, l) in lengths.enumerated() where l == length { symbols.append(symbol) }
            }
        }
    }

    mutating func read(_ count: Int) -> Int? {
        var value = 0
        for i in 0..<count {
            guard at < bytes.count else { return nil }
            value |= Int(bytes[at] >> bit & 1) << i
            bit += 1
            if bit == 8 {
                bit = 0
                at += 1
            }
        }
        return value
    }

    mutating func symbol(_ code: Code) -> Int? {
        var value = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            guard let b = read(1) else { return nil }
            value |= b
            let count = code.counts[length]
            if value - count < first { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        return nil
    }

    mutating func run() -> Bool {
        while true {
            guard let last = read(1), let type = read(2) else { return false }
            let fine: Bool
            switch type {
            case 0: fine = stored()
            case 1:
                let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
                fine = block(Code(lengths), Code([Int](repeating: 5, count: 30)))
            case 2: fine = dynamic()
            default: fine = false
            }
            guard fine else { return false }
            if last == 1 { return true }
        }
    }

    mutating func stored() -> Bool {
        if bit > 0 {
            bit = 0
            at += 1
        }
        guard at + 4 <= bytes.count else { return false }
        let count = Int(bytes[at]) | Int(bytes[at + 1]) << 8
        at += 4
        guard at + count <= bytes.count else { return false }
        output += bytes[at..<at + count]
        at += count
        return true
    }

    mutating func dynamic() -> Bool {
        guard let a = read(5), let b = read(5), let c = read(4) else { return false }
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        var lengths = [Int](repeating: 0, count: 19)
        for i in 0..<c + 4 {
            guard let length = read(3) else { return false }
            lengths[order[i]] = length
        }
        let code = Code(lengths)
        var all: [Int] = []
        while all.count < a + 257 + b + 1 {
            guard let s = symbol(code) else { return false }
            switch s {
            case 0..<16: all.append(s)
            case 16:
                guard let n = read(2), let previous = all.last else { return false }
                all += [Int](repeating: previous, count: n + 3)
            case 17:
                guard let n = read(3) else { return false }
                all += [Int](repeating: 0, count: n + 3)
            default:
                guard let n = read(7) else { return false }
                all += [Int](repeating: 0, count: n + 11)
            }
        }
        return block(Code(Array(all[..<(a + 257)])), Code(Array(all[(a + 257)...])))
    }

    mutating func block(_ literals: Code, _ distances: Code) -> Bool {
        let base = [
            3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99,
            115, 131, 163, 195, 227, 258,
        ]
        let far = [
            1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1_025,
            1_537, 2_049, 3_073, 4_097, 6_145, 8_193, 12_289, 16_385, 24_577,
        ]
        while true {
            guard let s = symbol(literals) else { return false }
            if s < 256 {
                output.append(UInt8(s))
                continue
            }
            if s == 256 { return true }
            guard s - 257 < base.count else { return false }
            let extra = s < 265 || s == 285 ? 0 : (s - 261) / 4
            guard let more = read(extra), let d = symbol(distances), d < 30 else { return false }
            guard let much = read(d < 4 ? 0 : d / 2 - 1) else { return false }
            let distance = far[d] + much
            guard distance <= output.count else { return false }
            for _ in 0..<base[s - 257] + more { output.append(output[output.count - distance]) }
        }
    }
}

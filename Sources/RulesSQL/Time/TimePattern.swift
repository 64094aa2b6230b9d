/// A pattern of `time_to_epoch`: java.time's letters.
struct TimePattern: Hashable, Sendable {
    indirect enum Part: Hashable {
        case literal([UInt8])
        case field(UInt8, Int)
        case optional([Part])
    }

    /// The longest pattern, in bytes.
    static let lengthLimit = 1_024
    /// How deep optional sections nest.
    static let depthLimit = 16

    let parts: [Part]

    /// Reads a pattern; `nil` for what java.time would refuse.
    init?(_ pattern: String) {
        let bytes = Array(pattern.utf8)
        guard !bytes.isEmpty, bytes.count <= Self.lengthLimit else { return nil }
        var i = 0
        guard let parts = Self.read(bytes, &i, depth: 0), i == bytes.count else { return nil }
        self.parts = parts
    }

    private static func read(_ bytes: [UInt8], _ i: inout Int, depth: Int) -> [Part]? {
        guard depth <= depthLimit else { return nil }
        var parts: [Part] = []
        while i < bytes.count {
            let c = bytes[i]
            switch c {
            case 0x27:
                let start = i
                guard let text = TimeFormat.quoted(bytes, &i) else { return nil }
                // java.time refuses an open quotation.
                guard i - start >= 2, bytes[i - 1] == 0x27 else { return nil }
                parts.append(.literal(text))
            case 0x5B:
                i += 1
                guard let inner = read(bytes, &i, depth: depth + 1) else { return nil }
                // An open section is closed by the end.
                if i < bytes.count { i += 1 }
                parts.append(.optional(inner))
            case 0x5D:
                return depth > 0 ? parts : nil
            case 0x7B, 0x7D, 0x23: return nil
            case 0x41...0x5A, 0x61...0x7A:
                let start = i
                while i < bytes.count, bytes[i] == c { i += 1 }
                guard accepts(c, i - start) else { return nil }
                parts.append(.field(c, i - start))
            default:
                parts.append(.literal([c]))
                i += 1
            }
        }
        return parts
    }

    /// How often a letter may be repeated.
    private static func accepts(_ letter: UInt8, _ count: Int) -> Bool {
        switch Unicode.Scalar(letter) {
        case "u", "y": count <= 19
        case "M", "L", "E", "G": count <= 5
        case "d", "h", "H", "k", "K", "m", "s": count <= 2
        case "D": count <= 3
        case "S": count <= 9
        case "n", "N", "A": count <= 19
        case "a": count == 1
        case "V": count == 2
        case "z": count <= 4
        case "O": count == 1 || count == 4
        case "X", "x", "Z": count <= 5
        default: false
        }
    }

    /// The milliseconds since 1970 that `text` names; UTC where the text names no zone.
    ///
    /// - Returns: `nil` where the text does not follow the pattern, or names no complete date.
    func milliseconds(of text: String, _ zones: any TimeZoneProvider) -> Int64? {
        var reader = TimeReader(text)
        guard reader.read(parts[...]), reader.isAtEnd else { return nil }
        return reader.milliseconds(zones)
    }
}

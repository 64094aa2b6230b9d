/// RFC 8259 read off the page, the oracle of the parser.
///
/// One byte at a time, recursive, no tape.
struct NaiveJSON {
    private let bytes: [UInt8]
    private var i = 0
    private var depth = 0
    private let maximumDepth: Int

    private init(_ bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    /// Whether `bytes` are a JSON text in UTF-8 without duplicate names.
    static func accepts(_ bytes: [UInt8], maximumDepth: Int) -> Bool {
        var parser = NaiveJSON(bytes, maximumDepth: maximumDepth)
        parser.space()
        guard parser.value() else { return false }
        parser.space()
        return parser.i == bytes.count
    }

    private var current: UInt8? { i < bytes.count ? bytes[i] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        i += 1
        return true
    }

    private mutating func space() {
        while let byte = current, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { i += 1 }
    }

    private mutating func value() -> Bool {
        switch current {
        case UInt8(ascii: "{"): object()
        case UInt8(ascii: "["): array()
        case UInt8(ascii: "\""): string() != nil
        case UInt8(ascii: "t"): word("true")
        case UInt8(ascii: "f"): word("false")
        case UInt8(ascii: "n"): word("null")
        default: number()
        }
    }

    private mutating func word(_ text: String) -> Bool {
        for byte in text.utf8 where !take(byte) { return false }
        return true
    }

    private mutating func object() -> Bool {
        i += 1
        depth += 1
        guard depth <= maximumDepth else { return false }
        defer { depth -= 1 }
        var names: Set<[UInt8]> = []
        space()
        if take(UInt8(ascii: "}")) { return true }
        while true {
            guard let name = string(), names.insert(name).inserted else { return false }
            space()
            guard take(UInt8(ascii: ":")) else { return false }
            space()
            guard value() else { return false }
            space()
            if take(UInt8(ascii: "}")) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
            space()
        }
    }

    private mutating func array() -> Bool {
        i += 1
        depth += 1
        guard depth <= maximumDepth else { return false }
        defer { depth -= 1 }
        space()
        if take(UInt8(ascii: "]")) { return true }
        while true {
            guard value() else { return false }
            space()
            if take(UInt8(ascii: "]")) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
            space()
        }
    }

    private mutating func digits() -> Int {
        let start = i
        while let byte = current, byte >= 0x30, byte <= 0x39 { i += 1 }
        return i - start
    }

    private mutating func number() -> Bool {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) {
            guard digits() > 0 else { return false }
        }
        if take(UInt8(ascii: ".")), digits() == 0 { return false }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if digits() == 0 { return false }
        }
        return true
    }

    /// The bytes the string stands for; `nil` where it is none.
    private mutating func string() -> [UInt8]? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var raw: [UInt8] = []
        while let byte = current {
            i += 1
            switch byte {
            case 0x22:
                return String(validating: raw, as: UTF8.self) == nil ? nil : raw
            case 0x5C:
                guard let decoded = escape() else { return nil }
                raw += decoded
            case ..<0x20:
                return nil
            default:
                raw.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> [UInt8]? {
        guard let letter = current else { return nil }
        i += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"): break
        default: return nil
        }
        guard let first = unit() else { return nil }
        if first >= 0xDC00, first < 0xE000 { return nil }
        var scalar = first
        if first >= 0xD800, first < 0xDC00 {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let second = unit(),
                second >= 0xDC00, second < 0xE000
            else { return nil }
            scalar = 0x10000 + (first - 0xD800) * 0x400 + (second - 0xDC00)
        }
        return Unicode.Scalar(scalar).map { Array(String(Character($0)).utf8) }
    }

    private mutating func unit() -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue,
                byte < 0x80
            else { return nil }
            value = value * 16 + UInt32(digit)
            i += 1
        }
        return value
    }
}

// The kinds of fields. `from` counts bytes in front of `position` that belong to the field.

extension FieldWalker {
    @_lifetime(self: copy self)
    mutating func number(
        _ name: String,
        _ size: Int,
        unit: String = "",
        isHexadecimal: Bool = false,
        from before: Int = 0
    ) {
        guard position < stop || before > 0, position + size <= packet.count else { return end() }
        var value = 0
        for index in position..<(position + size) { value = value << 8 | Int(packet[index]) }
        let digits = isHexadecimal ? "0x" + Self.hexadecimal(value, 2) : String(value)
        line(size, "\(name): \(digits)\(unit)", from: before)
    }

    @discardableResult
    @_lifetime(self: copy self)
    mutating func variable(_ name: String, from before: Int = 0) -> Int? {
        var value = 0
        var size = 0
        while size < 4, position + size < packet.count {
            let byte = packet[position + size]
            value |= Int(byte & 0x7F) << (7 * size)
            size += 1
            if byte < 0x80 {
                guard position < stop || before > 0 else { break }
                line(size, "\(name): \(value)", from: before)
                return value
            }
        }
        end()
        return nil
    }

    @_lifetime(self: copy self)
    mutating func string(_ name: String, from before: Int = 0) {
        guard let range = field(before) else { return end() }
        let shown = range.prefix(limits.shownText)
        var bytes: [UInt8] = []
        for index in shown { bytes.append(packet[index]) }
        var words = "\"" + Self.escaped(String(decoding: bytes, as: UTF8.self)) + "\""
        if shown.count < range.count { words += " … (\(range.count) bytes)" }
        line(2 + range.count, "\(name): \(words)", from: before)
    }

    @_lifetime(self: copy self)
    mutating func binary(_ name: String, isSecret: Bool = false, from before: Int = 0) {
        guard let range = field(before) else { return end() }
        let words = isSecret ? "\(range.count) bytes, not shown" : content(range)
        line(2 + range.count, "\(name): \(words)", from: before, isSecret: isSecret)
    }

    /// Everything up to the end of the packet.
    @_lifetime(self: copy self)
    mutating func rest(_ name: String) {
        guard stop >= packet.count else { return }
        let range = position..<packet.count
        line(range.count, "\(name): \(content(range))")
    }

    /// The content of a length-prefixed field that is to be printed.
    private func field(_ before: Int) -> Range<Int>? {
        guard position < stop || before > 0, position - before < stop,
            position + 2 <= packet.count
        else { return nil }
        let count = Int(packet[position]) << 8 | Int(packet[position + 1])
        guard position + 2 + count <= packet.count else { return nil }
        return (position + 2)..<(position + 2 + count)
    }

    /// No field behind this one can be found.
    @_lifetime(self: copy self)
    private mutating func end() { position = packet.count }

    /// Bytes as text, where all of them are printable, else in hexadecimal.
    private func content(_ range: Range<Int>) -> String {
        let shown = range.prefix(limits.shownBytes)
        var bytes: [UInt8] = []
        for index in shown { bytes.append(packet[index]) }
        let more = shown.count < range.count ? " …" : ""
        let isText = bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        let words =
            bytes.isEmpty
            ? ""
            : isText
                ? ", \"" + Self.escaped(String(decoding: bytes, as: UTF8.self)) + "\""
                : ", " + bytes.map { Self.hexadecimal(Int($0), 2) }.joined(separator: " ")
        return "\(range.count) bytes\(words)\(more)"
    }

    /// Prints one field of `size` bytes and steps behind it.
    @_lifetime(self: copy self)
    mutating func line(
        _ size: Int,
        _ words: String,
        from before: Int = 0,
        isSecret: Bool = false
    ) {
        let start = position - before
        var raw = ""
        // Up to eight bytes; of secret fields the length alone.
        let shown = min(isSecret ? before + 2 : size + before, 8)
        for index in start..<(start + shown) {
            raw += Self.hexadecimal(Int(packet[index]), 2) + " "
        }
        if shown < size + before { raw += ".. " }
        raw += String(repeating: " ", count: max(0, 27 - raw.utf8.count))
        text += "  " + Self.number(base + start) + "  " + raw + words + "\n"
        position += size
    }

    static func number(_ offset: Int) -> String { hexadecimal(offset, 6) }

    static func hexadecimal(_ value: Int, _ digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// Quotes, backslashes and everything that a terminal might act on, written out.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C:
                result.unicodeScalars.append("\\")
                result.unicodeScalars.append(scalar)
            case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// Prints items the way RFC 8949 §8 writes them.
public struct CBORDiagnosticNotation: Hashable, Sendable {
    /// Spaces for each level; `nil` prints one line.
    public var indentation: Int?
    /// Prints a byte string that is itself an array, a map or a tagged item as `<<…>>`.
    /// RFC 8949 appendix G.3
    public var expandsEmbedded: Bool
    /// Bytes of output after which `…` ends the text.
    ///
    /// Default 1 MiB.
    public var maximumOutput: Int
    /// What an input may cost.
    public var limits: CBORLimits

    /// Chooses a layout.
    ///
    /// - Parameters:
    ///   - indentation: spaces for each level; `nil` prints one line.
    ///   - expandsEmbedded: whether byte strings that hold containers are opened.
    ///   - maximumOutput: bytes of output.
    ///   - limits: what an input may cost.
    public init(
        indentation: Int? = nil,
        expandsEmbedded: Bool = false,
        maximumOutput: Int = 1 << 20,
        limits: CBORLimits = .default
    ) {
        self.indentation = indentation
        self.expandsEmbedded = expandsEmbedded
        self.maximumOutput = maximumOutput
        self.limits = limits
    }

    /// The text of one item.
    ///
    /// - Parameter bytes: one well-formed item, not necessarily deterministic.
    /// - Returns: the text.
    /// - Throws: ``CBORError`` where the bytes are no item, or more than one.
    public func describe(_ bytes: Span<UInt8>) throws(CBORError) -> String {
        var check = CBORDecoder(bytes, profile: .wellFormed, limits: limits)
        try check.skipItem()
        try check.finish()
        var printer = Printer(options: self)
        var decoder = CBORDecoder(bytes, profile: .wellFormed, limits: limits)
        try printer.item(&decoder, level: 0)
        return printer.isFull ? printer.text + "…" : printer.text
    }
}

/// The state of one description; it recurses as deep as the limits allow.
private struct Printer {
    let options: CBORDiagnosticNotation
    var text = ""

    init(options: CBORDiagnosticNotation) { self.options = options }

    var isFull: Bool { text.utf8.count >= options.maximumOutput }

    mutating func write(_ string: String) {
        if !isFull { text += string }
    }

    mutating func newLine(_ level: Int) {
        if let indentation = options.indentation {
            write("\n" + String(repeating: " ", count: indentation * level))
        }
    }

    mutating func separator(_ isFirst: Bool, _ level: Int) {
        if !isFirst { write(options.indentation == nil ? ", " : ",") }
        newLine(level)
    }

    mutating func item(_ decoder: inout CBORDecoder, level: Int) throws(CBORError) {
        guard !isFull else { return _ = try decoder.skipItem() }
        let start = decoder.position
        let head = try decoder.readHead()
        let isIndefinite = head.information == 31
        switch head.type {
        case .unsigned: write("\(head.argument)")
        case .negative: write(Self.negative(head.argument))
        case .byteString, .textString:
            if isIndefinite {
                try chunks(&decoder, level: level)
            } else {
                decoder.position = start
                try string(&decoder, head.type, level: level)
            }
        case .array: try array(&decoder, isIndefinite ? nil : head.argument, level: level)
        case .map: try map(&decoder, isIndefinite ? nil : head.argument, level: level)
        case .tag:
            write("\(head.argument)(")
            try item(&decoder, level: level)
            write(")")
        case .simple: write(try Self.simple(decoder, head, at: start))
        }
    }

    static func negative(_ argument: UInt64) -> String {
        argument == .max ? "-18446744073709551616" : "-\(argument + 1)"
    }

    static func simple(
        _ decoder: borrowing CBORDecoder,
        _ head: CBORDecoder.Head,
        at start: Int
    ) throws(CBORError) -> String {
        if (25...27).contains(head.information) {
            let value = try decoder.floatValue(head, at: start)
            if value.isNaN { return "NaN" }
            if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
            return "\(value)"
        }
        switch try decoder.simpleValue(head, at: start) {
        case 20: return "false"
        case 21: return "true"
        case 22: return "null"
        case 23: return "undefined"
        case let other: return "simple(\(other))"
        }
    }

    mutating func string(
        _ decoder: inout CBORDecoder,
        _ type: CBORMajorType,
        level: Int
    ) throws(CBORError) {
        if type == .textString {
            write(Self.quoted(decoder.text(in: try decoder.readTextString())))
            return
        }
        let range = try decoder.readByteString()
        if options.expandsEmbedded, try embedded(decoder, range, level: level) { return }
        let shown = min(range.count, max(0, options.maximumOutput - text.utf8.count))
        let part = range.lowerBound..<range.lowerBound + shown
        write("h'" + Self.hex(decoder.bytes(in: part)) + "'")
    }

    mutating func embedded(
        _ decoder: borrowing CBORDecoder,
        _ range: Range<Int>,
        level: Int
    ) throws(CBORError) -> Bool {
        guard let first = range.first, decoder.span(in: first..<first + 1)[0] >> 5 >= 4,
            decoder.span(in: first..<first + 1)[0] >> 5 <= 6
        else { return false }
        // A string that is no item, or too deep, is printed as the bytes it is.
        do {
            var inner = try decoder.nested(in: range)
            try inner.skipItem()
            try inner.finish()
        } catch {
            return false
        }
        write("<<")
        var inner = try decoder.nested(in: range)
        try item(&inner, level: level)
        write(">>")
        return true
    }

    mutating func chunks(_ decoder: inout CBORDecoder, level: Int) throws(CBORError) {
        write("(_ ")
        var isFirst = true
        while try !decoder.readBreak() {
            if !isFirst { write(", ") }
            isFirst = false
            try item(&decoder, level: level)
        }
        write(")")
    }

    mutating func array(
        _ decoder: inout CBORDecoder,
        _ count: UInt64?,
        level: Int
    ) throws(CBORError) {
        write(count == nil ? "[_ " : "[")
        var index: UInt64 = 0
        while try !isDone(&decoder, index, count) {
            separator(index == 0, level + 1)
            try item(&decoder, level: level + 1)
            index += 1
        }
        if index > 0 { newLine(level) }
        write("]")
    }

    mutating func map(
        _ decoder: inout CBORDecoder,
        _ count: UInt64?,
        level: Int
    ) throws(CBORError) {
        write(count == nil ? "{_ " : "{")
        var index: UInt64 = 0
        while try !isDone(&decoder, index, count) {
            separator(index == 0, level + 1)
            try item(&decoder, level: level + 1)
            write(": ")
            try item(&decoder, level: level + 1)
            index += 1
        }
        if index > 0 { newLine(level) }
        write("}")
    }

    func isDone(
        _ decoder: inout CBORDecoder,
        _ index: UInt64,
        _ count: UInt64?
    ) throws(CBORError) -> Bool {
        if let count { return index == count }
        return try decoder.readBreak()
    }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            result.append(digits[Int(byte >> 4)])
            result.append(digits[Int(byte & 15)])
        }
        return String(decoding: result, as: UTF8.self)
    }

    static func quoted(_ string: String) -> String {
        var result = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 32 || (127..<160).contains(scalar.value):
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

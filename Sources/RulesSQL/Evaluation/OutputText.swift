internal import JSONDocument

/// Writes JSON text into a caller's buffer.
enum OutputText {
    /// Appends a tree without white space.
    static func append(_ value: JSONValue, to output: inout [UInt8], _ version: SQLVersion) {
        switch value {
        case .null: append("null", to: &output)
        case .bool(let value): append(value ? "true" : "false", to: &output)
        case .number(let number): append(number, to: &output, version)
        case .string(let text): append(quoted: text, to: &output)
        case .array(let elements):
            output.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(0x2C) }
                append(element, to: &output, version)
            }
            output.append(0x5D)
        case .object(let object):
            output.append(0x7B)
            for (index, member) in object.members.enumerated() {
                if index > 0 { output.append(0x2C) }
                append(quoted: member.name, to: &output)
                output.append(0x3A)
                append(member.value, to: &output, version)
            }
            output.append(0x7D)
        }
    }

    static func append(_ text: StaticString, to output: inout [UInt8]) {
        unsafe output.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        )
    }

    /// Appends bytes of the payload in one copy.
    @inline(__always)
    static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
    }

    /// Appends a string with its quotes and the shortest escapes.
    static func append(quoted text: String, to output: inout [UInt8]) {
        var text = text
        output.append(0x22)
        text.withUTF8 { bytes in
            unsafe append(escaping: Span(_unsafeElements: bytes), to: &output)
        }
        output.append(0x22)
    }

    /// Appends UTF-8 as a string with its quotes.
    static func append(quoted bytes: Span<UInt8>, to output: inout [UInt8]) {
        output.append(0x22)
        append(escaping: bytes, to: &output)
        output.append(0x22)
    }

    /// Copies runs of bytes that need no escape.
    private static func append(escaping bytes: Span<UInt8>, to output: inout [UInt8]) {
        var start = 0
        for index in bytes.indices {
            let byte = bytes[index]
            if byte >= 0x20, byte != 0x22, byte != 0x5C { continue }
            append(bytes.extracting(start..<index), to: &output)
            append(escape: byte, to: &output)
            start = index + 1
        }
        append(bytes.extracting(start..<bytes.count), to: &output)
    }

    private static func append(escape byte: UInt8, to output: inout [UInt8]) {
        output.append(0x5C)
        switch byte {
        case 0x22, 0x5C: output.append(byte)
        case 0x08: output.append(0x62)
        case 0x09: output.append(0x74)
        case 0x0A: output.append(0x6E)
        case 0x0C: output.append(0x66)
        case 0x0D: output.append(0x72)
        default:
            let digits = Array("0123456789abcdef".utf8)
            output += [0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }

    /// Appends an integer's digits.
    static func append(_ value: Int64, to output: inout [UInt8]) {
        var digits = [20 of UInt8](repeating: 0)
        var start = 20
        var magnitude = value.magnitude
        repeat {
            let (rest, digit) = magnitude.quotientAndRemainder(dividingBy: 10)
            start &-= 1
            digits[start] = UInt8(truncatingIfNeeded: digit) | 0x30
            magnitude = rest
        } while magnitude > 0
        if value < 0 {
            start &-= 1
            digits[start] = 0x2D
        }
        append(digits.span.extracting(start..<20), to: &output)
    }

    // MARK: Numbers

    static func append(_ number: JSONNumber, to output: inout [UInt8], _ version: SQLVersion) {
        output.append(contentsOf: written(number, version).utf8)
    }

    /// A number as it is put into JSON: its own text, but in `2016-03-23` a whole number that is
    /// written with a point or an exponent becomes an Int.
    static func written(_ number: JSONNumber, _ version: SQLVersion) -> String {
        guard version.hasNestedQueries, !isPlain(number.text.utf8) else { return number.text }
        return wholeText(number.decimal) ?? number.text
    }

    /// A number in a concatenation: as ``written(_:_:)``, a Decimal in its shortest form.
    static func spelling(of number: JSONNumber, _ version: SQLVersion) -> String {
        if isPlain(number.text.utf8) { return number.text == "-0" ? "0" : number.text }
        guard let decimal = number.decimal else { return number.text }
        let value = Numeric(read: decimal, version)
        return value.text(version)
    }

    private static func isPlain(_ text: String.UTF8View) -> Bool {
        for byte in text where byte == 0x2E || byte | 0x20 == 0x65 { return false }
        return true
    }

    /// The digits of a whole number of at most 34 digits.
    static func wholeText(_ decimal: Decimal34?) -> String? {
        guard let plain = decimal?.strippingFractionZeros, plain.exponent == 0 else { return nil }
        return plain.description
    }

    // MARK: Values of the payload

    /// Appends a value of the payload: its own text, with whole numbers rewritten as in
    /// ``written(_:_:)`` and overridden duplicate members left out.
    static func append(_ view: JSONView, to output: inout [UInt8], _ version: SQLVersion) {
        switch view.kind {
        case .number:
            if version.hasNestedQueries, let whole = rewritten(view) {
                output.append(contentsOf: whole.utf8)
            } else {
                append(view.source, to: &output)
            }
        case .array:
            output.append(0x5B)
            var elements = view.elements
            var isFirst = true
            while let element = elements.next() {
                if !isFirst { output.append(0x2C) }
                isFirst = false
                append(element, to: &output, version)
            }
            output.append(0x5D)
        case .object:
            output.append(0x7B)
            var members = view.members
            var isFirst = true
            while let member = members.next() {
                if !isFirst { output.append(0x2C) }
                isFirst = false
                append(name: member.name, to: &output)
                append(member.value, to: &output, version)
            }
            output.append(0x7D)
        default: append(view.source, to: &output)
        }
    }

    /// A member's name with quotes and colon, as the payload spells it.
    static func append(name: borrowing JSONStringText, to output: inout [UInt8]) {
        output.append(0x22)
        append(name.text, to: &output)
        output.append(0x22)
        output.append(0x3A)
    }

    /// The text of a number that must be rewritten; `nil` for the others.
    @inline(__always)
    static func rewritten(_ view: JSONView) -> String? {
        guard let number = view.number, !number.isInteger else { return nil }
        return wholeText(number)
    }

    @inline(never)
    private static func wholeText(_ number: borrowing JSONNumberText) -> String? {
        // Most decimals end in a digit that is not 0 and have no exponent: not whole.
        let text = number.text
        let last = text[text.count - 1]
        if last != 0x30 {
            var hasExponent = false
            for index in text.indices where text[index] | 0x20 == 0x65 { hasExponent = true }
            if !hasExponent { return nil }
        }
        return wholeText(number.decimal)
    }
}

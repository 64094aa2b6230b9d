/// Writes one JSON text.
///
/// Commas, colons and (in the pretty style) line breaks are the writer's; the caller's part is the
/// order of calls: inside an object each value follows a ``name(_:)-(String)``, and what was begun
/// is ended.
///
/// The output is stable: strings have the shortest escapes (`\"`, `\\`, `\b`, `\t`, `\n`, `\f`, `\r`,
/// `\u00XX` for the other control characters, nothing else), numbers their own text, members their
/// order. ``removeAll()`` keeps the memory for the next text.
public struct JSONWriter: ~Copyable {
    /// How the text is laid out.
    public enum Style: Hashable, Sendable {
        /// No white space.
        case minimal
        /// One element or member a line, each level `indent` blanks further in.
        case pretty(indent: Int)
    }

    /// How the text is laid out.
    public let style: Style
    /// The text so far.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false
    private var depth = 0

    /// A writer with an empty text.
    ///
    /// - Parameters:
    ///   - style: how the text is laid out.
    ///   - capacity: bytes to make room for.
    public init(style: Style = .minimal, capacity: Int = 0) {
        self.style = style
        bytes.reserveCapacity(capacity)
    }

    /// The text so far, as a string.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Gives the text up.
    public consuming func finish() -> [UInt8] { bytes }

    /// Starts over, with the memory that is there.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
        depth = 0
    }

    /// Writes `null`.
    public mutating func null() { literal("null") }

    /// Writes `true` or `false`.
    public mutating func write(_ value: Bool) { literal(value ? "true" : "false") }

    /// Writes a whole number.
    public mutating func write(_ value: Int64) {
        separate()
        if value < 0 { bytes.append(0x2D) }
        appendDigits(value.magnitude)
    }

    /// Writes a whole number.
    public mutating func write(_ value: Int) { write(Int64(value)) }

    /// Writes a decimal number as ``Decimal34/description``.
    public mutating func write(_ value: Decimal34) {
        separate()
        bytes.append(addingCapacity: Decimal34.maximumTextLength) { _ = value.write(to: &$0) }
    }

    /// Writes a number's own text.
    public mutating func write(_ value: JSONNumber) {
        separate()
        bytes.append(contentsOf: value.text.utf8)
    }

    /// Writes a string.
    public mutating func write(_ value: String) {
        separate()
        appendString(value)
    }

    /// Writes a string from UTF-8.
    ///
    /// - Parameter utf8: must be valid; it is not checked again.
    public mutating func string(utf8: Span<UInt8>) {
        separate()
        appendString(utf8)
    }

    /// Writes a member's name.
    public mutating func name(_ name: String) {
        separate()
        appendString(name)
        appendColon()
    }

    /// Writes a member's name.
    public mutating func name(_ key: JSONKey) {
        separate()
        appendString(key.utf8.span)
        appendColon()
    }

    /// Writes a member's name as it stands in a text, escapes included.
    public mutating func name(_ name: borrowing JSONStringText) {
        separate()
        bytes.append(0x22)
        append(name.text)
        bytes.append(0x22)
        appendColon()
    }

    /// Begins an object.
    public mutating func beginObject() { begin(0x7B) }
    /// Ends an object.
    public mutating func endObject() { end(0x7D) }
    /// Begins an array.
    public mutating func beginArray() { begin(0x5B) }
    /// Ends an array.
    public mutating func endArray() { end(0x5D) }

    /// Writes bytes as one value.
    ///
    /// - Parameter raw: one JSON value, such as ``JSONView/source``; it is not checked.
    public mutating func splice(_ raw: Span<UInt8>) {
        separate()
        append(raw)
    }

    /// Writes bytes as members of the object that was begun: one, or several with commas between.
    ///
    /// - Parameter raw: such as ``JSONMember/source``; it is not checked.
    public mutating func spliceMembers(_ raw: Span<UInt8>) {
        guard !raw.isEmpty else { return }
        separate()
        append(raw)
    }

    private mutating func literal(_ text: StaticString) {
        separate()
        append(unsafe Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        depth += 1
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        depth -= 1
        if needsComma { breakLine() }
        bytes.append(bracket)
        needsComma = true
    }

    /// Puts what belongs between the last token and a name or an element.
    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(0x2C) }
        if style != .minimal, depth > 0, bytes.last != 0x20 || needsComma { breakLine() }
        needsComma = true
    }

    private mutating func appendColon() {
        bytes.append(0x3A)
        if style != .minimal { bytes.append(0x20) }
        needsComma = false
    }

    private mutating func breakLine() {
        guard case .pretty(let indent) = style else { return }
        bytes.append(0x0A)
        for _ in 0..<depth * max(0, indent) { bytes.append(0x20) }
    }
}

extension JSONWriter {
    fileprivate mutating func append(_ span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    fileprivate mutating func appendDigits(_ value: UInt64) {
        let start = bytes.count
        var rest = value
        repeat {
            bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    fileprivate mutating func appendString(_ value: String) {
        var value = value
        value.makeContiguousUTF8()
        appendString(value.utf8Span.span)
    }

    fileprivate mutating func appendString(_ value: Span<UInt8>) {
        bytes.append(0x22)
        var start = 0
        for i in value.indices {
            let byte = value[i]
            guard byte < 0x20 || byte == 0x22 || byte == 0x5C else { continue }
            append(value.extracting(start..<i))
            appendEscape(byte)
            start = i + 1
        }
        append(value.extracting(start..<value.count))
        bytes.append(0x22)
    }

    private mutating func appendEscape(_ byte: UInt8) {
        bytes.append(0x5C)
        switch byte {
        case 0x08: bytes.append(0x62)
        case 0x09: bytes.append(0x74)
        case 0x0A: bytes.append(0x6E)
        case 0x0C: bytes.append(0x66)
        case 0x0D: bytes.append(0x72)
        case 0x22, 0x5C: bytes.append(byte)
        default:
            bytes.append(0x75)
            bytes.append(0x30)
            bytes.append(0x30)
            bytes.append(0x30 + byte >> 4)
            bytes.append(byte & 15 < 10 ? 0x30 + byte & 15 : 0x57 + byte & 15)
        }
    }
}

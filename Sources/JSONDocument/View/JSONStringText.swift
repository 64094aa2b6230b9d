/// The content of a string or a member name as it stands in the text, without its quotes.
public struct JSONStringText: ~Escapable {
    /// The bytes between the quotes; valid UTF-8, possibly with escapes.
    public let text: Span<UInt8>
    /// Whether ``text`` has escapes; without, it is what the string stands for.
    public let isEscaped: Bool

    @inlinable
    @_lifetime(copy text)
    init(text: Span<UInt8>, isEscaped: Bool) {
        self.text = text
        self.isEscaped = isEscaped
    }

    /// Bytes of UTF-8 that the string stands for.
    ///
    /// - Complexity: O(1) without escapes, else O(*n*).
    public var utf8Count: Int {
        guard isEscaped else { return text.count }
        var count = 0
        var bytes = Unescaper(start: 0, end: text.count)
        while nextByte(&bytes) != nil { count += 1 }
        return count
    }

    /// Appends what the string stands for.
    ///
    /// - Returns: the bytes that were appended; -1, with nothing appended, where the room does not
    ///   suffice.
    public func write(to output: inout OutputSpan<UInt8>) -> Int {
        let count = utf8Count
        guard output.freeCapacity >= count else { return -1 }
        if !isEscaped {
            for k in text.indices { output.append(text[k]) }
            return count
        }
        var bytes = Unescaper(start: 0, end: text.count)
        while let byte = nextByte(&bytes) { output.append(byte) }
        return count
    }

    /// What the string stands for, as bytes of UTF-8.
    public var utf8: [UInt8] {
        [UInt8](capacity: utf8Count) { output in _ = write(to: &output) }
    }

    /// What the string stands for.
    public var value: String {
        if !isEscaped {
            // The parser has checked that these bytes are UTF-8.
            return String(copying: unsafe UTF8Span(unchecked: text))
        }
        let decoded = utf8
        return String(copying: unsafe UTF8Span(unchecked: decoded.span))
    }

    /// Whether the string stands for the bytes of `other`; nothing is normalised.
    public static func == (string: borrowing JSONStringText, other: Span<UInt8>) -> Bool {
        guard string.isEscaped else { return string.text.hasSameBytes(as: other) }
        var bytes = Unescaper(start: 0, end: string.text.count)
        for k in other.indices where string.nextByte(&bytes) != other[k] { return false }
        return string.nextByte(&bytes) == nil
    }

    @inline(__always)
    private func nextByte(_ bytes: inout Unescaper) -> UInt8? { bytes.next { text[$0] } }
}

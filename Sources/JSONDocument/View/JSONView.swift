/// A value inside a checked text: borrowed, nothing built.
///
/// A view is a position on the reader's tape; it is as cheap to copy as an index. Strings stay
/// escaped and numbers stay text until they are asked for.
public struct JSONView: ~Escapable {
    @usableFromInline let text: Span<UInt8>
    @usableFromInline let tape: Span<TapeEntry>
    @usableFromInline let index: Int

    @inlinable
    @_lifetime(copy text, copy tape)
    init(text: Span<UInt8>, tape: Span<TapeEntry>, index: Int) {
        self.text = text
        self.tape = tape
        self.index = index
    }

    @inlinable var entry: TapeEntry { tape[index] }

    /// The view of another entry of the same tape.
    @inlinable
    @_lifetime(copy self)
    func at(_ index: Int) -> JSONView { JSONView(text: text, tape: tape, index: index) }

    /// What the value is.
    @inlinable
    public var kind: JSONKind { JSONKind(rawValue: UInt8(truncatingIfNeeded: entry.tag)) ?? .null }

    /// Where the value stands in the text, in bytes; strings with their quotes.
    @inlinable
    public var sourceRange: Range<Int> {
        let entry = entry
        let start = Int(entry.start)
        let end = start + Int(entry.length)
        return entry.tag == UInt32(JSONKind.string.rawValue) ? start - 1..<end + 1 : start..<end
    }

    /// The value's own text, to be copied as it is.
    @inlinable
    public var source: Span<UInt8> {
        @_lifetime(copy self) get { text.extracting(sourceRange) }
    }

    /// Whether the value is `null`.
    @inlinable
    public var isNull: Bool { kind == .null }

    /// The value of `true` and `false`; `nil` for other kinds.
    @inlinable
    public var bool: Bool? {
        let entry = entry
        guard entry.tag == UInt32(JSONKind.bool.rawValue) else { return nil }
        return entry.info & TapeEntry.isTrue != 0
    }

    /// The number's text; `nil` for other kinds.
    @inlinable
    public var number: JSONNumberText? {
        @_lifetime(copy self) get {
            let entry = entry
            guard entry.tag == UInt32(JSONKind.number.rawValue) else { return nil }
            let start = Int(entry.start)
            return JSONNumberText(
                text: text.extracting(start..<start + Int(entry.length)),
                isInteger: entry.info & TapeEntry.isInteger != 0
            )
        }
    }

    /// The string's text, still escaped; `nil` for other kinds.
    @inlinable
    public var string: JSONStringText? {
        @_lifetime(copy self) get {
            let entry = entry
            guard entry.tag == UInt32(JSONKind.string.rawValue) else { return nil }
            return stringText(entry)
        }
    }

    @inlinable
    @_lifetime(copy self)
    func stringText(_ entry: TapeEntry) -> JSONStringText {
        let start = Int(entry.start)
        return JSONStringText(
            text: text.extracting(start..<start + Int(entry.length)),
            isEscaped: entry.info & TapeEntry.escaped != 0
        )
    }

    /// Appends what a string stands for, without escapes.
    ///
    /// - Returns: the bytes that were appended; -1, with nothing appended, where the value is no
    ///   string or the room does not suffice (``JSONStringText/utf8Count`` says how much it takes).
    public func string(into output: inout OutputSpan<UInt8>) -> Int {
        guard let string else { return -1 }
        return string.write(to: &output)
    }

    /// Whether the value's own text is what a writer would write of it: no member that another one
    /// overrides, and no number with an exponent or with zeros at the end of its fraction.
    ///
    /// White space between tokens does not count.
    /// - Complexity: O(1) for the root of a text without such a thing; else O(*n*) in the entries
    ///   below the value, about 1 ns for each.
    public var isVerbatim: Bool {
        if index == 0, entry.info & TapeEntry.verbatim != 0 { return true }
        var k = index
        let end = max(Int(entry.next), index + 1)
        let number = UInt32(JSONKind.number.rawValue)
        let mask = TapeEntry.tagMask | TapeEntry.isInteger
        while k < end {
            // Inside the tape: an entry's `next` never passes its end.
            let entry = unsafe tape[unchecked: k]
            if entry.info & TapeEntry.hasShadowed != 0, entry.isContainer { return false }
            if entry.info & mask == number, !isShortest(entry) { return false }
            k &+= 1
        }
        return true
    }

    /// Whether a number that is no integer has neither exponent nor zeros at the end.
    private func isShortest(_ entry: TapeEntry) -> Bool {
        let start = Int(entry.start)
        let end = start + Int(entry.length)
        if text[end - 1] == 0x30 { return false }
        var k = start
        while k < end {
            if text[k] | 0x20 == 0x65 { return false }
            k &+= 1
        }
        return true
    }

    /// Elements of an array or members of an object; 0 for other kinds.
    ///
    /// - Complexity: O(1); O(*n*) from 65 535 elements on and in objects with duplicate names.
    public var count: Int {
        let entry = entry
        guard entry.isContainer else { return 0 }
        if entry.storedCount < 0xFFFF && entry.info & TapeEntry.hasShadowed == 0 {
            return entry.storedCount
        }
        var count = 0
        if entry.tag == UInt32(JSONKind.array.rawValue) {
            var cursor = elements
            while cursor.next() != nil { count += 1 }
        } else {
            var cursor = members
            while cursor.next() != nil { count += 1 }
        }
        return count
    }

    /// The elements of an array in order; none for other kinds.
    @inlinable
    public var elements: JSONCursor {
        @_lifetime(copy self) get {
            let entry = entry
            let isArray = entry.tag == UInt32(JSONKind.array.rawValue)
            return JSONCursor(at(index + 1), end: isArray ? Int(entry.next) : 0)
        }
    }

    /// The members of an object in order; none for other kinds.
    @inlinable
    public var members: JSONMemberCursor {
        @_lifetime(copy self) get {
            let entry = entry
            let isObject = entry.tag == UInt32(JSONKind.object.rawValue)
            return JSONMemberCursor(at(index + 1), end: isObject ? Int(entry.next) : 0)
        }
    }
}

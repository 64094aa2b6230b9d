/// Walks over the elements of an array.
public struct JSONCursor: ~Escapable {
    @usableFromInline let view: JSONView
    @usableFromInline var position: Int
    @usableFromInline let end: Int

    @inlinable
    @_lifetime(copy first)
    init(_ first: JSONView, end: Int) {
        view = first
        position = first.index
        self.end = end
    }

    /// The next element; `nil` behind the last one.
    @inlinable
    @_lifetime(copy self)
    public mutating func next() -> JSONView? {
        guard position < end else { return nil }
        let found = view.at(position)
        position = Int(found.entry.next)
        return found
    }
}

/// A member of an object: name and value.
public struct JSONMember: ~Escapable {
    /// The name, still escaped.
    public let name: JSONStringText
    /// The value.
    public let value: JSONView
    /// Where the name's opening quote stands in the text.
    @usableFromInline let start: Int

    @inlinable
    @_lifetime(copy name, copy value)
    init(name: JSONStringText, value: JSONView, start: Int) {
        self.name = name
        self.value = value
        self.start = start
    }

    /// Where the member stands in the text, from the name's opening quote to the value's end.
    @inlinable
    public var sourceRange: Range<Int> { start..<value.sourceRange.upperBound }

    /// The member's own text, to be copied as it is.
    @inlinable
    public var source: Span<UInt8> {
        @_lifetime(copy self) get { value.text.extracting(sourceRange) }
    }
}

/// Walks over the members of an object.
public struct JSONMemberCursor: ~Escapable {
    @usableFromInline let view: JSONView
    @usableFromInline var position: Int
    @usableFromInline let end: Int

    @inlinable
    @_lifetime(copy first)
    init(_ first: JSONView, end: Int) {
        view = first
        position = first.index
        self.end = end
    }

    /// The next member; `nil` behind the last one.
    @inlinable
    @_lifetime(copy self)
    public mutating func next() -> JSONMember? {
        while position < end {
            let name = view.tape[position]
            let value = view.at(position + 1)
            position = Int(value.entry.next)
            if name.info & TapeEntry.shadowed == 0 {
                return JSONMember(
                    name: view.stringText(name),
                    value: value,
                    start: Int(name.start) - 1
                )
            }
        }
        return nil
    }
}

extension JSONWriter {
    /// Writes a tree.
    ///
    /// - Complexity: O(*n*); recurses to the depth of the tree.
    public mutating func write(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): write(value)
        case .number(let value): write(value)
        case .string(let value): write(value)
        case .array(let elements):
            beginArray()
            for element in elements { write(element) }
            endArray()
        case .object(let object): write(object)
        }
    }

    /// Writes an object.
    public mutating func write(_ object: JSONObject) {
        beginObject()
        for member in object {
            name(member.name)
            write(member.value)
        }
        endObject()
    }

    /// Writes a value of a text in this writer's style; strings and numbers keep their text.
    ///
    /// To copy it with its white space, ``splice(_:)`` its ``JSONView/source``.
    /// - Complexity: O(*n*); does not recurse.
    public mutating func write(_ view: borrowing JSONView) {
        if style == .minimal, view.tape[0].info & TapeEntry.minimal != 0, !view.hidesMembers {
            return splice(view.source)
        }
        var position = view.index
        let end = view.isScalar ? position + 1 : Int(view.entry.next)
        var open: [(end: Int, isObject: Bool)] = []
        while position < end {
            let entry = view.tape[position]
            if entry.tag == TapeEntry.name {
                guard entry.info & TapeEntry.shadowed != 0 else {
                    name(view.stringText(entry))
                    position += 1
                    continue
                }
                position = Int(view.tape[position + 1].next)
            } else if entry.isContainer {
                let isObject = entry.tag == UInt32(JSONKind.object.rawValue)
                if isObject { beginObject() } else { beginArray() }
                open.append((Int(entry.next), isObject))
                position += 1
            } else {
                splice(view.at(position).source)
                position += 1
            }
            while let last = open.last, last.end == position {
                if last.isObject { endObject() } else { endArray() }
                open.removeLast()
            }
        }
    }

    /// Writes the members of an object, except some, into the object that was begun.
    ///
    /// Their bytes are copied as they are, runs of kept members as one piece, so that
    /// `{"a":1, "b":2, "c":3}` without `c` gives `"a":1, "b":2`.
    /// - Complexity: O(*n* · *m*) for *m* names.
    public mutating func spliceMembers(
        of object: borrowing JSONView,
        except names: borrowing [JSONKey] = []
    ) {
        if names.isEmpty, !object.hidesMembers { return spliceAllMembers(of: object) }
        var start = -1
        var end = -1
        var cursor = object.members
        var expected = object.index + 1
        while let member = cursor.next() {
            let isAdjacent = member.value.index - 1 == expected
            expected = Int(member.value.entry.next)
            if names.contains(where: { member.name == $0.utf8.span }) {
                if start >= 0 { spliceMembers(object.text.extracting(start..<end)) }
                start = -1
                continue
            }
            let range = member.sourceRange
            if start >= 0, !isAdjacent {
                spliceMembers(object.text.extracting(start..<end))
                start = -1
            }
            if start < 0 { start = range.lowerBound }
            end = range.upperBound
        }
        if start >= 0 { spliceMembers(object.text.extracting(start..<end)) }
    }

    /// The bytes between the braces, from the first name to the last value's end.
    private mutating func spliceAllMembers(of object: borrowing JSONView) {
        guard object.kind == .object, object.count > 0 else { return }
        let start = Int(object.tape[object.index + 1].start) - 1
        var end = object.sourceRange.upperBound - 1
        while end > start, object.text[end - 1] <= 0x20 { end -= 1 }
        spliceMembers(object.text.extracting(start..<end))
    }
}

extension JSONView {
    var isScalar: Bool { !entry.isContainer }

    /// Whether some member in this value or below it is shadowed by another one.
    var hidesMembers: Bool {
        guard entry.isContainer else { return false }
        for position in index..<Int(entry.next)
        where tape[position].isContainer && tape[position].info & TapeEntry.hasShadowed != 0 {
            return true
        }
        return false
    }
}

extension JSONValue: CustomStringConvertible {
    /// The value as minimal JSON text.
    public var description: String {
        var writer = JSONWriter()
        writer.write(self)
        return writer.text
    }
}

extension JSONObject: CustomStringConvertible {
    /// The object as minimal JSON text.
    public var description: String { JSONValue.object(self).description }
}

extension JSONValue {
    /// Checks a text and builds its tree.
    ///
    /// A loop over many texts is quicker with one ``JSONReader`` and ``init(_:)-(JSONView)``.
    /// - Throws: as ``JSONReader/parse(_:)``.
    public init(
        parsing text: Span<UInt8>,
        options: JSONReader.Options = .strict
    ) throws(JSONError) {
        var reader = JSONReader(options: options)
        self = JSONValue(try reader.parse(text))
    }

    /// Checks a text and builds its tree.
    ///
    /// - Throws: as ``JSONReader/parse(_:)``.
    public init(parsing text: String, options: JSONReader.Options = .strict) throws(JSONError) {
        var text = text
        text.makeContiguousUTF8()
        try self.init(parsing: text.utf8Span.span, options: options)
    }

    /// Builds the tree of a value in a text.
    ///
    /// - Complexity: O(*n*). Recurses to the depth of the text, which
    ///   ``JSONReader/Options/highestDepth`` bounds.
    public init(_ view: borrowing JSONView) {
        let entry = view.entry
        switch view.kind {
        case .null:
            self = .null
        case .bool:
            self = .bool(entry.info & TapeEntry.isTrue != 0)
        case .number:
            if let number = view.number {
                self = .number(JSONNumber(number))
            } else {
                self = .null
            }
        case .string:
            self = .string(view.stringText(entry).value)
        case .array:
            var elements: [JSONValue] = []
            elements.reserveCapacity(entry.storedCount)
            var cursor = view.elements
            while let element = cursor.next() { elements.append(JSONValue(element)) }
            self = .array(elements)
        case .object:
            self = .object(JSONObject(view))
        }
    }
}

extension JSONObject {
    /// Builds the tree of an object in a text; an object without members for other kinds.
    init(_ view: borrowing JSONView) {
        var members: [Member] = []
        members.reserveCapacity(view.entry.storedCount)
        var cursor = view.members
        while let member = cursor.next() {
            members.append(Member(name: member.name.value, value: JSONValue(member.value)))
        }
        self.init(unique: members)
    }
}

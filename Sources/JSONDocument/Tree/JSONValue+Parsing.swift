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
        self.init(text: view.text, tape: view.tape, at: view.index)
    }

    /// Works on the tape itself: cursors and member views cost a third of the time here.
    init(text: Span<UInt8>, tape: Span<TapeEntry>, at index: Int) {
        let entry = tape[index]
        switch JSONKind(rawValue: UInt8(truncatingIfNeeded: entry.tag)) {
        case .bool:
            self = .bool(entry.info & TapeEntry.isTrue != 0)
        case .number:
            self = .number(JSONNumber(checked: text.content(of: entry)))
        case .string:
            self = .string(text.string(of: entry))
        case .array:
            var elements: [JSONValue] = []
            elements.reserveCapacity(entry.storedCount)
            var k = index + 1
            while k < Int(entry.next) {
                elements.append(JSONValue(text: text, tape: tape, at: k))
                k = Int(tape[k].next)
            }
            self = .array(elements)
        case .object:
            self = .object(JSONObject(text: text, tape: tape, at: index))
        case .null, nil:
            self = .null
        }
    }
}

extension JSONObject {
    init(text: Span<UInt8>, tape: Span<TapeEntry>, at index: Int) {
        let entry = tape[index]
        var members: [Member] = []
        members.reserveCapacity(entry.storedCount)
        var hashes: [UInt32] = []
        let needsHashes = Self.needsHashes(entry.storedCount)
        if needsHashes { hashes.reserveCapacity(entry.storedCount) }
        var k = index + 1
        while k < Int(entry.next) {
            let name = tape[k]
            if name.info & TapeEntry.shadowed == 0 {
                let value = JSONValue(text: text, tape: tape, at: k + 1)
                members.append(Member(name: text.string(of: name), value: value))
                if needsHashes { hashes.append(text.nameHash(name)) }
            }
            k = Int(tape[k + 1].next)
        }
        self.init(unique: members, hashes: hashes)
    }
}

extension Span<UInt8> {
    /// The content of a token.
    @_lifetime(copy self)
    fileprivate func content(of entry: TapeEntry) -> Span<UInt8> {
        extracting(Int(entry.start)..<Int(entry.start) + Int(entry.length))
    }

    /// The hash that an object's table has for a name.
    fileprivate func nameHash(_ entry: TapeEntry) -> UInt32 {
        if entry.info & TapeEntry.escaped == 0 { return JSONObject.hash(content(of: entry)) }
        let name = JSONStringText(text: content(of: entry), isEscaped: true).utf8
        return JSONObject.hash(name.span)
    }

    fileprivate func string(of entry: TapeEntry) -> String {
        let content = content(of: entry)
        if entry.info & TapeEntry.escaped == 0 {
            // The parser has checked that these bytes are UTF-8.
            let isASCII = entry.info & TapeEntry.wide == 0
            return String(copying: unsafe UTF8Span(unchecked: content, isKnownASCII: isASCII))
        }
        return JSONStringText(text: content, isEscaped: true).value
    }
}

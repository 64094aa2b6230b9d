internal import JSONDocument

/// Packs a section of a request: `desired` or `reported`.
struct PackedEncoder {
    /// Nested arrays and objects with content that a section may have, itself included.
    let maximumDepth: Int
    /// Where the first `null` inside an array stands in the text.
    private(set) var nullInArray: Int?

    init(maximumDepth: Int) { self.maximumDepth = maximumDepth }

    /// Appends the packed form of a value; times of change stay 0.
    ///
    /// `level` counts the containers around the value, 0 for a section; `isInArray` says whether one
    /// of them is an array.
    /// - Returns: where the first container stands in the text that is too deep; `nil` where there
    ///   is none. What was appended is incomplete then.
    /// - Complexity: O(*n*); recurses to the depth limit at most.
    mutating func encode(
        _ view: borrowing JSONView,
        level: Int,
        isInArray: Bool,
        into output: inout ByteBuilder
    ) -> Int? {
        switch view.kind {
        case .null:
            if isInArray, nullInArray == nil { nullInArray = view.sourceRange.lowerBound }
            output.append(PackedNode.null)
        case .bool, .number:
            appendScalarHeader(&output)
            let text = view.source
            output.appendVarint(text.count)
            output.append(text)
        case .string:
            guard let string = view.string else { return nil }
            appendScalarHeader(&output)
            if string.isEscaped {
                appendCanonical(string, quoted: true, into: &output)
            } else {
                let text = view.source
                output.appendVarint(text.count)
                output.append(text)
            }
        case .array:
            let isEmpty = view.count == 0
            if !isEmpty, level >= maximumDepth { return view.sourceRange.lowerBound }
            let start = output.beginContainer(PackedNode.array)
            var cursor = view.elements
            while let element = cursor.next() {
                if let fault = encode(element, level: level + 1, isInArray: true, into: &output) {
                    return fault
                }
            }
            output.endContainer(start)
        case .object:
            return encodeObject(view, level: level, isInArray: isInArray, into: &output)
        }
        return nil
    }

    private mutating func encodeObject(
        _ view: borrowing JSONView,
        level: Int,
        isInArray: Bool,
        into output: inout ByteBuilder
    ) -> Int? {
        let start = output.beginContainer(PackedNode.object)
        var cursor = view.members
        while let member = cursor.next() {
            if level >= maximumDepth { return view.sourceRange.lowerBound }
            if member.name.isEscaped {
                appendCanonical(member.name, quoted: false, into: &output)
            } else {
                output.appendVarint(member.name.text.count)
                output.append(member.name.text)
            }
            let fault = encode(
                member.value,
                level: level + 1,
                isInArray: isInArray,
                into: &output
            )
            if let fault { return fault }
        }
        output.endContainer(start)
        return nil
    }

    private func appendScalarHeader(_ output: inout ByteBuilder) {
        output.append(PackedNode.scalar)
        output.appendLittleEndian(0, length: PackedNode.secondsLength)
    }

    /// Length and text of a string that has escapes, with the shortest ones.
    private func appendCanonical(
        _ string: borrowing JSONStringText,
        quoted: Bool,
        into output: inout ByteBuilder
    ) {
        let text = string.canonical(quoted: quoted)
        output.appendVarint(text.count)
        output.append(text.span)
    }
}

extension JSONStringText {
    /// The string's text with the shortest escapes.
    func canonical(quoted: Bool) -> [UInt8] {
        if !isEscaped, quoted {
            return [UInt8](capacity: text.count + 2) { output in
                output.append(0x22)
                _ = write(to: &output)
                output.append(0x22)
            }
        }
        var builder = ByteBuilder(capacity: text.count + 2)
        if quoted { builder.appendQuoted(utf8.span) } else { builder.appendEscaped(utf8.span) }
        return builder.array()
    }
}

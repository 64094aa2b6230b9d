import JSONDocument

/// Parser against the naive oracle, at two placements of the text and under all policies.
@Sendable func fuzzJSONParse(_ bytes: UnsafeRawBufferPointer) {
    let text = [UInt8](bytes)
    let options = JSONReader.Options(maximumDepth: 12, maximumLength: 1 << 16)
    var reader = JSONReader(options: options)
    var isAccepted = false
    do throws(JSONError) {
        let view = try reader.parse(text.span)
        isAccepted = true
        precondition(view.sourceRange.upperBound <= text.count)
    } catch {
        precondition(error.offset >= 0 && error.offset <= text.count)
        precondition(error.line >= 1 && error.column >= 1)
    }
    precondition(isAccepted == NaiveJSON.accepts(text, maximumDepth: 12), "oracle disagrees")

    // Blanks behind the text move its end out of the careful tail of every loop.
    let padded = text + [UInt8](repeating: 0x20, count: 17)
    precondition((try? reader.validate(padded.span)) != nil || !isAccepted, "padding")
    var lenient = JSONReader(options: .init(maximumDepth: 12, duplicateKeys: .last))
    let accepts = (try? lenient.validate(text.span)) != nil
    precondition(accepts || !isAccepted, "policy")
}

/// Lookups on the tape against lookups in the tree.
@Sendable func fuzzJSONLookup(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let text = [UInt8](bytes.dropFirst())
    let policies: [JSONReader.DuplicateKeys] = [.reject, .first, .last]
    let policy = policies[Int(first % 3)]
    var reader = JSONReader(options: .init(maximumDepth: 12, duplicateKeys: policy))
    do throws(JSONError) {
        let view = try reader.parse(text.span)
        let tree = JSONValue(view)
        compare(view, tree)
    } catch {}
}

private func compare(_ view: borrowing JSONView, _ tree: JSONValue) {
    precondition(view.kind == tree.kind)
    switch tree {
    case .object(let object):
        precondition(view.count == object.count)
        for member in object {
            let name = Array(member.name.utf8)
            precondition(object[member.name] == member.value)
            guard let found = view.member(utf8: name.span) else {
                preconditionFailure("member not found")
            }
            compare(found, member.value)
            let pointer = JSONPointer([.init(JSONKey(utf8: name))])
            precondition(view.value(at: pointer) != nil)
            let key = JSONKey(utf8: name + [0x21])
            precondition((view.member(key) != nil) == object.contains(member.name + "!"))
        }
        var cursor = view.members
        var position = 0
        while let member = cursor.next() {
            precondition(member.name.value == object[position].name)
            position += 1
        }
        precondition(position == object.count)
    case .array(let array):
        precondition(view.count == array.count)
        for (position, value) in array.enumerated() {
            guard let element = view.element(at: position) else {
                preconditionFailure("element not found")
            }
            compare(element, value)
        }
        precondition(view.element(at: array.count) == nil)
    case .string(let value):
        guard let string = view.string else { preconditionFailure() }
        let utf8 = Array(value.utf8)
        precondition(string == utf8.span && string.utf8Count == utf8.count)
    case .number(let value):
        guard let number = view.number else { preconditionFailure() }
        precondition(number.int64 == value.int64)
        precondition(number.decimal == value.decimal)
    case .bool(let value): precondition(view.bool == value)
    case .null: precondition(view.isNull)
    }
}

/// Everything that is written reads back as the same value.
@Sendable func fuzzJSONWrite(_ bytes: UnsafeRawBufferPointer) {
    let text = [UInt8](bytes)
    let options = JSONReader.Options(maximumDepth: 12, duplicateKeys: .last)
    var reader = JSONReader(options: options)
    do throws(JSONError) {
        var fromView = JSONWriter()
        var spliced = JSONWriter()
        var pretty = JSONWriter(style: .pretty(indent: 1))
        let view = try reader.parse(text.span)
        let tree = JSONValue(view)
        fromView.write(view)
        pretty.write(view)
        if view.kind == .object {
            spliced.beginObject()
            spliced.spliceMembers(of: view)
            spliced.endObject()
        } else {
            spliced.splice(view.source)
        }
        var fromTree = JSONWriter()
        fromTree.write(tree)
        for written in [fromView.bytes, pretty.bytes, fromTree.bytes] {
            let again = try JSONValue(parsing: written.span)
            precondition(again == tree, "changed")
            precondition(again.hashValue == tree.hashValue, "hash")
        }
        let joined = try JSONValue(parsing: spliced.bytes.span, options: options)
        precondition(joined == tree, "splice")
        var second = JSONWriter()
        second.write(try JSONValue(parsing: fromTree.bytes.span))
        precondition(second.bytes == fromTree.bytes, "not stable")
        let compact = try CompactJSON(parsing: fromView.bytes.span)
        precondition(compact.bytes == fromView.bytes, "not minimal")
    } catch {
        // Only the first parse may refuse.
        precondition((try? reader.validate(text.span)) == nil, "own text refused")
    }
}

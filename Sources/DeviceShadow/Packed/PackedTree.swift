internal import JSONDocument

extension Span<UInt8> {
    /// The tree of a packed value.
    ///
    /// - Complexity: O(*n*), allocating; recurses to the depth of the value.
    func tree(_ value: PackedNode, reader: inout JSONReader) -> JSONValue {
        switch value.kind {
        case PackedNode.null: return .null
        case PackedNode.scalar:
            return scalarTree(value.body..<value.end, reader: &reader)
        case PackedNode.array:
            var elements: [JSONValue] = []
            var position = value.body
            while position < value.end {
                let element = node(at: position)
                elements.append(tree(element, reader: &reader))
                position = element.end
            }
            return .array(elements)
        default: return .object(object(value, reader: &reader))
        }
    }

    /// The tree of a packed object.
    func object(_ value: PackedNode, reader: inout JSONReader) -> JSONObject {
        var object = JSONObject()
        var position = value.body
        while position < value.end {
            let member = self.member(at: position)
            object[memberName(member)] = tree(member.value, reader: &reader)
            position = member.end
        }
        return object
    }

    /// The metadata of a packed value, as a tree.
    func metadataTree(_ value: PackedNode) -> JSONValue {
        switch value.kind {
        case PackedNode.array:
            var elements: [JSONValue] = []
            var position = value.body
            while position < value.end {
                let element = node(at: position)
                elements.append(metadataTree(element))
                position = element.end
            }
            return .array(elements)
        case PackedNode.object:
            var object = JSONObject()
            var position = value.body
            while position < value.end {
                let member = self.member(at: position)
                object[memberName(member)] = metadataTree(member.value)
                position = member.end
            }
            return .object(object)
        default:
            var node = JSONObject()
            node["timestamp"] = .number(JSONNumber(Int64(seconds(of: value))))
            return .object(node)
        }
    }

    /// A member's name, without escapes.
    func memberName(_ member: PackedMember) -> String {
        var bytes: [UInt8] = [0x22]
        var isEscaped = false
        for k in member.name {
            bytes.append(self[k])
            if self[k] == 0x5C { isEscaped = true }
        }
        guard isEscaped else { return String(decoding: bytes[1...], as: UTF8.self) }
        bytes.append(0x22)
        return (try? JSONValue(parsing: bytes.span))?.string ?? ""
    }

    private func scalarTree(_ text: Range<Int>, reader: inout JSONReader) -> JSONValue {
        do throws(JSONError) {
            return JSONValue(try reader.parse(extracting(text)))
        } catch {
            return .null
        }
    }
}

public import JSONDocument

/// Makes a JSON tree out of values of your own types.
public struct JSONValueEncoder {
    /// An encoder.
    public init() {}

    /// Encodes a value.
    ///
    /// - Throws: `EncodingError` for infinities and NaN, which JSON cannot express, and for a value
    ///   that encodes nothing.
    public func encode(_ value: some Encodable) throws -> JSONValue {
        if let value = value as? JSONValue { return value }
        let node = TreeNode()
        try value.encode(to: TreeEncoder(node: node, codingPath: []))
        guard let tree = node.tree else {
            throw EncodingError.invalidValue(
                value,
                .init(codingPath: [], debugDescription: "the value encoded nothing")
            )
        }
        return tree
    }
}

/// A place in the tree that is being built; containers fill it while they are used.
final class TreeNode {
    enum Content {
        case empty
        case scalar(JSONValue)
        case elements([TreeNode])
        case members([(name: String, node: TreeNode)])
    }
    var content: Content = .empty

    /// `nil` where nothing was encoded.
    var tree: JSONValue? {
        switch content {
        case .empty: return nil
        case .scalar(let value): return value
        case .elements(let nodes): return .array(nodes.map { $0.tree ?? .object([:]) })
        case .members(let members):
            var object = JSONObject()
            for (name, node) in members { object[name] = node.tree ?? .object([:]) }
            return .object(object)
        }
    }

    func appendElement() -> TreeNode {
        let node = TreeNode()
        if case .elements(var nodes) = content {
            content = .empty
            nodes.append(node)
            content = .elements(nodes)
        } else {
            content = .elements([node])
        }
        return node
    }

    func appendMember(_ name: String) -> TreeNode {
        let node = TreeNode()
        if case .members(var members) = content {
            content = .empty
            members.append((name, node))
            content = .members(members)
        } else {
            content = .members([(name, node)])
        }
        return node
    }

    var elementCount: Int { if case .elements(let nodes) = content { nodes.count } else { 0 } }
}

struct TreeEncoder: Encoder {
    let node: TreeNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .empty = node.content { node.content = .members([]) }
        return KeyedEncodingContainer(TreeKeyedEncoding(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .empty = node.content { node.content = .elements([]) }
        return TreeUnkeyedEncoding(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        TreeSingleEncoding(node: node, codingPath: codingPath)
    }
}

struct TreeSingleEncoding: SingleValueEncodingContainer {
    let node: TreeNode
    let codingPath: [any CodingKey]

    func encodeNil() { node.content = .scalar(.null) }
    func encode(_ value: Bool) { node.content = .scalar(.bool(value)) }
    func encode(_ value: String) { node.content = .scalar(.string(value)) }
    func encode(_ value: Double) throws { try encode(finite: value, JSONNumber(value)) }
    func encode(_ value: Float) throws {
        try encode(finite: value, value.isFinite ? JSONNumber(value.description) : nil)
    }
    func encode(_ value: Int) { whole(value) }
    func encode(_ value: Int8) { whole(value) }
    func encode(_ value: Int16) { whole(value) }
    func encode(_ value: Int32) { whole(value) }
    func encode(_ value: Int64) { whole(value) }
    func encode(_ value: UInt) { whole(value) }
    func encode(_ value: UInt8) { whole(value) }
    func encode(_ value: UInt16) { whole(value) }
    func encode(_ value: UInt32) { whole(value) }
    func encode(_ value: UInt64) { whole(value) }

    func encode<T: Encodable>(_ value: T) throws {
        if let value = value as? JSONValue {
            node.content = .scalar(value)
        } else {
            try value.encode(to: TreeEncoder(node: node, codingPath: codingPath))
        }
    }

    private func whole(_ value: some BinaryInteger) {
        // The digits of an integer always are a number.
        node.content = .scalar(JSONNumber(String(value)).map { .number($0) } ?? .null)
    }

    private func encode(finite value: Any, _ number: JSONNumber?) throws {
        guard let number else {
            throw EncodingError.invalidValue(
                value,
                .init(codingPath: codingPath, debugDescription: "JSON has no infinities and no NaN")
            )
        }
        node.content = .scalar(.number(number))
    }
}

struct TreeKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: TreeNode
    let codingPath: [any CodingKey]

    private func encoder(_ key: any CodingKey) -> TreeEncoder {
        TreeEncoder(node: node.appendMember(key.stringValue), codingPath: codingPath + [key])
    }

    func encodeNil(forKey key: Key) {
        node.appendMember(key.stringValue).content = .scalar(.null)
    }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        let encoder = encoder(key)
        try TreeSingleEncoding(node: encoder.node, codingPath: encoder.codingPath).encode(value)
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        encoder(key).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoder(key).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { encoder(MemberKey("super")) }
    func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
}

struct TreeUnkeyedEncoding: UnkeyedEncodingContainer {
    let node: TreeNode
    let codingPath: [any CodingKey]
    var count: Int { node.elementCount }

    private func encoder() -> TreeEncoder {
        let path = codingPath + [MemberKey(intValue: count)]
        return TreeEncoder(node: node.appendElement(), codingPath: path)
    }

    func encodeNil() { node.appendElement().content = .scalar(.null) }
    func encode<T: Encodable>(_ value: T) throws {
        let encoder = encoder()
        try TreeSingleEncoding(node: encoder.node, codingPath: encoder.codingPath).encode(value)
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
        encoder().container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder() }
}

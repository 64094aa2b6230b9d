public import IoTTime

/// The facts a request is judged by: who connects, from where, with which certificate.
///
/// Made once per connection and changed in place (a CONNECT adds its attributes, the clock moves);
/// a decision reads it and allocates nothing.
public struct AuthorizationContext: Sendable {
    private var hashes: [UInt64] = []
    private var keys: [ContextKey] = []
    private var values: [[[UInt8]]] = []

    /// The time of the request: `aws:CurrentTime`, `aws:EpochTime`.
    public var now: WallClock

    /// An empty context.
    public init(now: WallClock) { self.now = now }

    /// Sets the values of a key; none removes it.
    ///
    /// Values of certificate attributes (`iot:Certificate.…`) are given as they stand in the
    /// certificate, in its order; `.N` and `.List` are derived.
    /// - Complexity: O(keys).
    public mutating func set(_ key: ContextKey, to newValues: [String]) {
        let bytes = newValues.map { value in
            key.isDistinguishedNameAttribute ? Self.escaped(value) : Array(value.utf8)
        }
        if let index = keys.firstIndex(of: key) {
            if newValues.isEmpty {
                hashes.remove(at: index)
                keys.remove(at: index)
                values.remove(at: index)
            } else {
                values[index] = bytes
            }
        } else if !newValues.isEmpty {
            hashes.append(key.hash)
            keys.append(key)
            values.append(bytes)
        }
    }

    /// Sets the one value of a key; `nil` removes it.
    public mutating func set(_ key: ContextKey, to value: String?) {
        set(key, to: value.map { [$0] } ?? [])
    }

    /// Sets an attribute of the thing: `iot:Connection.Thing.Attributes[name]`.
    public mutating func setThingAttribute(_ name: String, to value: String?) {
        set(ContextKey("iot:Connection.Thing.Attributes[\(name)]"), to: value)
    }

    /// Removes what speaks of a thing, for a certificate that is not attached to one.
    public mutating func removeThing() {
        let prefix = Array("iot:connection.thing.".utf8)
        for key in keys where key.bytes.starts(with: prefix) { set(key, to: []) }
    }

    /// A distinguished name's special characters get a backslash, as policies must write them.
    ///
    /// Source: AWS IoT Core developer guide, "X.509 Certificate policy variables".
    private static func escaped(_ value: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in value.utf8 {
            if special.contains(byte) { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        return bytes
    }

    private static let special: [UInt8] = Array(",\"\\+=<>;".utf8)
}

extension AuthorizationContext {
    /// Where the values of `key` stand; `nil` where the context has none.
    private func index(of key: ContextKey) -> Int? {
        for index in hashes.indices where hashes[index] == key.hash {
            if keys[index].bytes == key.bytes { return index }
        }
        return nil
    }

    /// The values that a condition on `reference` looks at.
    func values(for reference: VariableReference) -> ArraySlice<[UInt8]> {
        guard let index = index(of: reference.key) else { return [] }
        let all = values[index]
        switch reference.selection {
        case .plain:
            return reference.key.isCertificateAttribute ? all.prefix(1) : all[...]
        case .index(let position):
            let isThere = position < min(all.count, VariableReference.listLimit)
            return isThere ? all[position..<(position + 1)] : []
        case .list:
            return all.prefix(VariableReference.listLimit)
        }
    }

    /// The text that replaces `${reference}`, or `nil` where nothing may be substituted.
    ///
    /// A certificate value that contains one of `* $ + ? #`, or is longer than 1,024 characters, is
    /// not substituted.
    func substitution(for reference: VariableReference) -> [UInt8]? {
        if reference.selection == .list { return nil }
        guard let value = values(for: reference).first else {
            return reference.key == .currentTime ? currentTimeText : nil
        }
        if reference.key.isCertificateAttribute {
            let characters = value.count { !$0.isContinuation }
            guard characters <= VariableReference.substitutionLimit,
                !value.contains(where: { Self.unsubstitutable.contains($0) })
            else { return nil }
        }
        return value
    }

    private var currentTimeText: [UInt8]? { now.rfc3339().map { Array($0.utf8) } }

    private static let unsubstitutable: [UInt8] = Array("*$+?#".utf8)
}

extension ContextKey {
    /// Attributes of a subject or issuer name; alternative names are not escaped.
    var isDistinguishedNameAttribute: Bool {
        let text = description
        return
            (text.hasPrefix("iot:certificate.subject.")
            || text.hasPrefix("iot:certificate.issuer."))
            && !text.contains(".alternativename.")
    }
}

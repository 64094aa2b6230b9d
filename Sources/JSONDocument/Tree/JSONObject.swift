/// An object whose members keep their order.
///
/// Lookup is a scan up to sixteen members and O(1) above; names are compared by their bytes. Equality
/// and hashing do not look at the order.
public struct JSONObject: Sendable {
    /// A member: name and value.
    public struct Member: Sendable {
        /// The name, without escapes.
        public let name: String
        /// The value.
        public var value: JSONValue

        /// A member.
        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    private var storage: [Member] = []
    /// Above sixteen members: an open hash table of positions + 1; a power of two of slots.
    private var table: [UInt32] = []

    private static var scanned: Int { 16 }

    /// An object without members.
    public init() {}

    /// Members in the given order; of members with the same name the last value counts, at the place
    /// of the first.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        for (name, value) in members { self[name] = value }
    }

    /// - Precondition: the names differ.
    init(unique members: [Member]) {
        storage = members
        if members.count > Self.scanned { rebuildTable() }
    }

    /// - Precondition: the names differ; `hashes` are those of ``hash(_:)-(Span<UInt8>)``.
    init(unique members: [Member], hashes: [UInt32]) {
        storage = members
        if members.count <= Self.scanned { return }
        table = [UInt32](repeating: 0, count: Self.tableSize(members.count))
        for position in members.indices { insert(position, Int(hashes[position])) }
    }

    /// Whether an object of so many members is given hashes.
    static func needsHashes(_ count: Int) -> Bool { count > scanned }

    /// The members in order.
    public var members: [Member] { storage }

    /// The names in order.
    public var names: [String] { storage.map(\.name) }

    /// Makes room for `count` members.
    public mutating func reserveCapacity(_ count: Int) { storage.reserveCapacity(count) }

    /// The value of a member.
    ///
    /// Setting keeps the place of a member that exists and appends one that does not; setting `nil`
    /// removes the member.
    /// - Complexity: O(1); removing is O(*n*).
    public subscript(name: String) -> JSONValue? {
        get { position(of: name).map { storage[$0].value } }
        set {
            guard let newValue else {
                removeValue(for: name)
                return
            }
            updateValue(newValue, for: name)
        }
        _modify {
            guard let position = position(of: name) else {
                var value: JSONValue?
                defer { if let value { append(name, value) } }
                yield &value
                return
            }
            var value: JSONValue? = storage[position].value
            storage[position].value = .null
            defer {
                if let value {
                    storage[position].value = value
                } else {
                    removeValue(for: name)
                }
            }
            yield &value
        }
    }

    /// Whether there is a member of that name.
    public func contains(_ name: String) -> Bool { position(of: name) != nil }

    /// Sets a member's value.
    ///
    /// - Returns: the value before; `nil` where the member is new.
    @discardableResult
    public mutating func updateValue(_ value: JSONValue, for name: String) -> JSONValue? {
        guard let position = position(of: name) else {
            append(name, value)
            return nil
        }
        let old = storage[position].value
        storage[position].value = value
        return old
    }

    /// Removes a member; the others keep their order.
    ///
    /// - Returns: its value; `nil` where there is none.
    /// - Complexity: O(*n*).
    @discardableResult
    public mutating func removeValue(for name: String) -> JSONValue? {
        guard let position = position(of: name) else { return nil }
        let old = storage.remove(at: position).value
        if table.isEmpty { return old }
        table = []
        if storage.count > Self.scanned { rebuildTable() }
        return old
    }

    /// Removes the members that satisfy a condition; the others keep their order.
    public mutating func removeAll<E: Error>(
        where shouldBeRemoved: (Member) throws(E) -> Bool
    ) throws(E) {
        var kept: [Member] = []
        kept.reserveCapacity(storage.count)
        for member in storage where try !shouldBeRemoved(member) { kept.append(member) }
        self = JSONObject(unique: kept)
    }

    private mutating func append(_ name: String, _ value: JSONValue) {
        storage.append(Member(name: name, value: value))
        if storage.count <= Self.scanned { return }
        if storage.count * 2 > table.count {
            rebuildTable()
        } else {
            insert(storage.count - 1)
        }
    }

    private mutating func rebuildTable() {
        table = [UInt32](repeating: 0, count: Self.tableSize(storage.count))
        for position in storage.indices { insert(position) }
    }

    private static func tableSize(_ count: Int) -> Int {
        var size = 32
        while size < count * 3 { size *= 2 }
        return size
    }

    private mutating func insert(_ position: Int) {
        insert(position, Self.hash(storage[position].name))
    }

    private mutating func insert(_ position: Int, _ hash: Int) {
        let mask = table.count - 1
        var slot = hash & mask
        while table[slot] != 0 { slot = (slot + 1) & mask }
        table[slot] = UInt32(truncatingIfNeeded: position + 1)
    }

    private func position(of name: String) -> Int? {
        if table.isEmpty {
            return storage.firstIndex { $0.name.hasSameBytes(as: name) }
        }
        let mask = table.count - 1
        var slot = Self.hash(name) & mask
        while table[slot] != 0 {
            let position = Int(table[slot]) - 1
            if storage[position].name.hasSameBytes(as: name) { return position }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Drawn by the standard library when the process starts; no peer knows it.
    private static let seed = UInt64(bitPattern: Int64(Hasher().finalize()))

    private static func hash(_ name: String) -> Int {
        var name = name
        return name.withUTF8 { bytes in Int(hash(unsafe Span(_unsafeElements: bytes))) }
    }

    /// A hash of a name's bytes.
    static func hash(_ name: Span<UInt8>) -> UInt32 {
        guard name.count > 0 else { return 0 }
        let seed = seed
        return unsafe name.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return 0 }
            return unsafe ByteSource(base: base, count: raw.count).seededHash(seed)
        }
    }
}

extension JSONObject: RandomAccessCollection {
    /// 0.
    public var startIndex: Int { 0 }
    /// The number of members.
    public var endIndex: Int { storage.count }
    /// The member at a place in the order.
    public subscript(position: Int) -> Member { storage[position] }
    /// Changes the value at a place in the order.
    public mutating func setValue(_ value: JSONValue, at position: Int) {
        storage[position].value = value
    }
}

extension JSONObject: Hashable {
    /// Whether both have the same names with equal values, in any order.
    public static func == (a: JSONObject, b: JSONObject) -> Bool {
        guard a.storage.count == b.storage.count else { return false }
        for (position, member) in a.storage.enumerated() {
            // Most objects that are compared have the same order.
            let other = b.storage[position]
            if other.name.hasSameBytes(as: member.name) {
                if other.value != member.value { return false }
            } else {
                guard let found = b[member.name], found == member.value else { return false }
            }
        }
        return true
    }

    /// Feeds names and values without regard to the order.
    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for member in storage {
            var each = Hasher()
            each.combine(bytesOf: member.name)
            each.combine(member.value)
            sum &+= each.finalize()
        }
        hasher.combine(storage.count)
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Members in the given order; of members with the same name the last value counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

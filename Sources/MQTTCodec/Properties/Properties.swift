/// The properties of a packet, in the order in which they are sent.
///
/// Stored as the bytes of the wire, checked when added: encoding is one copy, and a broker that
/// forwards a message never takes its properties apart. Texts compare byte by byte.
///
/// Which properties a packet may have is checked when the packet is encoded.
public struct Properties: Hashable, Sendable {
    /// The wire form, without the property length in front.
    private(set) var storage: [UInt8]
    /// Which properties are there.
    private(set) var present: PropertySet

    /// No property.
    public init() {
        storage = []
        present = []
    }

    /// The given properties, in this order.
    ///
    /// - Throws: ``EncodeError`` for a text that MQTT does not take, a number out of range, a field
    ///   longer than 65 535 bytes, or a property that may occur once and occurs again.
    public init(_ properties: [Property]) throws(EncodeError) {
        self.init()
        for property in properties { try append(property) }
    }

    /// A copy of checked properties.
    init(_ view: PropertiesView) {
        storage = view.isEmpty ? [] : [UInt8](copying: view.encoded)
        present = view.region.present
    }

    /// Whether there is none.
    @inlinable
    public var isEmpty: Bool { byteCount == 0 }

    /// Bytes of all properties on the wire, without the property length in front.
    public var byteCount: Int { storage.count }

    /// Whether a property of this kind is there.
    public func contains(_ identifier: PropertyIdentifier) -> Bool { present.contains(identifier) }

    /// The properties as a view over this value.
    public var view: PropertiesView {
        @_lifetime(borrow self)
        get {
            PropertiesView(
                storage.span,
                PropertyRegion(start: 0, end: storage.count, present: present)
            )
        }
    }

    /// Adds a property after the others.
    ///
    /// - Throws: ``EncodeError``; the value is unchanged then. Only User Property and Subscription
    ///   Identifier may occur more than once.
    /// - Complexity: O(*n*) in the bytes of the property, amortized.
    public mutating func append(_ property: Property) throws(EncodeError) {
        let identifier = property.identifier
        if present.contains(identifier), identifier != .userProperty,
            identifier != .subscriptionIdentifier
        {
            throw .duplicateProperty(identifier)
        }
        let content = property.content
        let size = 1 + (try content.checkedSize(of: identifier))
        guard storage.count + size <= VariableByteInteger.maximum else {
            throw .propertiesTooLong(storage.count + size)
        }
        storage.append(identifier.rawValue)
        content.write(as: identifier.type, to: &storage)
        present.insert(PropertySet(identifier))
    }

    /// Replaces every property of this kind by one, at the place of the first, or adds it.
    ///
    /// - Throws: ``EncodeError``; the value is unchanged then.
    /// - Complexity: O(*n*) in the bytes of all properties.
    public mutating func set(_ property: Property) throws(EncodeError) {
        guard present.contains(property.identifier) else { return try append(property) }
        var result = Properties()
        var isPlaced = false
        for existing in self {
            if existing.identifier != property.identifier {
                try result.append(existing)
            } else if !isPlaced {
                try result.append(property)
                isPlaced = true
            }
        }
        self = result
    }

    /// Removes every property of this kind.
    ///
    /// - Complexity: O(*n*) in the bytes of all properties.
    public mutating func remove(_ identifier: PropertyIdentifier) {
        if present.contains(identifier) { self = removing(PropertySet(identifier)) }
    }

    /// The properties without those of a set.
    func removing(_ identifiers: PropertySet) -> Properties {
        guard !present.isDisjoint(with: identifiers) else { return self }
        var result = Properties()
        result.storage.reserveCapacity(storage.count)
        var position = 0
        var cursor = view.makeCursor()
        while let property = cursor.next() {
            let end = cursor.offset
            if !identifiers.contains(property.identifier) {
                result.storage.append(contentsOf: storage[position..<end])
            }
            position = end
        }
        result.present = present.subtracting(identifiers)
        return result
    }
}

extension Properties: Sequence {
    /// Walks over copies of the properties.
    public struct Iterator: IteratorProtocol, Sendable {
        private let storage: [UInt8]
        private var position = 0

        init(_ storage: [UInt8]) { self.storage = storage }

        /// The next property, or `nil` after the last one.
        public mutating func next() -> Property? {
            let storage = storage
            var cursor = PropertyCursor(storage.span, from: position, to: storage.count)
            guard let property = cursor.next() else { return nil }
            position = cursor.offset
            return property.owned()
        }
    }

    /// An iterator in front of the first property.
    public func makeIterator() -> Iterator { Iterator(storage) }
}

extension Property.Content {
    /// Bytes of the value on the wire.
    func checkedSize(of identifier: PropertyIdentifier) throws(EncodeError) -> Int {
        switch self {
        case .number(let value):
            let limit: UInt32 =
                switch identifier.type {
                case .flag: 1
                case .twoByteInteger: 0xFFFF
                case .variableByteInteger: UInt32(VariableByteInteger.maximum)
                default: .max
                }
            guard value <= limit, value != 0 || !identifier.excludesZero else {
                throw .propertyValue(identifier, value)
            }
            return switch identifier.type {
            case .flag: 1
            case .twoByteInteger: 2
            case .variableByteInteger: VariableByteInteger.size(Int(value))
            default: 4
            }
        case .text(let text):
            return try text.wrappedValue.encodedSize(
                identifier == .responseTopic ? .topicName : .string
            )
        case .pair(let name, let value):
            return try name.wrappedValue.encodedSize(.string)
                + value.wrappedValue.encodedSize(.string)
        case .binary(let bytes):
            guard bytes.count <= 0xFFFF else { throw .fieldTooLong(bytes.count) }
            return 2 + bytes.count
        }
    }

    func write(as type: PropertyType, to storage: inout [UInt8]) {
        switch self {
        case .number(let value):
            switch type {
            case .flag: storage.append(UInt8(truncatingIfNeeded: value))
            case .twoByteInteger: storage.append(bigEndian: UInt16(truncatingIfNeeded: value))
            case .variableByteInteger:
                var rest = value
                while rest >= 0x80 {
                    storage.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                    rest >>= 7
                }
                storage.append(UInt8(truncatingIfNeeded: rest))
            default:
                storage.append(bigEndian: UInt16(truncatingIfNeeded: value >> 16))
                storage.append(bigEndian: UInt16(truncatingIfNeeded: value))
            }
        case .text(let text): storage.append(field: text.wrappedValue)
        case .pair(let name, let value):
            storage.append(field: name.wrappedValue)
            storage.append(field: value.wrappedValue)
        case .binary(let bytes):
            storage.append(bigEndian: UInt16(truncatingIfNeeded: bytes.count))
            storage.append(contentsOf: bytes)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: UInt16) {
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    fileprivate mutating func append(field text: String) {
        append(bigEndian: UInt16(truncatingIfNeeded: text.utf8.count))
        append(contentsOf: text.utf8)
    }
}

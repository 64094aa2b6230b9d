/// A text that is equal to another only if its bytes are.
///
/// Swift's `String` takes canonically equivalent texts for equal; MQTT compares topics without any
/// normalization. [MQTT-4.7.3-4]
@propertyWrapper
public struct ExactBytes<Value: ByteComparable>: Hashable, Sendable {
    /// The text.
    public var wrappedValue: Value

    /// Wraps a text.
    @inlinable
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

    /// Whether both have the same bytes.
    public static func == (left: ExactBytes, right: ExactBytes) -> Bool {
        left.wrappedValue.hasSameBytes(as: right.wrappedValue)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) { wrappedValue.hashBytes(into: &hasher) }
}

/// A value made of text that can be compared byte by byte.
public protocol ByteComparable: Sendable {
    /// Whether the bytes of both are the same.
    func hasSameBytes(as other: Self) -> Bool
    /// Feeds the bytes to a hasher.
    func hashBytes(into hasher: inout Hasher)
}

extension String: ByteComparable {
    /// Whether the UTF-8 of both is the same.
    public func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }

    /// Feeds length and UTF-8 to a hasher.
    public func hashBytes(into hasher: inout Hasher) {
        hasher.combine(utf8.count)
        for byte in utf8 { hasher.combine(byte) }
    }
}

extension Optional: ByteComparable where Wrapped: ByteComparable {
    /// Whether both are `nil`, or the same bytes.
    public func hasSameBytes(as other: Wrapped?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let left?, let right?): left.hasSameBytes(as: right)
        default: false
        }
    }

    /// Feeds presence and bytes to a hasher.
    public func hashBytes(into hasher: inout Hasher) {
        hasher.combine(self != nil)
        self?.hashBytes(into: &hasher)
    }
}

extension Array: ByteComparable where Element: ByteComparable {
    /// Whether both have the same elements, byte by byte.
    public func hasSameBytes(as other: [Element]) -> Bool {
        count == other.count && indices.allSatisfy { self[$0].hasSameBytes(as: other[$0]) }
    }

    /// Feeds count and elements to a hasher.
    public func hashBytes(into hasher: inout Hasher) {
        hasher.combine(count)
        for element in self { element.hashBytes(into: &hasher) }
    }
}

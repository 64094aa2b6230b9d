/// A JSON value that can be kept and changed.
///
/// Equality is by JSON meaning: numbers by value (`1` equals `1.0`), strings by code points (nothing
/// is normalised), objects without regard to the order of their members; `true` is not 1.
@frozen
public enum JSONValue: Sendable {
    /// The literal `null`.
    case null
    /// The literals `true` and `false`.
    case bool(Bool)
    /// A number with its text.
    case number(JSONNumber)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object, its members in order.
    case object(JSONObject)

    /// What the value is.
    public var kind: JSONKind {
        switch self {
        case .null: .null
        case .bool: .bool
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }

    /// Whether the value is `null`.
    public var isNull: Bool { if case .null = self { true } else { false } }
    /// The Boolean; `nil` for other kinds.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The number; `nil` for other kinds.
    public var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }
    /// The string; `nil` for other kinds.
    public var string: String? { if case .string(let value) = self { value } else { nil } }

    /// The array; `nil` for other kinds.
    ///
    /// Changes happen in place; setting `nil` makes the value `null`.
    public var array: [JSONValue]? {
        get { if case .array(let value) = self { value } else { nil } }
        set { self = newValue.map { .array($0) } ?? .null }
        _modify {
            var value = array
            self = .null
            defer { self = value.map { .array($0) } ?? .null }
            yield &value
        }
    }

    /// The object; `nil` for other kinds.
    ///
    /// Changes happen in place; setting `nil` makes the value `null`.
    public var object: JSONObject? {
        get { if case .object(let value) = self { value } else { nil } }
        set { self = newValue.map { .object($0) } ?? .null }
        _modify {
            var value = object
            self = .null
            defer { self = value.map { .object($0) } ?? .null }
            yield &value
        }
    }

    /// The value of an object's member; `nil` for other kinds.
    ///
    /// Setting changes nothing where the value is no object; setting `nil` removes the member.
    public subscript(name: String) -> JSONValue? {
        get { object?[name] }
        set {
            guard case .object(var value) = self else { return }
            self = .null
            value[name] = newValue
            self = .object(value)
        }
    }

    /// The value that a JSON Pointer names; `nil` where there is none. RFC 6901 §4
    public subscript(pointer: JSONPointer) -> JSONValue? {
        var value = self
        for token in pointer.tokens {
            switch value {
            case .object(let object):
                guard let next = object[token.key.name] else { return nil }
                value = next
            case .array(let array):
                guard let index = token.index, array.indices.contains(index) else { return nil }
                value = array[index]
            default:
                return nil
            }
        }
        return value
    }
}

extension JSONValue: Hashable {
    /// Whether both mean the same.
    public static func == (a: JSONValue, b: JSONValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let x), .bool(let y)): x == y
        case (.number(let x), .number(let y)): x == y
        case (.string(let x), .string(let y)): x.hasSameBytes(as: y)
        case (.array(let x), .array(let y)): x == y
        case (.object(let x), .object(let y)): x == y
        default: false
        }
    }

    /// Feeds the meaning, so that equal values hash equally.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        switch self {
        case .null: break
        case .bool(let value): hasher.combine(value)
        case .number(let value): hasher.combine(value)
        case .string(let value): hasher.combine(bytesOf: value)
        case .array(let value): hasher.combine(value)
        case .object(let value): hasher.combine(value)
        }
    }
}

extension JSONValue:
    ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// `null`.
    public init(nilLiteral: ()) { self = .null }
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A whole number.
    public init(integerLiteral value: Int64) { self = .number(JSONNumber(value)) }
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object; of members with the same name the last one counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in elements { object[name] = value }
        self = .object(object)
    }
}

extension String {
    /// Whether both are the same UTF-8; `==` would call canonically equivalent strings equal.
    func hasSameBytes(as other: String) -> Bool {
        // Different bytes of one meaning are rare, so the quick comparison goes first.
        guard self == other else { return false }
        return utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }
}

extension Hasher {
    mutating func combine(bytesOf string: String) {
        var string = string
        string.withUTF8 { unsafe combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

internal import JSONDocument

/// A value while a rule runs.
///
/// Undefined is a value of its own, not the absence of one.
enum Value: Sendable {
    /// Missing, or the result of something that cannot be done.
    case undefined
    case null
    case bool(Bool)
    /// A computed number, or one that was read to compute with.
    case number(Numeric)
    /// A number as the payload spells it.
    case text(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
    /// A whole payload that is no JSON text.
    case raw
}

/// A number with its type: Int (at most 34 digits) or Decimal.
struct Numeric: Equatable, Sendable {
    var decimal: Decimal34
    var isInt: Bool

    init(_ decimal: Decimal34, isInt: Bool) {
        self.decimal = decimal
        self.isInt = isInt
    }

    init(_ value: Int64) { self.init(Decimal34(value), isInt: true) }

    init(_ value: Int) { self.init(Int64(value)) }

    /// A whole result: an Int where 34 digits hold it, else a Decimal.
    init(whole decimal: Decimal34) {
        let plain = decimal.strippingFractionZeros
        self.init(plain, isInt: plain.exponent == 0)
    }

    /// A number that was read: in `2016-03-23` a whole number is an Int however it is written.
    init?(reading text: String, _ version: SQLVersion) {
        guard let decimal = Decimal34(text) else { return nil }
        self.init(read: decimal, version)
    }

    init(read decimal: Decimal34, _ version: SQLVersion) {
        if version.hasNestedQueries {
            let plain = decimal.strippingFractionZeros
            self.init(plain, isInt: plain.exponent == 0)
        } else {
            self.init(decimal, isInt: decimal.exponent == 0)
        }
    }

    /// The number as text: an Int's digits, a Decimal in Java's BigDecimal form.
    ///
    /// `2015-10-08` keeps a Decimal's zeros; later versions print the shortest text.
    func text(_ version: SQLVersion) -> String {
        isInt || !version.hasNestedQueries
            ? decimal.description : decimal.strippingFractionZeros.description
    }
}

extension Value {
    /// A tree's value.
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number(let number): self = .text(number)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .array(elements)
        case .object(let members): self = .object(members)
        }
    }

    /// A copy of a value in the payload.
    init(_ view: borrowing JSONView) {
        switch view.kind {
        case .null: self = .null
        case .bool: self = .bool(view.bool ?? false)
        case .number:
            guard let number = view.number else {
                self = .undefined
                return
            }
            self = .text(number.owned)
        case .string: self = .string(view.string?.value ?? "")
        case .array, .object: self.init(JSONValue(view))
        }
    }

    /// The tree to store the value in; `nil` for Undefined and for a payload that is no JSON.
    func json(_ version: SQLVersion) -> JSONValue? {
        switch self {
        case .undefined, .raw: nil
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let number): JSONNumber(number.text(version)).map { .number($0) }
        case .text(let number): .number(number)
        case .string(let value): .string(value)
        case .array(let elements): .array(elements)
        case .object(let members): .object(members)
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }

    /// The type's name, for a trace.
    func typeName(_ version: SQLVersion) -> String {
        switch self {
        case .undefined: "Undefined"
        case .null: "Null"
        case .bool: "Boolean"
        case .number, .text: number(version)?.isInt == true ? "Int" : "Decimal"
        case .string: "String"
        case .array: "Array"
        case .object: "Object"
        case .raw: "a payload that is no JSON"
        }
    }

    // MARK: Conversions

    /// The number of an Int or Decimal; `nil` for other types and for numbers out of range.
    func number(_ version: SQLVersion) -> Numeric? {
        switch self {
        case .number(let number): number
        case .text(let number): Numeric(reading: number.text, version)
        default: nil
        }
    }

    /// To-decimal: numbers, and strings of the documented form.
    func toNumber(_ version: SQLVersion) -> Numeric? {
        if case .string(let text) = self { return Self.decimal(spelledBy: text) }
        return number(version)
    }

    /// The number behind `^-?\d+(\.\d+)?((?i)E-?\d+)?$`.
    static func decimal(spelledBy text: String) -> Numeric? {
        var text = text
        let isNumber = text.withUTF8 { unsafe isDecimalText(Span(_unsafeElements: $0)) }
        guard isNumber, let decimal = Decimal34(text) else { return nil }
        return Numeric(decimal, isInt: false)
    }

    static func isDecimalText(_ bytes: Span<UInt8>) -> Bool {
        var i = 0
        func digits() -> Bool {
            let start = i
            while i < bytes.count, bytes[i] &- 0x30 < 10 { i += 1 }
            return i > start
        }
        if i < bytes.count, bytes[i] == 0x2D { i += 1 }
        guard digits() else { return false }
        if i < bytes.count, bytes[i] == 0x2E {
            i += 1
            guard digits() else { return false }
        }
        if i < bytes.count, bytes[i] | 0x20 == 0x65 {
            i += 1
            if i < bytes.count, bytes[i] == 0x2D { i += 1 }
            guard digits() else { return false }
        }
        return i == bytes.count
    }

    /// To-boolean: Booleans, and `true` and `false` in any case of letters.
    var toBool: Bool? {
        switch self {
        case .bool(let value): value
        case .string(let text): Self.bool(spelledBy: text)
        default: nil
        }
    }

    static func bool(spelledBy text: String) -> Bool? {
        guard text.utf8.count <= 5 else { return nil }
        switch text.asciiLowercased {
        case "true": return true
        case "false": return false
        default: return nil
        }
    }

    /// To-string; `nil` (Undefined) for Null, Undefined and payloads that are no JSON.
    func toText(_ version: SQLVersion) -> String? {
        switch self {
        case .undefined, .null, .raw: return nil
        case .bool(let value): return value ? "true" : "false"
        case .number(let number): return number.text(version)
        case .text(let number): return OutputText.spelling(of: number, version)
        case .string(let text): return text
        case .array, .object:
            guard let json = json(version) else { return nil }
            var output: [UInt8] = []
            OutputText.append(json, to: &output, version)
            return String(decoding: output, as: UTF8.self)
        }
    }
}

/// True, false or Undefined: what conditions are computed with.
enum Truth: UInt8 {
    case isFalse, isTrue, undefined

    init(_ value: Bool) { self = value ? .isTrue : .isFalse }

    init(_ value: Bool?) {
        switch value {
        case true?: self = .isTrue
        case false?: self = .isFalse
        case nil: self = .undefined
        }
    }

    var negated: Truth {
        switch self {
        case .isTrue: .isFalse
        case .isFalse: .isTrue
        case .undefined: .undefined
        }
    }

    var value: Value {
        switch self {
        case .isTrue: .bool(true)
        case .isFalse: .bool(false)
        case .undefined: .undefined
        }
    }
}

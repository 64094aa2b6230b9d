internal import JSONDocument

/// The operators on values: pure, so that the compiler folds constants with them.
enum Operations {
    /// Whether a constant is too long to keep in a program.
    static func isLong(_ value: Value) -> Bool {
        if case .string(let text) = value { text.utf8.count > 4_096 } else { false }
    }

    // MARK: Comparison

    static func compare(
        _ symbol: Expression.ComparisonOperator,
        _ a: Value,
        _ b: Value,
        _ version: SQLVersion
    ) -> Truth {
        switch symbol {
        case .equal: return equal(a, b, version)
        case .notEqual: return equal(a, b, version).negated
        case .isIn:
            guard !a.isUndefined, case .array(let elements) = b else { return .undefined }
            for element in elements where equal(a, Value(element), version) == .isTrue {
                return .isTrue
            }
            return .isFalse
        default:
            guard let x = a.toNumber(version), let y = b.toNumber(version) else {
                return .undefined
            }
            return Truth(symbol.holds(x.decimal, y.decimal))
        }
    }

    /// `=`: Undefined with Undefined, false for different types.
    static func equal(_ a: Value, _ b: Value, _ version: SQLVersion) -> Truth {
        switch (a, b) {
        case (.undefined, _), (_, .undefined), (.raw, _), (_, .raw): return .undefined
        case (.null, .null): return .isTrue
        case (.bool(let x), .bool(let y)): return Truth(x == y)
        // Strings are compared by bytes: nothing is normalised.
        case (.string(let x), .string(let y)): return Truth(x.utf8.elementsEqual(y.utf8))
        case (.text(let x), .text(let y)): return Truth(x == y)
        case (.number, .number), (.number, .text), (.text, .number):
            if let x = a.number(version), let y = b.number(version) {
                return Truth(x.decimal == y.decimal)
            }
            // One of them is out of range: they differ.
            return .isFalse
        case (.array(let x), .array(let y)): return Truth(JSONValue.array(x) == .array(y))
        case (.object(let x), .object(let y)): return Truth(JSONValue.object(x) == .object(y))
        default: return .isFalse
        }
    }

    /// AND and OR over all operands: one that is no Boolean makes the result Undefined.
    static func logical(_ symbol: Expression.LogicalOperator, _ operands: [Truth]) -> Truth {
        var result = symbol == .and
        for operand in operands {
            switch operand {
            case .undefined: return .undefined
            case .isTrue: if symbol == .or { result = true }
            case .isFalse: if symbol == .and { result = false }
            }
        }
        return Truth(result)
    }

    // MARK: Arithmetic

    static func signed(_ sign: Expression.Sign, _ value: Value, _ version: SQLVersion) -> Value {
        guard let number = value.toNumber(version) else { return .undefined }
        let decimal = sign == .minus ? -number.decimal : number.decimal
        return .number(Numeric(decimal, isInt: number.isInt))
    }

    static func arithmetic(
        _ symbol: Expression.ArithmeticOperator,
        _ a: Value,
        _ b: Value,
        _ version: SQLVersion
    ) -> Value {
        if symbol == .add {
            var isText = false
            if case .string = a { isText = true }
            if case .string = b { isText = true }
            if isText {
                guard let x = a.toText(version), let y = b.toText(version) else {
                    return .undefined
                }
                return .string(x + y)
            }
            guard let x = a.number(version), let y = b.number(version) else { return .undefined }
            return result(x.decimal.adding(y.decimal), x, y)
        }
        guard let x = a.toNumber(version), let y = b.toNumber(version) else { return .undefined }
        switch symbol {
        case .subtract: return result(x.decimal.subtracting(y.decimal), x, y)
        case .multiply: return result(x.decimal.multiplied(by: y.decimal), x, y)
        case .remainder: return remainder(x, y)
        default: return quotient(x, y)
        }
    }

    static func remainder(_ x: Numeric, _ y: Numeric) -> Value {
        result(x.decimal.remainder(dividingBy: y.decimal), x, y)
    }

    /// Two Ints give an Int, cut off towards zero; else 34 digits.
    private static func quotient(_ x: Numeric, _ y: Numeric) -> Value {
        guard x.isInt, y.isInt else { return result(x.decimal.divided(by: y.decimal), x, y) }
        guard !y.decimal.isZero else { return .undefined }
        let magnitude = x.decimal.coefficient / y.decimal.coefficient
        return whole(magnitude, isNegative: x.decimal.isNegative != y.decimal.isNegative)
    }

    /// A whole number from its magnitude.
    static func whole(_ magnitude: UInt128, isNegative: Bool) -> Value {
        if let small = Int64(exactly: magnitude) {
            return .number(Numeric(isNegative ? -small : small))
        }
        let text = (isNegative ? "-" : "") + String(magnitude)
        return Decimal34(text).map { .number(Numeric(whole: $0)) } ?? .undefined
    }

    private static func result(_ decimal: Decimal34?, _ x: Numeric, _ y: Numeric) -> Value {
        guard let decimal else { return .undefined }
        if x.isInt && y.isInt { return .number(Numeric(whole: decimal)) }
        return .number(Numeric(decimal, isInt: false))
    }

    // MARK: CAST and objects

    static func cast(
        _ value: Value,
        _ target: Expression.CastType.Target,
        _ version: SQLVersion
    ) -> Value {
        if target == .string { return value.toText(version).map { .string($0) } ?? .undefined }
        if target == .boolean {
            if let known = value.toBool { return .bool(known) }
            return value.number(version).map { .bool(!$0.decimal.isZero) } ?? .undefined
        }
        let number: Numeric
        if case .bool(let isTrue) = value {
            number = Numeric(isTrue ? 1 : 0)
        } else if let known = value.toNumber(version) {
            number = known
        } else {
            return .undefined
        }
        switch target {
        case .int: return floor(number)
        case .double:
            guard let double = Decimal34(number.decimal.doubleValue) else { return .undefined }
            return .number(Numeric(double, isInt: false))
        default: return .number(Numeric(read: number.decimal, version))
        }
    }

    static func floor(_ number: Numeric) -> Value {
        number.decimal.rounded(toPlaces: 0, .down).map { .number(Numeric(whole: $0)) } ?? .undefined
    }

    /// An object from pairs of a key and a value; Undefined members are left out.
    static func object(_ pairs: [Value], _ version: SQLVersion) -> JSONObject {
        var object = JSONObject()
        for index in stride(from: 0, to: pairs.count - 1, by: 2) {
            guard case .string(let key) = pairs[index], let value = pairs[index + 1].json(version)
            else { continue }
            object.updateValue(value, for: key)
        }
        return object
    }

    /// `container[index]` and `get`: arrays and strings by position, objects by name.
    static func element(of container: Value, at index: Value, _ version: SQLVersion) -> Value {
        switch container {
        case .object(let object):
            guard case .string(let name) = index else { return .undefined }
            return object[name].map { Value($0) } ?? .undefined
        case .array(let elements):
            guard let position = position(index, version), position < elements.count else {
                return .undefined
            }
            return Value(elements[position])
        case .string(let text):
            guard let position = position(index, version) else { return .undefined }
            let scalars = text.unicodeScalars
            guard
                let place = scalars.index(
                    scalars.startIndex,
                    offsetBy: position,
                    limitedBy: scalars.endIndex
                ), place < scalars.endIndex
            else { return .undefined }
            return .string(String(scalars[place]))
        default: return .undefined
        }
    }

    /// An index by To-Int; `nil` below 0.
    private static func position(_ value: Value, _ version: SQLVersion) -> Int? {
        guard let number = value.toNumber(version),
            let whole = number.decimal.rounded(toPlaces: 0, .towardZero),
            let position = Int64(exactly: whole), position >= 0
        else { return nil }
        return Int(position)
    }
}

extension Expression.ComparisonOperator {
    /// Whether `a < b` and its like hold.
    func holds<T: Comparable>(_ a: T, _ b: T) -> Bool {
        switch self {
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        case .equal: a == b
        case .notEqual: a != b
        case .isIn: false
        }
    }
}

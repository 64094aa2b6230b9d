internal import JSONDocument

/// Comparisons of a payload's value with a constant: the hot path of WHERE.
///
/// No value is built: strings are compared as bytes, numbers from their digits.
enum FieldComparison {
    /// Compares with a constant of the table; most comparisons need no more than its short form.
    @inline(__always)
    static func compare(
        _ symbol: Expression.ComparisonOperator,
        _ view: JSONView,
        _ number: Int32,
        _ code: Code
    ) -> Truth {
        let short = code.shortConstants[Int(number)]
        let isEquality = symbol == .equal || symbol == .notEqual
        if isEquality ? short.isNumber : true, short.hasInt {
            if let number = view.number, let order = order(number.text, short.int) {
                return Truth(symbol.holds(order, 0))
            }
        } else if isEquality, short.isString {
            guard let string = view.string else { return Truth(symbol == .notEqual) }
            let bytes = code.shortBytes
            let isEqual = string == bytes.span.extracting(short.bytes)
            return Truth(isEqual == (symbol == .equal))
        }
        return compare(symbol, view, code.constants[Int(number)], code.version)
    }

    @inline(never)
    private static func compare(
        _ symbol: Expression.ComparisonOperator,
        _ view: JSONView,
        _ constant: Constant,
        _ version: SQLVersion
    ) -> Truth {
        switch symbol {
        case .equal: equal(view, constant, version)
        case .notEqual: equal(view, constant, version).negated
        default: ordered(symbol, view, constant)
        }
    }

    private static func equal(
        _ view: JSONView,
        _ constant: Constant,
        _ version: SQLVersion
    ) -> Truth {
        switch constant.value {
        case .undefined, .raw: return .undefined
        case .null: return Truth(view.isNull)
        case .bool(let value): return Truth(view.bool == value)
        case .string:
            guard let string = view.string else { return .isFalse }
            let utf8 = constant.utf8
            return Truth(string == utf8.span)
        case .number, .text:
            guard let number = view.number else { return .isFalse }
            if let int = constant.int, let order = order(number.text, int) {
                return Truth(order == 0)
            }
            guard let decimal = number.decimal, let known = constant.numeric else {
                return .isFalse
            }
            return Truth(decimal == known.decimal)
        case .array, .object: return Operations.equal(Value(view), constant.value, version)
        }
    }

    private static func ordered(
        _ symbol: Expression.ComparisonOperator,
        _ view: JSONView,
        _ constant: Constant
    ) -> Truth {
        guard let known = constant.numeric else { return .undefined }
        if let number = view.number {
            if let int = constant.int, let order = order(number.text, int) {
                return Truth(symbol.holds(order, 0))
            }
            guard let decimal = number.decimal else { return .undefined }
            return Truth(symbol.holds(decimal, known.decimal))
        }
        guard let string = view.string else { return .undefined }
        if !string.isEscaped {
            guard Value.isDecimalText(string.text), let decimal = Decimal34(utf8: string.text)
            else { return .undefined }
            return Truth(symbol.holds(decimal, known.decimal))
        }
        guard let number = Value.decimal(spelledBy: string.value) else { return .undefined }
        return Truth(symbol.holds(number.decimal, known.decimal))
    }

    /// How a number of at most 18 digits without an exponent compares with an integer: -1, 0 or 1.
    ///
    /// - Returns: `nil` for other numbers.
    @inline(__always)
    static func order(_ text: Span<UInt8>, _ integer: Int64) -> Int? {
        var index = 0
        let isNegative = text[0] == 0x2D
        if isNegative { index = 1 }
        guard text.count - index <= 18 else { return nil }
        var mantissa: Int64 = 0
        var scale: Int64 = 1
        var isFraction = false
        while index < text.count {
            let byte = text[index]
            index &+= 1
            let digit = byte &- 0x30
            if digit < 10 {
                mantissa = mantissa &* 10 &+ Int64(digit)
                if isFraction { scale = scale &* 10 }
            } else if byte == 0x2E {
                isFraction = true
            } else {
                return nil
            }
        }
        let (scaled, overflow) = integer.multipliedReportingOverflow(by: scale)
        guard !overflow else { return nil }
        let value = isNegative ? -mantissa : mantissa
        return value < scaled ? -1 : value > scaled ? 1 : 0
    }
}

internal import JSONDocument

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

extension Functions {
    /// The functions of numbers; `nil` for a function of another family.
    static func number(_ id: FunctionID, _ arguments: [Value]) -> Value? {
        guard case .number(let x)? = arguments.first else { return nil }
        if let value = whole(id, x) { return value }
        if arguments.count == 1 {
            guard let value = double(id, x.decimal.doubleValue) else { return nil }
            return fromDouble(value)
        }
        guard case .number(let y) = arguments[1] else { return nil }
        switch id {
        case .mod, .remainder: return Operations.remainder(x, y)
        case .atan2: return fromDouble(atan2(x.decimal.doubleValue, y.decimal.doubleValue))
        case .power: return fromDouble(pow(x.decimal.doubleValue, y.decimal.doubleValue))
        case .trunc: return trunc(x, y)
        case .bitand: return bits(x, y) { $0 & $1 }
        case .bitor: return bits(x, y) { $0 | $1 }
        case .bitxor: return bits(x, y) { $0 ^ $1 }
        default: return nil
        }
    }

    private static func whole(_ id: FunctionID, _ x: Numeric) -> Value? {
        switch id {
        case .abs: return .number(Numeric(x.decimal.magnitude, isInt: x.isInt))
        case .ceil: return rounded(x, .up)
        case .floor: return rounded(x, .down)
        case .round: return rounded(x, .toNearestOrAwayFromZero)
        case .sign: return .number(Numeric(x.decimal.isZero ? 0 : x.decimal.isNegative ? -1 : 1))
        case .bitnot: return bitnot(x)
        case .chr:
            guard let code = Int64(exactly: x.decimal), (0...127).contains(code) else {
                return .undefined
            }
            return .string(String(Unicode.Scalar(UInt8(code))))
        default: return nil
        }
    }

    private static func rounded(_ x: Numeric, _ rule: FloatingPointRoundingRule) -> Value {
        x.decimal.rounded(toPlaces: 0, rule).map { .number(Numeric(whole: $0)) } ?? .undefined
    }

    private static func double(_ id: FunctionID, _ x: Double) -> Double? {
        switch id {
        case .acos: acos(x)
        case .asin: asin(x)
        case .atan: atan(x)
        case .cos: cos(x)
        case .cosh: cosh(x)
        case .exp: exp(x)
        case .ln: log(x)
        case .log: log10(x)
        case .sin: sin(x)
        case .sinh: sinh(x)
        case .sqrt: x.squareRoot()
        case .tan: tan(x)
        case .tanh: tanh(x)
        default: nil
        }
    }

    /// A binary64 result; Undefined where it is no real number or too large.
    static func fromDouble(_ value: Double) -> Value {
        Decimal34(value).map { .number(Numeric($0, isInt: false)) } ?? .undefined
    }

    private static func trunc(_ x: Numeric, _ places: Numeric) -> Value {
        let limit = Decimal34(34)
        let count =
            places.decimal.isNegative
            ? 0
            : places.decimal > limit ? 34 : Int(Int64(exactly: places.decimal) ?? 34)
        guard let cut = x.decimal.rounded(toPlaces: count, .towardZero) else { return .undefined }
        return .number(Numeric(cut.strippingFractionZeros, isInt: x.isInt))
    }

    // MARK: Bits

    /// The number as two's complement; 34 digits need 114 bits.
    private static func int128(_ x: Numeric) -> Int128? {
        guard x.isInt, x.decimal.exponent == 0 else { return nil }
        let magnitude = Int128(x.decimal.coefficient)
        return x.decimal.isNegative ? -magnitude : magnitude
    }

    private static func bits(
        _ x: Numeric,
        _ y: Numeric,
        _ operation: (Int128, Int128) -> Int128
    ) -> Value {
        guard let a = int128(x), let b = int128(y) else { return .undefined }
        let result = operation(a, b)
        return Operations.whole(result.magnitude, isNegative: result < 0)
    }

    /// Flips the bits up to the highest one that is set: the guide's example is bitnot(13) = 2.
    ///
    /// Deviation from two's complement, as documented; negative numbers are complemented whole.
    private static func bitnot(_ x: Numeric) -> Value {
        guard let a = int128(x) else { return .undefined }
        guard a > 0 else {
            return a == 0
                ? .number(Numeric(1)) : Operations.whole((~a).magnitude, isNegative: false)
        }
        let width = Int128.bitWidth - a.leadingZeroBitCount
        return Operations.whole((a ^ ((1 << width) - 1)).magnitude, isNegative: false)
    }
}

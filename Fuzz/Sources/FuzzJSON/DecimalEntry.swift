import JSONDocument

/// Arithmetic on two decimals made of the input's bytes, against whole numbers of any size.
@Sendable func fuzzDecimal(_ bytes: UnsafeRawBufferPointer) {
    checkText(bytes)
    guard bytes.count >= 4 else { return }
    let half = bytes.count / 2
    guard let a = decimal(UnsafeRawBufferPointer(rebasing: bytes[..<half])),
        let b = decimal(UnsafeRawBufferPointer(rebasing: bytes[half...]))
    else { return }
    checkLaws(a, b)
    checkSumAndProduct(a, b)
    checkDivision(a, b)
}

/// Any text: what is accepted prints and reads back the same.
private func checkText(_ bytes: UnsafeRawBufferPointer) {
    let text = [UInt8](bytes)
    guard let value = Decimal34(utf8: text.span) else { return }
    precondition(value.coefficient < Naive.limit)
    let printed = value.description
    guard let again = Decimal34(printed) else { preconditionFailure("does not read back") }
    precondition(again.exponent == value.exponent && again.coefficient == value.coefficient)
    precondition(again.isNegative == value.isNegative)
    precondition(JSONNumber(printed) != nil)
}

/// The first two bytes choose the exponent and the sign, the others are digits.
private func decimal(_ bytes: UnsafeRawBufferPointer) -> Decimal34? {
    let scale = Int(bytes[0]) % 128
    let exponent = scale < 96 ? scale - 48 : (scale - 112) * 62
    var text = bytes[1] & 1 == 0 ? "-" : ""
    text += String(bytes[1] >> 5)
    for byte in bytes.dropFirst(2).prefix(33) { text += String(byte % 10) }
    return Decimal34(text + "E" + String(exponent))
}

private func checkLaws(_ a: Decimal34, _ b: Decimal34) {
    precondition(a.adding(b) == b.adding(a))
    precondition(a.multiplied(by: b) == b.multiplied(by: a))
    precondition(a.subtracting(a)?.isZero == true)
    precondition(-(-a) == a)
    precondition((a < b) == (b > a) && !(a < b && b < a))
    let normal = a.normalized
    precondition(normal == a && normal.hashValue == a.hashValue)
    precondition(a.strippingFractionZeros == a)
    if let difference = a.subtracting(b) {
        precondition(difference.isZero == (a == b))
        precondition(difference.isNegative == (a < b))
    }
    if let value = Int64(exactly: a) { precondition(Decimal34(value) == a && a.isWhole) }
    if let down = a.rounded(toPlaces: 2, .down), let up = a.rounded(toPlaces: 2, .up) {
        precondition(down <= a && a <= up)
    }
}

private func checkSumAndProduct(_ a: Decimal34, _ b: Decimal34) {
    let product = Naive.product(Naive.digits(a.coefficient), Naive.digits(b.coefficient))
    let isNegative = a.isNegative != b.isNegative
    check(a.multiplied(by: b), isNegative, product, a.exponent + b.exponent)
    guard abs(a.exponent - b.exponent) < 200 else { return }
    let exponent = min(a.exponent, b.exponent)
    let x = Naive.digits(a.coefficient) + [UInt8](repeating: 0, count: a.exponent - exponent)
    let y = Naive.digits(b.coefficient) + [UInt8](repeating: 0, count: b.exponent - exponent)
    if a.isNegative == b.isNegative {
        check(a.adding(b), a.isNegative, Naive.sum(x, y), exponent)
    } else {
        let (digits, flipped) = Naive.difference(x, y)
        check(a.adding(b), flipped ? b.isNegative : a.isNegative, digits, exponent)
    }
}

/// The remainder is exact and smaller than the divisor; an exact quotient multiplies back.
private func checkDivision(_ a: Decimal34, _ b: Decimal34) {
    guard let remainder = a.remainder(dividingBy: b) else {
        precondition(b.isZero)
        return
    }
    precondition(remainder.magnitude < b.magnitude)
    precondition(remainder.isZero || remainder.isNegative == a.isNegative)
    precondition(remainder.remainder(dividingBy: b) == remainder)
    guard let quotient = a.divided(by: b), quotient.magnitude > 1 else { return }
    // A whole quotient of at most 18 digits is exact; a larger one may have been rounded.
    if remainder.isZero, quotient.magnitude < 1_000_000_000_000_000_000 {
        precondition(quotient.isWhole && quotient.multiplied(by: b) == a)
    }
}

private func check(_ result: Decimal34?, _ isNegative: Bool, _ digits: [UInt8], _ exponent: Int) {
    let text = (isNegative ? "-" : "") + String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self)
    // The text of the exact result is rounded by the parser, whose rounding has tests of its own.
    precondition(result == Decimal34(text + "E" + String(exponent)), "\(text)E\(exponent)")
}

/// Whole numbers as digits, highest first.
private enum Naive {
    static let limit = UInt128(10_000_000_000_000_000) * 1_000_000_000_000_000_000

    static func digits(_ value: UInt128) -> [UInt8] { String(value).utf8.map { $0 - 0x30 } }

    static func product(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var result = [Int](repeating: 0, count: a.count + b.count)
        for (i, x) in a.enumerated() {
            for (j, y) in b.enumerated() { result[i + j + 1] += Int(x) * Int(y) }
        }
        for k in result.indices.reversed() where k > 0 {
            result[k - 1] += result[k] / 10
            result[k] %= 10
        }
        return result.map { UInt8($0) }
    }

    static func sum(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        let count = max(a.count, b.count) + 1
        let x = [UInt8](repeating: 0, count: count - a.count) + a
        let y = [UInt8](repeating: 0, count: count - b.count) + b
        var result = [UInt8](repeating: 0, count: count)
        var carry: UInt8 = 0
        for k in (0..<count).reversed() {
            let digit = x[k] + y[k] + carry
            result[k] = digit % 10
            carry = digit / 10
        }
        return result
    }

    static func difference(_ a: [UInt8], _ b: [UInt8]) -> (digits: [UInt8], flipped: Bool) {
        let count = max(a.count, b.count)
        let x = [UInt8](repeating: 0, count: count - a.count) + a
        let y = [UInt8](repeating: 0, count: count - b.count) + b
        let flipped = x.lexicographicallyPrecedes(y)
        let (large, small) = flipped ? (y, x) : (x, y)
        var result = [UInt8](repeating: 0, count: count)
        var borrow = 0
        for k in (0..<count).reversed() {
            let digit = Int(large[k]) - Int(small[k]) - borrow
            borrow = digit < 0 ? 1 : 0
            result[k] = UInt8(digit + borrow * 10)
        }
        return (result, flipped)
    }
}

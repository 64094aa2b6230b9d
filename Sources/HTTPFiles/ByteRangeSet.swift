/// What a server does with a `Range` field: RFC 9110 §14.
///
/// A field with wrong syntax or another unit is ignored, as §14.2 allows. So is one with too many
/// ranges; ranges that overlap are merged, so that no request gets more bytes than the file has.
public enum ByteRangeSet: Hashable, Sendable {
    /// 200 with the whole file.
    case whole
    /// 206; in the order of the request, none empty, none overlapping another.
    case parts([Range<UInt64>])
    /// 416.
    case unsatisfiable

    /// Decides about a field.
    ///
    /// - Parameters:
    ///   - field: the field's value; `nil` without one.
    ///   - length: the length of the file, in bytes.
    ///   - limit: a field with more ranges is ignored.
    /// - Complexity: O(*n*) in the field; O(*r* log *r*) in the ranges.
    public init(_ field: String?, length: UInt64, limit: Int) {
        guard let field, let specs = Self.parse(field, limit: limit) else {
            self = .whole
            return
        }
        var parts: [Range<UInt64>] = []
        for spec in specs {
            switch spec {
            case .from(let first, let last):
                guard first < length else { continue }
                parts.append(first..<min(last, length - 1) + 1)
            case .suffix(let count):
                guard count > 0 else { continue }
                // Satisfiable, but a 206 cannot name an empty range.
                guard length > 0 else {
                    self = .whole
                    return
                }
                parts.append(length - min(count, length)..<length)
            }
        }
        self = parts.isEmpty ? .unsatisfiable : .parts(Self.merged(parts))
    }

    private enum Spec {
        case from(UInt64, UInt64)
        case suffix(UInt64)
    }

    /// The elements of `bytes=1-2, 3-, -4`; `nil` for any other field.
    private static func parse(_ field: String, limit: Int) -> [Spec]? {
        guard let equals = field.utf8.firstIndex(of: UInt8(ascii: "=")),
            field[..<equals].lowercased() == "bytes"
        else { return nil }
        var specs: [Spec] = []
        for element in field.utf8[field.utf8.index(after: equals)...].split(separator: 0x2C) {
            let spec = trimmed(element)
            // Empty elements of a list are to be ignored. RFC 9110 §5.6.1.2
            if spec.isEmpty { continue }
            guard specs.count < limit, let parsed = parse(spec) else { return nil }
            specs.append(parsed)
        }
        return specs.isEmpty ? nil : specs
    }

    private static func parse(_ spec: Substring.UTF8View) -> Spec? {
        guard let dash = spec.firstIndex(of: UInt8(ascii: "-")) else { return nil }
        let before = spec[..<dash]
        let after = spec[spec.index(after: dash)...]
        if before.isEmpty { return number(after).map { .suffix($0) } }
        guard let first = number(before) else { return nil }
        if after.isEmpty { return .from(first, .max) }
        guard let last = number(after), last >= first else { return nil }
        return .from(first, last)
    }

    private static func trimmed(_ bytes: Substring.UTF8View) -> Substring.UTF8View {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        guard let start = bytes.firstIndex(where: { !isBlank($0) }),
            let end = bytes.lastIndex(where: { !isBlank($0) })
        else { return bytes[bytes.endIndex...] }
        return bytes[start...end]
    }

    /// Digits; a number beyond 64 bits is past the end of every file.
    private static func number(_ digits: Substring.UTF8View) -> UInt64? {
        guard !digits.isEmpty else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            let (product, a) = value.multipliedReportingOverflow(by: 10)
            let (sum, b) = product.addingReportingOverflow(UInt64(digit - 0x30))
            value = a || b || value == .max ? .max : sum
        }
        return value
    }

    /// The same ranges when none overlaps; else the union, ascending.
    private static func merged(_ parts: [Range<UInt64>]) -> [Range<UInt64>] {
        let sorted = parts.sorted { $0.lowerBound < $1.lowerBound }
        var union: [Range<UInt64>] = []
        var overlaps = false
        for part in sorted {
            if let last = union.last, part.lowerBound < last.upperBound {
                overlaps = true
                union[union.count - 1] =
                    last.lowerBound..<max(last.upperBound, part.upperBound)
            } else {
                union.append(part)
            }
        }
        return overlaps ? union : parts
    }
}

/// An OBJECT IDENTIFIER.
///
/// Held as its DER content octets, so that arcs of any size compare and print without overflow.
public struct ObjectIdentifier: Hashable, Sendable {
    /// The content octets in their shortest form, without tag and length.
    public let content: [UInt8]

    /// An identifier from content octets that were checked before.
    init(checked content: [UInt8]) { self.content = content }

    /// Reads the dotted form; `nil` for any other text.
    ///
    /// - Parameter text: at least two arcs, such as `2.5.4.3`; each below 2^63 without leading zeros,
    ///   the first 0, 1 or 2, the second below 40 under 0 and 1.
    public init?(_ text: String) {
        var arcs: [UInt64] = []
        for part in text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        {
            guard !part.isEmpty, part.count <= 19, part.count == 1 || part.first != 0x30,
                part.allSatisfy({ (0x30...0x39).contains($0) }), arcs.count < 64
            else { return nil }
            arcs.append(part.reduce(0) { $0 &* 10 &+ UInt64($1 - 0x30) })
        }
        guard arcs.count >= 2, arcs[0] <= 2, arcs[0] == 2 || arcs[1] < 40,
            arcs[1] < UInt64(Int64.max) - 80
        else { return nil }
        self.init(arcs: arcs)
    }

    private init(arcs: [UInt64]) {
        var content: [UInt8] = []
        for arc in [arcs[0] * 40 + arcs[1]] + arcs.dropFirst(2) {
            var groups: [UInt8] = [UInt8(arc & 0x7F)]
            var rest = arc >> 7
            while rest > 0 {
                groups.append(UInt8(rest & 0x7F) | 0x80)
                rest >>= 7
            }
            content.append(contentsOf: groups.reversed())
        }
        self.content = content
    }
}

extension ObjectIdentifier: CustomStringConvertible {
    /// The dotted form; an arc of 2^63 or more prints as `?`.
    public var description: String {
        var arcs: [String] = []
        var value: UInt64 = 0
        var overflow = false
        for byte in content {
            if value >> 56 != 0 { overflow = true }
            value = value << 7 | UInt64(byte & 0x7F)
            guard byte & 0x80 == 0 else { continue }
            if overflow {
                arcs.append("?")
            } else if arcs.isEmpty {
                let first = min(value / 40, 2)
                arcs.append("\(first).\(value - first * 40)")
            } else {
                arcs.append("\(value)")
            }
            value = 0
            overflow = false
        }
        return arcs.joined(separator: ".")
    }
}

/// Offsets of a field inside the bytes it belongs to, in eight bytes.
struct ByteRange: Hashable, Sendable {
    var lower: UInt32
    var upper: UInt32

    init(_ range: Range<Int>) {
        lower = UInt32(truncatingIfNeeded: range.lowerBound)
        upper = UInt32(truncatingIfNeeded: range.upperBound)
    }

    static var empty: ByteRange { ByteRange(0..<0) }

    var range: Range<Int> { unsafe Range(uncheckedBounds: (Int(lower), Int(upper))) }
    var count: Int { Int(upper - lower) }
}

/// An IP address, or a range of them as `address/bits`.
///
/// An IPv4 address and its IPv4-mapped IPv6 form (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) are the
/// same address: a listener on `::` reports the second, policies name the first.
/// Source: RFC 4291 §2.2, RFC 4632 §3.1.
struct IPNetwork: Hashable, Sendable {
    /// 128 bits; IPv4 in its mapped form.
    private let address: UInt128
    /// Leading bits of `address` that count: 0...128.
    private let prefixLength: Int

    private static let mappedPrefix: UInt128 = 0xFFFF << 32

    /// Reads `192.0.2.1`, `192.0.2.0/24`, `2001:db8::1` or `2001:db8::/32`; `nil` for anything else.
    init?(_ text: some Collection<UInt8>) {
        guard text.count <= 49 else { return nil }
        let parts = Array(text).split(
            separator: UInt8(ascii: "/"),
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard let first = parts.first else { return nil }
        let bits: Int
        if let v4 = Self.parseV4(first) {
            address = Self.mappedPrefix | UInt128(v4)
            bits = 32
        } else if let v6 = Self.parseV6(first) {
            address = v6
            bits = 128
        } else {
            return nil
        }
        guard parts.count == 2 else {
            prefixLength = 128
            return
        }
        guard let length = Self.parseDecimal(parts[1], maximum: bits) else { return nil }
        prefixLength = length + (128 - bits)
    }

    /// Whether every address of `other` lies in this range.
    func contains(_ other: IPNetwork) -> Bool {
        guard other.prefixLength >= prefixLength else { return false }
        if prefixLength == 0 { return true }
        let shift = UInt128(128 - prefixLength)
        return address >> shift == other.address >> shift
    }

    /// A decimal number without sign or leading zero.
    private static func parseDecimal(_ text: ArraySlice<UInt8>, maximum: Int) -> Int? {
        guard (1...3).contains(text.count), text.count == 1 || text.first != UInt8(ascii: "0")
        else {
            return nil
        }
        var value = 0
        for byte in text {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value <= maximum ? value : nil
    }

    private static func parseV4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard let octet = parseDecimal(part, maximum: 255) else { return nil }
            value = value << 8 | UInt32(octet)
        }
        return value
    }

    private static func parseV6(_ text: ArraySlice<UInt8>) -> UInt128? {
        guard let gap = firstGap(in: text) else {
            guard let groups = parseGroups(text), groups.count == 8 else { return nil }
            return join(groups)
        }
        guard let head = parseGroups(text[..<gap], mayEndInV4: false),
            let tail = parseGroups(text[(gap + 2)...]),
            head.count + tail.count <= 7
        else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - head.count - tail.count)
        return join(head + zeros + tail)
    }

    /// Where `::` stands.
    private static func firstGap(in text: ArraySlice<UInt8>) -> Int? {
        text.indices.dropLast().first {
            text[$0] == UInt8(ascii: ":") && text[$0 + 1] == UInt8(ascii: ":")
        }
    }

    /// Groups of one to four hexadecimal digits; the last of the whole address may be
    /// an IPv4 address.
    private static func parseGroups(
        _ text: ArraySlice<UInt8>,
        mayEndInV4: Bool = true
    ) -> [UInt16]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInV4, index == parts.count - 1, let v4 = parseV4(part) {
                groups += [UInt16(truncatingIfNeeded: v4 >> 16), UInt16(truncatingIfNeeded: v4)]
                continue
            }
            guard (1...4).contains(part.count) else { return nil }
            var value: UInt16 = 0
            for byte in part {
                guard let digit = hexValue(byte) else { return nil }
                value = value << 4 | UInt16(digit)
            }
            groups.append(value)
        }
        return groups
    }

    private static func join(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}

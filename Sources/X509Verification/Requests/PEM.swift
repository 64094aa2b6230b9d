/// Textual encoding of DER. RFC 7468
///
/// The strict form of §3 is read: `-----BEGIN LABEL-----`, base64 in lines of exactly 64 characters but
/// the last, `-----END LABEL-----`. Line ends are LF or CR LF. Text between blocks is ignored, as
/// tools write comments there; text inside a block is not.
public enum PEM {
    /// One block.
    public struct Block: Hashable, Sendable {
        /// What it holds, such as `CERTIFICATE`.
        public let label: String
        /// The bytes it holds.
        public let der: [UInt8]
        /// Offset of its first boundary in the text.
        public let offset: Int
    }

    /// How large a text may be.
    public struct Limits: Hashable, Sendable {
        /// Bytes of the whole text.
        public var bytes = 1 << 20
        /// Blocks.
        public var blocks = 256

        /// 1 MiB, 256 blocks.
        public static let `default` = Limits()

        /// The defaults, to be changed member by member.
        public init() {}
    }

    /// Reads every block.
    ///
    /// - Throws: ``MalformedDER`` at the first boundary or base64 character that is wrong.
    /// - Complexity: O(*n*) in the bytes.
    public static func decode(
        _ text: Span<UInt8>,
        limits: Limits = .default
    ) throws(MalformedDER) -> [Block] {
        guard text.count <= limits.bytes else {
            throw MalformedDER(.oversize(limit: limits.bytes), at: 0)
        }
        var blocks: [Block] = []
        var reader = PEMReader()
        while let line = reader.nextLine(text) {
            guard reader.hasPrefix("-----BEGIN ", text, line) else {
                guard !reader.hasPrefix("-----END ", text, line) else {
                    throw MalformedDER(.pemBoundary, at: line.lowerBound)
                }
                continue
            }
            guard blocks.count < limits.blocks else {
                throw MalformedDER(.oversize(limit: limits.blocks), at: line.lowerBound)
            }
            let label = try reader.label(text, line, prefix: 11)
            let der = try reader.body(text, label: label)
            blocks.append(Block(label: label, der: der, offset: line.lowerBound))
        }
        return blocks
    }

    /// Reads every block of a text.
    public static func decode(
        _ text: String,
        limits: Limits = .default
    ) throws(MalformedDER) -> [Block] {
        let bytes = Array(text.utf8)
        return try decode(bytes.span, limits: limits)
    }

    /// Writes one block in the strict form, with LF.
    public static func encode(_ der: [UInt8], label: String) -> String {
        var text = "-----BEGIN \(label)-----\n"
        let base64 = Base64.encode(der)
        var start = 0
        while start < base64.count {
            let end = min(start + 64, base64.count)
            text += String(decoding: base64[start..<end], as: UTF8.self) + "\n"
            start = end
        }
        return text + "-----END \(label)-----\n"
    }
}

extension Certificate {
    /// Reads the certificates of a PEM text in order.
    ///
    /// - Throws: ``MalformedDER`` for a wrong text, a block of another kind, or a wrong certificate;
    ///   the offset is that of the block in the text for the first two, in the DER for the last.
    public static func fromPEM(
        _ text: String,
        limits: Limits = .default
    ) throws(MalformedDER) -> [Certificate] {
        var certificates: [Certificate] = []
        for block in try PEM.decode(text) {
            guard block.label == "CERTIFICATE" else {
                throw MalformedDER(.pemBoundary, at: block.offset)
            }
            certificates.append(try Certificate(der: block.der, limits: limits))
        }
        return certificates
    }

    /// The certificate as PEM.
    public var pem: String { PEM.encode(der, label: "CERTIFICATE") }
}

/// A position in a PEM text.
private struct PEMReader {
    var position = 0

    /// The next line without its end; `nil` after the last.
    mutating func nextLine(_ text: Span<UInt8>) -> Range<Int>? {
        guard position < text.count else { return nil }
        let start = position
        var end = start
        while end < text.count, text[end] != 0x0A { end += 1 }
        position = min(end + 1, text.count)
        if end > start, text[end - 1] == 0x0D { end -= 1 }
        return start..<end
    }

    func hasPrefix(_ prefix: StaticString, _ text: Span<UInt8>, _ line: Range<Int>) -> Bool {
        guard line.count >= prefix.utf8CodeUnitCount else { return false }
        for i in 0..<prefix.utf8CodeUnitCount
        where unsafe text[line.lowerBound + i] != prefix.utf8Start[i] {
            return false
        }
        return true
    }

    /// The label of a boundary: printable characters, no hyphen at its ends. RFC 7468 §3
    func label(
        _ text: Span<UInt8>,
        _ line: Range<Int>,
        prefix: Int
    ) throws(MalformedDER) -> String {
        let range = line.lowerBound + prefix..<max(line.lowerBound + prefix, line.upperBound - 5)
        guard line.count > prefix + 5, range.count <= 64,
            hasPrefix("-----", text, range.upperBound..<line.upperBound),
            text[range.lowerBound] != 0x20, text[range.upperBound - 1] != 0x20
        else { throw MalformedDER(.pemBoundary, at: line.lowerBound) }
        for i in range where !(0x20...0x7E).contains(text[i]) || text[i] == 0x2D {
            throw MalformedDER(.pemBoundary, at: i)
        }
        return String(decoding: text.array(range), as: UTF8.self)
    }

    /// The base64 lines up to the END boundary of `label`.
    mutating func body(_ text: Span<UInt8>, label: String) throws(MalformedDER) -> [UInt8] {
        var decoder = Base64.Decoder()
        var isLast = false
        while let line = nextLine(text) {
            if hasPrefix("-----END ", text, line) {
                guard try self.label(text, line, prefix: 9) == label else {
                    throw MalformedDER(.pemBoundary, at: line.lowerBound)
                }
                return try decoder.finish(at: line.lowerBound)
            }
            guard !isLast, (1...64).contains(line.count) else {
                throw MalformedDER(.base64, at: line.lowerBound)
            }
            isLast = line.count < 64
            for i in line { try decoder.add(text[i], at: i) }
        }
        throw MalformedDER(.pemBoundary, at: text.count)
    }
}

/// Base64 with its canonical padding. RFC 4648 §4, §3.5
enum Base64 {
    struct Decoder {
        private var output: [UInt8] = []
        private var group: UInt32 = 0
        private var digits = 0
        private var padding = 0

        mutating func add(_ character: UInt8, at offset: Int) throws(MalformedDER) {
            var value: UInt8 = 0
            switch character {
            case 0x41...0x5A: value = character - 0x41
            case 0x61...0x7A: value = character - 0x61 + 26
            case 0x30...0x39: value = character - 0x30 + 52
            case 0x2B: value = 62
            case 0x2F: value = 63
            case 0x3D:
                padding += 1
                guard digits >= 2, digits + padding <= 4 else {
                    throw MalformedDER(.base64, at: offset)
                }
                return
            default: throw MalformedDER(.base64, at: offset)
            }
            guard padding == 0 else { throw MalformedDER(.base64, at: offset) }
            group = group << 6 | UInt32(value)
            digits += 1
            if digits == 4 {
                output.append(UInt8(truncatingIfNeeded: group >> 16))
                output.append(UInt8(truncatingIfNeeded: group >> 8))
                output.append(UInt8(truncatingIfNeeded: group))
                digits = 0
                group = 0
            }
        }

        /// The bytes; a rest must be padded, and its unused bits must be zero.
        mutating func finish(at offset: Int) throws(MalformedDER) -> [UInt8] {
            switch (digits, padding) {
            case (0, 0): return output
            case (2, 2) where group & 0xF == 0:
                output.append(UInt8(truncatingIfNeeded: group >> 4))
            case (3, 1) where group & 0x3 == 0:
                output.append(UInt8(truncatingIfNeeded: group >> 10))
                output.append(UInt8(truncatingIfNeeded: group >> 2))
            default: throw MalformedDER(.base64, at: offset)
            }
            return output
        }
    }

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        )
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var i = 0
        while i < bytes.count {
            let rest = bytes.count - i
            let group =
                UInt32(bytes[i]) << 16 | (rest > 1 ? UInt32(bytes[i + 1]) << 8 : 0)
                | (rest > 2 ? UInt32(bytes[i + 2]) : 0)
            output.append(alphabet[Int(group >> 18)])
            output.append(alphabet[Int(group >> 12 & 63)])
            output.append(rest > 1 ? alphabet[Int(group >> 6 & 63)] : 0x3D)
            output.append(rest > 2 ? alphabet[Int(group & 63)] : 0x3D)
            i += 3
        }
        return output
    }
}

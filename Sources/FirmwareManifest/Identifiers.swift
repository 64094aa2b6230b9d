internal import CBORCodec

/// SUIT_Component_Identifier: names one updatable part of a device.
public struct ComponentIdentifier: Hashable, Sendable {
    /// The parts; what they mean is between the author and the device.
    public let parts: [[UInt8]]

    /// Takes the parts.
    public init(_ parts: [[UInt8]]) { self.parts = parts }

    /// One part for each text.
    public init(_ texts: String...) { parts = texts.map { Array($0.utf8) } }

    /// Whether the first parts of this identifier are all the parts of `prefix`.
    ///
    /// Whole parts are compared: `[app]` is no prefix of `[application]`.
    public func hasPrefix(_ prefix: ComponentIdentifier) -> Bool {
        parts.starts(with: prefix.parts)
    }

    func encode(into encoder: inout CBOREncoder) {
        encoder.append(arrayCount: parts.count)
        for part in parts { encoder.append(byteString: part) }
    }

    var encoded: [UInt8] { CBOREncoder.encode { encode(into: &$0) } }
}

extension ComponentIdentifier: CustomStringConvertible {
    /// Parts as text where they are plain ASCII, else hexadecimal, joined by slashes.
    public var description: String {
        parts.map { part in
            part.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x2F } && !part.isEmpty
                ? String(decoding: part, as: UTF8.self)
                : "0x" + HexadecimalText.encode(part)
        }.joined(separator: "/")
    }
}

/// Sixteen bytes that name a vendor, a class of hardware or one device. RFC 9562
public struct HardwareIdentifier: Hashable, Sendable {
    /// The sixteen bytes.
    public let bytes: [UInt8]

    /// Takes sixteen bytes.
    ///
    /// - Returns: `nil` for any other length.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads 32 hexadecimal digits, with or without the hyphens of a UUID.
    public init?(_ text: String) {
        var digits: [UInt8] = []
        for byte in text.utf8 where byte != 0x2D {
            guard let digit = UInt8(String(UnicodeScalar(byte)), radix: 16) else { return nil }
            digits.append(digit)
        }
        guard digits.count == 32 else { return nil }
        self.init(stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }
}

extension HardwareIdentifier: CustomStringConvertible {
    /// The form of a UUID.
    public var description: String {
        let ranges = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16]
        return ranges.map { HexadecimalText.encode(Array(bytes[$0])) }.joined(separator: "-")
    }
}

/// Seconds since 1970-01-01T00:00:00Z.
public struct FirmwareTime: Hashable, Comparable, Sendable {
    /// The seconds.
    public var seconds: UInt64

    /// Takes seconds.
    public init(seconds: UInt64) { self.seconds = seconds }

    /// Earlier before later.
    public static func < (a: Self, b: Self) -> Bool { a.seconds < b.seconds }
}

/// How a certificate is named: the lower-case hexadecimal SHA-256 of its DER.
///
/// Source: the service's guide, "certificate thumbprint"; API model, `CertificateId`.
public struct CertificateID: Hashable, Sendable {
    /// 64 characters of `0-9a-f`.
    public let rawValue: String

    /// Reads an id; `nil` for what is none.
    ///
    /// - Parameter text: 64 hexadecimal digits in either case, with or without `0x` in front.
    public init?(_ text: String) {
        var digits = Array(text.utf8)
        if digits.count == 66, digits[0] == 0x30, digits[1] | 0x20 == 0x78 {
            digits.removeFirst(2)
        }
        guard digits.count == 64 else { return nil }
        for i in digits.indices {
            switch digits[i] {
            case 0x30...0x39, 0x61...0x66: break
            case 0x41...0x46: digits[i] |= 0x20
            default: return nil
            }
        }
        rawValue = String(decoding: digits, as: UTF8.self)
    }

    /// The id of a digest.
    ///
    /// - Parameter digest: the SHA-256 of a certificate; 32 octets.
    init(digest: [UInt8]) { rawValue = Hexadecimal.encode(digest) }
}

extension CertificateID: CustomStringConvertible {
    /// The 64 characters.
    public var description: String { rawValue }
}

extension CertificateID: Comparable {
    /// By the text, which is the order of lists and pages.
    public static func < (a: CertificateID, b: CertificateID) -> Bool { a.rawValue < b.rawValue }
}

/// Lower-case hexadecimal.
enum Hexadecimal {
    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}

/// A name that the leaf's subjectAltName must contain.
///
/// The common name is never looked at.
public enum ExpectedName: Hashable, Sendable {
    /// A host name; a wildcard in the certificate stands for exactly one whole label. RFC 9525 §6.3
    case dns(String)
    /// An address of 4 or 16 octets.
    case ip([UInt8])
    /// A mailbox: the local part as written, the domain without regard to case.
    case rfc822(String)
    /// A URI, octet by octet.
    case uri(String)

    /// An address from its text, such as `192.0.2.1` or `2001:db8::1`.
    ///
    /// - Returns: `nil` where the text is none.
    public static func ip(text: String) -> ExpectedName? {
        IPAddressText.octets(text).map { .ip($0) }
    }

    /// Whether one of the alternative names of `certificate` is this name.
    ///
    /// - Complexity: O(*n*) in the bytes of the names.
    public func matches(_ certificate: Certificate) -> Bool {
        let bytes = certificate.der.span
        switch self {
        case .dns(let text):
            var name = Array(text.utf8)
            if name.last == 0x2E { name.removeLast() }
            guard NameSyntax.isHost(name.span, 0..<name.count) else { return false }
            for record in certificate.fields.extensions.alternativeNames where record.form == .dns {
                if Self.isHost(name.span, bytes, record.content.range) { return true }
            }
            return false
        case .ip(let octets):
            return Self.contains(certificate, .ip, octets)
        case .uri(let text):
            return Self.contains(certificate, .uri, Array(text.utf8))
        case .rfc822(let text):
            let mailbox = Array(text.utf8)
            let span = mailbox.span
            guard let at = NameSyntax.mailboxSeparator(span, 0..<mailbox.count) else {
                return false
            }
            for record in certificate.fields.extensions.alternativeNames
            where record.form == .rfc822 {
                let range = record.content.range
                guard let other = NameSyntax.mailboxSeparator(bytes, range) else { continue }
                if bytes.equals(range.lowerBound..<other, span, 0..<at),
                    NameSyntax.equalsIgnoringCase(
                        bytes,
                        other..<range.upperBound,
                        span,
                        at..<mailbox.count
                    )
                {
                    return true
                }
            }
            return false
        }
    }

    private static func contains(
        _ certificate: Certificate,
        _ form: GeneralNameRecord.Form,
        _ value: [UInt8]
    ) -> Bool {
        let bytes = certificate.der.span
        for record in certificate.fields.extensions.alternativeNames where record.form == form {
            if bytes.equals(record.content.range, value.span, 0..<value.count) { return true }
        }
        return false
    }

    /// Whether a dNSName of a certificate stands for `name`.
    private static func isHost(
        _ name: Span<UInt8>,
        _ bytes: Span<UInt8>,
        _ pattern: Range<Int>
    ) -> Bool {
        guard NameSyntax.isHost(bytes, pattern, wildcard: true) else { return false }
        guard bytes[pattern.lowerBound] == UInt8(ascii: "*") else {
            return NameSyntax.equalsIgnoringCase(name, 0..<name.count, bytes, pattern)
        }
        // The wildcard is one label, and at least two labels must follow it.
        let suffix = pattern.lowerBound + 1..<pattern.upperBound
        let rest = suffix.lowerBound + 1..<suffix.upperBound
        guard NameSyntax.firstIndex(of: 0x2E, bytes, rest) != nil,
            let dot = NameSyntax.firstIndex(of: 0x2E, name, 0..<name.count)
        else { return false }
        return NameSyntax.equalsIgnoringCase(name, dot..<name.count, bytes, suffix)
    }
}

/// A `GeneralName`: one entry of an alternative name, a constraint or a distribution point.
///
/// RFC 5280 §4.2.1.6
public enum GeneralName: Hashable, Sendable {
    /// A name form of its own, and its value as DER.
    case other(type: ObjectIdentifier, value: [UInt8])
    /// A mailbox, such as `device@example.com`.
    case rfc822(String)
    /// A DNS name, perhaps with a wildcard as its first label.
    case dns(String)
    /// An X.400 address, as DER.
    case x400([UInt8])
    /// A directory name.
    case directory(DistinguishedName)
    /// An EDI party name, as DER.
    case ediParty([UInt8])
    /// A URI.
    case uri(String)
    /// Four or sixteen octets; eight or thirty-two in a constraint, the second half being the mask.
    case ip([UInt8])
    /// A registered identifier.
    case registeredID(ObjectIdentifier)
}

/// Offsets of one GeneralName: its tag number and its content.
struct GeneralNameRecord: Hashable, Sendable {
    enum Form: UInt8 {
        case other, rfc822, dns, x400, directory, ediParty, uri, ip, registeredID
    }
    var form: Form
    /// The content octets; for a directory name the whole `Name` inside.
    var content: ByteRange

    /// Reads one GeneralName; the text of names is not judged here.
    static func read(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) -> GeneralNameRecord {
        let element = try cursor.next(bytes)
        guard let form = Form(rawValue: element.tag & 0x1F),
            element.tag == tag(of: form)
        else { throw MalformedDER(.extensionValue, at: element.start) }
        var content = element.content
        switch form {
        case .directory:
            var inner = DERCursor(element.content)
            content = try NameReader.read(&inner, bytes, &findings).whole
            try inner.finish()
        case .other:
            var inner = DERCursor(element.content)
            _ = try inner.objectIdentifier(bytes)
            _ = try inner.expect(DERTag.constructed(0), bytes)
            try inner.finish()
        case .registeredID:
            var again = DERCursor(element.whole)
            _ = try again.objectIdentifier(bytes, tag: element.tag)
        case .rfc822, .dns, .uri, .ip, .x400, .ediParty:
            break
        }
        return GeneralNameRecord(form: form, content: ByteRange(content))
    }

    private static func tag(of form: Form) -> UInt8 {
        switch form {
        case .other, .x400, .directory, .ediParty: DERTag.constructed(form.rawValue)
        case .rfc822, .dns, .uri, .ip, .registeredID: DERTag.primitive(form.rawValue)
        }
    }

    /// The name with its value copied out of `bytes`.
    func decoded(_ bytes: [UInt8]) -> GeneralName {
        let value = bytes.span.array(content.range)
        switch form {
        case .rfc822: return .rfc822(String(decoding: value, as: UTF8.self))
        case .dns: return .dns(String(decoding: value, as: UTF8.self))
        case .uri: return .uri(String(decoding: value, as: UTF8.self))
        case .ip: return .ip(value)
        case .x400: return .x400(value)
        case .ediParty: return .ediParty(value)
        case .directory: return .directory(DistinguishedName(checked: bytes, content))
        case .registeredID: return .registeredID(ObjectIdentifier(checked: value))
        case .other:
            var cursor = DERCursor(content.range)
            do throws(MalformedDER) {
                let type = try cursor.next(bytes.span)
                let inner = try cursor.next(bytes.span)
                return .other(
                    type: ObjectIdentifier(checked: bytes.span.array(type.content)),
                    value: bytes.span.array(inner.content)
                )
            } catch {
                return .other(type: ObjectIdentifier(checked: []), value: value)
            }
        }
    }
}

extension GeneralName: CustomStringConvertible {
    /// The form and the value, such as `DNS:example.com`.
    public var description: String {
        switch self {
        case .other(let type, _): "other:\(type)"
        case .rfc822(let text): "email:\(printable(text))"
        case .dns(let text): "DNS:\(printable(text))"
        case .x400: "X400"
        case .directory(let name): "dirName:\(name)"
        case .ediParty: "EDI"
        case .uri(let text): "URI:\(printable(text))"
        case .ip(let octets): "IP:" + IPAddressText.text(octets)
        case .registeredID(let type): "RID:\(type)"
        }
    }
}

/// A text with control characters replaced, so that it cannot disturb a log or a terminal.
func printable(_ text: String) -> String {
    var output = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        output.append(scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? "?" : scalar)
    }
    return String(output)
}

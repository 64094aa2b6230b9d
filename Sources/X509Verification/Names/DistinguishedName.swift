/// A `Name`: relative distinguished names from the most general to the most specific.
///
/// The DER of the name is kept inside the bytes of the certificate it came from; attributes are decoded
/// when they are asked for. Two names are equal where RFC 5280 §7.1 says so: same structure, string
/// values compared without regard to case, to the string type and to repeated white space.
public struct DistinguishedName: Sendable {
    /// One `AttributeTypeAndValue`.
    public struct Attribute: Hashable, Sendable {
        /// What the value says, such as ``ObjectIdentifier/commonName``.
        public let type: ObjectIdentifier
        /// The text exactly as it was written; `nil` where the value is no string.
        public let text: String?
        /// The whole value as DER.
        public let der: [UInt8]
    }

    private let bytes: [UInt8]
    private let range: ByteRange

    /// A name that was checked while its certificate was read.
    init(checked bytes: [UInt8], _ range: ByteRange) {
        self.bytes = bytes
        self.range = range
    }

    /// Reads the DER of one `Name`.
    ///
    /// - Throws: ``MalformedDER`` where the grammar, a string's encoding or the order of a SET is
    ///   wrong, or where bytes follow.
    /// - Complexity: O(*n*) in the bytes.
    public init(der: [UInt8]) throws(MalformedDER) {
        var cursor = DERCursor(0..<der.count)
        var findings = Findings()
        let element = try NameReader.read(&cursor, der.span, &findings)
        try cursor.finishInput()
        bytes = der
        range = ByteRange(element.whole)
    }

    /// A name of one attribute for each RDN, the text as UTF8String.
    public init(_ attributes: [(type: ObjectIdentifier, text: String)]) {
        let rdns = attributes.map { attribute in
            DERWriter.set([
                DERWriter.sequence(
                    DERWriter.objectIdentifier(attribute.type),
                    attribute.type == .country
                        ? DERWriter.element(DERTag.printableString, Array(attribute.text.utf8))
                        : DERWriter.utf8String(attribute.text)
                )
            ])
        }
        bytes = DERWriter.element(DERTag.sequence, rdns.flatMap { $0 })
        range = ByteRange(0..<bytes.count)
    }

    /// The name as DER.
    public var der: [UInt8] { bytes.span.array(range.range) }

    /// Whether there is no RDN at all.
    public var isEmpty: Bool { range.count <= 2 }

    /// The relative distinguished names; each has one attribute, seldom more.
    ///
    /// - Complexity: O(*n*) in the bytes of the name; allocates for each attribute.
    public var relativeDistinguishedNames: [[Attribute]] {
        let span = bytes.span
        var result: [[Attribute]] = []
        forEachAttribute { rdn, type, value in
            if rdn == result.count { result.append([]) }
            let attribute = Attribute(
                type: ObjectIdentifier(checked: span.array(type)),
                text: NameString.text(span, value),
                der: span.array(value.whole)
            )
            result[rdn].append(attribute)
        }
        return result
    }

    /// The attributes of all RDNs in order.
    public var attributes: [Attribute] { relativeDistinguishedNames.flatMap { $0 } }

    /// The texts of every attribute of `type`, in the order of the name.
    public func values(of type: ObjectIdentifier) -> [String] {
        attributes.compactMap { $0.type == type ? $0.text : nil }
    }

    /// A text that is equal for equal names, for use as a key.
    ///
    /// Its format is stable within a version of this module only; compare it with `==`, which takes
    /// care of Unicode's canonical equivalence.
    /// - Complexity: O(*n*) in the bytes of the name, one or two allocations.
    public var canonicalForm: String { CanonicalName.form(bytes.span, range.range) }

    /// Calls `body` with the index of the RDN, the offsets of the type's content, and the value.
    func forEachAttribute(_ body: (Int, Range<Int>, DERElement) -> Void) {
        let span = bytes.span
        // The grammar was checked when the value was made, so that no call here throws.
        do throws(MalformedDER) {
            var outer = DERCursor(range.range)
            var rdns = DERCursor(try outer.next(span).content)
            var index = 0
            while !rdns.isAtEnd {
                var attributes = DERCursor(try rdns.next(span).content)
                while !attributes.isAtEnd {
                    var fields = DERCursor(try attributes.next(span).content)
                    let type = try fields.next(span)
                    body(index, type.content, try fields.next(span))
                }
                index += 1
            }
        } catch {
            return
        }
    }

    /// Whether this name and the one in `other` match by RFC 5280 §7.1.
    func matches(_ other: Span<UInt8>, _ otherRange: Range<Int>) -> Bool {
        CanonicalName.matches(bytes.span, range.range, other, otherRange)
    }
}

extension DistinguishedName: Hashable {
    /// Whether the names match by RFC 5280 §7.1.
    public static func == (a: DistinguishedName, b: DistinguishedName) -> Bool {
        CanonicalName.matches(a.bytes.span, a.range.range, b.bytes.span, b.range.range)
    }

    /// Hashes ``canonicalForm``.
    public func hash(into hasher: inout Hasher) { hasher.combine(canonicalForm) }
}

extension DistinguishedName: CustomStringConvertible {
    /// RFC 4514 text, the most specific RDN first, such as `CN=device-1,O=Example`.
    public var description: String {
        relativeDistinguishedNames.reversed().map { rdn in
            rdn.map { attribute in
                let name = attribute.type.attributeName ?? attribute.type.description
                let value =
                    attribute.text.map(Self.escape)
                    ?? "#" + attribute.der.map(hexadecimal).joined()
                return name + "=" + value
            }.joined(separator: "+")
        }.joined(separator: ",")
    }

    /// RFC 4514 §2.4.
    private static func escape(_ text: String) -> String {
        var output = ""
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let isEdge = index == 0 || index == scalars.count - 1
            switch scalar {
            case "\"", "+", ",", ";", "<", ">", "\\": output += "\\" + String(scalar)
            case " " where isEdge: output += "\\ "
            case "#" where index == 0: output += "\\#"
            case let control where control.value < 0x20 || control.value == 0x7F:
                output += "\\" + hexadecimal(UInt8(control.value))
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}

/// Two lower-case hexadecimal digits.
func hexadecimal(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return byte < 16 ? "0" + text : text
}

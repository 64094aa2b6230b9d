/// A distribution point of a certificate, or the one a CRL was issued for. RFC 5280 §4.2.1.13, §5.2.5
enum DistributionPoint {
    /// Reads CRLDistributionPoints for its grammar alone.
    static func check(
        _ list: DERElement,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) {
        var cursor = DERCursor(list.content)
        guard !cursor.isAtEnd else { throw MalformedDER(.extensionValue, at: list.start) }
        while !cursor.isAtEnd {
            let element = try cursor.expect(DERTag.sequence, bytes)
            _ = try Fields.read(element, bytes, &findings)
        }
    }

    /// The members of one point.
    struct Fields: Hashable, Sendable {
        /// Content of `[0] fullName`: GeneralNames.
        var fullName: ByteRange?
        /// Content of `[1] nameRelativeToCRLIssuer`: one RDN.
        var relativeName: ByteRange?
        /// reasons, a bit for each; `nil` for all.
        var reasons: UInt16?
        /// Content of cRLIssuer: GeneralNames.
        var issuer: ByteRange?

        static func read(
            _ element: DERElement,
            _ bytes: Span<UInt8>,
            _ findings: inout Findings
        ) throws(MalformedDER) -> Fields {
            var fields = Fields()
            var cursor = DERCursor(element.content)
            if let name = try cursor.optional(DERTag.constructed(0), bytes) {
                try fields.readName(name, bytes, &findings)
            }
            if !cursor.isAtEnd, cursor.peek(bytes) == DERTag.primitive(1) {
                fields.reasons = try cursor.namedBits(bytes, tag: DERTag.primitive(1))
            }
            if let names = try cursor.optional(DERTag.constructed(2), bytes) {
                try checkNames(names, bytes, &findings)
                fields.issuer = ByteRange(names.content)
            }
            guard cursor.isAtEnd,
                fields.issuer != nil || fields.fullName != nil || fields.relativeName != nil
            else { throw MalformedDER(.extensionValue, at: element.start) }
            return fields
        }

        /// DistributionPointName.
        mutating func readName(
            _ name: DERElement,
            _ bytes: Span<UInt8>,
            _ findings: inout Findings
        ) throws(MalformedDER) {
            var inner = DERCursor(name.content)
            let choice = try inner.next(bytes)
            guard inner.isAtEnd else { throw MalformedDER(.extensionValue, at: inner.position) }
            switch choice.tag {
            case DERTag.constructed(0):
                try Self.checkNames(choice, bytes, &findings)
                fullName = ByteRange(choice.content)
            case DERTag.constructed(1):
                try NameReader.readSet(choice, bytes, &findings)
                relativeName = ByteRange(choice.content)
            default:
                throw MalformedDER(.extensionValue, at: choice.start)
            }
        }

        private static func checkNames(
            _ names: DERElement,
            _ bytes: Span<UInt8>,
            _ findings: inout Findings
        ) throws(MalformedDER) {
            var cursor = DERCursor(names.content)
            guard !cursor.isAtEnd else { throw MalformedDER(.extensionValue, at: names.start) }
            while !cursor.isAtEnd { _ = try GeneralNameRecord.read(&cursor, bytes, &findings) }
        }
    }
}

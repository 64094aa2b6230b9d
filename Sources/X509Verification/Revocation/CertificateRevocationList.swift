public import IoTTime

/// A certificate revocation list, read strictly from DER. RFC 5280 §5
///
/// The entries are indexed by serial number while the list is read, so that a lookup takes O(log *n*).
public struct CertificateRevocationList: Sendable {
    /// How large a list may be.
    public struct Limits: Hashable, Sendable {
        /// Bytes of the whole list.
        public var bytes = 16 << 20
        /// Revoked certificates.
        public var entries = 500_000
        /// Extensions of the list, and of each entry.
        public var extensions = 32

        /// 16 MiB, 500,000 entries, 32 extensions.
        public static let `default` = Limits()

        /// The defaults, to be changed member by member.
        public init() {}
    }

    /// Why a certificate was revoked. RFC 5280 §5.3.1
    public struct Reason: RawRepresentable, Hashable, Sendable {
        /// The code of CRLReason.
        public let rawValue: UInt8

        /// A reason of this code.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// No reason given, or 0.
        public static let unspecified = Reason(rawValue: 0)
        /// The private key became known.
        public static let keyCompromise = Reason(rawValue: 1)
        /// The private key of the CA became known.
        public static let caCompromise = Reason(rawValue: 2)
        /// The subject's name or data changed.
        public static let affiliationChanged = Reason(rawValue: 3)
        /// Another certificate took its place.
        public static let superseded = Reason(rawValue: 4)
        /// It is no longer needed.
        public static let cessationOfOperation = Reason(rawValue: 5)
        /// On hold: it may come back.
        public static let certificateHold = Reason(rawValue: 6)
        /// In a delta list: no longer on hold.
        public static let removeFromCRL = Reason(rawValue: 8)
        /// A privilege was withdrawn.
        public static let privilegeWithdrawn = Reason(rawValue: 9)
        /// The attribute authority's key became known.
        public static let aaCompromise = Reason(rawValue: 10)
    }

    /// One revoked certificate.
    public struct Entry: Hashable, Sendable {
        /// The content octets of its serial number.
        public let serialNumber: [UInt8]
        /// Since when.
        public let revocationDate: WallClock
        /// Why.
        public let reason: Reason
    }

    /// The bytes it was read from.
    public let der: [UInt8]
    let fields: CRLReader

    /// Reads one list.
    ///
    /// - Parameters:
    ///   - der: the list and nothing after it; kept, not copied.
    ///   - limits: how large it may be.
    /// - Throws: ``MalformedDER`` with the offset of the field that breaks a rule.
    /// - Complexity: O(*n* log *n*) in the entries.
    public init(der: [UInt8], limits: Limits = .default) throws(MalformedDER) {
        var reader = CRLReader(limits: limits)
        try reader.read(der.span)
        self.der = der
        fields = reader
    }
}

extension CertificateRevocationList {
    /// Who issued it.
    public var issuer: DistinguishedName { DistinguishedName(checked: der, fields.issuer) }

    /// When it was made.
    public var thisUpdate: WallClock { WallClock(seconds: fields.thisUpdate) }

    /// When the next one will be there; `nil` where the field is absent, which RFC 5280 §5.1.2.5
    /// forbids.
    public var nextUpdate: WallClock? { fields.nextUpdate.map { WallClock(seconds: $0) } }

    /// The content octets of cRLNumber; `nil` where the extension is absent, which RFC 5280 §5.2.3
    /// forbids.
    public var number: [UInt8]? { fields.number.map { der.span.array($0.range) } }

    /// How many certificates are listed.
    public var count: Int { fields.entries.count }

    /// Whether it lists changes only. RFC 5280 §5.2.4
    public var isDelta: Bool { fields.baseNumber != nil }

    /// Whether it covers certificates of other issuers. RFC 5280 §5.2.5
    public var isIndirect: Bool { fields.distribution?.isIndirect ?? false }

    /// The algorithm of its signature.
    public var signatureAlgorithm: SignatureAlgorithm { fields.signatureAlgorithm }

    /// Finds an entry by the content octets of its serial number.
    ///
    /// - Complexity: O(log *n*) in the entries.
    public func entry(serialNumber: [UInt8]) -> Entry? {
        let span = der.span
        let key = serialNumber.span
        return fields.find(span, key, 0..<key.count).map { record in
            Entry(
                serialNumber: span.array(record.serial.range),
                revocationDate: WallClock(seconds: record.date),
                reason: Reason(rawValue: record.reason)
            )
        }
    }

    /// Every entry, by serial number.
    public var entries: [Entry] {
        let span = der.span
        return fields.entries.map { record in
            Entry(
                serialNumber: span.array(record.serial.range),
                revocationDate: WallClock(seconds: record.date),
                reason: Reason(rawValue: record.reason)
            )
        }
    }

    /// Lends the signed part, TBSCertList with its tag and length.
    public func withTBS<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(der.span.extracting(fields.tbs.range))
    }

    /// Lends the octets of the signature.
    public func withSignature<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(der.span.extracting(fields.signature.range))
    }
}

/// The revocation lists of one validation.
public struct CRLSet: Sendable {
    /// The lists in the order they were given.
    public let lists: [CertificateRevocationList]

    /// Lists of any issuers.
    public init(_ lists: [CertificateRevocationList]) { self.lists = lists }

    /// No list at all.
    public static let none = CRLSet([])
}

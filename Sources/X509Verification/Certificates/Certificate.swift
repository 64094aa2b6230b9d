public import IoTTime

/// A certificate, read strictly from DER; the received bytes are kept and are what is verified.
///
/// A value follows the grammar of RFC 5280 §4.1 in distinguished encoding, and every extension that
/// §4.2 defines was decoded. Whether it may be trusted is the business of ``PathValidator``; which
/// further rules it breaks is in ``findings``.
public struct Certificate: Sendable {
    /// How large a certificate may be.
    public struct Limits: Hashable, Sendable {
        /// Bytes of the whole certificate.
        public var bytes = 65_536
        /// Extensions.
        public var extensions = 64
        /// Policies, and mappings, in one certificate.
        public var policies = 128

        /// 64 KiB, 64 extensions, 128 policies.
        public static let `default` = Limits()

        /// The defaults, to be changed member by member.
        public init() {}
    }

    /// The bytes it was read from.
    public let der: [UInt8]
    let fields: Fields

    /// Offsets and values of one certificate.
    final class Fields: Sendable {
        let tbs: ByteRange
        let signature: ByteRange
        let signatureAlgorithm: SignatureAlgorithm
        let version: Int
        let serialNumber: ByteRange
        let issuer: ByteRange
        let subject: ByteRange
        let notBefore: Int64
        let notAfter: Int64
        let keyAlgorithm: SubjectPublicKey.Algorithm
        let keyFields: SubjectPublicKey.Fields
        let extensions: ExtensionFacts
        let findings: Findings
        let isSelfIssued: Bool

        init(_ reader: CertificateReader, isSelfIssued: Bool) {
            tbs = reader.tbs
            signature = reader.signature
            signatureAlgorithm = reader.signatureAlgorithm
            version = reader.version
            serialNumber = reader.serialNumber
            issuer = reader.issuer
            subject = reader.subject
            notBefore = reader.notBefore
            notAfter = reader.notAfter
            keyAlgorithm = reader.keyAlgorithm
            keyFields = reader.keyFields
            extensions = reader.extensions
            findings = reader.findings
            self.isSelfIssued = isSelfIssued
        }
    }

    /// Reads one certificate.
    ///
    /// - Parameters:
    ///   - der: the certificate and nothing after it; kept, not copied.
    ///   - limits: how large it may be.
    /// - Throws: ``MalformedDER`` with the offset of the field that breaks a rule.
    /// - Complexity: O(*n*) in the bytes; some ten allocations.
    public init(der: [UInt8], limits: Limits = .default) throws(MalformedDER) {
        var reader = CertificateReader(limits: limits)
        try reader.read(der.span)
        let span = der.span
        let isSelfIssued = CanonicalName.matches(
            span,
            reader.issuer.range,
            span,
            reader.subject.range
        )
        ConformanceCheck.run(&reader, span, isSelfIssued: isSelfIssued)
        self.der = der
        fields = Fields(reader, isSelfIssued: isSelfIssued)
    }

    /// Reads one certificate from borrowed bytes, which are copied.
    ///
    /// - Throws: ``MalformedDER`` with the offset of the field that breaks a rule.
    public init(copying bytes: Span<UInt8>, limits: Limits = .default) throws(MalformedDER) {
        guard bytes.count <= limits.bytes else {
            throw MalformedDER(.oversize(limit: limits.bytes), at: 0)
        }
        try self.init(der: bytes.array(0..<bytes.count), limits: limits)
    }
}

extension Certificate {
    /// 1, 2 or 3. RFC 5280 §4.1.2.1
    public var version: Int { fields.version }

    /// The content octets of the serial number: two's complement, big-endian, at least one.
    public var serialNumber: [UInt8] { der.span.array(fields.serialNumber.range) }

    /// The serial number in lower-case hexadecimal, two digits an octet.
    public var serialNumberText: String { serialNumber.map(hexadecimal).joined() }

    /// Who signed it.
    public var issuer: DistinguishedName { DistinguishedName(checked: der, fields.issuer) }

    /// Who holds the key.
    public var subject: DistinguishedName { DistinguishedName(checked: der, fields.subject) }

    /// The first moment of its validity, inclusive.
    public var notBefore: WallClock { WallClock(seconds: fields.notBefore) }

    /// The last second of its validity, inclusive. RFC 5280 §4.1.2.5
    public var notAfter: WallClock { WallClock(seconds: fields.notAfter) }

    /// The key.
    public var publicKey: SubjectPublicKey {
        SubjectPublicKey(algorithm: fields.keyAlgorithm, bytes: der, fields: fields.keyFields)
    }

    /// The algorithm of the signature, the same in both places.
    public var signatureAlgorithm: SignatureAlgorithm { fields.signatureAlgorithm }

    /// Whether issuer and subject are the same name. RFC 5280 §6.1
    public var isSelfIssued: Bool { fields.isSelfIssued }

    /// The rules it breaks although it could be read, in the order they were found.
    public var findings: [Finding] { fields.findings.list }

    /// The rules of ``findings`` as a set.
    public var brokenRules: ConformanceRules { fields.findings.rules }

    /// Lends the signed part, TBSCertificate with its tag and length.
    public func withTBS<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(der.span.extracting(fields.tbs.range))
    }

    /// Lends the octets of the signature.
    public func withSignature<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(der.span.extracting(fields.signature.range))
    }
}

extension Certificate {
    /// keyUsage; `nil` where the extension is absent, which allows every usage.
    public var keyUsage: KeyUsage? { fields.extensions.keyUsage }

    /// basicConstraints; `nil` where the extension is absent.
    public var basicConstraints: BasicConstraints? { fields.extensions.basicConstraints }

    /// extKeyUsage; `nil` where the extension is absent, which allows every purpose.
    public var extendedKeyUsage: KeyPurposes? { fields.extensions.extendedKeyUsage }

    /// The entries of subjectAltName in order.
    ///
    /// - Complexity: O(*n*) in the bytes of the names; allocates for each.
    public var alternativeNames: [GeneralName] {
        fields.extensions.alternativeNames.map { $0.decoded(der) }
    }

    /// subjectKeyIdentifier.
    public var subjectKeyIdentifier: [UInt8]? {
        fields.extensions.subjectKeyIdentifier.map { der.span.array($0.range) }
    }

    /// The key identifier of authorityKeyIdentifier.
    public var authorityKeyIdentifier: [UInt8]? {
        fields.extensions.authorityKeyIdentifier?.keyIdentifier.map { der.span.array($0.range) }
    }

    /// The policies of certificatePolicies; `nil` where the extension is absent.
    public var policies: [ObjectIdentifier]? {
        fields.extensions.policies.map { list in
            list.map { ObjectIdentifier(checked: der.span.array($0.range)) }
        }
    }

    /// policyConstraints.
    public var policyConstraints: PolicyConstraints? { fields.extensions.policyConstraints }

    /// The permitted and excluded subtrees of nameConstraints; `nil` where the extension is absent.
    public var nameConstraints: (permitted: [GeneralName], excluded: [GeneralName])? {
        fields.extensions.nameConstraints.map { records in
            (records.permitted.map { $0.decoded(der) }, records.excluded.map { $0.decoded(der) })
        }
    }

    /// Every extension as it was written.
    public var extensions: [CertificateExtension] {
        let span = der.span
        return fields.extensions.records.map { record in
            CertificateExtension(
                identifier: ObjectIdentifier(checked: span.array(record.identifier.range)),
                isCritical: record.isCritical,
                value: span.array(record.value.range)
            )
        }
    }
}

extension Certificate: Hashable {
    /// Whether both have the same DER.
    public static func == (a: Certificate, b: Certificate) -> Bool { a.der == b.der }

    /// Hashes the DER's last octets, which are the signature's.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(der.count)
        for byte in der.suffix(32) { hasher.combine(byte) }
    }
}

/// A certification request (PKCS #10), read strictly from DER. RFC 2986
public struct CertificateSigningRequest: Sendable {
    /// How large a request may be.
    public struct Limits: Hashable, Sendable {
        /// Bytes of the whole request.
        public var bytes = 16_384
        /// Attributes.
        public var attributes = 16

        /// 16 KiB, 16 attributes.
        public static let `default` = Limits()

        /// The defaults, to be changed member by member.
        public init() {}
    }

    /// The bytes it was read from.
    public let der: [UInt8]
    /// The algorithm of its signature.
    public let signatureAlgorithm: SignatureAlgorithm
    private let body: ByteRange
    private let signature: ByteRange
    private let name: ByteRange
    private let keyAlgorithm: SubjectPublicKey.Algorithm
    private let keyFields: SubjectPublicKey.Fields
    private let facts: ExtensionFacts
    /// The rules that subject and requested extensions break.
    public let findings: [Finding]

    /// Reads one request.
    ///
    /// - Throws: ``MalformedDER`` with the offset of the field that breaks a rule.
    /// - Complexity: O(*n*) in the bytes.
    public init(der: [UInt8], limits: Limits = .default) throws(MalformedDER) {
        let bytes = der.span
        guard bytes.count <= limits.bytes else {
            throw MalformedDER(.oversize(limit: limits.bytes), at: 0)
        }
        var input = DERCursor(0..<bytes.count)
        var parts = DERCursor(try input.expect(DERTag.sequence, bytes).content)
        try input.finishInput()
        let info = try parts.expect(DERTag.sequence, bytes)
        signatureAlgorithm = try SignatureAlgorithm.read(&parts, bytes).algorithm
        signature = ByteRange(try parts.octetAlignedBitString(bytes))
        try parts.finish()
        body = ByteRange(info.whole)
        var fields = DERCursor(info.content)
        let version = try fields.integer(bytes)
        guard version.content.count == 1, bytes[version.contentStart] == 0 else {
            throw MalformedDER(.version, at: version.start)
        }
        var findings = Findings()
        name = ByteRange(try NameReader.read(&fields, bytes, &findings).whole)
        (keyAlgorithm, keyFields) = try SubjectPublicKey.Fields.read(&fields, bytes)
        let attributes = try fields.expect(DERTag.constructed(0), bytes)
        try fields.finish()
        facts = try Self.readAttributes(attributes, bytes, limits, &findings)
        self.findings = findings.list
        self.der = der
    }

    /// The extensions of extensionRequest; other attributes are checked for their grammar only.
    private static func readAttributes(
        _ list: DERElement,
        _ bytes: Span<UInt8>,
        _ limits: Limits,
        _ findings: inout Findings
    ) throws(MalformedDER) -> ExtensionFacts {
        var facts = ExtensionFacts()
        var cursor = DERCursor(list.content)
        var seen: [Range<Int>] = []
        while !cursor.isAtEnd {
            let attribute = try cursor.expect(DERTag.sequence, bytes)
            var fields = DERCursor(attribute.content)
            let type = try fields.objectIdentifier(bytes)
            let values = try fields.expect(DERTag.set, bytes)
            try fields.finish()
            for earlier in seen where bytes.equals(earlier, bytes, type.content) {
                throw MalformedDER(.duplicateExtension, at: attribute.start)
            }
            guard seen.count < limits.attributes else {
                throw MalformedDER(.oversize(limit: limits.attributes), at: attribute.start)
            }
            seen.append(type.content)
            var members = DERCursor(values.content)
            let first = try members.next(bytes)
            guard bytes.packed(type.content) == KnownOID.extensionRequest else {
                while !members.isAtEnd { _ = try members.next(bytes) }
                continue
            }
            guard first.tag == DERTag.sequence, members.isAtEnd else {
                throw MalformedDER(.extensionValue, at: first.start)
            }
            var reader = ExtensionReader(limits: .default)
            try reader.read(first, bytes, &findings)
            facts = reader.facts
        }
        return facts
    }
}

extension CertificateSigningRequest {
    /// The name that is asked for.
    public var subject: DistinguishedName { DistinguishedName(checked: der, name) }

    /// The key that is to be certified.
    public var publicKey: SubjectPublicKey {
        SubjectPublicKey(algorithm: keyAlgorithm, bytes: der, fields: keyFields)
    }

    /// The entries of the requested subjectAltName in order.
    public var alternativeNames: [GeneralName] {
        facts.alternativeNames.map { $0.decoded(der) }
    }

    /// The requested keyUsage.
    public var keyUsage: KeyUsage? { facts.keyUsage }

    /// The requested extKeyUsage.
    public var extendedKeyUsage: KeyPurposes? { facts.extendedKeyUsage }

    /// The requested basicConstraints.
    public var basicConstraints: BasicConstraints? { facts.basicConstraints }

    /// The requested extensions as they were written.
    public var extensions: [CertificateExtension] {
        let span = der.span
        return facts.records.map { record in
            CertificateExtension(
                identifier: ObjectIdentifier(checked: span.array(record.identifier.range)),
                isCritical: record.isCritical,
                value: span.array(record.value.range)
            )
        }
    }

    /// Checks the key and, with it, the request's own signature: that the requester holds the private
    /// key. RFC 2986 §3
    ///
    /// - Returns: why the request must be refused; `nil` for a good one.
    public func refusal(
        keys: KeyPolicy = .default,
        crypto: some CryptoProvider
    ) -> PathValidationError.Reason? {
        if let reason = keys.refusal(keyAlgorithm) { return reason }
        guard keys.allows(signatureAlgorithm) else {
            return .signatureAlgorithmNotAllowed(signatureAlgorithm)
        }
        let key = publicKey
        if let problem = crypto.validate(key, verifies: true) { return .keyMalformed(problem) }
        let bytes = der.span
        let isValid = crypto.verify(
            bytes.extracting(signature.range),
            over: bytes.extracting(body.range),
            algorithm: signatureAlgorithm,
            key: key
        )
        return isValid ? nil : .signatureInvalid
    }
}

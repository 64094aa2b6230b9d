/// Reads the fields of one certificate. RFC 5280 §4.1
struct CertificateReader {
    let limits: Certificate.Limits
    var tbs = ByteRange.empty
    var signature = ByteRange.empty
    var signatureAlgorithm = SignatureAlgorithm.ed25519
    var version = 1
    var serialNumber = ByteRange.empty
    var issuer = ByteRange.empty
    var subject = ByteRange.empty
    var notBefore: Int64 = 0
    var notAfter: Int64 = 0
    var keyAlgorithm = SubjectPublicKey.Algorithm.malformed(.encoding)
    var keyFields = SubjectPublicKey.Fields(whole: .empty)
    var extensions = ExtensionFacts()
    var findings = Findings()

    init(limits: Certificate.Limits) { self.limits = limits }

    mutating func read(_ bytes: Span<UInt8>) throws(MalformedDER) {
        guard bytes.count <= limits.bytes else {
            throw MalformedDER(.oversize(limit: limits.bytes), at: 0)
        }
        var input = DERCursor(0..<bytes.count)
        let outer = try input.expect(DERTag.sequence, bytes)
        try input.finishInput()
        var parts = DERCursor(outer.content)
        let body = try parts.expect(DERTag.sequence, bytes)
        tbs = ByteRange(body.whole)
        let (algorithm, algorithmRange) = try SignatureAlgorithm.read(&parts, bytes)
        signatureAlgorithm = algorithm
        signature = ByteRange(try parts.octetAlignedBitString(bytes))
        try parts.finish()
        var cursor = DERCursor(body.content)
        try readBody(&cursor, bytes, algorithmRange)
    }

    /// TBSCertificate.
    private mutating func readBody(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>,
        _ outerAlgorithm: Range<Int>
    ) throws(MalformedDER) {
        try readVersion(&cursor, bytes)
        let serial = try cursor.integer(bytes)
        serialNumber = ByteRange(serial.content)
        if !SerialNumberRule.holds(bytes, serial.content) {
            findings.note(.serialNumber, at: serial.start)
        }
        let (_, inner) = try SignatureAlgorithm.read(&cursor, bytes)
        guard bytes.equals(inner, bytes, outerAlgorithm) else {
            throw MalformedDER(.signatureAlgorithmMismatch, at: inner.lowerBound)
        }
        issuer = ByteRange(try NameReader.read(&cursor, bytes, &findings).whole)
        try readValidity(&cursor, bytes)
        subject = ByteRange(try NameReader.read(&cursor, bytes, &findings).whole)
        (keyAlgorithm, keyFields) = try SubjectPublicKey.Fields.read(&cursor, bytes)
        try readUniqueIdentifiers(&cursor, bytes)
        if let wrapper = try cursor.optional(DERTag.constructed(3), bytes) {
            guard version == 3 else { throw MalformedDER(.version, at: wrapper.start) }
            var inner = DERCursor(wrapper.content)
            let list = try inner.expect(DERTag.sequence, bytes)
            try inner.finish()
            var reader = ExtensionReader(limits: limits)
            try reader.read(list, bytes, &findings)
            extensions = reader.facts
        }
        try cursor.finish()
    }

    private mutating func readVersion(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) {
        guard let wrapper = try cursor.optional(DERTag.constructed(0), bytes) else { return }
        var inner = DERCursor(wrapper.content)
        let number = try inner.integer(bytes)
        try inner.finish()
        guard number.content.count == 1 else { throw MalformedDER(.version, at: number.start) }
        switch bytes[number.contentStart] {
        case 0: throw MalformedDER(.defaultEncoded, at: number.start)
        case 1: version = 2
        case 2: version = 3
        default: throw MalformedDER(.version, at: number.start)
        }
    }

    private mutating func readValidity(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) {
        let element = try cursor.expect(DERTag.sequence, bytes)
        var times = DERCursor(element.content)
        let first = try DERTime.read(&times, bytes)
        let last = try DERTime.read(&times, bytes)
        try times.finish()
        notBefore = first.seconds
        notAfter = last.seconds
        if !first.isRightType || !last.isRightType { findings.note(.timeType, at: element.start) }
        if notBefore > notAfter { findings.note(.validityOrder, at: element.start) }
    }

    /// issuerUniqueID and subjectUniqueID.
    private mutating func readUniqueIdentifiers(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) {
        for number: UInt8 in [1, 2] {
            let start = cursor.position
            guard cursor.peek(bytes) == DERTag.primitive(number) else { continue }
            _ = try cursor.bitString(bytes, tag: DERTag.primitive(number))
            guard version >= 2 else { throw MalformedDER(.version, at: start) }
            findings.note(.uniqueIdentifiers, at: start)
        }
    }
}

/// RFC 5280 §4.1.2.2.
enum SerialNumberRule {
    static func holds(_ bytes: Span<UInt8>, _ content: Range<Int>) -> Bool {
        let first = bytes[content.lowerBound]
        return content.count <= 20 && first < 0x80 && (content.count > 1 || first > 0)
    }
}

/// The rules that look at more than one field.
enum ConformanceCheck {
    static func run(_ reader: inout CertificateReader, _ bytes: Span<UInt8>, isSelfIssued: Bool) {
        let facts = reader.extensions
        let isCA = facts.basicConstraints?.isCA ?? false
        if reader.issuer.count <= 2 {
            reader.findings.note(.issuerNotEmpty, at: Int(reader.issuer.lower))
        }
        if reader.subject.count <= 2 {
            let hasNames = facts.record(.subjectAltName)?.isCritical ?? false
            if isCA || !hasNames {
                reader.findings.note(.subject, at: Int(reader.subject.lower))
            }
        }
        if reader.version != 3 { reader.findings.note(.version3, at: Int(reader.tbs.lower)) }
        checkCA(&reader, facts, isCA: isCA)
        checkKeyIdentifiers(&reader, bytes, facts, isCA: isCA, isSelfIssued: isSelfIssued)
        checkCriticality(&reader, facts, isCA: isCA)
        checkServerRules(&reader, facts, isSelfIssued: isSelfIssued)
    }

    private static func checkCA(
        _ reader: inout CertificateReader,
        _ facts: ExtensionFacts,
        isCA: Bool
    ) {
        let signs = facts.keyUsage?.contains(.keyCertSign)
        let usage = facts.record(.keyUsage)
        let basic = facts.record(.basicConstraints)
        if signs == true, !isCA { note(&reader, .consistentCA, usage) }
        if facts.basicConstraints?.pathLength != nil, !isCA || signs == false {
            note(&reader, .consistentCA, basic)
        }
        if facts.nameConstraints != nil, !isCA {
            note(&reader, .nameConstraintsInCA, facts.record(.nameConstraints))
        }
    }

    private static func checkKeyIdentifiers(
        _ reader: inout CertificateReader,
        _ bytes: Span<UInt8>,
        _ facts: ExtensionFacts,
        isCA: Bool,
        isSelfIssued: Bool
    ) {
        let authority = facts.authorityKeyIdentifier
        if authority?.keyIdentifier == nil, !isSelfIssued {
            reader.findings.note(.authorityKeyIdentifier, at: Int(reader.tbs.lower))
        }
        if isCA, facts.subjectKeyIdentifier == nil {
            reader.findings.note(.subjectKeyIdentifier, at: Int(reader.tbs.lower))
        }
        guard let authority else { return }
        let record = facts.record(.authorityKeyIdentifier)
        if authority.keyIdentifier == nil || authority.hasIssuerOrSerial {
            note(&reader, .authorityKeyIdentifierForm, record)
        }
        guard isSelfIssued, let key = authority.keyIdentifier else { return }
        let own = facts.subjectKeyIdentifier.map { $0.range } ?? 0..<0
        if !bytes.equals(key.range, bytes, own) { note(&reader, .ownKeyIdentifier, record) }
    }

    private static func checkCriticality(
        _ reader: inout CertificateReader,
        _ facts: ExtensionFacts,
        isCA: Bool
    ) {
        for record in facts.records where !record.isCritical {
            switch record.kind {
            case .basicConstraints where isCA: note(&reader, .criticalBasicConstraints, record)
            case .nameConstraints: note(&reader, .criticalNameConstraints, record)
            case .policyConstraints, .inhibitAnyPolicy:
                note(&reader, .criticalPolicyConstraints, record)
            default: break
            }
        }
    }

    private static func checkServerRules(
        _ reader: inout CertificateReader,
        _ facts: ExtensionFacts,
        isSelfIssued: Bool
    ) {
        let usage = facts.record(.extendedKeyUsage)
        let purposes = facts.extendedKeyUsage ?? []
        if usage?.isCritical ?? true || purposes.contains(.any) {
            reader.findings.note(.serverExtendedKeyUsage, at: Int(usage?.value.lower ?? 0))
        }
        if isSelfIssued, let usage { note(&reader, .rootWithoutExtendedKeyUsage, usage) }
        if let names = facts.record(.subjectAltName), names.isCritical, reader.subject.count > 2 {
            note(&reader, .noncriticalAlternativeName, names)
        }
    }

    private static func note(
        _ reader: inout CertificateReader,
        _ rule: ConformanceRules,
        _ record: ExtensionRecord?
    ) {
        reader.findings.note(rule, at: Int(record?.identifier.lower ?? reader.tbs.lower))
    }
}

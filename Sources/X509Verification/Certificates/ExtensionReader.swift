/// Reads `Extensions` and the value of every extension that RFC 5280 §4.2 defines.
struct ExtensionReader {
    var facts = ExtensionFacts()
    let limits: Certificate.Limits

    /// Reads the SEQUENCE OF Extension.
    mutating func read(
        _ list: DERElement,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) {
        var cursor = DERCursor(list.content)
        guard !cursor.isAtEnd else { throw MalformedDER(.extensionValue, at: list.start) }
        facts.records.reserveCapacity(12)
        var seen: UInt64 = 0
        while !cursor.isAtEnd {
            let element = try cursor.expect(DERTag.sequence, bytes)
            var fields = DERCursor(element.content)
            let identifier = try fields.objectIdentifier(bytes)
            let isCritical = try fields.booleanDefaultFalse(bytes)
            let value = try fields.expect(DERTag.octetString, bytes)
            try fields.finish()
            let kind = ExtensionKind(bytes, identifier.content)
            if let kind {
                guard seen & 1 << UInt64(kind.rawValue) == 0 else {
                    throw MalformedDER(.duplicateExtension, at: element.start)
                }
                seen |= 1 << UInt64(kind.rawValue)
            } else {
                try checkUnique(identifier, element, bytes)
                if isCritical, facts.unknownCritical == nil {
                    facts.unknownCritical = element.start
                }
            }
            guard facts.records.count < limits.extensions else {
                throw MalformedDER(.oversize(limit: limits.extensions), at: element.start)
            }
            facts.records.append(
                ExtensionRecord(
                    identifier: ByteRange(identifier.content),
                    value: ByteRange(value.content),
                    kind: kind,
                    isCritical: isCritical
                )
            )
            guard let kind else { continue }
            if isCritical, kind.mustNotBeCritical {
                findings.note(.mustNotBeCritical, at: element.start)
            }
            try readValue(kind, value, bytes, &findings)
        }
    }

    private func checkUnique(
        _ identifier: DERElement,
        _ element: DERElement,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) {
        for record in facts.records where record.kind == nil {
            if bytes.equals(record.identifier.range, bytes, identifier.content) {
                throw MalformedDER(.duplicateExtension, at: element.start)
            }
        }
    }

    private mutating func readValue(
        _ kind: ExtensionKind,
        _ value: DERElement,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) {
        var cursor = DERCursor(value.content)
        switch kind {
        case .keyUsage: try readKeyUsage(&cursor, bytes, &findings)
        case .basicConstraints: try readBasicConstraints(&cursor, bytes)
        case .extendedKeyUsage: try readExtendedKeyUsage(&cursor, bytes)
        case .subjectKeyIdentifier:
            let key = try cursor.expect(DERTag.octetString, bytes)
            facts.subjectKeyIdentifier = ByteRange(key.content)
        case .authorityKeyIdentifier: try readAuthorityKeyIdentifier(&cursor, bytes, &findings)
        case .subjectAltName:
            facts.alternativeNames = try GeneralNamesReader.read(&cursor, bytes, &findings)
            noteSyntax(facts.alternativeNames, value.start, bytes, &findings)
        case .issuerAltName:
            _ = try GeneralNamesReader.read(&cursor, bytes, &findings)
        case .nameConstraints:
            facts.nameConstraints = try NameConstraintsReader.read(&cursor, bytes, &findings)
        case .certificatePolicies, .policyMappings, .policyConstraints, .inhibitAnyPolicy:
            try readPolicyExtension(kind, &cursor, bytes, &findings)
        case .crlDistributionPoints, .freshestCRL:
            let points = try cursor.expect(DERTag.sequence, bytes)
            try DistributionPoint.check(points, bytes, &findings)
            if kind == .crlDistributionPoints {
                facts.distributionPoints = ByteRange(points.content)
            }
        case .authorityInfoAccess, .subjectInfoAccess:
            do throws(MalformedDER) {
                try Self.checkInformationAccess(cursor, bytes)
            } catch {
                findings.note(.informationAccess, at: error.offset)
            }
            return
        case .subjectDirectoryAttributes:
            _ = try cursor.expect(DERTag.sequence, bytes)
        }
        guard cursor.isAtEnd else { throw MalformedDER(.extensionValue, at: cursor.position) }
    }

    private mutating func readKeyUsage(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) {
        let start = cursor.position
        let usage = KeyUsage(rawValue: try cursor.namedBits(bytes))
        if usage.isEmpty { findings.note(.keyUsageNotEmpty, at: start) }
        facts.keyUsage = usage
    }

    private mutating func readBasicConstraints(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) {
        let element = try cursor.expect(DERTag.sequence, bytes)
        var fields = DERCursor(element.content)
        let isCA = try fields.booleanDefaultFalse(bytes)
        var pathLength: Int?
        if !fields.isAtEnd {
            let length = try fields.integer(bytes)
            pathLength = try DERCursor.smallInteger(length, bytes)
        }
        guard fields.isAtEnd else { throw MalformedDER(.extensionValue, at: fields.position) }
        facts.basicConstraints = BasicConstraints(isCA: isCA, pathLength: pathLength)
    }

    private mutating func readExtendedKeyUsage(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) {
        let element = try cursor.expect(DERTag.sequence, bytes)
        var purposes = DERCursor(element.content)
        guard !purposes.isAtEnd else { throw MalformedDER(.extensionValue, at: element.start) }
        var known: KeyPurposes = []
        while !purposes.isAtEnd {
            let purpose = try purposes.objectIdentifier(bytes)
            known.insert(KeyPurposes(packed: bytes.packed(purpose.content)))
        }
        facts.extendedKeyUsage = known
    }

    private mutating func readAuthorityKeyIdentifier(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) {
        let element = try cursor.expect(DERTag.sequence, bytes)
        var fields = DERCursor(element.content)
        var record = AuthorityKeyIdentifierRecord()
        if let key = try fields.optional(DERTag.primitive(0), bytes) {
            record.keyIdentifier = ByteRange(key.content)
        }
        let issuer = try fields.optional(DERTag.constructed(1), bytes)
        if let issuer {
            var names = DERCursor(issuer.content)
            while !names.isAtEnd { _ = try GeneralNameRecord.read(&names, bytes, &findings) }
        }
        let serial = try fields.optional(DERTag.primitive(2), bytes)
        if let serial { try DERCursor.checkInteger(serial, bytes) }
        guard fields.isAtEnd, (issuer == nil) == (serial == nil) else {
            throw MalformedDER(.extensionValue, at: element.start)
        }
        record.hasIssuerOrSerial = issuer != nil
        facts.authorityKeyIdentifier = record
    }

    private func noteSyntax(
        _ names: [GeneralNameRecord],
        _ offset: Int,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) {
        for name in names where !name.isWellFormedName(bytes) {
            findings.note(.alternativeNameSyntax, at: offset)
            return
        }
    }

    private static func checkInformationAccess(
        _ start: DERCursor,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) {
        var cursor = start
        var ignored = Findings()
        let list = try cursor.expect(DERTag.sequence, bytes)
        try cursor.finish()
        var descriptions = DERCursor(list.content)
        guard !descriptions.isAtEnd else { throw MalformedDER(.extensionValue, at: list.start) }
        while !descriptions.isAtEnd {
            var fields = DERCursor(try descriptions.expect(DERTag.sequence, bytes).content)
            _ = try fields.objectIdentifier(bytes)
            let location = try GeneralNameRecord.read(&fields, bytes, &ignored)
            try fields.finish()
            guard location.isWellFormedName(bytes) else {
                throw MalformedDER(.extensionValue, at: list.start)
            }
        }
    }
}

/// Reads GeneralNames. RFC 5280 §4.2.1.6
enum GeneralNamesReader {
    static func read(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) -> [GeneralNameRecord] {
        let element = try cursor.expect(DERTag.sequence, bytes)
        var list = DERCursor(element.content)
        guard !list.isAtEnd else { throw MalformedDER(.extensionValue, at: element.start) }
        var names: [GeneralNameRecord] = []
        while !list.isAtEnd { names.append(try .read(&list, bytes, &findings)) }
        return names
    }
}

extension GeneralNameRecord {
    /// Whether the text follows the syntax of its form in an alternative name. RFC 5280 §4.2.1.6
    func isWellFormedName(_ bytes: Span<UInt8>) -> Bool {
        switch form {
        case .dns: NameSyntax.isHost(bytes, content.range, wildcard: true)
        case .rfc822: NameSyntax.mailboxSeparator(bytes, content.range) != nil
        case .uri: NameSyntax.isURI(bytes, content.range)
        case .ip: content.count == 4 || content.count == 16
        case .other, .x400, .directory, .ediParty, .registeredID: true
        }
    }
}

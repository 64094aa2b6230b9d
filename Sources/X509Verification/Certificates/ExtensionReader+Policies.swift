// certificatePolicies, policyMappings, policyConstraints and inhibitAnyPolicy.
// RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14
extension ExtensionReader {
    mutating func readPolicyExtension(
        _ kind: ExtensionKind,
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) {
        switch kind {
        case .certificatePolicies: try readPolicies(&cursor, bytes, &findings)
        case .policyMappings: try readMappings(&cursor, bytes, &findings)
        case .policyConstraints: try readPolicyConstraints(&cursor, bytes)
        default:
            let skip = try cursor.integer(bytes)
            facts.inhibitAnyPolicy = try DERCursor.smallInteger(skip, bytes)
        }
    }

    private mutating func readPolicies(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) {
        let element = try cursor.expect(DERTag.sequence, bytes)
        var list = DERCursor(element.content)
        guard !list.isAtEnd else { throw MalformedDER(.extensionValue, at: element.start) }
        var policies: [ByteRange] = []
        while !list.isAtEnd {
            var fields = DERCursor(try list.expect(DERTag.sequence, bytes).content)
            let policy = try fields.objectIdentifier(bytes)
            if let qualifiers = try fields.optional(DERTag.sequence, bytes),
                qualifiers.content.isEmpty
            {
                throw MalformedDER(.extensionValue, at: qualifiers.start)
            }
            try fields.finish()
            guard policies.count < limits.policies else {
                throw MalformedDER(.oversize(limit: limits.policies), at: policy.start)
            }
            for earlier in policies where bytes.equals(earlier.range, bytes, policy.content) {
                findings.note(.policies, at: policy.start)
            }
            policies.append(ByteRange(policy.content))
        }
        facts.policies = policies
    }

    private mutating func readMappings(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) {
        let element = try cursor.expect(DERTag.sequence, bytes)
        var list = DERCursor(element.content)
        guard !list.isAtEnd else { throw MalformedDER(.extensionValue, at: element.start) }
        while !list.isAtEnd {
            var fields = DERCursor(try list.expect(DERTag.sequence, bytes).content)
            let issuer = try fields.objectIdentifier(bytes)
            let subject = try fields.objectIdentifier(bytes)
            try fields.finish()
            guard facts.policyMappings.count < limits.policies else {
                throw MalformedDER(.oversize(limit: limits.policies), at: issuer.start)
            }
            if bytes.packed(issuer.content) == KnownOID.anyPolicy
                || bytes.packed(subject.content) == KnownOID.anyPolicy
            {
                findings.note(.policies, at: issuer.start)
            }
            facts.policyMappings.append(
                PolicyMappingRecord(
                    issuerDomain: ByteRange(issuer.content),
                    subjectDomain: ByteRange(subject.content)
                )
            )
        }
    }

    private mutating func readPolicyConstraints(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) {
        let element = try cursor.expect(DERTag.sequence, bytes)
        var fields = DERCursor(element.content)
        var explicit: Int?
        var inhibit: Int?
        if let skip = try fields.optional(DERTag.primitive(0), bytes) {
            explicit = try DERCursor.smallInteger(skip, bytes)
        }
        if let skip = try fields.optional(DERTag.primitive(1), bytes) {
            inhibit = try DERCursor.smallInteger(skip, bytes)
        }
        guard fields.isAtEnd, explicit != nil || inhibit != nil else {
            throw MalformedDER(.extensionValue, at: element.start)
        }
        facts.policyConstraints = PolicyConstraints(
            requireExplicitPolicy: explicit,
            inhibitPolicyMapping: inhibit
        )
    }
}

/// Reads nameConstraints and judges the syntax of each subtree. RFC 5280 §4.2.1.10
enum NameConstraintsReader {
    static func read(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) -> NameConstraintRecords {
        let element = try cursor.expect(DERTag.sequence, bytes)
        var fields = DERCursor(element.content)
        guard !fields.isAtEnd else { throw MalformedDER(.extensionValue, at: element.start) }
        var records = NameConstraintRecords()
        if let list = try fields.optional(DERTag.constructed(0), bytes) {
            records.permitted = try subtrees(list, bytes, &findings)
        }
        if let list = try fields.optional(DERTag.constructed(1), bytes) {
            records.excluded = try subtrees(list, bytes, &findings)
        }
        guard fields.isAtEnd else { throw MalformedDER(.extensionValue, at: fields.position) }
        for subtree in records.permitted { records.forms |= 1 << UInt16(subtree.form.rawValue) }
        for subtree in records.excluded { records.forms |= 1 << UInt16(subtree.form.rawValue) }
        return records
    }

    private static func subtrees(
        _ list: DERElement,
        _ bytes: Span<UInt8>,
        _ findings: inout Findings
    ) throws(MalformedDER) -> [GeneralNameRecord] {
        var cursor = DERCursor(list.content)
        guard !cursor.isAtEnd else { throw MalformedDER(.extensionValue, at: list.start) }
        var subtrees: [GeneralNameRecord] = []
        while !cursor.isAtEnd {
            let element = try cursor.expect(DERTag.sequence, bytes)
            var fields = DERCursor(element.content)
            let base = try GeneralNameRecord.read(&fields, bytes, &findings)
            // minimum is 0 and so left out, maximum must be absent.
            guard fields.isAtEnd else { throw MalformedDER(.extensionValue, at: fields.position) }
            if !base.isWellFormedConstraint(bytes) {
                findings.note(.nameConstraintSyntax, at: element.start)
            }
            subtrees.append(base)
        }
        return subtrees
    }
}

extension GeneralNameRecord {
    /// Whether the text follows the syntax of its form in a constraint.
    func isWellFormedConstraint(_ bytes: Span<UInt8>) -> Bool {
        let range = content.range
        switch form {
        case .dns:
            return range.isEmpty || NameSyntax.isHost(bytes, range)
        case .rfc822:
            return NameSyntax.firstIndex(of: UInt8(ascii: "@"), bytes, range) == nil
                ? isHostOrDomain(bytes) : NameSyntax.mailboxSeparator(bytes, range) != nil
        case .uri:
            return isHostOrDomain(bytes)
        case .ip:
            return range.count == 8 || range.count == 32 ? isPrefixMask(bytes) : false
        case .other, .x400, .directory, .ediParty, .registeredID:
            return true
        }
    }

    /// A host, or a period and a domain.
    private func isHostOrDomain(_ bytes: Span<UInt8>) -> Bool {
        let range = content.range
        guard let first = range.first else { return true }
        return NameSyntax.isHost(bytes, bytes[first] == 0x2E ? first + 1..<range.upperBound : range)
    }

    /// Whether the second half is a mask of ones and then zeros. RFC 4632
    private func isPrefixMask(_ bytes: Span<UInt8>) -> Bool {
        var ended = false
        for i in content.range.dropFirst(content.count / 2) {
            let byte = bytes[i]
            if ended {
                guard byte == 0 else { return false }
            } else {
                guard (~byte &+ 1) & ~byte == 0 else { return false }
                ended = byte != 0xFF
            }
        }
        return true
    }
}

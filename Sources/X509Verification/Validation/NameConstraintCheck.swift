/// Compares the names of one certificate with the subtrees of the CAs above it.
///
/// A name must lie in a permitted subtree of every CA that has one of the name's form, and in no
/// excluded one: the same as intersecting and uniting the sets on the way. RFC 5280 §6.1.3 (b), (c)
struct NameConstraintCheck {
    /// Comparisons made so far.
    var comparisons: Int
    /// Comparisons allowed.
    let limit: Int

    /// The subtrees of one CA.
    struct Source {
        var certificate: Certificate
        var records: NameConstraintRecords
        /// Canonical forms of the directory names; empty text elsewhere.
        var permittedForms: [String]
        var excludedForms: [String]

        init?(_ certificate: Certificate) {
            guard let records = certificate.fields.extensions.nameConstraints else { return nil }
            self.certificate = certificate
            self.records = records
            permittedForms = []
            excludedForms = []
            guard constrains(.directory) else { return }
            permittedForms = Self.forms(records.permitted, certificate)
            excludedForms = Self.forms(records.excluded, certificate)
        }

        func constrains(_ form: GeneralNameRecord.Form) -> Bool {
            records.forms & 1 << UInt16(form.rawValue) != 0
        }

        private static func forms(
            _ list: [GeneralNameRecord],
            _ certificate: Certificate
        ) -> [String] {
            let bytes = certificate.der.span
            return list.map { record in
                record.form == .directory
                    ? CanonicalName.form(bytes, record.content.range) : ""
            }
        }
    }

    /// Checks subject and alternative names.
    ///
    /// - Returns: the rule that a name breaks; `nil` for none.
    mutating func check(
        _ certificate: Certificate,
        against source: Source
    ) -> PathValidationError.Reason? {
        let facts = certificate.fields.extensions
        let subject = certificate.fields.subject
        if subject.count > 2, source.constrains(.directory) {
            if let reason = checkDirectory(certificate, subject, source) { return reason }
        }
        if source.constrains(.rfc822), facts.record(.subjectAltName) == nil {
            if let reason = checkSubjectMailboxes(certificate, source) { return reason }
        }
        for name in facts.alternativeNames where source.constrains(name.form) {
            let reason =
                name.form == .directory
                ? checkDirectory(certificate, name.content, source)
                : checkText(certificate.der.span, name, source)
            if let reason { return reason }
        }
        return nil
    }

    private mutating func spend() -> Bool {
        comparisons += 1
        return comparisons <= limit
    }

    private mutating func checkDirectory(
        _ certificate: Certificate,
        _ name: ByteRange,
        _ source: Source
    ) -> PathValidationError.Reason? {
        let form = CanonicalName.form(certificate.der.span, name.range)
        var isConstrained = false
        var isPermitted = false
        for (index, record) in source.records.permitted.enumerated()
        where record.form == .directory {
            guard spend() else { return .budgetExceeded(.nameComparisons) }
            isConstrained = true
            isPermitted = isPermitted || form.hasPrefix(source.permittedForms[index])
        }
        if isConstrained && !isPermitted { return .nameNotPermitted }
        for (index, record) in source.records.excluded.enumerated()
        where record.form == .directory {
            guard spend() else { return .budgetExceeded(.nameComparisons) }
            if form.hasPrefix(source.excludedForms[index]) { return .nameExcluded }
        }
        return nil
    }

    /// emailAddress attributes of the subject, where there is no alternative name.
    /// RFC 5280 §4.2.1.10
    private mutating func checkSubjectMailboxes(
        _ certificate: Certificate,
        _ source: Source
    ) -> PathValidationError.Reason? {
        let bytes = certificate.der.span
        var mailboxes: [ByteRange] = []
        certificate.subject.forEachAttribute { _, type, value in
            if certificate.der.span.packed(type) == KnownOID.emailAddress {
                mailboxes.append(ByteRange(value.content))
            }
        }
        for mailbox in mailboxes {
            let name = GeneralNameRecord(form: .rfc822, content: mailbox)
            if let reason = checkText(bytes, name, source) { return reason }
        }
        return nil
    }

    private mutating func checkText(
        _ bytes: Span<UInt8>,
        _ name: GeneralNameRecord,
        _ source: Source
    ) -> PathValidationError.Reason? {
        guard name.isComparable(bytes) else { return .nameConstraintUnsupported }
        let base = source.certificate.der.span
        var isConstrained = false
        var isPermitted = false
        for record in source.records.permitted where record.form == name.form {
            guard spend() else { return .budgetExceeded(.nameComparisons) }
            isConstrained = true
            isPermitted =
                isPermitted || NameSubtree.contains(base, record, bytes, name, couldMatch: false)
        }
        if isConstrained && !isPermitted { return .nameNotPermitted }
        for record in source.records.excluded where record.form == name.form {
            guard spend() else { return .budgetExceeded(.nameComparisons) }
            if NameSubtree.contains(base, record, bytes, name, couldMatch: true) {
                return .nameExcluded
            }
        }
        return nil
    }
}

extension GeneralNameRecord {
    /// Whether a constraint of this form can be applied to the name at all.
    fileprivate func isComparable(_ bytes: Span<UInt8>) -> Bool {
        switch form {
        case .dns, .rfc822, .ip: isWellFormedName(bytes)
        case .uri:
            // Only a host name in the authority can be compared. RFC 5280 §4.2.1.10
            NameSyntax.uriHost(bytes, content.range).map { NameSyntax.isHost(bytes, $0) } ?? false
        case .directory: true
        case .other, .x400, .ediParty, .registeredID: false
        }
    }
}

/// Whether a name lies in a subtree. RFC 5280 §4.2.1.10
enum NameSubtree {
    // `couldMatch` is for excluded subtrees, where a wildcard is inside as soon as one name it stands
    // for is; in permitted ones every such name must be.
    static func contains(
        _ base: Span<UInt8>,
        _ subtree: GeneralNameRecord,
        _ bytes: Span<UInt8>,
        _ name: GeneralNameRecord,
        couldMatch: Bool
    ) -> Bool {
        let tree = subtree.content.range
        let range = name.content.range
        switch name.form {
        case .dns: return dns(base, tree, bytes, range, couldMatch)
        case .rfc822: return mailbox(base, tree, bytes, range)
        case .uri:
            guard let host = NameSyntax.uriHost(bytes, range) else { return couldMatch }
            return hostOrDomain(base, tree, bytes, host)
        case .ip: return address(base, tree, bytes, range)
        default: return couldMatch
        }
    }

    private static func dns(
        _ base: Span<UInt8>,
        _ tree: Range<Int>,
        _ bytes: Span<UInt8>,
        _ name: Range<Int>,
        _ couldMatch: Bool
    ) -> Bool {
        guard !tree.isEmpty, bytes[name.lowerBound] == UInt8(ascii: "*") else {
            return isAtOrBelow(base, tree, bytes, name)
        }
        let parent = name.lowerBound + 2..<name.upperBound
        if isAtOrBelow(base, tree, bytes, parent) { return true }
        guard couldMatch, let dot = NameSyntax.firstIndex(of: 0x2E, base, tree) else {
            return false
        }
        // The subtree's host is one label below the wildcard's parent.
        return NameSyntax.equalsIgnoringCase(base, dot + 1..<tree.upperBound, bytes, parent)
    }

    /// Whether `name` is the host `tree`, or has more labels on its left.
    private static func isAtOrBelow(
        _ base: Span<UInt8>,
        _ tree: Range<Int>,
        _ bytes: Span<UInt8>,
        _ name: Range<Int>
    ) -> Bool {
        if tree.isEmpty { return true }
        guard name.count >= tree.count else { return false }
        let start = name.upperBound - tree.count
        guard start == name.lowerBound || bytes[start - 1] == 0x2E else { return false }
        return NameSyntax.equalsIgnoringCase(base, tree, bytes, start..<name.upperBound)
    }

    /// A host is itself alone; with a leading period it is every host below. RFC 5280 §4.2.1.10
    private static func hostOrDomain(
        _ base: Span<UInt8>,
        _ tree: Range<Int>,
        _ bytes: Span<UInt8>,
        _ host: Range<Int>
    ) -> Bool {
        if tree.isEmpty { return true }
        guard base[tree.lowerBound] == 0x2E else {
            return NameSyntax.equalsIgnoringCase(base, tree, bytes, host)
        }
        guard host.count > tree.count else { return false }
        let start = host.upperBound - tree.count
        return NameSyntax.equalsIgnoringCase(base, tree, bytes, start..<host.upperBound)
    }

    private static func mailbox(
        _ base: Span<UInt8>,
        _ tree: Range<Int>,
        _ bytes: Span<UInt8>,
        _ name: Range<Int>
    ) -> Bool {
        guard let at = NameSyntax.lastIndex(of: UInt8(ascii: "@"), bytes, name) else {
            return false
        }
        let host = at + 1..<name.upperBound
        guard let treeAt = NameSyntax.lastIndex(of: UInt8(ascii: "@"), base, tree) else {
            return hostOrDomain(base, tree, bytes, host)
        }
        return bytes.equals(name.lowerBound..<at, base, tree.lowerBound..<treeAt)
            && NameSyntax.equalsIgnoringCase(base, treeAt + 1..<tree.upperBound, bytes, host)
    }

    private static func address(
        _ base: Span<UInt8>,
        _ tree: Range<Int>,
        _ bytes: Span<UInt8>,
        _ name: Range<Int>
    ) -> Bool {
        guard tree.count == 2 * name.count else { return false }
        for i in 0..<name.count {
            let mask = base[tree.lowerBound + name.count + i]
            if (base[tree.lowerBound + i] ^ bytes[name.lowerBound + i]) & mask != 0 { return false }
        }
        return true
    }
}

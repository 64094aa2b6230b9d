/// Reads the fields of one CRL. RFC 5280 §5.1
struct CRLReader: Sendable {
    struct EntryRecord: Sendable {
        var serial: ByteRange
        var date: Int64
        var reason: UInt8
    }

    /// issuingDistributionPoint. RFC 5280 §5.2.5
    struct Distribution: Hashable, Sendable {
        var value: ByteRange
        var point = DistributionPoint.Fields()
        var onlyUser = false
        var onlyCA = false
        var onlyAttribute = false
        var isIndirect = false
        var reasons: UInt16?
    }

    let limits: CertificateRevocationList.Limits
    var tbs = ByteRange.empty
    var signature = ByteRange.empty
    var signatureAlgorithm = SignatureAlgorithm.ed25519
    var issuer = ByteRange.empty
    var thisUpdate: Int64 = 0
    var nextUpdate: Int64?
    var entries: [EntryRecord] = []
    var number: ByteRange?
    var authorityKeyIdentifier: ByteRange?
    /// BaseCRLNumber of a list of changes.
    var baseNumber: ByteRange?
    var distribution: Distribution?
    /// Offset of a critical extension, of the list or of an entry, that is not known here.
    var unknownCritical: Int?
    /// Whether an entry belongs to another issuer.
    var hasCertificateIssuer = false
    var findings = Findings()

    init(limits: CertificateRevocationList.Limits) { self.limits = limits }

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
        let (algorithm, range) = try SignatureAlgorithm.read(&parts, bytes)
        signatureAlgorithm = algorithm
        signature = ByteRange(try parts.octetAlignedBitString(bytes))
        try parts.finish()
        var cursor = DERCursor(body.content)
        try readBody(&cursor, bytes, range)
        sortEntries(bytes)
    }

    /// TBSCertList.
    private mutating func readBody(
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>,
        _ outerAlgorithm: Range<Int>
    ) throws(MalformedDER) {
        var isVersion2 = false
        if cursor.peek(bytes) == DERTag.integer {
            let version = try cursor.integer(bytes)
            guard version.content.count == 1, bytes[version.contentStart] == 1 else {
                throw MalformedDER(.version, at: version.start)
            }
            isVersion2 = true
        }
        let (_, inner) = try SignatureAlgorithm.read(&cursor, bytes)
        guard bytes.equals(inner, bytes, outerAlgorithm) else {
            throw MalformedDER(.signatureAlgorithmMismatch, at: inner.lowerBound)
        }
        issuer = ByteRange(try NameReader.read(&cursor, bytes, &findings).whole)
        thisUpdate = try DERTime.read(&cursor, bytes).seconds
        if let tag = cursor.peek(bytes), tag == DERTag.utcTime || tag == DERTag.generalizedTime {
            nextUpdate = try DERTime.read(&cursor, bytes).seconds
        }
        if let list = try cursor.optional(DERTag.sequence, bytes) {
            try readEntries(list, bytes, isVersion2)
        }
        if let wrapper = try cursor.optional(DERTag.constructed(0), bytes) {
            guard isVersion2 else { throw MalformedDER(.version, at: wrapper.start) }
            var outer = DERCursor(wrapper.content)
            let list = try outer.expect(DERTag.sequence, bytes)
            try outer.finish()
            try readExtensions(list, bytes)
        }
        try cursor.finish()
    }

    private mutating func readEntries(
        _ list: DERElement,
        _ bytes: Span<UInt8>,
        _ isVersion2: Bool
    ) throws(MalformedDER) {
        var cursor = DERCursor(list.content)
        guard !cursor.isAtEnd else { throw MalformedDER(.superfluousElement, at: list.start) }
        while !cursor.isAtEnd {
            let element = try cursor.expect(DERTag.sequence, bytes)
            var fields = DERCursor(element.content)
            let serial = try fields.integer(bytes)
            let date = try DERTime.read(&fields, bytes)
            var record = EntryRecord(
                serial: ByteRange(serial.content),
                date: date.seconds,
                reason: 0
            )
            if let extensions = try fields.optional(DERTag.sequence, bytes) {
                guard isVersion2 else { throw MalformedDER(.version, at: extensions.start) }
                try readEntryExtensions(extensions, bytes, &record)
            }
            try fields.finish()
            guard entries.count < limits.entries else {
                throw MalformedDER(.oversize(limit: limits.entries), at: element.start)
            }
            entries.append(record)
        }
    }

    private mutating func readEntryExtensions(
        _ list: DERElement,
        _ bytes: Span<UInt8>,
        _ record: inout EntryRecord
    ) throws(MalformedDER) {
        try forEachExtension(list, bytes) {
            reader,
            kind,
            isCritical,
            value,
            start throws(MalformedDER) in
            switch kind {
            case 21:
                var cursor = DERCursor(value.content)
                let reason = try cursor.integer(bytes, tag: DERTag.enumerated)
                try cursor.finish()
                let code = try DERCursor.smallInteger(reason, bytes)
                guard code <= 10, code != 7 else {
                    throw MalformedDER(.extensionValue, at: reason.start)
                }
                record.reason = UInt8(code)
            case 24:
                var cursor = DERCursor(value.content)
                let date = try cursor.expect(DERTag.generalizedTime, bytes)
                guard date.content.count == 15 else { throw MalformedDER(.time, at: date.start) }
                try cursor.finish()
            case 29:
                reader.hasCertificateIssuer = true
            default:
                if isCritical { reader.unknownCritical = reader.unknownCritical ?? start }
            }
        }
    }

    private mutating func readExtensions(
        _ list: DERElement,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) {
        try forEachExtension(list, bytes) {
            reader,
            kind,
            isCritical,
            value,
            start throws(MalformedDER) in
            var cursor = DERCursor(value.content)
            switch kind {
            case 20:
                reader.number = ByteRange(try cursor.integer(bytes).content)
                try cursor.finish()
            case 27:
                reader.baseNumber = ByteRange(try cursor.integer(bytes).content)
                try cursor.finish()
            case 28:
                reader.distribution = try reader.readDistribution(value, bytes)
            case 35:
                var fields = DERCursor(try cursor.expect(DERTag.sequence, bytes).content)
                try cursor.finish()
                if let key = try fields.optional(DERTag.primitive(0), bytes) {
                    reader.authorityKeyIdentifier = ByteRange(key.content)
                }
            case 18, 46:
                break
            default:
                if isCritical { reader.unknownCritical = reader.unknownCritical ?? start }
            }
        }
    }

    // `body` gets the last arc of an identifier below 2.5.29, or 0.
    private mutating func forEachExtension(
        _ list: DERElement,
        _ bytes: Span<UInt8>,
        _ body: (inout CRLReader, UInt8, Bool, DERElement, Int) throws(MalformedDER) -> Void
    ) throws(MalformedDER) {
        var cursor = DERCursor(list.content)
        guard !cursor.isAtEnd else { throw MalformedDER(.extensionValue, at: list.start) }
        var seen: [Range<Int>] = []
        while !cursor.isAtEnd {
            let element = try cursor.expect(DERTag.sequence, bytes)
            var fields = DERCursor(element.content)
            let identifier = try fields.objectIdentifier(bytes)
            let isCritical = try fields.booleanDefaultFalse(bytes)
            let value = try fields.expect(DERTag.octetString, bytes)
            try fields.finish()
            for earlier in seen where bytes.equals(earlier, bytes, identifier.content) {
                throw MalformedDER(.duplicateExtension, at: element.start)
            }
            guard seen.count < limits.extensions else {
                throw MalformedDER(.oversize(limit: limits.extensions), at: element.start)
            }
            seen.append(identifier.content)
            let start = identifier.contentStart
            let isStandard =
                identifier.content.count == 3 && bytes[start] == 0x55 && bytes[start + 1] == 0x1D
            try body(&self, isStandard ? bytes[start + 2] : 0, isCritical, value, element.start)
        }
    }

    private mutating func readDistribution(
        _ value: DERElement,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) -> Distribution {
        var outer = DERCursor(value.content)
        let element = try outer.expect(DERTag.sequence, bytes)
        try outer.finish()
        var result = Distribution(value: ByteRange(value.content))
        var cursor = DERCursor(element.content)
        if let name = try cursor.optional(DERTag.constructed(0), bytes) {
            try result.point.readName(name, bytes, &findings)
        }
        result.onlyUser = try flag(1, &cursor, bytes)
        result.onlyCA = try flag(2, &cursor, bytes)
        if cursor.peek(bytes) == DERTag.primitive(3) {
            result.reasons = try cursor.namedBits(bytes, tag: DERTag.primitive(3))
        }
        result.isIndirect = try flag(4, &cursor, bytes)
        result.onlyAttribute = try flag(5, &cursor, bytes)
        try cursor.finish()
        guard !(result.onlyUser && result.onlyCA) else {
            throw MalformedDER(.extensionValue, at: element.start)
        }
        return result
    }

    private func flag(
        _ number: UInt8,
        _ cursor: inout DERCursor,
        _ bytes: Span<UInt8>
    ) throws(MalformedDER) -> Bool {
        guard let element = try cursor.optional(DERTag.primitive(number), bytes) else {
            return false
        }
        guard element.content.count == 1, bytes[element.contentStart] == 0xFF else {
            throw MalformedDER(.booleanNotCanonical, at: element.start)
        }
        return true
    }

    private mutating func sortEntries(_ bytes: Span<UInt8>) {
        var isSorted = true
        for i in entries.indices.dropFirst()
        where Self.compare(bytes, entries[i - 1].serial.range, bytes, entries[i].serial.range) > 0 {
            isSorted = false
            break
        }
        guard !isSorted else { return }
        // A merge sort: runs double in size from bucket to bucket.
        var buckets: [[EntryRecord]] = []
        for entry in entries {
            var run = [entry]
            var level = 0
            while level < buckets.count, !buckets[level].isEmpty {
                run = Self.merge(bytes, buckets[level], run)
                buckets[level] = []
                level += 1
            }
            if level == buckets.count { buckets.append([]) }
            buckets[level] = run
        }
        entries = []
        for bucket in buckets { entries = Self.merge(bytes, bucket, entries) }
    }

    /// Merges two runs; where serial numbers are equal, `first` comes first.
    private static func merge(
        _ bytes: Span<UInt8>,
        _ first: [EntryRecord],
        _ second: [EntryRecord]
    ) -> [EntryRecord] {
        var output: [EntryRecord] = []
        output.reserveCapacity(first.count + second.count)
        var i = 0
        var j = 0
        while i < first.count && j < second.count {
            if compare(bytes, first[i].serial.range, bytes, second[j].serial.range) <= 0 {
                output.append(first[i])
                i += 1
            } else {
                output.append(second[j])
                j += 1
            }
        }
        output.append(contentsOf: first[i...])
        output.append(contentsOf: second[j...])
        return output
    }

    /// By length and then by octets: an order, though not that of the numbers.
    private static func compare(
        _ a: Span<UInt8>,
        _ aRange: Range<Int>,
        _ b: Span<UInt8>,
        _ bRange: Range<Int>
    ) -> Int {
        if aRange.count != bRange.count { return aRange.count - bRange.count }
        for i in 0..<aRange.count {
            let difference = Int(a[aRange.lowerBound + i]) - Int(b[bRange.lowerBound + i])
            if difference != 0 { return difference }
        }
        return 0
    }

    /// The first entry with a serial number.
    func find(_ bytes: Span<UInt8>, _ key: Span<UInt8>, _ range: Range<Int>) -> EntryRecord? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            let order = Self.compare(bytes, entries[middle].serial.range, key, range)
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        guard low < entries.count,
            Self.compare(bytes, entries[low].serial.range, key, range) == 0
        else { return nil }
        return entries[low]
    }
}

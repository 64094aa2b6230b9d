internal import IoTTime
internal import X509Verification

/// The tables of a registry in memory, with the indices of its unique keys.
struct RegistryTables {
    var certificates: [CertificateID: CertificateRecord] = [:]
    var byDigest: [[UInt8]: CertificateID] = [:]
    private var bySerialNumber: [IssuerSerialNumber: CertificateID] = [:]
    private var usage: [CertificateID: Usage] = [:]
    var authorities: [CertificateID: AuthorityRecord] = [:]
    var bySubject: [DistinguishedName: [CertificateID]] = [:]
    var code: RegistrationCodeRecord?
    var tokens: [[UInt8]: TokenRecord] = [:]

    /// What first connections have used of one CA's quota.
    private struct Usage {
        var pending = 0
        /// Moments of registration, ascending as long as the clock is.
        private var times: [WallClock] = []
        private var first = 0

        /// Registrations after `time`; forgets the others.
        mutating func count(since time: WallClock) -> Int {
            while first < times.count, times[first] <= time { first += 1 }
            if first > 1024, first * 2 > times.count {
                times.removeFirst(first)
                first = 0
            }
            return times.count - first
        }

        mutating func note(_ time: WallClock) { times.append(time) }
    }

    static func page(
        _ ids: [CertificateID],
        after id: CertificateID?,
        limit: Int
    ) -> [CertificateID] {
        let rest = id.map { id in ids.filter { $0 > id } } ?? ids
        return Array(rest.sorted().prefix(max(0, limit)))
    }

    mutating func insert(
        _ record: CertificateRecord,
        quota: RegistrationQuota?
    ) -> CertificateInsertion {
        let known =
            certificates[record.id]?.id ?? byDigest[record.tbsDigest]
            ?? record.issuerSerialNumber.flatMap { bySerialNumber[$0] }
        if let known, let record = certificates[known] { return .exists(record) }
        if let quota {
            var used = usage[quota.authority] ?? Usage()
            let new = used.count(since: quota.since)
            usage[quota.authority] = used
            if used.pending >= quota.maximumPending { return .tooManyPending }
            if new >= quota.maximumNew { return .tooManyNew }
        }
        add(record)
        if record.origin == .firstConnection, let authority = record.authority {
            usage[authority, default: Usage()].note(record.createdAt)
        }
        return .inserted(record)
    }

    mutating func add(_ record: CertificateRecord) {
        certificates[record.id] = record
        byDigest[record.tbsDigest] = record.id
        if let key = record.issuerSerialNumber { bySerialNumber[key] = record.id }
        if let authority = Self.pending(record) { usage[authority, default: Usage()].pending += 1 }
    }

    /// Takes a record out if it still has its revision.
    mutating func remove(_ record: CertificateRecord) -> Bool {
        guard let old = certificates[record.id], old.revision == record.revision else {
            return false
        }
        certificates[old.id] = nil
        byDigest[old.tbsDigest] = nil
        if let key = old.issuerSerialNumber { bySerialNumber[key] = nil }
        if let authority = Self.pending(old) { usage[authority, default: Usage()].pending -= 1 }
        return true
    }

    /// The CA in whose quota a record counts as pending.
    private static func pending(_ record: CertificateRecord) -> CertificateID? {
        record.origin == .firstConnection && record.status == .pendingActivation
            ? record.authority : nil
    }
}

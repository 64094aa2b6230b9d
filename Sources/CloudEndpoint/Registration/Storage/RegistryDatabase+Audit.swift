#if Endpoint
public import DeviceRegistration
internal import GRDB
public import IoTTime

/// A line of the audit log: what happened to which certificate, when, and by which rule.
///
/// It holds identifiers, states and names of rules, never a key, a token or a payload.
public struct AuditRow: Hashable, Sendable {
    /// When.
    public var time: WallClock
    /// Who: the program that had the file open.
    public var actor = ""
    /// What: `registered`, `status`, `removed`, `admission`, `authority registered`, `authority
    /// changed`, `authority removed`, `registration code`, `attached`, `provisioned`, `revocation
    /// list`, `suppressed`.
    public var event: String
    /// Which certificate.
    public var certificate: CertificateID?
    /// Of which CA.
    public var authority: CertificateID?
    /// The state before.
    public var before: String?
    /// The state after.
    public var after: String?
    /// What an admission said: `admitted`, `pending` or `refused`.
    public var verdict: String?
    /// The rule that decided, such as `issuer_unknown`.
    public var rule: String?
    /// How often it happened within a second.
    public var times = 1

    /// A line with nothing but what and when.
    public init(_ event: String, at time: WallClock) {
        self.event = event
        self.time = time
    }
}

extension AuditRow: CustomStringConvertible {
    /// One line of `name=value` pairs after the moment and the event.
    public var description: String {
        var text = "\(time.rfc3339() ?? "-") \(event.replacing(" ", with: "-"))"
        let members: [(String, String?)] = [
            ("certificate", certificate?.rawValue), ("authority", authority?.rawValue),
            ("verdict", verdict), ("from", before), ("to", after),
            ("rule", rule.map { String(reflecting: $0) }),
            ("times", times == 1 ? nil : "\(times)"), ("by", String(reflecting: actor)),
        ]
        for case (let name, let value?) in members { text += " \(name)=\(value)" }
        return text
    }
}

extension RegistryDatabase {
    /// Admissions that are kept; older ones are thinned out, other lines never.
    public static let keptAdmissions = 1_000_000

    func write(_ row: AuditRow, _ database: Database) throws {
        try database.run(
            """
            INSERT INTO audit (time, actor, event, certificate, authority, status_before,
            status_after, verdict, rule, times) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                row.time.milliseconds, actor, row.event, row.certificate?.rawValue,
                row.authority?.rawValue, row.before, row.after, row.verdict, row.rule, row.times,
            ]
        )
    }

    /// Writes lines in one transaction, and thins out admissions.
    func append(
        _ rows: [AuditRow],
        keeping limit: Int = keptAdmissions
    ) async throws(RegistryStorageError) {
        try await writing { [self] database in
            for row in rows { try write(row, database) }
            try database.run(
                """
                DELETE FROM audit WHERE event = 'admission' AND sequence <=
                (SELECT sequence FROM audit WHERE event = 'admission'
                 ORDER BY sequence DESC LIMIT 1 OFFSET ?)
                """,
                [limit]
            )
        }
    }

    /// Lines of the log, the oldest first.
    ///
    /// - Parameters:
    ///   - certificate: those about one certificate; `nil`: all.
    ///   - sequence: those after this one; 0: from the start.
    ///   - limit: how many at most.
    /// - Returns: lines with their numbers, which rise and are never given twice.
    /// - Throws: ``RegistryStorageError``
    public func audit(
        of certificate: CertificateID? = nil,
        after sequence: Int64 = 0,
        limit: Int = 250
    ) async throws(RegistryStorageError) -> [(sequence: Int64, row: AuditRow)] {
        try await reading { database in
            var sql = "SELECT * FROM audit WHERE sequence > ?"
            var arguments: StatementArguments = [sequence]
            if let certificate {
                sql += " AND certificate = ?"
                arguments += [certificate.rawValue]
            }
            arguments += [max(0, limit)]
            return try database.rows(sql + " ORDER BY sequence LIMIT ?", arguments).map {
                ($0["sequence"], Self.row($0))
            }
        }
    }

    private static func row(_ row: Row) -> AuditRow {
        var result = AuditRow(row["event"], at: WallClock(milliseconds: row["time"]))
        let certificate: String? = row["certificate"]
        let authority: String? = row["authority"]
        result.actor = row["actor"]
        result.certificate = certificate.flatMap { CertificateID($0) }
        result.authority = authority.flatMap { CertificateID($0) }
        result.before = row["status_before"]
        result.after = row["status_after"]
        result.verdict = row["verdict"]
        result.rule = row["rule"]
        result.times = row["times"]
        return result
    }
}
#endif

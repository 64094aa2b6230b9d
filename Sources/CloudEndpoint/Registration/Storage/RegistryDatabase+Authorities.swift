#if Endpoint
public import DeviceRegistration
internal import Foundation
internal import GRDB
public import IoTTime
public import X509Verification

// CAs, the registration code, and tokens.
extension RegistryDatabase {
    private static let selectAuthority = "SELECT \(RegistryRows.authorityColumns) FROM authority "

    /// The CA of an id.
    public func authority(
        _ id: CertificateID
    ) async throws(RegistryStorageError) -> AuthorityRecord? {
        try await reading { try Self.authority(id, $0) }
    }

    private static func authority(
        _ id: CertificateID,
        _ database: Database
    ) throws -> AuthorityRecord? {
        try database.row(selectAuthority + "WHERE id = ?", [id.rawValue])
            .map(RegistryRows.authority)
    }

    /// Every CA of a subject.
    public func authorities(
        subject: DistinguishedName
    ) async throws(RegistryStorageError) -> [AuthorityRecord] {
        let key = RegistryRows.subject(subject)
        return try await reading { database in
            try database.rows(
                Self.selectAuthority + "WHERE subject = ? ORDER BY created, id",
                [key]
            ).map(RegistryRows.authority)
        }
    }

    /// CAs by ascending id.
    public func authorities(
        after id: CertificateID?,
        limit: Int
    ) async throws(RegistryStorageError) -> [AuthorityRecord] {
        try await reading { database in
            try database.rows(
                Self.selectAuthority + "WHERE id > ? ORDER BY id LIMIT ?",
                [id?.rawValue ?? "", max(0, limit)]
            ).map(RegistryRows.authority)
        }
    }

    /// Adds a CA unless its id is there, or its subject has `limit` CAs already.
    public func insert(
        _ record: AuthorityRecord,
        perSubject limit: Int
    ) async throws(RegistryStorageError) -> AuthorityInsertion {
        try await writing { [self] database in
            if let known = try Self.authority(record.id, database) { return .exists(known) }
            let count = try Int.fetchOne(
                database.cachedStatement(
                    sql: "SELECT count(*) FROM authority WHERE subject = ?"
                ),
                arguments: [RegistryRows.subject(record.certificate.subject)]
            )
            guard count ?? 0 < limit else { return .tooManyOfSubject }
            try database.run(
                """
                INSERT INTO authority (\(RegistryRows.authorityColumns))
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                RegistryRows.arguments(record)
            )
            try write(Self.row("authority registered", record), database)
            return .inserted(record)
        }
    }

    /// Replaces a CA that still has the record's revision.
    public func replace(
        _ record: AuthorityRecord
    ) async throws(RegistryStorageError) -> AuthorityRecord? {
        try await writing { [self] database in
            guard let old = try Self.authority(record.id, database),
                old.revision == record.revision
            else { return nil }
            let stored = record.withRevision(record.revision.next)
            try database.run(
                """
                INSERT OR REPLACE INTO authority (\(RegistryRows.authorityColumns))
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                RegistryRows.arguments(stored)
            )
            var row = Self.row("authority changed", stored)
            row.time = stored.lastModified
            row.before = old.status.rawValue
            try write(row, database)
            return stored
        }
    }

    /// Removes a CA that still has the record's revision.
    public func remove(_ record: AuthorityRecord) async throws(RegistryStorageError) -> Bool {
        try await writing { [self] database in
            try database.run(
                "DELETE FROM authority WHERE id = ? AND revision = ?",
                [record.id.rawValue, Int64(bitPattern: record.revision.rawValue)]
            )
            guard database.changesCount > 0 else { return false }
            var row = AuditRow("authority removed", at: now())
            row.authority = record.id
            row.before = record.status.rawValue
            try write(row, database)
            return true
        }
    }

    private static func row(_ event: String, _ record: AuthorityRecord) -> AuditRow {
        var row = AuditRow(event, at: record.createdAt)
        row.authority = record.id
        row.after = record.status.rawValue
        let registers = record.allowsAutoRegistration ? "ENABLE" : "DISABLE"
        row.rule = "\(record.mode.rawValue) auto-registration \(registers)"
        return row
    }

    /// The registration code.
    public func registrationCode() async throws(RegistryStorageError) -> RegistrationCodeRecord? {
        try await reading { try Self.registrationCode($0) }
    }

    private static func registrationCode(_ database: Database) throws -> RegistrationCodeRecord? {
        let row = try database.row("SELECT current, retired, revision FROM registration_code", [])
        return row.map { row in
            let retired: String = row["retired"]
            return RegistrationCodeRecord(
                current: row["current"],
                retired: retired.split(separator: " ").map { String($0) },
                revision: RecordRevision(rawValue: UInt64(bitPattern: row["revision"]))
            )
        }
    }

    /// Sets the registration code if the stored one has the revision `expected`.
    public func replaceRegistrationCode(
        _ record: RegistrationCodeRecord,
        expected: RecordRevision?
    ) async throws(RegistryStorageError) -> Bool {
        try await writing { [self] database in
            guard try Self.registrationCode(database)?.revision == expected else { return false }
            try database.run(
                "INSERT OR REPLACE INTO registration_code VALUES (1, ?, ?, ?)",
                [
                    record.current, record.retired.joined(separator: " "),
                    Int64(bitPattern: record.revision.rawValue),
                ]
            )
            try write(AuditRow("registration code", at: now()), database)
            return true
        }
    }

    /// Adds a token.
    public func insert(_ token: TokenRecord) async throws(RegistryStorageError) {
        try await writing { database in
            try database.run(
                "INSERT OR REPLACE INTO token VALUES (?, ?, ?, ?, ?)",
                [
                    Data(token.digest), token.purpose.rawValue, token.certificate.rawValue,
                    token.connection, token.expiresAt.milliseconds,
                ]
            )
        }
    }

    /// The token of a digest.
    public func token(digest: [UInt8]) async throws(RegistryStorageError) -> TokenRecord? {
        try await reading { database in
            try database.row("SELECT * FROM token WHERE digest = ?", [Data(digest)])
                .map(RegistryRows.token)
        }
    }

    /// Removes a token: of several callers exactly one is told `true`.
    public func removeToken(digest: [UInt8]) async throws(RegistryStorageError) -> Bool {
        try await writing { database in
            try database.run("DELETE FROM token WHERE digest = ?", [Data(digest)])
            return database.changesCount > 0
        }
    }

    /// Tokens that expired before a moment.
    public func tokens(
        expiredBefore time: WallClock,
        limit: Int
    ) async throws(RegistryStorageError) -> [TokenRecord] {
        try await reading { database in
            try database.rows(
                "SELECT * FROM token WHERE expires < ? ORDER BY expires LIMIT ?",
                [time.milliseconds, max(0, limit)]
            ).map(RegistryRows.token)
        }
    }
}
#endif

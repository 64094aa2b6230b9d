#if Endpoint
public import DeviceRegistration
internal import Foundation
internal import GRDB
public import IoTTime

extension RegistryDatabase {
    private static let selectCertificate =
        "SELECT \(RegistryRows.certificateColumns) FROM certificate "

    /// The certificate of an id.
    public func certificate(
        _ id: CertificateID
    ) async throws(RegistryStorageError) -> CertificateRecord? {
        try await reading { try Self.certificate(id, $0) }
    }

    static func certificate(_ id: CertificateID, _ database: Database) throws -> CertificateRecord?
    {
        try database.row(selectCertificate + "WHERE id = ?", [id.rawValue])
            .map(RegistryRows.certificate)
    }

    /// The certificate whose signed part has a digest.
    public func certificate(
        tbsDigest: [UInt8]
    ) async throws(RegistryStorageError) -> CertificateRecord? {
        try await reading { try Self.certificate(tbsDigest: tbsDigest, $0) }
    }

    private static func certificate(
        tbsDigest: [UInt8],
        _ database: Database
    ) throws -> CertificateRecord? {
        try database.row(selectCertificate + "WHERE tbs_digest = ?", [Data(tbsDigest)])
            .map(RegistryRows.certificate)
    }

    /// Certificates by ascending id.
    public func certificates(
        of authority: CertificateID?,
        after id: CertificateID?,
        limit: Int
    ) async throws(RegistryStorageError) -> [CertificateRecord] {
        try await reading { database in
            var sql = Self.selectCertificate + "WHERE id > ?"
            var arguments: StatementArguments = [id?.rawValue ?? ""]
            if let authority {
                sql += " AND authority = ?"
                arguments += [authority.rawValue]
            }
            arguments += [max(0, limit)]
            return try database.rows(sql + " ORDER BY id LIMIT ?", arguments)
                .map(RegistryRows.certificate)
        }
    }

    /// Certificates in PENDING_ACTIVATION that were registered before a moment.
    public func pendingCertificates(
        before time: WallClock,
        limit: Int
    ) async throws(RegistryStorageError) -> [CertificateRecord] {
        try await reading { database in
            try database.rows(
                Self.selectCertificate
                    + "WHERE status = 'PENDING_ACTIVATION' AND created < ? ORDER BY created LIMIT ?",
                [time.milliseconds, max(0, limit)]
            ).map(RegistryRows.certificate)
        }
    }

    /// Adds a certificate unless one of its keys is there, or the quota is used up.
    public func insert(
        _ record: CertificateRecord,
        quota: RegistrationQuota?
    ) async throws(RegistryStorageError) -> CertificateInsertion {
        try await writing { [self] database in
            if let known = try Self.twin(of: record, database) { return .exists(known) }
            if let quota, let refusal = try Self.exceeded(quota, database) { return refusal }
            try database.run(
                """
                INSERT INTO certificate (\(RegistryRows.certificateColumns))
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                RegistryRows.arguments(record)
            )
            var row = AuditRow("registered", at: record.createdAt)
            row.certificate = record.id
            row.authority = record.authority
            row.after = record.status.rawValue
            row.rule = record.origin.rawValue
            try write(row, database)
            return .inserted(record)
        }
    }

    /// A record that has one of the unique keys.
    private static func twin(
        of record: CertificateRecord,
        _ database: Database
    ) throws -> CertificateRecord? {
        if let known = try certificate(record.id, database) { return known }
        if let known = try certificate(tbsDigest: record.tbsDigest, database) { return known }
        guard let number = record.issuerSerialNumber else { return nil }
        return try database.row(
            selectCertificate + "WHERE issuer = ? AND serial = ?",
            [Data(number.issuer), Data(number.serialNumber)]
        ).map(RegistryRows.certificate)
    }

    private static func exceeded(
        _ quota: RegistrationQuota,
        _ database: Database
    ) throws -> CertificateInsertion? {
        let pending = try Int.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT count(*) FROM certificate WHERE authority = ?
                    AND status = 'PENDING_ACTIVATION' AND origin = 'firstConnection'
                    """
            ),
            arguments: [quota.authority.rawValue]
        )
        if pending ?? 0 >= quota.maximumPending { return .tooManyPending }
        let new = try Int.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT count(*) FROM certificate WHERE authority = ?
                    AND origin = 'firstConnection' AND created > ?
                    """
            ),
            arguments: [quota.authority.rawValue, quota.since.milliseconds]
        )
        return new ?? 0 >= quota.maximumNew ? .tooManyNew : nil
    }

    /// Replaces a certificate that still has the record's revision.
    ///
    /// Status, events, transfer and the time of change are written; all else of a record is fixed.
    public func replace(
        _ record: CertificateRecord
    ) async throws(RegistryStorageError) -> CertificateRecord? {
        try await writing { [self] database in
            guard let old = try Self.certificate(record.id, database),
                old.revision == record.revision
            else { return nil }
            let stored = record.withRevision(record.revision.next)
            try database.run(
                """
                UPDATE certificate SET status = ?, modified = ?, last_event = ?,
                transfer_account = ?, revision = ? WHERE id = ?
                """,
                [
                    stored.status.rawValue, stored.lastModified.milliseconds,
                    stored.lastEventAt?.milliseconds, stored.transferAccount,
                    Int64(bitPattern: stored.revision.rawValue), stored.id.rawValue,
                ]
            )
            if old.status != stored.status {
                var row = AuditRow("status", at: stored.lastModified)
                row.certificate = stored.id
                row.authority = stored.authority
                row.before = old.status.rawValue
                row.after = stored.status.rawValue
                try write(row, database)
            }
            return stored
        }
    }

    /// Removes a certificate that still has the record's revision, with what is attached to it.
    public func remove(
        _ record: CertificateRecord
    ) async throws(RegistryStorageError) -> Bool {
        try await writing { [self] database in
            try database.run(
                "DELETE FROM certificate WHERE id = ? AND revision = ?",
                [record.id.rawValue, Int64(bitPattern: record.revision.rawValue)]
            )
            guard database.changesCount > 0 else { return false }
            try detachAll(record.id, database)
            var row = AuditRow("removed", at: now())
            row.certificate = record.id
            row.authority = record.authority
            row.before = record.status.rawValue
            try write(row, database)
            return true
        }
    }
}
#endif

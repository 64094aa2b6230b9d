#if Endpoint
internal import DeviceRegistration
internal import Foundation
internal import GRDB
internal import X509Verification

/// What is to be attached to a certificate, in one transaction.
struct ResourceChange: Sendable {
    /// Policies that are made, or replaced where they exist.
    var policies: [NamedPolicy] = []
    /// Names of policies that are attached.
    var policyNames: [String] = []
    /// A thing that is made or changed.
    ///
    /// - Parameter existing: what it is now; `nil` where there is none of this name.
    var thing: (name: String, resolve: @Sendable (ProvisionedThing?) throws -> ProvisionedThing)?
    /// What the audit log says: `attached`, or `provisioned`.
    var event = "attached"
    /// By which rule, such as the name of a template.
    var rule: String?
}

/// Rows that changed since somebody looked.
struct ResourceRows: Sendable {
    /// Look after this one the next time.
    var last: Int64 = 0
    var policies: [(name: String, changed: Int64, text: [UInt8])] = []
    var things: [(changed: Int64, thing: ProvisionedThing)] = []
    var attachments: [(certificate: String, changed: Int64, value: ProvisionedAttachment)] = []
    var lists: [(authority: String, changed: Int64, der: [UInt8])] = []
}

extension RegistryDatabase {
    private static func nextChange(_ database: Database) throws -> Int64 {
        try database.run("UPDATE resource_change SET last = last + 1", [])
        return try Int64.fetchOne(database, sql: "SELECT last FROM resource_change") ?? 0
    }

    /// Attaches policies and a thing to a certificate.
    ///
    /// - Returns: the thing as it is now.
    /// - Throws: the store's error, or what `thing.resolve` throws; nothing is changed then.
    @discardableResult
    func apply(
        _ change: ResourceChange,
        to certificate: CertificateID
    ) async throws -> ProvisionedThing? {
        let outcome: Result<ProvisionedThing?, any Error> =
            try await writing { [self] database in
                // An error of the caller's own must arrive as it is, and undo everything.
                var outcome: Result<ProvisionedThing?, any Error> = .success(nil)
                try database.inSavepoint {
                    do {
                        outcome = .success(try apply(change, to: certificate, database))
                        return .commit
                    } catch let error as DatabaseError {
                        throw error
                    } catch {
                        outcome = .failure(error)
                        return .rollback
                    }
                }
                return outcome
            }
        return try outcome.get()
    }

    private func apply(
        _ change: ResourceChange,
        to certificate: CertificateID,
        _ database: Database
    ) throws -> ProvisionedThing? {
        let counter = try Self.nextChange(database)
        for policy in change.policies {
            try database.run(
                "INSERT OR REPLACE INTO policy VALUES (?, ?, ?)",
                [policy.name, Data(policy.text), counter]
            )
        }
        var thing: ProvisionedThing?
        if let (name, resolve) = change.thing {
            let row = try database.row("SELECT contents FROM thing WHERE name = ?", [name])
            let existing = row.flatMap {
                ProvisionedThing(name: name, contents: RegistryRows.bytes($0[0]))
            }
            let resolved = try resolve(existing)
            try database.run(
                "INSERT OR REPLACE INTO thing VALUES (?, ?, ?)",
                [name, Data(resolved.contents), counter]
            )
            thing = resolved
        }
        let row = try database.row(
            "SELECT contents FROM attachment WHERE certificate = ?",
            [certificate.rawValue]
        )
        var attachment = ProvisionedAttachment()
        if let row {
            guard let known = ProvisionedAttachment(contents: RegistryRows.bytes(row[0])) else {
                throw RegistryStorageError.corrupt(
                    table: "attachment",
                    key: certificate.rawValue
                )
            }
            attachment = known
        }
        attachment.add(policies: change.policyNames, things: thing.map { [$0.name] } ?? [])
        try database.run(
            "INSERT OR REPLACE INTO attachment VALUES (?, ?, ?)",
            [certificate.rawValue, Data(attachment.contents), counter]
        )
        var audit = AuditRow(change.event, at: now())
        audit.certificate = certificate
        audit.rule = change.rule ?? change.policyNames.joined(separator: " ")
        try write(audit, database)
        return thing
    }

    /// Takes away everything that is attached to a certificate.
    func detachAll(_ certificate: CertificateID, _ database: Database) throws {
        let known = try database.row(
            "SELECT 1 FROM attachment WHERE certificate = ?",
            [certificate.rawValue]
        )
        guard known != nil else { return }
        try database.run(
            "INSERT OR REPLACE INTO attachment VALUES (?, ?, ?)",
            [
                certificate.rawValue, Data(ProvisionedAttachment().contents),
                try Self.nextChange(database),
            ]
        )
    }

    /// Everything that changed after `last`.
    func resources(changedAfter last: Int64) async throws(RegistryStorageError) -> ResourceRows {
        try await reading { database in
            var rows = ResourceRows()
            rows.last =
                try Int64.fetchOne(database, sql: "SELECT last FROM resource_change") ?? 0
            guard rows.last > last else { return rows }
            for row in try database.rows("SELECT * FROM policy WHERE changed > ?", [last]) {
                rows.policies.append((row[0], row[2], RegistryRows.bytes(row[1])))
            }
            for row in try database.rows("SELECT * FROM thing WHERE changed > ?", [last]) {
                let name: String = row[0]
                guard let thing = ProvisionedThing(name: name, contents: RegistryRows.bytes(row[1]))
                else { throw RegistryStorageError.corrupt(table: "thing", key: name) }
                rows.things.append((row[2], thing))
            }
            for row in try database.rows("SELECT * FROM attachment WHERE changed > ?", [last]) {
                let key: String = row[0]
                guard let value = ProvisionedAttachment(contents: RegistryRows.bytes(row[1]))
                else { throw RegistryStorageError.corrupt(table: "attachment", key: key) }
                rows.attachments.append((key, row[2], value))
            }
            for row in try database.rows("SELECT * FROM crl WHERE changed > ?", [last]) {
                rows.lists.append((row[0], row[2], RegistryRows.bytes(row[1])))
            }
            return rows
        }
    }

    /// Keeps the revocation list of a CA, unless one that is as new is there.
    ///
    /// - Returns: whether it was kept.
    func keep(
        _ list: CertificateRevocationList,
        of authority: CertificateID
    ) async throws(RegistryStorageError) -> Bool {
        try await writing { [self] database in
            let row = try database.row(
                "SELECT der FROM crl WHERE authority = ?",
                [authority.rawValue]
            )
            if let row {
                let known = try? CertificateRevocationList(der: RegistryRows.bytes(row[0]))
                if let known, !list.isNewer(than: known) { return false }
            }
            try database.run(
                "INSERT OR REPLACE INTO crl VALUES (?, ?, ?)",
                [authority.rawValue, Data(list.der), try Self.nextChange(database)]
            )
            var audit = AuditRow("revocation list", at: now())
            audit.authority = authority
            audit.rule = "\(list.count) entries"
            try write(audit, database)
            return true
        }
    }
}

extension CertificateRevocationList {
    /// Whether it takes the place of an older one.
    ///
    /// RFC 5280 §5.2.3: numbers rise.
    func isNewer(than other: CertificateRevocationList) -> Bool {
        guard let number, let otherNumber = other.number else {
            return thisUpdate > other.thisUpdate
        }
        let (mine, theirs) = (number.drop { $0 == 0 }, otherNumber.drop { $0 == 0 })
        guard mine.count == theirs.count else { return mine.count > theirs.count }
        return theirs.lexicographicallyPrecedes(mine)
    }
}
#endif

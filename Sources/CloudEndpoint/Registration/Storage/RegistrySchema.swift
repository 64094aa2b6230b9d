#if Endpoint
internal import GRDB

/// The tables of a registry's file.
enum RegistrySchema {
    /// What `PRAGMA user_version` says.
    static let version = 1

    /// Makes the tables in a new file, and refuses one of a later version.
    static func prepare(_ database: Database) throws {
        let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        if found == version { return }
        guard found == 0 else { throw RegistryStorageError.version(found) }
        try database.execute(sql: tables + audit + resources)
        try database.execute(sql: "PRAGMA user_version = \(version)")
    }

    /// Records by their unique keys; two of the partial indices count what a CA's quota has used.
    private static let tables = """
        CREATE TABLE certificate (
            id TEXT NOT NULL PRIMARY KEY, tbs_digest BLOB NOT NULL UNIQUE,
            issuer BLOB, serial BLOB, authority TEXT, der BLOB NOT NULL, issuers BLOB NOT NULL,
            origin TEXT NOT NULL, mode TEXT NOT NULL, created INTEGER NOT NULL,
            status TEXT NOT NULL, modified INTEGER NOT NULL, last_event INTEGER,
            transfer_account TEXT, revision INTEGER NOT NULL) WITHOUT ROWID;
        CREATE UNIQUE INDEX certificate_serial ON certificate (issuer, serial)
            WHERE issuer IS NOT NULL;
        CREATE INDEX certificate_authority ON certificate (authority, id);
        CREATE INDEX certificate_waiting ON certificate (created)
            WHERE status = 'PENDING_ACTIVATION';
        CREATE INDEX certificate_pending ON certificate (authority)
            WHERE status = 'PENDING_ACTIVATION' AND origin = 'firstConnection';
        CREATE INDEX certificate_new ON certificate (authority, created)
            WHERE origin = 'firstConnection';
        CREATE TABLE authority (
            id TEXT NOT NULL PRIMARY KEY, subject BLOB NOT NULL, der BLOB NOT NULL,
            mode TEXT NOT NULL, created INTEGER NOT NULL, verification BLOB, status TEXT NOT NULL,
            auto_registration INTEGER NOT NULL, template_body BLOB, template_name TEXT,
            modified INTEGER NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX authority_subject ON authority (subject);
        CREATE TABLE registration_code (
            only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1), current TEXT NOT NULL,
            retired TEXT NOT NULL, revision INTEGER NOT NULL);
        CREATE TABLE token (
            digest BLOB NOT NULL PRIMARY KEY, purpose TEXT NOT NULL, certificate TEXT NOT NULL,
            connection TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX token_expires ON token (expires);

        """

    /// Admissions may be thinned out, all else stays as it was written.
    private static let audit = """
        CREATE TABLE audit (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, actor TEXT NOT NULL,
            event TEXT NOT NULL, certificate TEXT, authority TEXT, status_before TEXT,
            status_after TEXT, verdict TEXT, rule TEXT, times INTEGER NOT NULL);
        CREATE INDEX audit_certificate ON audit (certificate, sequence);
        CREATE INDEX audit_admission ON audit (sequence) WHERE event = 'admission';
        CREATE TRIGGER audit_is_fixed BEFORE UPDATE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log cannot be changed'); END;
        CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit WHEN OLD.event <> 'admission'
            BEGIN SELECT RAISE(ABORT, 'the audit log cannot be changed'); END;

        """

    /// What provisioning made; `changed` rises with each change, so that readers catch up.
    private static let resources = """
        CREATE TABLE policy (
            name TEXT NOT NULL PRIMARY KEY, document BLOB NOT NULL, changed INTEGER NOT NULL)
            WITHOUT ROWID;
        CREATE INDEX policy_changed ON policy (changed);
        CREATE TABLE thing (
            name TEXT NOT NULL PRIMARY KEY, contents BLOB NOT NULL, changed INTEGER NOT NULL)
            WITHOUT ROWID;
        CREATE INDEX thing_changed ON thing (changed);
        CREATE TABLE attachment (
            certificate TEXT NOT NULL PRIMARY KEY, contents BLOB NOT NULL,
            changed INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX attachment_changed ON attachment (changed);
        CREATE TABLE crl (
            authority TEXT NOT NULL PRIMARY KEY, der BLOB NOT NULL, changed INTEGER NOT NULL);
        CREATE INDEX crl_changed ON crl (changed);
        CREATE TABLE resource_change (
            only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1), last INTEGER NOT NULL);
        INSERT INTO resource_change VALUES (1, 0);
        """
}
#endif

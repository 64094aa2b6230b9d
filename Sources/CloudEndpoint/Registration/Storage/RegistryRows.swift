#if Endpoint
internal import DeviceRegistration
internal import Foundation
internal import GRDB
internal import IoTTime
internal import X509Verification

/// Records as rows.
enum RegistryRows {
    static let certificateColumns = """
        id, tbs_digest, issuer, serial, authority, der, issuers, origin, mode, created, status, \
        modified, last_event, transfer_account, revision
        """

    static func arguments(_ record: CertificateRecord) -> StatementArguments {
        [
            record.id.rawValue, Data(record.tbsDigest),
            record.issuerSerialNumber.map { Data($0.issuer) },
            record.issuerSerialNumber.map { Data($0.serialNumber) },
            record.authority?.rawValue, Data(record.certificate.der),
            Data(joined(record.issuers)), record.origin.rawValue, record.mode.rawValue,
            record.createdAt.milliseconds, record.status.rawValue,
            record.lastModified.milliseconds, record.lastEventAt?.milliseconds,
            record.transferAccount, Int64(bitPattern: record.revision.rawValue),
        ]
    }

    static func certificate(_ row: Row) throws -> CertificateRecord {
        let key: String = row["id"]
        guard let id = CertificateID(key),
            let certificate = try? Certificate(der: bytes(row["der"])),
            let issuers = split(bytes(row["issuers"])),
            let origin = CertificateRecord.Origin(rawValue: row["origin"]),
            let mode = CertificateMode(rawValue: row["mode"]),
            let status = CertificateStatus(rawValue: row["status"])
        else { throw RegistryStorageError.corrupt(table: "certificate", key: key) }
        var number: IssuerSerialNumber?
        if let issuer: Data = row["issuer"], let serial: Data = row["serial"] {
            number = IssuerSerialNumber(issuer: bytes(issuer), serialNumber: bytes(serial))
        }
        let authority: String? = row["authority"]
        let lastEvent: Int64? = row["last_event"]
        return CertificateRecord(
            id: id,
            tbsDigest: bytes(row["tbs_digest"]),
            issuerSerialNumber: number,
            authority: authority.flatMap { CertificateID($0) },
            certificate: certificate,
            issuers: issuers,
            origin: origin,
            mode: mode,
            createdAt: WallClock(milliseconds: row["created"]),
            status: status,
            lastModified: WallClock(milliseconds: row["modified"]),
            lastEventAt: lastEvent.map { WallClock(milliseconds: $0) },
            transferAccount: row["transfer_account"],
            revision: RecordRevision(rawValue: UInt64(bitPattern: row["revision"]))
        )
    }

    static let authorityColumns = """
        id, subject, der, mode, created, verification, status, auto_registration, template_body, \
        template_name, modified, revision
        """

    static func arguments(_ record: AuthorityRecord) -> StatementArguments {
        var body: Data?
        var name: String?
        switch record.configuration {
        case .template(let text): body = Data(text.utf8)
        case .named(let text): name = text
        case nil: break
        }
        return [
            record.id.rawValue, subject(record.certificate.subject), Data(record.certificate.der),
            record.mode.rawValue, record.createdAt.milliseconds,
            record.verificationDigest.map { Data($0) }, record.status.rawValue,
            record.allowsAutoRegistration, body, name, record.lastModified.milliseconds,
            Int64(bitPattern: record.revision.rawValue),
        ]
    }

    static func authority(_ row: Row) throws -> AuthorityRecord {
        let key: String = row["id"]
        guard let id = CertificateID(key),
            let certificate = try? Certificate(der: bytes(row["der"])),
            let mode = CertificateMode(rawValue: row["mode"]),
            let status = AuthorityRecord.Status(rawValue: row["status"])
        else { throw RegistryStorageError.corrupt(table: "authority", key: key) }
        let verification: Data? = row["verification"]
        var configuration: RegistrationConfiguration?
        if let body: Data = row["template_body"] {
            configuration = .template(body: String(decoding: body, as: UTF8.self))
        } else if let name: String = row["template_name"] {
            configuration = .named(name)
        }
        return AuthorityRecord(
            id: id,
            certificate: certificate,
            mode: mode,
            createdAt: WallClock(milliseconds: row["created"]),
            verificationDigest: verification.map(bytes),
            status: status,
            allowsAutoRegistration: row["auto_registration"],
            configuration: configuration,
            lastModified: WallClock(milliseconds: row["modified"]),
            revision: RecordRevision(rawValue: UInt64(bitPattern: row["revision"]))
        )
    }

    static func token(_ row: Row) throws -> TokenRecord {
        let digest = bytes(row["digest"])
        guard let purpose = TokenRecord.Purpose(rawValue: row["purpose"]),
            let certificate = CertificateID(row["certificate"])
        else { throw RegistryStorageError.corrupt(table: "token", key: "\(digest)") }
        return TokenRecord(
            digest: digest,
            purpose: purpose,
            certificate: certificate,
            connection: row["connection"],
            expiresAt: WallClock(milliseconds: row["expires"])
        )
    }

    /// What a subject is looked up by; bytes, as a name may hold any character.
    static func subject(_ name: DistinguishedName) -> Data { Data(name.canonicalForm.utf8) }

    static func bytes(_ data: Data) -> [UInt8] { [UInt8](data) }

    /// Certificates one after the other, each behind its length in four bytes.
    private static func joined(_ parts: [[UInt8]]) -> [UInt8] {
        var result: [UInt8] = []
        for part in parts {
            let count = UInt32(clamping: part.count)
            result += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + part
        }
        return result
    }

    private static func split(_ bytes: [UInt8]) -> [[UInt8]]? {
        var parts: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            guard bytes.count - start >= 4 else { return nil }
            let count = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard count <= bytes.count - start - 4 else { return nil }
            parts.append(Array(bytes[(start + 4)..<(start + 4 + count)]))
            start += 4 + count
        }
        return parts
    }
}
#endif

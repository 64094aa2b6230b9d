#if Endpoint
import DeviceRegistration
import IoTTestSupport
import IoTTime
import X509Verification
import X509VerificationOpenSSL

/// Random calls of a store, the same for any store: each answer is a text that can be compared.
struct RegistryStoreModel {
    private let authorities: [AuthorityRecord]
    private let certificates: [CertificateRecord]
    private let ids: [CertificateID]
    private var random: SplitMix64
    private var time = RegistryFixture.now

    /// Few records whose keys collide in every way: so that most calls meet something.
    init(seed: UInt64) throws {
        let fixture = try RegistryFixture()
        let now = RegistryFixture.now
        let parties = try [
            fixture.authority("One"), fixture.authority("One", serial: 2),
            fixture.authority("Two"),
        ]
        authorities = try parties.enumerated().map { index, party in
            AuthorityRecord(
                id: try party.id,
                certificate: party.certificate,
                mode: index == 0 ? .default : .sniOnly,
                createdAt: now,
                verificationDigest: index == 0 ? [1, 2, 3] : nil,
                status: index == 1 ? .inactive : .active,
                allowsAutoRegistration: index == 2,
                configuration: [nil, .named("lamps"), .template(body: "{\"ü\":1}")][index],
                lastModified: now,
                revision: .first
            )
        }
        var certificates: [CertificateRecord] = []
        for number in 0..<8 {
            let party = try fixture.device(parties[number % 3], serial: [UInt8(number + 1)])
            let id = try party.id
            // Some share the digest or the number of another one.
            let digest: [UInt8] = number == 5 ? [0] : [UInt8(number)]
            let serial: [UInt8] = number == 6 ? [1] : [UInt8(number)]
            certificates.append(
                CertificateRecord(
                    id: id,
                    tbsDigest: digest,
                    issuerSerialNumber: number == 7
                        ? nil : IssuerSerialNumber(issuer: [9], serialNumber: serial),
                    authority: number == 7 ? nil : authorities[number % 2].id,
                    certificate: party.certificate,
                    issuers: number % 2 == 0 ? [] : [party.certificate.der, [0x30, 0x00]],
                    origin: number < 5 ? .firstConnection : .registered,
                    mode: number % 2 == 0 ? .default : .sniOnly,
                    createdAt: now.adding(milliseconds: Int64(number)),
                    status: number < 5 ? .pendingActivation : .inactive,
                    lastModified: now,
                    lastEventAt: number == 0 ? now : nil,
                    transferAccount: number == 5 ? "210987654321" : nil,
                    revision: .first
                )
            )
        }
        self.certificates = certificates
        ids = certificates.map(\.id)
        random = SplitMix64(seed: seed)
    }

    /// One call on a store; the same number of random draws whatever the store says.
    struct Call {
        let kind: Int
        let a: Int
        let b: Int
        let time: WallClock
    }

    mutating func next() -> Call {
        time = time.adding(milliseconds: 1)
        return Call(
            kind: Int(random.next() % 15),
            a: Int(random.next() % 840),
            b: Int(random.next() % 840),
            time: time
        )
    }

    func perform<Store: RegistryStore>(_ call: Call, on store: Store) async throws -> String {
        let (a, b) = (call.a, call.b)
        let certificate = certificates[a % 8]
        let authority = authorities[a % 3]
        switch call.kind {
        case 0, 1: return try await insert(certificate, b, store)
        case 2, 3: return try await replace(certificate.id, b, call.time, store)
        case 4:
            // A first connection's record stays: a store may forget with it that it was new.
            guard let known = try await store.certificate(certificate.id),
                known.origin != .firstConnection
            else { return "kept" }
            let revision = b % 2 == 0 ? known.revision : known.revision.next
            return "\(try await store.remove(known.withRevision(revision)))"
        case 5: return Self.text(try await store.certificate(certificate.id))
        case 6: return Self.text(try await store.certificate(tbsDigest: [UInt8(a % 9)]))
        case 7:
            let page = try await store.certificates(
                of: a % 2 == 0 ? nil : authority.id,
                after: b % 3 == 0 ? nil : ids[b % 8],
                limit: b % 5
            )
            return page.map(Self.text).joined(separator: "\n")
        case 8:
            let waiting = try await store.pendingCertificates(
                before: RegistryFixture.now.adding(milliseconds: Int64(a % 9)),
                limit: 100
            )
            return waiting.map(Self.text).sorted().joined(separator: "\n")
        case 9: return try await authorityCall(authority, b, call.time, store)
        case 10:
            let list = try await store.authorities(subject: authority.certificate.subject)
            return list.map(Self.text).sorted().joined(separator: "\n")
        case 11:
            let list = try await store.authorities(
                after: b % 3 == 0 ? nil : authority.id,
                limit: b % 4
            )
            return list.map(Self.text).joined(separator: "\n")
        case 12: return try await codeCall(a, b, store)
        default: return try await tokenCall(a, b, store)
        }
    }

    private func insert<Store: RegistryStore>(
        _ record: CertificateRecord,
        _ b: Int,
        _ store: Store
    ) async throws -> String {
        var quota: RegistrationQuota?
        if let authority = record.authority, b % 2 == 0 {
            quota = RegistrationQuota(
                authority: authority,
                maximumPending: b % 4,
                maximumNew: b % 5,
                since: RegistryFixture.now.adding(milliseconds: Int64(b % 3) - 1)
            )
        }
        switch try await store.insert(record, quota: quota) {
        case .inserted(let stored): return "inserted " + Self.text(stored)
        case .exists(let known): return "exists " + Self.text(known)
        case .tooManyPending: return "too many pending"
        case .tooManyNew: return "too many new"
        }
    }

    private func replace<Store: RegistryStore>(
        _ id: CertificateID,
        _ b: Int,
        _ time: WallClock,
        _ store: Store
    ) async throws -> String {
        let registrar = Registrar(
            store: store,
            crypto: OpenSSLCrypto(),
            settings: .init(accountID: "1")
        )
        if b % 3 == 0 {
            guard let known = try await store.certificate(id) else { return "none" }
            let revision = b % 2 == 0 ? known.revision : known.revision.next
            return Self.text(try await store.replace(known.withRevision(revision)))
        }
        let changes: [StatusChange] = [
            .activate, .update(.active), .update(.inactive), .update(.revoked),
            .transfer(account: "2"), .rejectTransfer,
        ]
        switch try await registrar.apply(changes[b % 6], to: id, at: time) {
        case .success(let transition): return Self.text(transition.record)
        case .failure(let error): return "\(error)"
        }
    }

    private func authorityCall<Store: RegistryStore>(
        _ record: AuthorityRecord,
        _ b: Int,
        _ time: WallClock,
        _ store: Store
    ) async throws -> String {
        switch b % 4 {
        case 0, 1:
            switch try await store.insert(record, perSubject: 1 + b % 2) {
            case .inserted(let stored): return "inserted " + Self.text(stored)
            case .exists(let known): return "exists " + Self.text(known)
            case .tooManyOfSubject: return "too many"
            }
        case 2:
            let registrar = Registrar(
                store: store,
                crypto: OpenSSLCrypto(),
                settings: .init(accountID: "1")
            )
            var changes = AuthorityChanges()
            changes.status = b % 8 < 4 ? .active : .inactive
            changes.removesConfiguration = b % 3 == 0
            switch try await registrar.update(record.id, changes, at: time) {
            case .success(let stored): return Self.text(stored)
            case .failure(let error): return "\(error)"
            }
        default:
            guard let known = try await store.authority(record.id) else { return "none" }
            let revision = b % 3 == 0 ? known.revision : known.revision.next
            return "\(try await store.remove(known.withRevision(revision)))"
        }
    }

    private func codeCall<Store: RegistryStore>(
        _ a: Int,
        _ b: Int,
        _ store: Store
    ) async throws -> String {
        let known = try await store.registrationCode()
        guard a % 2 == 0 else { return "\(String(describing: known))" }
        let expected = b % 3 == 0 ? nil : known?.revision
        let record = RegistrationCodeRecord(
            current: "code\(a)",
            retired: known.map { Array(([$0.current] + $0.retired).prefix(3)) } ?? [],
            revision: known?.revision.next ?? .first
        )
        return "\(try await store.replaceRegistrationCode(record, expected: expected))"
    }

    private func tokenCall<Store: RegistryStore>(
        _ a: Int,
        _ b: Int,
        _ store: Store
    ) async throws -> String {
        let digest = [UInt8(a % 4)]
        switch b % 4 {
        case 0:
            try await store.insert(
                TokenRecord(
                    digest: digest,
                    purpose: a % 2 == 0 ? .ownership : .claim,
                    certificate: ids[a % 8],
                    connection: "connection \(b)",
                    expiresAt: RegistryFixture.now.adding(milliseconds: Int64(b % 7))
                )
            )
            return "token"
        case 1: return "\(String(describing: try await store.token(digest: digest)))"
        case 2: return "\(try await store.removeToken(digest: digest))"
        default:
            let time = RegistryFixture.now.adding(milliseconds: Int64(a % 8))
            let tokens = try await store.tokens(expiredBefore: time, limit: 100)
            return tokens.map { "\($0)" }.sorted().joined(separator: "\n")
        }
    }

    static func text(_ record: CertificateRecord?) -> String {
        guard let record else { return "nil" }
        return """
            \(record.id) \(record.tbsDigest) \(String(describing: record.issuerSerialNumber)) \
            \(record.authority?.rawValue ?? "-") \(record.certificate.der.count) \
            \(record.issuers) \(record.origin) \(record.mode) \(record.createdAt) \
            \(record.status) \(record.lastModified) \(String(describing: record.lastEventAt)) \
            \(record.transferAccount ?? "-") \(record.revision.rawValue)
            """
    }

    static func text(_ record: AuthorityRecord?) -> String {
        guard let record else { return "nil" }
        return """
            \(record.id) \(record.certificate.der.count) \(record.mode) \(record.createdAt) \
            \(String(describing: record.verificationDigest)) \(record.status) \
            \(record.allowsAutoRegistration) \(String(describing: record.configuration)) \
            \(record.lastModified) \(record.revision.rawValue)
            """
    }
}
#endif

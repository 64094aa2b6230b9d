#if Endpoint
import DeviceRegistration
import Foundation
import GRDB
import IoTTime
import Logging
import Testing
import X509Verification
import X509VerificationOpenSSL

@testable import CloudEndpoint

@Suite("The registry in an SQLite file")
struct RegistryDatabaseTests {
    private let folder: TemporaryFolder
    private let now = RegistryFixture.now

    init() throws { folder = try TemporaryFolder() }

    private func open(
        _ name: String = "registry",
        actor: String = "test"
    ) throws
        -> RegistryDatabase
    {
        try RegistryDatabase(path: folder.path(name), actor: actor, clock: { RegistryFixture.now })
    }

    @Test(
        "answers as the registry in memory does, over any calls, and after it was opened again",
        arguments: [1, 2, 3, 4] as [UInt64]
    )
    func agreesWithMemory(seed: UInt64) async throws {
        var model = try RegistryStoreModel(seed: seed)
        let memory = InMemoryRegistryStore()
        var database = try open("\(seed)")
        let volatile = try RegistryDatabase.inMemory(actor: "test", clock: { RegistryFixture.now })
        for step in 0..<1_500 {
            let call = model.next()
            let expected = try await model.perform(call, on: memory)
            let found = try await model.perform(call, on: database)
            try #require(found == expected, "step \(step), call \(call)")
            let third = try await model.perform(call, on: volatile)
            try #require(third == expected, "step \(step), call \(call)")
            if step % 500 == 499 { database = try open("\(seed)") }
        }
    }

    @Test("a first connection registers once, however many come at a time")
    func concurrentFirstConnections() async throws {
        let fixture = try RegistryFixture()
        let authority = try fixture.authority("CA")
        let registrar = try await RegistryFixture.registrar(try open(), authority)
        // Another process with the same file.
        let other = try await RegistryFixture.registrar(try open())
        let device = try fixture.device(authority, serial: [7])
        let words = await withTaskGroup(of: String.self) { group in
            for number in 0..<32 {
                group.addTask {
                    do {
                        let admission = try await (number % 2 == 0 ? registrar : other).admit(
                            [device.certificate.der],
                            serverName: "localhost",
                            at: RegistryFixture.now
                        )
                        switch admission {
                        case .pending(_, .some): return "event"
                        case .pending(_, nil): return "pending"
                        case .admitted: return "admitted"
                        case .refused(let refusal): return refusal.code
                        }
                    } catch {
                        return "\(error)"
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(words == ["event": 1, "pending": 31])
    }

    @Test("REVOKED never loses: revocation and activation at a time, from two processes")
    func revocationRace() async throws {
        let fixture = try RegistryFixture()
        let authority = try fixture.authority("CA")
        let registrar = try await RegistryFixture.registrar(try open(), authority)
        let other = try await RegistryFixture.registrar(try open())
        for number in 0..<8 {
            let device = try fixture.device(authority, serial: [7, UInt8(number)])
            _ = try await registrar.admit(
                [device.certificate.der],
                serverName: "localhost",
                at: now
            )
            let id = try device.id
            async let revoked = registrar.apply(.update(.revoked), to: id, at: now)
            async let activated = other.apply(.activate, to: id, at: now)
            _ = try await (revoked, activated)
            #expect(try await other.store.certificate(id)?.status == .revoked)
        }
    }

    @Test("what another process changes is noticed, what this one changes is not")
    func externalChanges() async throws {
        let (mine, other) = (try open(), try open(actor: "other"))
        let start = try await mine.externalVersion()
        let code = RegistrationCodeRecord(current: "a", retired: [], revision: .first)
        #expect(try await mine.replaceRegistrationCode(code, expected: nil))
        #expect(try await mine.externalVersion() == start)
        let next = RegistrationCodeRecord(
            current: "b",
            retired: ["a"],
            revision: RecordRevision.first.next
        )
        #expect(try await other.replaceRegistrationCode(next, expected: .first))
        #expect(try await mine.externalVersion() != start)
        #expect(try await mine.registrationCode() == next)
    }

    @Test("each change leaves a line in the audit log, in the same transaction")
    func auditOfChanges() async throws {
        let fixture = try RegistryFixture()
        let authority = try fixture.authority("CA")
        let database = try open(actor: "tool")
        let registrar = try await RegistryFixture.registrar(database, authority)
        let device = try fixture.device(authority, serial: [7])
        let id = try device.id
        _ = try await registrar.admit([device.certificate.der], serverName: "x", at: now)
        _ = try await registrar.apply(.activate, to: id, at: now)
        // Nothing changes: no line.
        _ = try await registrar.apply(.update(.active), to: id, at: now)
        _ = try await registrar.apply(.update(.revoked), to: id, at: now)
        // Refused: no line.
        _ = try await registrar.apply(.activate, to: id, at: now)
        let record = try #require(try await database.certificate(id))
        #expect(try await database.remove(record))
        let rows = try await database.audit(of: id).map(\.row)
        #expect(rows.map(\.event) == ["registered", "status", "status", "removed"])
        #expect(rows.map(\.before) == [nil, "PENDING_ACTIVATION", "ACTIVE", "REVOKED"])
        #expect(rows.map(\.after) == ["PENDING_ACTIVATION", "ACTIVE", "REVOKED", nil])
        #expect(rows.allSatisfy { $0.actor == "tool" && $0.time == now })
        #expect(rows[0].rule == "firstConnection")
        #expect(try rows[0].authority == authority.id)
        let all = try await database.audit().map(\.row.event)
        #expect(all.first == "authority registered")
        let text = "\(rows[1])"
        #expect(text.contains("status certificate=\(id)"))
        #expect(text.contains("from=PENDING_ACTIVATION to=ACTIVE"))
    }

    @Test("lines of the audit log can be neither changed nor removed; admissions are thinned out")
    func auditIsKept() async throws {
        let database = try open()
        let id = try #require(CertificateID(String(repeating: "a", count: 64)))
        var change = AuditRow("status", at: now)
        change.certificate = id
        var admission = AuditRow("admission", at: now)
        admission.verdict = "refused"
        try await database.append([change] + Array(repeating: admission, count: 7), keeping: 5)
        let rows = try await database.audit()
        #expect(rows.map(\.row.event) == ["status"] + Array(repeating: "admission", count: 5))
        #expect(rows.map(\.sequence) == [1, 4, 5, 6, 7, 8])
        let raw = try DatabaseQueue(path: folder.path("registry"))
        for sql in [
            "DELETE FROM audit WHERE sequence = 1", "UPDATE audit SET actor = 'x'",
            "UPDATE audit SET event = 'admission' WHERE sequence = 1",
        ] {
            #expect(throws: DatabaseError.self) { try raw.write { try $0.execute(sql: sql) } }
        }
    }

    @Test("admissions of a second: 1,000 different lines, and no 1,001st")
    func recorderLimit() async throws {
        let database = try open()
        let recorder = AdmissionRecorder(
            database,
            logger: Logger(label: "x") { _ in SwiftLogNoOpLogHandler() }
        )
        func note(_ number: Int) {
            recorder.note(.init(verdict: "refused", rule: "rule \(number)"), at: now)
        }
        for number in 0..<1_000 { note(number) }
        note(7)
        await recorder.flush()
        var rows = try await database.audit(limit: 5_000).map(\.row)
        #expect(rows.count == 1_000)
        #expect(rows.reduce(0) { $0 + $1.times } == 1_001)
        for number in 0..<1_001 { note(number) }
        await recorder.flush()
        rows = try await database.audit(limit: 5_000).map(\.row)
        #expect(rows.count == 2_001)
        #expect(rows.last?.event == "suppressed")
        #expect(rows.last?.times == 1)
    }

    @Test("what is no registry, and one of a later version, is refused")
    func foreignFiles() throws {
        try Data("no database, whatever it is called, and long enough to be looked at".utf8)
            .write(to: folder.url.appendingPathComponent("text"))
        #expect(throws: RegistryStorageError.self) { try open("text") }
        try DatabaseQueue(path: folder.path("later")).write {
            try $0.execute(sql: "PRAGMA user_version = 2")
        }
        #expect(throws: RegistryStorageError.version(2)) { try open("later") }
        #expect(throws: RegistryStorageError.self) { try open("missing/registry") }
    }

    @Test("a row that is damaged is an error with its table and key, never another record")
    func damagedRow() async throws {
        let fixture = try RegistryFixture()
        let authority = try fixture.authority("CA")
        let database = try open()
        _ = try await RegistryFixture.registrar(database, authority)
        try await DatabaseQueue(path: folder.path("registry")).write {
            try $0.execute(sql: "UPDATE authority SET der = x'3000'")
        }
        let id = try authority.id
        await #expect(
            throws: RegistryStorageError.corrupt(table: "authority", key: id.rawValue)
        ) { try await database.authority(id) }
    }
}
#endif

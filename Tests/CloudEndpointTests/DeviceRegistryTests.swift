#if Endpoint
import DeviceRegistration
import Foundation
import IoTTime
import Logging
import Testing
import X509Verification
import X509VerificationOpenSSL

@testable import CloudEndpoint

@Suite("A registry as an endpoint uses it")
struct DeviceRegistryTests {
    private let folder: TemporaryFolder
    private let fixture: RegistryFixture
    private let authority: RegistryFixture.Party
    private let database: RegistryDatabase
    private let policies: PolicyDirectory
    private let resources: ProvisionedResources
    private let now = RegistryFixture.now

    init() throws {
        folder = try TemporaryFolder()
        fixture = try RegistryFixture()
        authority = try fixture.authority("CA")
        database = try RegistryDatabase(
            path: folder.path("registry"),
            actor: "test",
            clock: { RegistryFixture.now }
        )
        policies = PolicyDirectory(auditLogger: Self.quiet())
        resources = ProvisionedResources(database, directory: policies, logger: Self.quiet())
    }

    private static func quiet() -> Logger {
        Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    }

    private func registry(
        configuration: RegistrationConfiguration? = nil
    ) async throws -> DeviceRegistry<RegistryDatabase> {
        DeviceRegistry(
            try await RegistryFixture.registrar(
                database,
                authority,
                configuration: configuration
            ),
            policies: policies,
            resources: resources,
            clock: { RegistryFixture.now },
            auditLogger: Self.quiet()
        )
    }

    @Test("SNI_ONLY: what was admitted by its name is admitted by it again, without it it is not")
    func serverName() async throws {
        let registry = try await registry()
        let device = try fixture.device(authority, serial: [7])
        let der = device.certificate.der
        _ = await registry.admit([der], serverName: "localhost", at: now)
        #expect(await registry.activate(try device.id) == nil)
        let verdict = await registry.admit([der], serverName: "localhost", at: now)
        guard case .admitted(let admitted) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        guard case .admitted = await registry.recheck(admitted, at: now) else {
            Issue.record("not admitted again")
            return
        }
        guard case .refused(let refusal) = await registry.admit([der], serverName: nil, at: now)
        else {
            Issue.record("admitted without a name")
            return
        }
        #expect(refusal.code == "server_name_missing")
    }

    @Test("what is attached outlives the process, and files of policies that are read again")
    func attachments() async throws {
        let registry = try await registry()
        let device = try fixture.device(authority, serial: [7])
        let id = try device.id
        _ = await registry.admit([device.certificate.der], serverName: "x", at: now)
        let text = """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect",
             "Resource":"*"}]}
            """
        let refusal = await registry.activate(
            id,
            policies: ["named"],
            thing: AttachedThing(name: "lamp", typeName: "t", attributes: ["a": "b"]),
            documents: [try NamedPolicy(name: "own", text: Array(text.utf8))]
        )
        #expect(refusal == nil)
        let expected = PolicyDirectory.Attachment(
            policies: ["named", "own"],
            things: [AttachedThing(name: "lamp", typeName: "t", attributes: ["a": "b"])]
        )
        #expect(policies.provisioned(for: id.rawValue) == expected)
        policies.replaceAll(policies: [:], attachments: [:])
        #expect(policies.grant(for: id.rawValue).things == expected.things)
        #expect(policies.hasPolicy("own"))

        let later = PolicyDirectory(auditLogger: Self.quiet())
        let other = ProvisionedResources(
            try RegistryDatabase(path: folder.path("registry"), actor: "later"),
            directory: later,
            logger: Self.quiet()
        )
        try await other.refresh()
        #expect(later.provisioned(for: id.rawValue) == expected)
        #expect(later.hasPolicy("own"))
        #expect(other.thing("lamp")?.attributes == ["a": "b"])

        let record = try #require(try await database.certificate(id))
        #expect(try await database.remove(record))
        try await other.refresh()
        #expect(later.provisioned(for: id.rawValue) == PolicyDirectory.Attachment())
    }

    @Test("a change of a thing reaches every certificate that it is attached to")
    func sharedThing() async throws {
        let registry = try await registry()
        var ids: [CertificateID] = []
        for serial in [7, 8] as [UInt8] {
            let device = try fixture.device(authority, serial: [serial])
            ids.append(try device.id)
            _ = await registry.admit([device.certificate.der], serverName: "x", at: now)
            let thing = AttachedThing(name: "lamp", attributes: ["n": "\(serial)"])
            #expect(await registry.activate(ids[ids.count - 1], thing: thing) == nil)
        }
        for id in ids {
            let things = policies.provisioned(for: id.rawValue)?.things
            #expect(things == [AttachedThing(name: "lamp", attributes: ["n": "8"])])
        }
    }

    @Test("a refused change of a thing leaves nothing behind")
    func refusedThing() async throws {
        struct No: Error {}
        let id = try #require(CertificateID(String(repeating: "a", count: 64)))
        var change = ResourceChange(policyNames: ["p"])
        change.thing = ("lamp", { _ in throw No() })
        await #expect(throws: No.self) { try await resources.apply(change, to: id) }
        #expect(try await database.audit().isEmpty)
        try await resources.refresh()
        #expect(policies.provisioned(for: id.rawValue) == nil)
    }
}
#endif

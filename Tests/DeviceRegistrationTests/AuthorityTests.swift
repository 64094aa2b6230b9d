import DeviceRegistration
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("CA certificates and proof of possession")
struct AuthorityTests {
    private let now = TestRegistry.now

    @Test("GET /registrationcode: the same code until it is deleted, 64 hexadecimal characters")
    func registrationCode() async throws {
        let registry = TestRegistry()
        let registrar = registry.registrar
        let first = await registrar.registrationCode(using: registry.random)
        #expect(first.utf8.count == 64)
        #expect(CertificateID(first) != nil)
        #expect(await registrar.registrationCode(using: registry.random) == first)
        let second = await registrar.deleteRegistrationCode(using: registry.random)
        #expect(second != first)
        #expect(await registrar.registrationCode(using: registry.random) == second)
    }

    @Test("Retired codes are remembered up to the limit")
    func retiredCodes() async throws {
        let registry = TestRegistry { $0.limits.retiredCodes = 3 }
        var codes = [await registry.registrar.registrationCode(using: registry.random)]
        for _ in 0..<5 {
            codes.append(await registry.registrar.deleteRegistrationCode(using: registry.random))
        }
        let record = try #require(registry.store.registrationCode())
        #expect(record.current == codes[5])
        #expect(record.retired == [codes[4], codes[3], codes[2]])
    }

    @Test("DEFAULT needs a verification certificate, SNI_ONLY must have none")
    func modes() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        var registration = AuthorityRegistration(authority.certificate, verification: nil)
        func reason() async -> AuthorityError.Reason? {
            let result = await registry.registrar.register(registration, at: now)
            if case .failure(let error) = result { return error.reason }
            return nil
        }
        #expect(await reason() == .verificationMissing)
        let proof = try TestRegistry.device(by: authority, TestRegistry.name("x")).certificate
        registration.verification = proof
        #expect(await reason() == .noRegistrationCode)
        _ = await registry.registrar.registrationCode(using: registry.random)
        #expect(await reason() == .registrationCodeMismatch)
        registration.mode = .sniOnly
        #expect(await reason() == .verificationNotAllowed)
        registration.verification = nil
        #expect(await reason() == nil)
        let id = registry.id(authority)
        #expect(await reason() == .alreadyRegistered(id))
        let record = try #require(registry.store.authority(id))
        #expect(record.status == .inactive)
        #expect(!record.allowsAutoRegistration)
        #expect(record.mode == .sniOnly)
    }

    @Test("At most 10 CAs of one subject")
    func sameSubject() async throws {
        let registry = TestRegistry()
        for count in 1...11 {
            let authority = try TestRegistry.authority()
            let registration = AuthorityRegistration(authority.certificate, verification: nil)
            var sniOnly = registration
            sniOnly.mode = .sniOnly
            let result = await registry.registrar.register(sniOnly, at: now)
            if count <= 10 {
                _ = try result.get()
            } else {
                #expect(throws: AuthorityError.self) { try result.get() }
                guard case .failure(let error) = result else { continue }
                #expect(error.reason == .tooManyOfSubject(limit: 10))
            }
        }
        let other = try TestRegistry.authority("Other")
        try await registry.add(other)
    }

    @Test("RegisterCertificate: CAs of one name and key need caCertificatePem")
    func ambiguity() async throws {
        let registry = TestRegistry()
        let first = try TestRegistry.authority()
        let second = try TestRegistry.authority(key: first.key, until: 50 * TestRegistry.day)
        try await registry.add(first)
        try await registry.add(second)
        let device = try TestRegistry.device(by: first)
        let registrar = registry.registrar
        let ambiguous = await registrar.register(device.certificate, at: now)
        #expect(throws: CertificateRegistrationError.ambiguousAuthority) { try ambiguous.get() }
        let unknown = await registrar.register(
            device.certificate,
            authority: device.certificate,
            at: now
        )
        #expect(throws: CertificateRegistrationError.authorityUnknown) { try unknown.get() }
        let record = try await registrar.register(
            device.certificate,
            authority: second.certificate,
            at: now
        ).get()
        #expect(record.authority == registry.id(second))
        #expect(record.status == .inactive)
    }

    @Test("A CA is removed when it is inactive, and not before")
    func removal() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        let known = try await registry.add(authority)
        let registrar = registry.registrar
        #expect(await registrar.removeAuthority(known.id)?.reason == .stillActive)
        var changes = AuthorityChanges()
        changes.status = .inactive
        let updated = try await registrar.update(known.id, changes, at: now).get()
        #expect(updated.revision == known.revision.next)
        #expect(await registrar.removeAuthority(known.id) == nil)
        #expect(await registrar.removeAuthority(known.id)?.reason == .notFound)
        #expect(registry.store.authorities(subject: authority.certificate.subject).isEmpty)
    }

    @Test("RegisterCertificateWithoutCA judges the certificate itself")
    func withoutAuthority() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        let late = try TestRegistry.device(by: authority, from: -10, until: -5)
        let expired = await registry.registrar.registerWithoutAuthority(late.certificate, at: now)
        guard case .failure(.invalid(let error)) = expired else {
            Issue.record("accepted an expired certificate")
            return
        }
        #expect(error.code == "expired")
        let ca = await registry.registrar.registerWithoutAuthority(authority.certificate, at: now)
        guard case .failure(.invalid(let caError)) = ca else {
            Issue.record("accepted a CA certificate")
            return
        }
        #expect(caError.code == "leaf_is_ca")
        let device = try TestRegistry.device(by: authority)
        let issued = try await registry.registrar.registerIssued(
            device.certificate,
            status: .pendingActivation,
            at: now
        ).get()
        #expect(issued.authority == nil)
        // No CA, so no topic to publish an event to.
        #expect(await registry.admit([device]).word == "pending")
    }

    @Test("Pages of CAs and certificates are in the order of their ids")
    func pages() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        let known = try await registry.add(authority)
        for serial in 0..<9 {
            _ = await registry.admit([
                try TestRegistry.device(by: authority, serial: [2, UInt8(serial)])
            ])
        }
        var ids: [CertificateID] = []
        while true {
            let page = registry.store.certificates(of: known.id, after: ids.last, limit: 4)
            if page.isEmpty { break }
            #expect(page.count <= 4)
            ids += page.map(\.id)
        }
        #expect(ids.count == 9)
        #expect(ids == ids.sorted())
        #expect(
            registry.store.certificates(of: registry.id(authority), after: nil, limit: -1).isEmpty
        )
    }
}

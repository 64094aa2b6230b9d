import DeviceRegistration
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("Unique keys: id, issuer and serial number, digest of the signed part")
struct CertificateVariantTests {
    private let now = TestRegistry.now

    private func registered() async throws -> (TestRegistry, Party, Party, Party) {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)
        #expect(await registry.admit([device]).word == "pending+event")
        let variant = Party(
            certificate: try SignatureVariant.malleated(device.certificate),
            key: device.key
        )
        #expect(registry.id(variant) != registry.id(device))
        return (registry, authority, device, variant)
    }

    @Test("n − s verifies: the variant alone would be registered")
    func variantIsValid() async throws {
        let (_, authority, _, variant) = try await registered()
        let fresh = TestRegistry()
        try await fresh.add(authority)
        #expect(await fresh.admit([variant]).word == "pending+event")
    }

    @Test("n − s of a pending certificate is pending, without event, and is not stored")
    func pending() async throws {
        let (registry, _, _, variant) = try await registered()
        let later = now.adding(seconds: 600)
        let verdict = await registry.admit([variant], at: later)
        #expect(verdict.word == "pending")
        #expect(registry.status(variant) == nil)
    }

    @Test("n − s of an active certificate is admitted as that one, if its signature is good")
    func active() async throws {
        let (registry, _, device, variant) = try await registered()
        try await registry.apply(.activate, to: device)
        let principal = try #require(await registry.admit([variant]).principal)
        #expect(principal.record.id == registry.id(device))
        #expect(principal.facts.id == registry.id(device).rawValue)
        #expect(registry.status(variant) == nil)
        let broken = Party(
            certificate: try SignatureVariant.broken(device.certificate),
            key: device.key
        )
        #expect(await registry.admit([broken]).word == "signature_invalid")
    }

    @Test(
        "n − s of an inactive and of a revoked certificate is refused as that one is",
        arguments: [
            (CertificateStatus.inactive, "certificate_inactive"),
            (.revoked, "certificate_revoked"),
        ]
    )
    func refused(_ status: CertificateStatus, _ word: String) async throws {
        let (registry, _, device, variant) = try await registered()
        try await registry.apply(.update(status), to: device)
        for _ in 0..<3 {
            let verdict = await registry.admit([variant], at: now.adding(seconds: 7200))
            #expect(verdict.word == word)
        }
        #expect(registry.status(variant) == nil)
        #expect(registry.store.certificates(of: nil, after: nil, limit: 10).count == 1)
    }

    @Test("n − s of a certificate without CA cannot be checked and is refused")
    func withoutAuthority() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        let device = try TestRegistry.device(by: authority)
        _ = try await registry.registrar.registerWithoutAuthority(
            device.certificate,
            status: .active,
            at: now
        ).get()
        #expect(await registry.admit([device]).word == "admitted")
        let variant = Party(
            certificate: try SignatureVariant.malleated(device.certificate),
            key: device.key
        )
        #expect(await registry.admit([variant]).word == "certificate_conflict")
    }

    @Test(
        "RFC 5280 §4.1.2.2: a serial number that its issuer used twice never passes for the first"
    )
    func serialNumbers() async throws {
        let (registry, authority, device, _) = try await registered()
        try await registry.apply(.activate, to: device)
        let second = try TestRegistry.device(by: authority, TestRegistry.name("device-2"))
        #expect(await registry.admit([second]).word == "serial_number_taken")
        try await registry.apply(.update(.revoked), to: device)
        #expect(await registry.admit([second]).word == "certificate_revoked")
        #expect(registry.status(second) == nil)
        // The same number of another issuer is another certificate.
        let other = try TestRegistry.authority("Other CA")
        try await registry.add(other)
        let third = try TestRegistry.device(by: other)
        #expect(await registry.admit([third]).word == "pending+event")
        // So is that of another key with the same name.
        let twin = try TestRegistry.authority()
        try await registry.add(twin)
        let fourth = try TestRegistry.device(by: twin)
        #expect(await registry.admit([fourth]).word == "pending+event")
    }

    @Test("Many first connections at once register one certificate and make one event")
    func concurrentFirstConnections() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)
        let variant = Party(
            certificate: try SignatureVariant.malleated(device.certificate),
            key: device.key
        )
        let words = await withTaskGroup(of: String.self) { group in
            for task in 0..<32 {
                group.addTask { await registry.admit([task % 2 == 0 ? device : variant]).word }
            }
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
        #expect(words == ["pending+event": 1, "pending": 31])
        #expect(registry.store.certificates(of: nil, after: nil, limit: 10).count == 1)
    }

    @Test("Registering by hand what is there already names it")
    func byHand() async throws {
        let (registry, authority, device, variant) = try await registered()
        for certificate in [device.certificate, variant.certificate] {
            let result = await registry.registrar.register(certificate, at: now)
            #expect(throws: CertificateRegistrationError.alreadyRegistered(registry.id(device))) {
                try result.get()
            }
        }
        let fresh = try TestRegistry.device(by: authority, serial: [0x50])
        let record = try await registry.registrar.register(
            fresh.certificate,
            status: .active,
            at: now
        ).get()
        #expect(record.authority == registry.store.authorities(after: nil, limit: 1)[0].id)
        #expect(await registry.admit([fresh]).word == "admitted")
        let status = await registry.registrar.register(
            fresh.certificate,
            status: .pendingActivation,
            at: now
        )
        #expect(throws: CertificateRegistrationError.invalidStatus(.pendingActivation)) {
            try status.get()
        }
    }
}

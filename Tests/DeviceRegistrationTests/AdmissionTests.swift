import DeviceRegistration
import IoTTime
import JSONDocument
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("Just-in-time registration: every connection")
struct AdmissionTests {
    private let now = TestRegistry.now

    @Test("Steps 1 to 7: registered, activated, admitted on the next connection")
    func wholeStory() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        let known = try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)

        let first = await registry.admit([device])
        #expect(first.word == "pending+event")
        #expect(registry.status(device) == .pendingActivation)
        let event = try #require(first.event)
        #expect(event.topic == "$aws/events/certificates/registered/\(known.id)")
        let payload = try JSONValue(parsing: event.payload.span)
        #expect(payload["certificateId"]?.string == registry.id(device).rawValue)
        #expect(payload["caCertificateId"]?.string == known.id.rawValue)
        #expect(payload["timestamp"]?.number?.int64 == now.milliseconds)
        #expect(payload["certificateStatus"]?.string == "PENDING_ACTIVATION")
        #expect(payload["awsAccountId"]?.string == "123456789012")
        #expect(
            payload["certificateRegistrationTimestamp"]?.string == String(now.milliseconds)
        )
        #expect(payload.object?.names.count == 6)

        try await registry.apply(.activate, to: device)
        // Another session, the device's own certificate alone.
        let principal = try #require(await registry.admit([device]).principal)
        #expect(principal.record.id == registry.id(device))
        #expect(principal.facts.subjectValues(.commonName) == ["device-1"])
        #expect(principal.recheckAt == device.certificate.notAfter)
    }

    @Test("Step 1: no certificate, too many, too large, not readable")
    func presentation() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)
        let nothing = await registry.admit([])
        #expect(nothing.word == "certificate_missing")
        #expect(nothing.refusal?.tlsAlert == 116)
        let ten = [device] + [Party](repeating: authority, count: 9)
        #expect(await registry.admit(ten).word == "pending+event")
        #expect(await registry.admit(ten + [authority]).word == "budget_exceeded")
        let rest = 65_536 - device.der.count
        for (count, word) in [(rest, "pending"), (rest + 1, "oversize")] {
            let junk = [UInt8](repeating: 0x30, count: count)
            let verdict = await registry.registrar.admit(
                [device.der, junk],
                serverName: nil,
                at: now
            )
            #expect(verdict.word == word)
        }
        let garbage = await registry.registrar.admit([[0x30, 0x80]], serverName: nil, at: now)
        #expect(garbage.word == "malformed_der")
        #expect(garbage.refusal?.tlsAlert == 42)
    }

    @Test("Step 4: INACTIVE, REVOKED and PENDING_TRANSFER are refused at CONNECT without an event")
    func states() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)
        _ = await registry.admit([device])
        for (change, word) in [
            (StatusChange.update(.inactive), "certificate_inactive"),
            (.transfer(account: "2"), "certificate_pending_transfer"),
            (.cancelTransfer, "certificate_inactive"), (.update(.revoked), "certificate_revoked"),
        ] {
            try await registry.apply(change, to: device)
            let verdict = await registry.admit([device])
            #expect(verdict.word == word)
            #expect(verdict.refusal?.point == .connect)
            #expect(verdict.refusal?.connackReasonCode == 0x87)
            #expect(verdict.refusal?.connackReturnCode == 5)
        }
        #expect(await registry.admit([device]).refusal?.tlsAlert == 44)
    }

    @Test("Step 5: no such CA, inactive CA, no auto-registration: nothing is stored")
    func authorities() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        let device = try TestRegistry.device(by: authority)
        let unknown = await registry.admit([device, authority])
        #expect(unknown.word == "issuer_unknown")
        #expect(unknown.refusal?.tlsAlert == 48)
        #expect(unknown.refusal?.authority == nil)
        let known = try await registry.add(authority, setAsActive: false)
        let inactive = await registry.admit([device])
        #expect(inactive.word == "authority_inactive")
        #expect(inactive.refusal?.authority == known.id)
        var changes = AuthorityChanges()
        changes.status = .active
        changes.allowsAutoRegistration = false
        _ = try await registry.registrar.update(known.id, changes, at: now).get()
        #expect(await registry.admit([device]).word == "auto_registration_disabled")
        #expect(registry.status(device) == nil)
        changes.allowsAutoRegistration = true
        _ = try await registry.registrar.update(known.id, changes, at: now).get()
        #expect(await registry.admit([device]).word == "pending+event")
    }

    @Test("Known certificates need no chain: CA inactive, removed, expired")
    func knownWithoutAuthority() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority(until: 10)
        let known = try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)
        let other = try TestRegistry.device(by: authority, serial: [0x43])
        _ = await registry.admit([device])
        try await registry.apply(.activate, to: device)
        var changes = AuthorityChanges()
        changes.status = .inactive
        _ = try await registry.registrar.update(known.id, changes, at: now).get()
        #expect(await registry.admit([device]).word == "admitted")
        #expect(await registry.admit([other]).word == "authority_inactive")
        #expect(await registry.admit([device], at: now.adding(seconds: 11)).word == "admitted")
        #expect(await registry.registrar.removeAuthority(known.id) == nil)
        #expect(await registry.admit([device]).word == "admitted")
        #expect(await registry.admit([other]).word == "issuer_unknown")
    }

    @Test("RFC 5280 §6.1.3 (a)(2): a known certificate needs its own validity, both ends inclusive")
    func validity() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let device = try TestRegistry.device(by: authority, from: -10, until: 10)
        _ = await registry.admit([device])
        try await registry.apply(.activate, to: device)
        for (offset, word) in [
            (-11, "not_yet_valid"), (-10, "admitted"), (10, "admitted"), (11, "expired"),
        ] as [(Int64, String)] {
            #expect(await registry.admit([device], at: now.adding(seconds: offset)).word == word)
        }
    }

    @Test("SNI_ONLY: the client must send one of our names")
    func serverNames() async throws {
        let registry = TestRegistry { $0.serverNames = ["a.iot.example.com"] }
        let authority = try TestRegistry.authority()
        try await registry.add(authority, mode: .sniOnly)
        let device = try TestRegistry.device(by: authority)
        #expect(await registry.admit([device]).word == "server_name_missing")
        #expect(await registry.admit([device], serverName: "").word == "server_name_missing")
        #expect(
            await registry.admit([device], serverName: "b.example.com").word
                == "server_name_unknown"
        )
        #expect(registry.status(device) == nil)
        let good = await registry.admit([device], serverName: "A.iot.example.com")
        #expect(good.word == "pending+event")
        try await registry.apply(.activate, to: device)
        // The certificate inherits the mode.
        #expect(await registry.admit([device]).word == "server_name_missing")
        #expect(
            await registry.admit([device], serverName: "a.iot.example.com").word == "admitted"
        )
    }

    @Test("A verification certificate is no device, neither its own CA's nor with a retired code")
    func verificationCertificates() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        let code = await registry.registrar.registrationCode(using: registry.random)
        let subject = DistinguishedName([(.commonName, code)])
        let proof = try TestRegistry.device(by: authority, subject, serial: [9])
        var registration = AuthorityRegistration(
            authority.certificate,
            verification: proof.certificate
        )
        registration.setAsActive = true
        registration.allowsAutoRegistration = true
        let known = try await registry.registrar.register(registration, at: now).get()
        #expect(await registry.admit([proof]).word == "verification_certificate")
        let other = try TestRegistry.device(by: authority, subject, serial: [10])
        _ = await registry.registrar.deleteRegistrationCode(using: registry.random)
        #expect(await registry.admit([other]).word == "verification_certificate")
        #expect(await registry.admit([proof]).refusal?.authority == known.id)
        #expect(registry.status(proof) == nil)
        let byHand = await registry.registrar.register(proof.certificate, at: now)
        #expect(throws: CertificateRegistrationError.verificationCertificate) {
            try byHand.get()
        }
    }

    @Test("The path is verified before anything is stored, through intermediates too")
    func intermediates() async throws {
        let registry = TestRegistry()
        let root = try TestRegistry.authority("Root")
        let issuing = try TestRegistry.authority("Issuing", by: root)
        try await registry.add(root)
        let device = try TestRegistry.device(by: issuing)
        #expect(await registry.admit([device]).word == "issuer_unknown")
        let broken = Party(
            certificate: try SignatureVariant.broken(device.certificate),
            key: device.key
        )
        #expect(await registry.admit([broken, issuing]).word == "signature_invalid")
        #expect(registry.status(device) == nil)
        #expect(await registry.admit([device, issuing]).word == "pending+event")
        try await registry.apply(.activate, to: device)
        #expect(await registry.admit([device]).word == "admitted")
        // The same serial number below another issuer is another certificate.
        let second = try TestRegistry.authority("Issuing 2", by: root)
        let namesake = try TestRegistry.device(by: second)
        #expect(await registry.admit([namesake, second]).word == "pending+event")
    }

    @Test("A template of the CA comes with the event")
    func configuration() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority, configuration: .named("plant-7"))
        let device = try TestRegistry.device(by: authority)
        #expect(await registry.admit([device]).event?.configuration == .named("plant-7"))
    }
}

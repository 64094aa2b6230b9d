import DeviceRegistration
import Foundation
import IoTTestSupport
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("Revocation lists at the connections of known certificates")
struct KnownRevocationTests {
    private let now = TestRegistry.now

    private static let suite = VectorSuite(
        label: "jitr-revocation",
        variable: "IOT_VECTORS_JITR",
        vendored: "jitr-pki/index.json"
    )

    private func read(_ name: String) throws -> [UInt8]? {
        guard let file = Self.suite.location else { return nil }
        let folder = file.deletingLastPathComponent().appendingPathComponent("der")
        return try [UInt8](Data(contentsOf: folder.appendingPathComponent(name)))
    }

    /// An active certificate that a list of its CA names, registered before there was a list.
    private func known(
        _ mode: RevocationMode = .ifAvailable
    ) async throws -> (TestRegistry, [UInt8], AuthorityRecord)? {
        guard let ca = try read("ca-p256.der"), let device = try read("dev-revoked.der") else {
            Self.suite.reportMissing()
            return nil
        }
        let registry = TestRegistry { $0.profile.revocation = mode }
        var registration = AuthorityRegistration(try Certificate(der: ca), verification: nil)
        registration.mode = .sniOnly
        registration.setAsActive = true
        let authority = try await registry.registrar.register(registration, at: now).get()
        _ = try await registry.registrar.register(
            try Certificate(der: device),
            status: .active,
            at: now
        ).get()
        return (registry, device, authority)
    }

    private func admit(
        _ registry: TestRegistry,
        _ device: [UInt8],
        _ lists: [String],
        at time: WallClock = TestRegistry.now
    ) async throws -> Admission {
        var crls: [CertificateRevocationList] = []
        for name in lists {
            crls.append(try CertificateRevocationList(der: try #require(try read(name))))
        }
        return await registry.registrar.admit(
            [device],
            serverName: "x",
            crls: CRLSet(crls),
            at: time
        )
    }

    @Test("RFC 5280 §6.3: a list that arrives later ends what was admitted")
    func arrivesLater() async throws {
        guard let (registry, device, authority) = try await known() else { return }
        #expect(try await admit(registry, device, []).word == "admitted")
        let verdict = try await admit(registry, device, ["crl-p256-fresh.crl"])
        #expect(verdict.word == "revoked")
        #expect(verdict.refusal?.tlsAlert == 44)
        #expect(verdict.refusal?.authority == authority.id)
        // The list of another issuer says nothing.
        #expect(try await admit(registry, device, ["crl-rsa-fresh.crl"]).word == "admitted")
    }

    @Test("A list that does not name the certificate bounds the session by its nextUpdate")
    func boundsSession() async throws {
        guard let (registry, device, _) = try await known() else { return }
        let list = try CertificateRevocationList(der: try #require(try read("crl-p256-empty.crl")))
        let principal = try #require(
            try await admit(registry, device, ["crl-p256-empty.crl"]).principal
        )
        #expect(principal.recheckAt == list.nextUpdate)
        let end = try #require(list.nextUpdate)
        let late = try await admit(
            registry,
            device,
            ["crl-p256-empty.crl"],
            at: end.adding(seconds: 1)
        )
        #expect(late.word == "crl_expired")
    }

    @Test("Lists that are expired, tampered with or not yet valid are no lists")
    func unusable() async throws {
        guard let (registry, device, _) = try await known() else { return }
        for (list, word) in [
            ("crl-p256-old.crl", "crl_expired"), ("crl-p256-future.crl", "crl_not_yet_valid"),
            ("crl-p256-tampered.crl", "crl_signature_invalid"),
        ] {
            #expect(try await admit(registry, device, [list]).word == word)
        }
    }

    @Test("An inactive CA's list still counts; without the CA a list that names it does")
    func withoutAuthority() async throws {
        guard let (registry, device, authority) = try await known() else { return }
        var changes = AuthorityChanges()
        changes.status = .inactive
        _ = try await registry.registrar.update(authority.id, changes, at: now).get()
        #expect(try await admit(registry, device, ["crl-p256-fresh.crl"]).word == "revoked")
        #expect(await registry.registrar.removeAuthority(authority.id) == nil)
        #expect(try await admit(registry, device, ["crl-p256-fresh.crl"]).word == "revoked")
        #expect(try await admit(registry, device, ["crl-p256-empty.crl"]).word == "admitted")
    }

    @Test("Where lists are required, none is no answer")
    func required() async throws {
        guard let (registry, device, authority) = try await known(.ifAvailable) else { return }
        var settings = registry.registrar.settings
        settings.profile.revocation = .required
        let strict = TestRegistrar(
            store: registry.store,
            crypto: OpenSSLCrypto(),
            settings: settings
        )
        let without = await strict.admit([device], serverName: "x", at: now)
        #expect(without.word == "crl_missing")
        var changes = AuthorityChanges()
        changes.status = .inactive
        _ = try await strict.update(authority.id, changes, at: now).get()
        #expect(await strict.removeAuthority(authority.id) == nil)
        let gone = await strict.admit([device], serverName: "x", at: now)
        #expect(gone.word == "crl_missing")
    }
}

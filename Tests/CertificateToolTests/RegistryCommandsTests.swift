import DeviceRegistration
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

@testable import CertificateTool

@Suite("ca register and list, cert activate and revoke")
struct RegistryCommandsTests {
    private let now = WallClock(seconds: 1_780_272_000)
    private let key: OpenSSLPrivateKey
    private let commands = RegistryCommands(
        Registrar(
            store: InMemoryRegistryStore(),
            crypto: OpenSSLCrypto(),
            settings: .init(accountID: "123456789012")
        )
    )

    init() throws { key = try .generate(.ec(.p256)) }

    private func certificate(_ subject: DistinguishedName, isCA: Bool) throws -> Certificate {
        var template = CertificateTemplate(
            serialNumber: [isCA ? 1 : 2],
            issuer: DistinguishedName([(.commonName, "Test CA")]),
            subject: subject,
            notBefore: now.adding(seconds: -60),
            notAfter: now.adding(seconds: 3600),
            publicKey: key.publicKey
        )
        if isCA {
            template.extensions = [
                .basicConstraints(isCA: true), .keyUsage([.keyCertSign, .crlSign]),
                .subjectKeyIdentifier([1, 2, 3]),
            ]
        }
        return try template.sign(with: key)
    }

    @Test("A CA with its verification certificate is registered and listed; the wrong code is not")
    func registers() async throws {
        let ca = try certificate(DistinguishedName([(.commonName, "Test CA")]), isCA: true)
        let code = await commands.registrationCode()
        #expect(code.status == 0)
        #expect(code.text.utf8.count == 65)
        let wrong = try certificate(DistinguishedName([(.commonName, "x")]), isCA: false)
        var options = RegistryCommands<InMemoryRegistryStore>.AuthorityOptions()
        options.setAsActive = true
        options.allowsAutoRegistration = true
        let refused = await commands.registerAuthority(
            ca.der,
            verification: wrong.der,
            options: options,
            at: now
        )
        #expect(refused == .init(text: "refused: registration_code_mismatch\n", status: 1))
        let name = DistinguishedName([(.commonName, String(code.text.dropLast()))])
        let proof = try certificate(name, isCA: false)
        let done = await commands.registerAuthority(
            Array(ca.pem.utf8),
            verification: Array(proof.pem.utf8),
            options: options,
            at: now
        )
        let id = ca.id(crypto: OpenSSLCrypto())
        let line = "\(id) ACTIVE ENABLE DEFAULT CN=Test CA\n"
        #expect(done == .init(text: "registered " + line, status: 0))
        #expect(await commands.listAuthorities() == .init(text: line, status: 0))
        let garbage = await commands.registerAuthority(
            [],
            verification: nil,
            options: options,
            at: now
        )
        #expect(garbage.status == 2)
    }

    @Test("A pending certificate is activated once, and a revoked one never again")
    func activates() async throws {
        let device = try certificate(DistinguishedName([(.commonName, "d")]), isCA: false)
        let record = try await commands.registrar.registerIssued(
            device,
            status: .pendingActivation,
            at: now
        ).get()
        let id = record.id.rawValue
        #expect(await commands.activate("12", at: now).status == 2)
        #expect(
            await commands.activate(id, at: now)
                == .init(text: "\(id) PENDING_ACTIVATION -> ACTIVE\n", status: 0)
        )
        #expect(await commands.activate(id, at: now).status == 1)
        #expect(
            await commands.revoke("0x" + id, at: now)
                == .init(text: "\(id) ACTIVE -> REVOKED\n", status: 0)
        )
        #expect(await commands.activate(id, at: now).status == 1)
        #expect(
            await commands.listCertificates()
                == .init(text: "\(id) REVOKED - CN=d\n", status: 0)
        )
    }
}

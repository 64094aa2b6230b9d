#if Endpoint
import CloudEndpoint
import DeviceRegistration
import Foundation
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

/// A folder for the files of one test.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appendingPathComponent("iot-registry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}

/// CAs and devices for tests of a registry.
struct RegistryFixture {
    static let now = WallClock(seconds: 1_780_272_000)

    struct Party {
        let certificate: Certificate
        let key: OpenSSLPrivateKey
        var id: CertificateID {
            get throws { try #require(CertificateID(certificate.id(crypto: OpenSSLCrypto()))) }
        }
    }

    let key: OpenSSLPrivateKey

    init() throws { key = try .generate(.ec(.p256)) }

    static func name(_ text: String) -> DistinguishedName {
        DistinguishedName([(.commonName, text)])
    }

    func authority(_ name: String, serial: UInt8 = 1) throws -> Party {
        let own = try OpenSSLPrivateKey.generate(.ec(.p256))
        var template = CertificateTemplate(
            serialNumber: [serial],
            issuer: Self.name(name),
            subject: Self.name(name),
            notBefore: Self.now.adding(seconds: -3_600),
            notAfter: Self.now.adding(seconds: 86_400),
            publicKey: own.publicKey
        )
        template.extensions = [
            .basicConstraints(isCA: true), .keyUsage([.keyCertSign, .crlSign]),
            .subjectKeyIdentifier([1, 2, 3]),
        ]
        return Party(certificate: try template.sign(with: own), key: own)
    }

    /// A device of a CA; all have the key of this fixture, as keys cost more than certificates.
    func device(_ authority: Party, serial: [UInt8], _ name: String = "lamp") throws -> Party {
        let template = CertificateTemplate(
            serialNumber: serial,
            issuer: authority.certificate.subject,
            subject: Self.name(name),
            notBefore: Self.now.adding(seconds: -3_600),
            notAfter: Self.now.adding(seconds: 86_400),
            publicKey: key.publicKey
        )
        return Party(certificate: try template.sign(with: authority.key), key: key)
    }

    /// A registrar with one CA that registers its devices.
    static func registrar<Store: RegistryStore>(
        _ store: Store,
        _ authority: Party? = nil,
        configuration: RegistrationConfiguration? = nil
    ) async throws -> Registrar<Store, OpenSSLCrypto> {
        let registrar = Registrar(
            store: store,
            crypto: OpenSSLCrypto(),
            settings: .init(accountID: "123456789012")
        )
        guard let authority else { return registrar }
        var registration = AuthorityRegistration(authority.certificate, verification: nil)
        registration.mode = .sniOnly
        registration.setAsActive = true
        registration.allowsAutoRegistration = true
        registration.configuration = configuration
        _ = try await registrar.register(registration, at: now).get()
        return registrar
    }
}
#endif

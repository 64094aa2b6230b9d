#if Endpoint
import CloudEndpoint
import Foundation
import IoTTime
import Logging
import X509Verification
import X509VerificationOpenSSL

/// A throw-away authority with its files in a folder of its own: servers and devices for one test.
final class TestAuthority {
    /// One certificate on disk.
    struct Issued {
        let certificate: Certificate
        let certificateFile: String
        let keyFile: String
        /// The last octet of its serial number.
        var serial: UInt8 { certificate.serialNumber.last ?? 0 }
        /// What the endpoint calls the principal.
        var id: String { certificate.id(crypto: OpenSSLCrypto()) }
    }

    let folder: URL
    let certificate: Certificate
    private let key: OpenSSLPrivateKey
    private let name: DistinguishedName
    private var nextSerial: UInt8 = 2

    /// Where its certificate stands.
    var certificateFile: String { folder.appendingPathComponent("ca.pem").path }
    /// Where its key stands.
    var keyFile: String { folder.appendingPathComponent("ca.key").path }

    init(_ commonName: String = "Test authority") throws {
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("iot-authority-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        key = try OpenSSLPrivateKey.generate(.ec(.p256))
        name = DistinguishedName([(.commonName, commonName)])
        var template = CertificateTemplate(
            serialNumber: [1],
            issuer: name,
            subject: name,
            notBefore: Self.now(-3_600),
            notAfter: Self.now(86_400),
            publicKey: key.publicKey
        )
        template.extensions = [
            .basicConstraints(isCA: true), .keyUsage([.keyCertSign, .crlSign]),
            .subjectKeyIdentifier(Array(repeating: 7, count: 20)),
        ]
        certificate = try template.sign(with: key)
        try certificate.pem.write(toFile: certificateFile, atomically: true, encoding: .utf8)
        try (key.pem ?? "").write(toFile: keyFile, atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Issues a certificate for a device, or for the server `localhost`.
    func issue(
        _ commonName: String,
        kind: OpenSSLPrivateKey.Kind = .ec(.p256),
        isServer: Bool = false,
        from start: Int64 = -3_600,
        until end: Int64 = 3_600
    ) throws -> Issued {
        let leafKey = try OpenSSLPrivateKey.generate(kind)
        var template = CertificateTemplate(
            serialNumber: [nextSerial],
            issuer: name,
            subject: DistinguishedName([(.organization, "Lamps"), (.commonName, commonName)]),
            notBefore: Self.now(start),
            notAfter: Self.now(end),
            publicKey: leafKey.publicKey
        )
        nextSerial += 1
        template.extensions = [
            .basicConstraints(isCA: false), .keyUsage([.digitalSignature]),
            .extendedKeyUsage(isServer ? .serverAuth : .clientAuth),
            .subjectKeyIdentifier(Array(repeating: nextSerial, count: 20)),
            .authorityKeyIdentifier(Array(repeating: 7, count: 20)),
        ]
        if isServer {
            template.extensions.append(
                .subjectAltName([.dns("localhost"), .ip([127, 0, 0, 1])])
            )
        }
        let issued = Issued(
            certificate: try template.sign(with: key),
            certificateFile: folder.appendingPathComponent("\(commonName).pem").path,
            keyFile: folder.appendingPathComponent("\(commonName).key").path
        )
        try issued.certificate.pem.write(
            toFile: issued.certificateFile,
            atomically: true,
            encoding: .utf8
        )
        try (leafKey.pem ?? "").write(toFile: issued.keyFile, atomically: true, encoding: .utf8)
        return issued
    }

    /// A certificate as above whose signature is that of other contents.
    func issueTampered(_ commonName: String) throws -> Issued {
        let issued = try issue(commonName)
        var der = issued.certificate.der
        // The organisation, which stands in the subject alone.
        guard let start = der.indices.first(where: { der[$0...].starts(with: "Lamps".utf8) }) else {
            return issued
        }
        der[start] = UInt8(ascii: "C")
        let certificate = try Certificate(der: der)
        try certificate.pem.write(
            toFile: issued.certificateFile,
            atomically: true,
            encoding: .utf8
        )
        return Issued(
            certificate: certificate,
            certificateFile: issued.certificateFile,
            keyFile: issued.keyFile
        )
    }

    /// A device's certificate that signed itself.
    func issueSelfSigned(_ commonName: String) throws -> Issued {
        let key = try OpenSSLPrivateKey.generate(.ec(.p256))
        let name = DistinguishedName([(.commonName, commonName)])
        let template = CertificateTemplate(
            serialNumber: [1],
            issuer: name,
            subject: name,
            notBefore: Self.now(-3_600),
            notAfter: Self.now(3_600),
            publicKey: key.publicKey
        )
        let issued = Issued(
            certificate: try template.sign(with: key),
            certificateFile: folder.appendingPathComponent("\(commonName).pem").path,
            keyFile: folder.appendingPathComponent("\(commonName).key").path
        )
        try issued.certificate.pem.write(
            toFile: issued.certificateFile,
            atomically: true,
            encoding: .utf8
        )
        try (key.pem ?? "").write(toFile: issued.keyFile, atomically: true, encoding: .utf8)
        return issued
    }

    /// A revocation list of some serial numbers, made by openssl.
    func revocationList(_ number: Int, revoking serials: [UInt8]) async throws -> Data {
        func write(_ text: String, _ name: String) throws {
            try text.write(
                to: folder.appendingPathComponent(name),
                atomically: true,
                encoding: .utf8
            )
        }
        let lines = serials.map { serial in
            "R\t350101000000Z\t250101000000Z\t\(String(format: "%02X", serial))\tunknown\t/CN=x\n"
        }
        try write(lines.joined(), "index.txt")
        try write("\(String(format: "%02X", number))\n", "crlnumber")
        try write(
            """
            [ca]
            default_ca = own
            [own]
            database = \(folder.path)/index.txt
            crlnumber = \(folder.path)/crlnumber
            default_md = sha256
            default_crl_days = 1
            crl_extensions = extensions
            [extensions]
            authorityKeyIdentifier = keyid
            """,
            "crl.cnf"
        )
        let file = folder.appendingPathComponent("crl.pem")
        let result = try await ChildProcess.run(
            "/usr/bin/openssl",
            [
                "ca", "-config", folder.path + "/crl.cnf", "-gencrl", "-keyfile", keyFile,
                "-cert", certificateFile, "-out", file.path,
            ]
        )
        guard result.status == 0 else { throw CancellationError() }
        return try Data(contentsOf: file)
    }

    /// A moment some seconds from now.
    private static func now(_ seconds: Int64) -> WallClock {
        WallClock(milliseconds: (Int64(Date().timeIntervalSince1970) + seconds) * 1_000)
    }
}

extension CloudEndpoint.Configuration {
    /// One TLS listener that knows the devices of an authority.
    mutating func listenSecurely(
        _ authority: TestAuthority,
        clients: TLSServer.ClientCertificates = .required,
        transport: CloudEndpoint.Configuration.Transport = .tcp,
        policies: PolicyDirectory? = nil,
        admission: (any CertificateAdmission)? = nil
    ) throws {
        let server = try authority.issue("localhost", isServer: true)
        let anchors = [TrustAnchor(authority.certificate)]
        tls = try TLSServer(
            certificateFile: server.certificateFile,
            keyFile: server.keyFile,
            clientCertificates: clients,
            admission: admission ?? TrustedAuthorities(anchors: anchors)
        )
        listeners = [.init(port: 0, transport: transport, isSecure: true)]
        self.policies = policies
    }
}
#endif

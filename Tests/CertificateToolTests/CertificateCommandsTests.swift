import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

@testable import CertificateTool

@Suite("cert inspect, verify and explain")
struct CertificateCommandsTests {
    private let now = WallClock(seconds: 1_780_272_000)

    private func issued() throws -> (ca: Certificate, leaf: Certificate) {
        let caKey = try OpenSSLPrivateKey.generate(.ec(.p256))
        let name = DistinguishedName([(.commonName, "Test CA")])
        var template = CertificateTemplate(
            serialNumber: [7],
            issuer: name,
            subject: name,
            notBefore: now.adding(seconds: -60),
            notAfter: now.adding(seconds: 3600),
            publicKey: caKey.publicKey
        )
        template.extensions = [
            .basicConstraints(isCA: true), .keyUsage([.keyCertSign, .crlSign]),
            .subjectKeyIdentifier([1, 2, 3]),
        ]
        let ca = try template.sign(with: caKey)
        let key = try OpenSSLPrivateKey.generate(.ec(.p384))
        var device = CertificateTemplate(
            serialNumber: [8],
            issuer: name,
            subject: DistinguishedName([(.organization, "Ex"), (.commonName, "device-1")]),
            notBefore: now.adding(seconds: -60),
            notAfter: now.adding(seconds: 600),
            publicKey: key.publicKey
        )
        device.extensions = [
            .keyUsage(.digitalSignature), .extendedKeyUsage(.clientAuth),
            .subjectAltName([.dns("device-1.example.com"), .ip([192, 0, 2, 1])]),
        ]
        return (ca, try device.sign(with: caKey))
    }

    @Test("inspect reports names, key, validity and extensions")
    func inspects() throws {
        let output = CertificateCommands().inspect(try issued().leaf.der)
        #expect(output.status == 0)
        for part in [
            "CN=device-1,O=Ex", "P-384", "alt name    DNS:device-1.example.com", "192.0.2.1",
            "serial      08",
        ] {
            #expect(output.text.contains(part), "\(part) in \(output.text)")
        }
    }

    @Test("inspect of garbage names the byte and ends with 2")
    func inspectsGarbage() {
        let output = CertificateCommands().inspect([0x30, 0x80, 0, 0])
        #expect(
            output
                == .init(
                    text: "certificate unreadable: malformed_der, indefiniteLength at byte 1\n",
                    status: 2
                )
        )
    }

    @Test("verify accepts a path and says until when; PEM and DER alike")
    func verifies() throws {
        let (ca, leaf) = try issued()
        var request = CertificateCommands.Request(
            chain: Array(leaf.pem.utf8),
            anchors: ca.der,
            time: now
        )
        #expect(
            CertificateCommands().verify(request)
                == .init(text: "ok, valid until 2026-06-01T00:10:00Z\n", status: 0)
        )
        request.time = now.adding(seconds: 601)
        #expect(
            CertificateCommands().verify(request)
                == .init(
                    text: "refused: leaf (position 0): it expired on 2026-06-01T00:10:00Z "
                        + "[expired, RFC 5280 §6.1.3 (a)(2)]\n",
                    status: 1
                )
        )
    }

    @Test("explain tells every step; a name that is not there is refused")
    func explains() throws {
        let (ca, leaf) = try issued()
        var request = CertificateCommands.Request(chain: leaf.der, anchors: ca.der, time: now)
        request.name = "192.0.2.1"
        let output = CertificateCommands().explain(request)
        #expect(output.status == 0)
        #expect(output.text.contains("anchor 0: signature verified"))
        request.name = "other.example.com"
        #expect(CertificateCommands().explain(request).text.contains("name_mismatch"))
    }
}

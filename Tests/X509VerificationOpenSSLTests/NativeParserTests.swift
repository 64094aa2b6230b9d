import Foundation
import IoTTestSupport
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("Two parsers read one certificate")
struct NativeParserTests {
    private static let suite = VectorSuite(
        label: "x509-two-parsers",
        variable: "IOT_VECTORS_JITR",
        vendored: "jitr-pki/index.json"
    )

    @Test("RFC 5280 §4.1: where both accept, every field is the same")
    func sameFields() throws {
        guard let file = Self.suite.location else { return Self.suite.reportMissing() }
        let folder = file.deletingLastPathComponent().appendingPathComponent("der")
        var both = 0
        var different: [String] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        where name.hasSuffix(".der") {
            let der = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
            guard let ours = try? Certificate(der: der), let theirs = NativeParser.read(der)
            else { continue }
            both += 1
            let signature = ours.withSignature { span in span.indices.map { span[$0] } }
            let isSame =
                theirs.version == ours.version && theirs.serialNumber == ours.serialNumber
                && theirs.issuer == ours.issuer.der && theirs.subject == ours.subject.der
                && theirs.publicKey == ours.publicKey.der
                && theirs.notBefore == ours.notBefore.seconds
                && theirs.notAfter == ours.notAfter.seconds && theirs.signature == signature
                && theirs.extensions.map(\.value) == ours.extensions.map(\.value)
                && theirs.extensions.map(\.isCritical) == ours.extensions.map(\.isCritical)
            if !isSame { different.append(name) }
        }
        Self.suite.report(passed: both - different.count, failed: different.count, skipped: 0)
        #expect(both > 100)
        #expect(different.isEmpty, "\(different)")
    }

    @Test("Bytes that are no certificate, or more than one, are not read")
    func refused() {
        #expect(NativeParser.read([]) == nil)
        #expect(NativeParser.read([0x30, 0x00]) == nil)
    }
}

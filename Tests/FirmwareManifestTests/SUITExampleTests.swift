import FirmwareManifest
import FirmwareManifestOpenSSL
import FirmwareManifestSodium
import Foundation
import IoTTestSupport
import Testing

/// The examples of the draft: `<name>.cbor` files and `private_key.pem`.
@Suite("SUIT manifest draft: examples")
struct SUITExampleTests {
    static let suite = VectorSuite(
        label: "suit",
        variable: "IOT_VECTORS_SUIT",
        shared: "firmware/suit"
    )

    static func signer(_ folder: URL) throws -> OpenSSLSigner {
        let pem = try String(
            contentsOf: folder.appendingPathComponent("private_key.pem"),
            encoding: .utf8
        )
        let base64 = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        return try OpenSSLSigner(pkcs8: [UInt8](try #require(Data(base64Encoded: base64))))
    }

    @Test("every envelope parses and encodes to the same bytes; the signed ones verify")
    func examples() throws {
        guard let folder = Self.suite.location else { return Self.suite.reportMissing() }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".cbor") }.sorted()
        let key = try Self.signer(folder).key
        let crypto = OpenSSLCryptography()
        var passed = 0
        var failed = 0
        for name in names {
            let data = try Data(contentsOf: folder.appendingPathComponent(name))
            do {
                let envelope = try Envelope([UInt8](data))
                let isSame = try envelope.encodedAgain() == [UInt8](data)
                let isSigned = name.contains("-signed")
                var isRight = isSame && envelope.signatures.isEmpty != isSigned
                if isSigned {
                    isRight = try isRight && envelope.signers(among: [key], using: crypto) == [key]
                }
                isRight ? (passed += 1) : (failed += 1)
                #expect(isRight, "\(name)")
            } catch {
                failed += 1
                Issue.record("\(name): \(error)")
            }
        }
        #expect(passed + failed == names.count && !names.isEmpty)
        Self.suite.report(passed: passed, failed: failed, skipped: 0)
    }

    @Test(
        "every cut and every flipped bit of a signed envelope is refused or changes nothing signed"
    )
    func damage() throws {
        guard let folder = Self.suite.location else { return }
        let data = try Data(contentsOf: folder.appendingPathComponent("example1-signed.cbor"))
        let bytes = [UInt8](data)
        let key = try Self.signer(folder).key
        let crypto = OpenSSLCryptography()
        for count in bytes.indices {
            #expect(throws: FirmwareError.self) { try Envelope(Array(bytes[..<count])) }
        }
        for position in bytes.indices {
            var damaged = bytes
            damaged[position] ^= 1 << UInt8(position % 8)
            let signers = try? Envelope(damaged).signers(among: [key], using: crypto)
            #expect(signers != [key], "byte \(position)")
        }
    }
}

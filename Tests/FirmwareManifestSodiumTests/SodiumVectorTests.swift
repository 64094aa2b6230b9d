import FirmwareManifest
import FirmwareManifestSodium
import Foundation
import IoTTestSupport
import Testing

func hex(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

extension FirmwareCryptography {
    func digest(_ bytes: [UInt8]) -> SUITDigest { sha256(bytes.span) }

    func isValid(_ signature: [UInt8], _ message: [UInt8], _ key: PinnedKey) -> Bool {
        verify(signature.span, over: message.span, by: key)
    }
}

@Suite("libsodium adapter")
struct SodiumVectorTests {
    struct File: Decodable {
        struct Group: Decodable {
            struct Key: Decodable { var pk: String }
            struct Case: Decodable {
                var tcId: Int
                var msg: String
                var sig: String
                var result: String
            }
            var publicKey: Key
            var tests: [Case]
        }
        var testGroups: [Group]
    }

    @Test("RFC 8032 Wycheproof Ed25519: every case")
    func wycheproof() throws {
        let suite = VectorSuite(
            label: "wycheproof ed25519",
            variable: "IOT_VECTORS_WYCHEPROOF_ED25519",
            shared: "crypto/wycheproof/ed25519_test.json"
        )
        guard let url = suite.location else { return suite.reportMissing() }
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
        let crypto = SodiumCryptography()
        var passed = 0
        var failed = 0
        for group in file.testGroups {
            let key = try PinnedKey(.ed25519, bytes: hex(group.publicKey.pk))
            for test in group.tests {
                let isValid = crypto.isValid(hex(test.sig), hex(test.msg), key)
                let isRight = isValid == (test.result == "valid")
                isRight ? (passed += 1) : (failed += 1)
                #expect(isRight, "\(test.tcId)")
            }
        }
        suite.report(passed: passed, failed: failed, skipped: 0)
        #expect(passed > 0)
    }

    @Test("FIPS 180-4 SHA-256 of the empty string and of abc, in one go and in pieces")
    func sha256() {
        let crypto = SodiumCryptography()
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(crypto.digest([]).description == empty)
        #expect(crypto.digest(Array("abc".utf8)).description == abc)
        var running = crypto.makeSHA256()
        for _ in 0..<2 {
            for byte in "abc".utf8 { running.update([byte].span) }
            #expect(running.finish().description == abc)
        }
    }

    @Test("a key signs, its signature verifies, other algorithms are refused")
    func signing() throws {
        let signer = try SodiumSigner(seed: SodiumSigner.randomSeed(), identifier: [1])
        let crypto = SodiumCryptography()
        let signature = try signer.sign([1, 2, 3].span)
        #expect(crypto.isValid(signature, [1, 2, 3], signer.key))
        #expect(!crypto.isValid(signature, [1, 2], signer.key))
        #expect(!crypto.isValid(Array(signature.prefix(63)), [1], signer.key))
        let p256 = try PinnedKey(.p256, bytes: [4] + [UInt8](repeating: 1, count: 64))
        #expect(!crypto.isValid(signature, [1, 2, 3], p256))
        #expect(throws: FirmwareError(.malformedKey)) { try SodiumSigner(seed: [1]) }
    }
}

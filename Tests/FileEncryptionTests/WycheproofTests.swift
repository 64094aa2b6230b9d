import Foundation
import IoTCSodium
import IoTTestSupport
import Testing

@testable import FileEncryption

@Suite("Wycheproof")
struct WycheproofTests {
    struct File: Decodable {
        struct Group: Decodable {
            var ivSize: Int?
            var keySize: Int?
            var tagSize: Int?
            var tests: [Test]
        }
        struct Test: Decodable {
            var tcId: Int
            var result: String
            var key: String?
            var iv: String?
            var aad: String?
            var msg: String?
            var ct: String?
            var tag: String?
            var ikm: String?
            var salt: String?
            var info: String?
            var size: Int?
            var okm: String?
            var `public`: String?
            var `private`: String?
            var shared: String?
            var flags: [String]?
        }
        var testGroups: [Group]
    }

    @Test("x25519, chacha20-poly1305, xchacha20-poly1305, HKDF and HMAC: every applicable case")
    func all() throws {
        let suite = VectorSuite(
            label: "wycheproof-file",
            variable: "IOT_VECTORS_WYCHEPROOF",
            shared: "crypto/wycheproof"
        )
        guard let folder = suite.location else { return suite.reportMissing() }
        let checks: [(String, (File.Group, File.Test) -> Bool?)] = [
            ("x25519_test", x25519), ("chacha20_poly1305_test", chacha),
            ("xchacha20_poly1305_test", xchacha), ("hkdf_sha256_test", hkdf),
            ("hmac_sha256_test", hmac),
        ]
        var counts = (passed: 0, failed: 0, skipped: 0)
        for (name, check) in checks {
            let url = folder.appendingPathComponent(name + ".json")
            let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
            for group in file.testGroups {
                for test in group.tests {
                    switch check(group, test) {
                    case true?: counts.passed += 1
                    case nil: counts.skipped += 1
                    case false?:
                        counts.failed += 1
                        Issue.record("\(name) \(test.tcId)")
                    }
                }
            }
        }
        suite.report(passed: counts.passed, failed: counts.failed, skipped: counts.skipped)
        #expect(counts.passed > 1_000)
    }

    /// An all-zero shared secret must be refused; every other one must match.
    private func x25519(_ group: File.Group, _ test: File.Test) -> Bool? {
        guard let key = test.private, let point = test.public, let shared = test.shared else {
            return nil
        }
        let secret = SecureBytes(copying: bytes(hex: key).span)
        guard let ours = Sodium.sharedSecret(secret: secret, publicKey: bytes(hex: point)) else {
            return bytes(hex: shared).allSatisfy { $0 == 0 }
        }
        return ours.isEqual(to: SecureBytes(copying: bytes(hex: shared).span))
    }

    private func chacha(_ group: File.Group, _ test: File.Test) -> Bool? {
        aead(test, nonceBytes: 12) { key, iv, aad, cipher in
            var plain = [UInt8](repeating: 0, count: max(0, cipher.count - 16))
            let code = unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
                &plain,
                nil,
                nil,
                cipher,
                UInt64(cipher.count),
                aad,
                UInt64(aad.count),
                iv,
                key
            )
            return code == 0 ? plain : nil
        }
    }

    private func xchacha(_ group: File.Group, _ test: File.Test) -> Bool? {
        aead(test, nonceBytes: 24) { key, iv, aad, cipher in
            var plain = [UInt8](repeating: 0, count: max(0, cipher.count - 16))
            let code = unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                &plain,
                nil,
                nil,
                cipher,
                UInt64(cipher.count),
                aad,
                UInt64(aad.count),
                iv,
                key
            )
            return code == 0 ? plain : nil
        }
    }

    private func aead(
        _ test: File.Test,
        nonceBytes: Int,
        _ open: ([UInt8], [UInt8], [UInt8], [UInt8]) -> [UInt8]?
    ) -> Bool? {
        guard let key = test.key, let iv = test.iv, let ct = test.ct, let tag = test.tag else {
            return nil
        }
        // A nonce of another length cannot be expressed: such cases must be invalid ones.
        guard bytes(hex: iv).count == nonceBytes else {
            return test.result == "invalid" ? true : nil
        }
        let opened = open(
            bytes(hex: key),
            bytes(hex: iv),
            bytes(hex: test.aad ?? ""),
            bytes(hex: ct + tag)
        )
        return test.result == "invalid" ? opened == nil : opened == bytes(hex: test.msg ?? "")
    }

    private func hkdf(_ group: File.Group, _ test: File.Test) -> Bool? {
        guard let ikm = test.ikm, let size = test.size else { return nil }
        let okm = Sodium.hkdf(
            bytes(hex: ikm).span,
            salt: bytes(hex: test.salt ?? "").span,
            info: bytes(hex: test.info ?? "").span,
            count: size
        )
        guard test.result != "invalid" else { return okm == nil }
        let expected = SecureBytes(copying: bytes(hex: test.okm ?? "").span)
        return okm?.isEqual(to: expected) ?? false
    }

    private func hmac(_ group: File.Group, _ test: File.Test) -> Bool? {
        guard let key = test.key, let message = test.msg, let tag = test.tag else { return nil }
        let ours = Sodium.hmac(key: bytes(hex: key).span, bytes(hex: message).span)
        let matches = Array(ours.prefix(bytes(hex: tag).count)) == bytes(hex: tag)
        return matches == (test.result != "invalid")
    }
}

import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("RFC 5280 §6.1 certification paths")
struct PathValidatorTests {
    @Test("§4.1.2.5 both ends of a validity are inclusive, and parts of a second do not count")
    func validity() throws {
        let root = try TestPKI.authority()
        let device = try TestPKI.device(by: root, from: -10, until: 10)
        let cases: [(Int64, String)] = [
            (-10_001, "not_yet_valid"), (-10_000, "ok"), (10_000, "ok"), (10_999, "ok"),
            (11_000, "expired"),
        ]
        for (milliseconds, code) in cases {
            let time = TestPKI.now.adding(milliseconds: milliseconds)
            #expect(TestPKI.validate(device, anchors: [root], at: time).code == code)
        }
    }

    @Test("the chain holds leaf, intermediate and anchor, and ends with the first of them")
    func chain() throws {
        let root = try TestPKI.authority()
        let other = try TestPKI.authority("Other")
        let middle = try TestPKI.authority("Middle", by: root, until: 30)
        let device = try TestPKI.device(by: middle, until: 60)
        let chain = try TestPKI.validate(device, [middle], anchors: [other, root]).get()
        #expect(chain.certificates == [device.certificate, middle.certificate])
        #expect(chain.anchor == root.anchor)
        #expect(chain.anchorIndex == 1)
        #expect(chain.validUntil == TestPKI.now.adding(seconds: 30))
    }

    @Test("every anchor of the issuer's name is tried")
    func sameNameAnchors() throws {
        let roots = try (0..<10).map { try TestPKI.authority(serial: [UInt8($0 + 1)]) }
        let device = try TestPKI.device(by: roots[9])
        let outcome = TestPKI.validate(device, anchors: roots)
        #expect(try outcome.get().anchorIndex == 9)
        #expect(outcome.work.signatureChecks == 10)
        #expect(
            TestPKI.validate(device, anchors: Array(roots.dropLast())).code == "signature_invalid"
        )
    }

    @Test("RFC 4158 a path that fails does not hide another: expired, then constrained, then good")
    func backtracks() throws {
        let root = try TestPKI.authority()
        let key = try OpenSSLPrivateKey.generate(.ec(.p256))
        let expired = try TestPKI.authority("M", by: root, key: key, serial: [2], until: -1)
        let constrained = try TestPKI.authority(
            "M",
            by: root,
            key: key,
            serial: [3],
            more: [Self.excluding(dns: "example.com")]
        )
        let good = try TestPKI.authority("M", by: root, key: key, serial: [4])
        let device = try TestPKI.device(
            by: good,
            extensions: [.subjectAltName([.dns("d.example.com")])]
        )
        let outcome = TestPKI.validate(device, [expired, constrained, good], anchors: [root])
        #expect(try outcome.get().certificates[1] == good.certificate)
        #expect(outcome.trace.contains { $0.event == .rejected(.nameExcluded) })
        let worse = TestPKI.validate(device, [expired, constrained], anchors: [root])
        #expect(worse.code == "name_constraint_violation")
        #expect(TestPKI.validate(device, [expired], anchors: [root]).code == "issuer_expired")
        #expect(TestPKI.validate(device, anchors: [root]).code == "issuer_unknown")
    }

    private static func excluding(dns: String) -> CertificateTemplate.Extension {
        let tree = DERWriter.sequence(DERWriter.element(0x82, Array(dns.utf8)))
        return .init(
            identifier: ObjectIdentifier("2.5.29.30") ?? .commonName,
            isCritical: true,
            value: DERWriter.sequence(DERWriter.element(0xA1, tree))
        )
    }

    @Test("cross-signed CAs do not make a loop")
    func loops() throws {
        let root = try TestPKI.authority()
        let a = try OpenSSLPrivateKey.generate(.ec(.p256))
        let b = try OpenSSLPrivateKey.generate(.ec(.p256))
        let selfA = try TestPKI.authority("A", key: a)
        let selfB = try TestPKI.authority("B", key: b)
        let aByB = try TestPKI.authority("A", by: selfB, key: a, serial: [2])
        let bByA = try TestPKI.authority("B", by: selfA, key: b, serial: [3])
        let aByRoot = try TestPKI.authority("A", by: root, key: a, serial: [4])
        let device = try TestPKI.device(by: selfA)
        #expect(TestPKI.validate(device, [aByB, bByA, aByRoot], anchors: [root]).code == "ok")
        #expect(TestPKI.validate(device, [aByB, bByA], anchors: [root]).code == "issuer_unknown")
    }

    @Test("§6.1.4 (l) path length: self-issued CAs do not count; at the limit and one more")
    func pathLength() throws {
        let root = try TestPKI.authority(pathLength: 1)
        let first = try TestPKI.authority("First", by: root)
        let rolled = try TestPKI.authority("First", by: first, serial: [9])
        let second = try TestPKI.authority("Second", by: rolled)
        let good = try TestPKI.device(by: rolled)
        let bad = try TestPKI.device(by: second)
        #expect(TestPKI.validate(good, [first, rolled], anchors: [root]).code == "ok")
        #expect(
            TestPKI.validate(bad, [first, rolled, second], anchors: [root]).code
                == "path_len_exceeded"
        )
    }

    @Test("intermediates at the profile's limit, and one more")
    func chainLimit() throws {
        var parties = [try TestPKI.authority()]
        for i in 1...6 { parties.append(try TestPKI.authority("CA \(i)", by: parties[i - 1])) }
        let five = try TestPKI.device(by: parties[5])
        let six = try TestPKI.device(by: parties[6])
        let pool = Array(parties.dropFirst())
        #expect(TestPKI.validate(five, pool, anchors: [parties[0]]).code == "ok")
        #expect(TestPKI.validate(six, pool, anchors: [parties[0]]).code == "chain_too_long")
    }

    @Test("the budget ends a search with its own reason: signature checks at the limit and below")
    func budget() throws {
        let root = try TestPKI.authority()
        let middle = try TestPKI.authority("M", by: root)
        let device = try TestPKI.device(by: middle)
        var budget = WorkBudget()
        budget.signatureChecks = 2
        #expect(TestPKI.validate(device, [middle], anchors: [root], budget: budget).code == "ok")
        budget.signatureChecks = 1
        let outcome = TestPKI.validate(device, [middle], anchors: [root], budget: budget)
        #expect(outcome.code == "budget_exceeded")
        budget.signatureChecks = 2
        budget.pathSteps = 1
        #expect(
            TestPKI.validate(device, [middle], anchors: [root], budget: budget).code
                == "budget_exceeded"
        )
    }

    @Test("RSA at 2048 and 4096 bits passes, one size more does not")
    func rsaLimits() throws {
        for (bits, code) in [(2048, "ok"), (4096, "ok"), (4104, "key_too_large")] {
            let root = try TestPKI.authority(key: .generate(.rsa(bits: bits)))
            let device = try TestPKI.device(by: root)
            #expect(TestPKI.validate(device, anchors: [root]).code == code, "\(bits)")
        }
    }

    @Test("a CA as a leaf, and a leaf that may not sign, by profile")
    func leafRole() throws {
        let root = try TestPKI.authority()
        let middle = try TestPKI.authority("M", by: root, usage: [.keyCertSign, .digitalSignature])
        #expect(TestPKI.validate(middle, anchors: [root]).code == "leaf_is_ca")
        #expect(TestPKI.validate(middle, anchors: [root], profile: .rfc5280).code == "ok")
        let device = try TestPKI.device(by: root, extensions: [.keyUsage(.keyAgreement)])
        #expect(
            TestPKI.validate(device, anchors: [root]).code == "key_usage_no_digital_signature"
        )
        let server = try TestPKI.device(by: root, extensions: [.extendedKeyUsage(.serverAuth)])
        #expect(TestPKI.validate(server, anchors: [root]).code == "eku_not_client_auth")
    }

    @Test("§4.2.1.12 an intermediate's purposes limit the leaf")
    func nestedPurposes() throws {
        let root = try TestPKI.authority()
        let middle = try TestPKI.authority("M", by: root, more: [.extendedKeyUsage(.serverAuth)])
        let device = try TestPKI.device(by: middle)
        #expect(TestPKI.validate(device, [middle], anchors: [root]).code == "eku_not_client_auth")
    }

    @Test("a leaf of version 1 passes for devices; a CA of version 1 does not")
    func version1() throws {
        let root = try TestPKI.authority()
        let device = try TestPKI.device(by: root, extensions: [])
        #expect(device.certificate.version == 1)
        #expect(TestPKI.validate(device, anchors: [root]).code == "ok")
        let below = try TestPKI.device(by: device, "below")
        #expect(TestPKI.validate(below, [device], anchors: [root]).code == "version_unsupported")
    }

    @Test("RFC 9525 §6.3 expected names: a wildcard is one label; the common name is not looked at")
    func names() throws {
        let root = try TestPKI.authority()
        let server = try TestPKI.device(
            by: root,
            "cn.example.com",
            extensions: [
                .extendedKeyUsage(.serverAuth),
                .subjectAltName([
                    .dns("*.example.com"), .ip([192, 0, 2, 1]), .rfc822("a@example.com"),
                    .dns("*.test"),
                ]),
            ]
        )
        var profile = Profile.iotClient
        profile.purpose = .serverAuth
        let cases: [(ExpectedName, String)] = [
            (.dns("A.example.com"), "ok"), (.dns("a.example.com."), "ok"),
            (.dns("a.b.example.com"), "name_mismatch"), (.dns("example.com"), "name_mismatch"),
            (.dns("a.test"), "name_mismatch"), (.ip([192, 0, 2, 1]), "ok"),
            (.ip([192, 0, 2, 2]), "name_mismatch"), (.rfc822("a@EXAMPLE.com"), "ok"),
            (.rfc822("A@example.com"), "name_mismatch"), (.dns("192.0.2.1"), "name_mismatch"),
        ]
        for (name, code) in cases {
            #expect(
                TestPKI.validate(server, anchors: [root], profile: profile, names: [name]).code
                    == code,
                "\(name)"
            )
        }
    }

    @Test("a signature changed in one octet is refused, and so is a changed body")
    func tampering() throws {
        let root = try TestPKI.authority()
        let device = try TestPKI.device(by: root)
        for offset in [device.certificate.der.count - 5, 20] {
            var der = device.certificate.der
            der[offset] ^= 1
            guard let changed = try? Certificate(der: der) else { continue }
            let outcome = TestPKI.validate(
                .init(certificate: changed, key: device.key),
                anchors: [root]
            )
            #expect(!outcome.isAccepted)
        }
    }

    @Test("ECDSA malleability: n - s is another certificate of the same TBS digest")
    func malleability() throws {
        let root = try TestPKI.authority()
        let device = try TestPKI.device(by: root).certificate
        let clone = try Self.negated(device)
        let crypto = OpenSSLCrypto()
        let a = CertificateFacts(device, crypto: crypto)
        let b = CertificateFacts(clone, crypto: crypto)
        #expect(a.id != b.id)
        #expect(a.tbsDigest == b.tbsDigest)
        let party = TestPKI.Party(certificate: clone, key: root.key)
        #expect(TestPKI.validate(party, anchors: [root]).code == "ok")
    }

    /// The certificate with (r, n - s) as its signature.
    static func negated(_ certificate: Certificate) throws -> Certificate {
        let order: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
            0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63,
            0x25, 0x51,
        ]
        let (tbs, signature) = certificate.withTBS { tbs in
            certificate.withSignature { signature in
                ((0..<tbs.count).map { tbs[$0] }, (0..<signature.count).map { signature[$0] })
            }
        }
        var outer = DERCursor(0..<signature.count)
        var members = DERCursor(try outer.next(signature.span).content)
        let r = Array(signature[try members.next(signature.span).content])
        let s = Array(signature[try members.next(signature.span).content])
        let padded = [UInt8](repeating: 0, count: 33 - s.count) + s
        var result: [UInt8] = []
        var borrow = 0
        for i in (0..<32).reversed() {
            let difference = Int(order[i]) - Int(padded[i + 1]) - borrow
            borrow = difference < 0 ? 1 : 0
            result.insert(UInt8((difference + 256) & 255), at: 0)
        }
        let changed = DERWriter.sequence(DERWriter.integer(r), DERWriter.integer(result))
        return try Certificate(
            der: DERWriter.sequence(
                tbs,
                certificate.signatureAlgorithm.der ?? [],
                DERWriter.bitString(changed)
            )
        )
    }
}

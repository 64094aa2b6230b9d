import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

/// A revocation list made for one test.
private struct TestCRL {
    var serials: [[UInt8]] = []
    var from: Int64 = -60
    var until: Int64? = 60
    var number: Int? = 1
    /// Further extensions: identifier, criticality, value.
    var more: [(String, Bool, [UInt8])] = []

    private func time(_ seconds: Int64) -> [UInt8] {
        let text = TestPKI.now.adding(seconds: seconds).rfc3339(fraction: .none) ?? ""
        let digits = text.utf8.filter { (0x30...0x39).contains($0) }
        return DERWriter.element(0x17, Array(digits.dropFirst(2)) + [0x5A])
    }

    func sign(
        _ issuer: TestPKI.Party,
        with key: OpenSSLPrivateKey? = nil
    ) throws
        -> CertificateRevocationList
    {
        let key = key ?? issuer.key
        let algorithm = try #require(key.signatureAlgorithm.der)
        let entries = serials.map { DERWriter.sequence(DERWriter.integer($0), time(-30)) }
        let numbers = number.map { [("2.5.29.20", false, DERWriter.integer($0))] } ?? []
        let extensions = try (numbers + more).map { text, isCritical, value in
            DERWriter.sequence(
                DERWriter.objectIdentifier(try #require(ObjectIdentifier(text))),
                isCritical ? DERWriter.isTrue : [],
                DERWriter.octetString(value)
            )
        }
        let tbs = DERWriter.sequence(
            DERWriter.integer(1),
            algorithm,
            issuer.certificate.subject.der,
            time(from),
            until.map(time) ?? [],
            entries.isEmpty ? [] : DERWriter.element(0x30, entries.flatMap { $0 }),
            extensions.isEmpty
                ? []
                : DERWriter.element(0xA0, DERWriter.element(0x30, extensions.flatMap { $0 }))
        )
        return try CertificateRevocationList(
            der: DERWriter.sequence(tbs, algorithm, DERWriter.bitString(try key.sign(tbs)))
        )
    }
}

@Suite("RFC 5280 §6.3 revocation lists")
struct RevocationTests {
    @Test("§6.3.3 what makes a list unusable is named")
    func reasons() throws {
        let root = try TestPKI.authority()
        let device = try TestPKI.device(by: root, serial: [0x42])
        let critical = [("1.3.6.1.4.1.55738.5", true, DERWriter.null)]
        let delta = [("2.5.29.27", true, DERWriter.integer(1))]
        let indirect = [("2.5.29.28", true, DERWriter.sequence([0x84, 1, 0xFF]))]
        let onlyCAs = [("2.5.29.28", true, DERWriter.sequence([0x82, 1, 0xFF]))]
        let cases: [(TestCRL, String)] = [
            (TestCRL(serials: [[0x41], [0x43]]), "ok"),
            (TestCRL(serials: [[0x43], [0x42]]), "revoked"),
            (TestCRL(until: -1), "crl_expired"),
            (TestCRL(until: 0), "ok"),
            (TestCRL(from: 1), "crl_not_yet_valid"),
            (TestCRL(until: nil), "crl_malformed"),
            (TestCRL(number: nil), "crl_malformed"),
            (TestCRL(more: critical), "crl_unknown_critical_extension"),
            (TestCRL(more: delta), "crl_unsupported"),
            (TestCRL(more: indirect), "crl_unsupported"),
            (TestCRL(more: onlyCAs), "crl_missing"),
        ]
        for (crl, code) in cases {
            let outcome = TestPKI.validate(device, anchors: [root], crls: [try crl.sign(root)])
            #expect(outcome.code == code, "\(crl)")
        }
    }

    @Test("§6.3.3 (f), (g) a list of another key or without cRLSign is refused")
    func signers() throws {
        let root = try TestPKI.authority()
        let device = try TestPKI.device(by: root)
        let forged = try TestCRL().sign(root, with: .generate(.ec(.p256)))
        #expect(
            TestPKI.validate(device, anchors: [root], crls: [forged]).code
                == "crl_signature_invalid"
        )
        let silent = try TestPKI.authority(usage: .keyCertSign)
        let other = try TestPKI.device(by: silent)
        #expect(
            TestPKI.validate(other, anchors: [silent], crls: [try TestCRL().sign(silent)]).code
                == "crl_issuer_no_crl_sign"
        )
        let bare = try TestPKI.authority(usage: nil)
        let third = try TestPKI.device(by: bare)
        #expect(
            TestPKI.validate(third, anchors: [bare], crls: [try TestCRL().sign(bare)]).code == "ok"
        )
    }

    @Test("a list is needed by mode, and a list of another issuer is none")
    func modes() throws {
        let root = try TestPKI.authority()
        let other = try TestPKI.authority("Other")
        let device = try TestPKI.device(by: root, serial: [5])
        let foreign = try TestCRL(serials: [[5]]).sign(other)
        var profile = Profile.iotClient
        for (mode, code) in [
            (RevocationMode.ignored, "ok"), (.ifAvailable, "ok"), (.required, "crl_missing"),
        ] {
            profile.revocation = mode
            #expect(
                TestPKI.validate(device, anchors: [root], profile: profile, crls: [foreign]).code
                    == code
            )
        }
    }

    @Test("a revoked intermediate, and the moment at which the chain needs a new list")
    func intermediates() throws {
        let root = try TestPKI.authority()
        let middle = try TestPKI.authority("M", by: root, serial: [7])
        let device = try TestPKI.device(by: middle)
        let lists = [
            try TestCRL(until: 50).sign(root), try TestCRL(until: 40).sign(middle),
        ]
        let chain = try TestPKI.validate(device, [middle], anchors: [root], crls: lists).get()
        #expect(chain.validUntil == TestPKI.now.adding(seconds: 40))
        let revoking = [try TestCRL(serials: [[7]]).sign(root), lists[1]]
        #expect(
            TestPKI.validate(device, [middle], anchors: [root], crls: revoking).code
                == "issuer_revoked"
        )
    }

    @Test("§5.3 entries are found whatever their order and number")
    func lookup() throws {
        let root = try TestPKI.authority()
        var serials: [[UInt8]] = []
        for i in 1...400 { serials.append([UInt8(1 + i * 7 % 100), UInt8(i & 255)]) }
        serials.shuffle()
        let list = try TestCRL(serials: serials).sign(root)
        #expect(list.count == 400)
        for serial in serials {
            #expect(list.entry(serialNumber: serial)?.serialNumber == serial)
        }
        #expect(list.entry(serialNumber: [0x7F, 0x7F, 0x7F]) == nil)
        #expect(list.entry(serialNumber: []) == nil)
    }

    @Test("entries and bytes at their limit, and one more")
    func limits() throws {
        let root = try TestPKI.authority()
        let der = try TestCRL(serials: [[1], [2]]).sign(root).der
        var limits = CertificateRevocationList.Limits()
        limits.entries = 2
        limits.bytes = der.count
        #expect(try CertificateRevocationList(der: der, limits: limits).count == 2)
        limits.entries = 1
        #expect(throws: MalformedDER.self) {
            _ = try CertificateRevocationList(der: der, limits: limits)
        }
        limits.entries = 2
        limits.bytes = der.count - 1
        #expect(throws: MalformedDER(.oversize(limit: der.count - 1), at: 0)) {
            _ = try CertificateRevocationList(der: der, limits: limits)
        }
    }
}

import Foundation
import IoTTestSupport
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

/// One record of NIST's path validation suite.
private struct PKITSRecord: Decodable {
    var Name: String
    var CertPath: [String]
    var CRLPath: [String]
    var ShouldValidate: Bool
    var InitialPolicySet: [String]
    var InitialPolicyMappingInhibit: Bool
    var InitialExplicitPolicy: Bool
    var InitialAnyPolicyInhibit: Bool

    /// `4.13` of `4.13.38 …`.
    var section: String { Name.split(separator: ".").prefix(2).joined(separator: ".") }
    /// `4.13.38`.
    var id: String { String(Name.prefix { $0 != " " }) }
}

@Suite("NIST PKITS: path validation, policies and CRLs")
struct PKITSTests {
    private static let suite = VectorSuite(
        label: "pkits",
        variable: "IOT_VECTORS_PKITS",
        vendored: "pkits/expected.json"
    )

    /// Where the objects are: a folder named by `IOT_VECTORS_PKITS_DATA`, or PyPI's
    /// cryptography-vectors in the checkout's `.venv`.
    private static var objects: URL? {
        if let path = ProcessInfo.processInfo.environment["IOT_VECTORS_PKITS_DATA"] {
            return URL(fileURLWithPath: path)
        }
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let library = root.appendingPathComponent(".venv/lib")
        let versions =
            (try? FileManager.default.contentsOfDirectory(atPath: library.path)) ?? []
        return versions.map {
            library.appendingPathComponent(
                "\($0)/site-packages/cryptography_vectors/x509/PKITS_data"
            )
        }.first { FileManager.default.fileExists(atPath: $0.path) }
    }

    @Test("RFC 5280 §6: every record, with the reasons of those that are judged otherwise")
    func pkits() throws {
        guard let file = Self.suite.location, let objects = Self.objects else {
            return Self.suite.reportMissing()
        }
        let records = try JSONDecoder().decode([PKITSRecord].self, from: Data(contentsOf: file))
        let exceptions = try JSONDecoder().decode(
            [String: String].self,
            from: Data(
                contentsOf: file.deletingLastPathComponent().appendingPathComponent(
                    "exceptions.json"
                )
            )
        )
        var failures: [String] = []
        var sections: [String: (passed: Int, excepted: Int, failed: Int)] = [:]
        for record in records {
            let outcome = try judge(record, objects)
            let isRight = outcome?.isAccepted ?? false == record.ShouldValidate
            var counts = sections[record.section] ?? (0, 0, 0)
            switch (isRight, exceptions[record.id]) {
            case (true, nil): counts.passed += 1
            case (false, .some): counts.excepted += 1
            case (true, .some):
                counts.failed += 1
                failures.append("\(record.Name): listed as an exception, but right")
            case (false, nil):
                counts.failed += 1
                failures.append("\(record.Name): \(outcome?.explain() ?? "does not parse")")
            }
            sections[record.section] = counts
        }
        let order = sections.keys.sorted { a, b in
            Int(a.dropFirst(2)) ?? 0 < Int(b.dropFirst(2)) ?? 0
        }
        for section in order {
            guard let counts = sections[section] else { continue }
            print(
                "pkits \(section): \(counts.passed) right, \(counts.excepted) listed exceptions, "
                    + "\(counts.failed) wrong"
            )
        }
        Self.suite.report(
            passed: sections.values.reduce(0) { $0 + $1.passed },
            failed: failures.count,
            skipped: sections.values.reduce(0) { $0 + $1.excepted }
        )
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    private func judge(_ record: PKITSRecord, _ objects: URL) throws -> Outcome? {
        func certificate(_ name: String) throws -> Certificate? {
            let data = try Data(contentsOf: objects.appendingPathComponent("certs/" + name))
            return try? Certificate(der: [UInt8](data))
        }
        let lists = try record.CRLPath.compactMap { name in
            let data = try Data(contentsOf: objects.appendingPathComponent("crls/" + name))
            return try? CertificateRevocationList(der: [UInt8](data))
        }
        guard let first = record.CertPath.first, let last = record.CertPath.last,
            let anchor = try certificate(first), let leaf = try certificate(last)
        else { return nil }
        let others = try record.CertPath.dropFirst().dropLast().compactMap(certificate)
        var profile = Profile.pathValidationOnly
        profile.revocation = .required
        profile.inhibitsPolicyMapping = record.InitialPolicyMappingInhibit
        profile.requiresExplicitPolicy = record.InitialExplicitPolicy
        profile.inhibitsAnyPolicy = record.InitialAnyPolicyInhibit
        if record.InitialPolicySet != ["anyPolicy"] {
            profile.policies = Set(
                record.InitialPolicySet.compactMap { name in
                    ObjectIdentifier(
                        "2.16.840.1.101.3.2.1.48."
                            + name.replacingOccurrences(of: "NIST-test-policy-", with: "")
                    )
                }
            )
        }
        let validator = PathValidator(
            anchors: [TrustAnchor(anchor)],
            profile: profile,
            crypto: OpenSSLCrypto()
        )
        return validator.validate(
            leaf,
            intermediates: others,
            crls: CRLSet(lists),
            at: WallClock(seconds: 1_356_998_400)
        )
    }
}

import Foundation
import IoTTestSupport
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

/// The index of the device PKI suite, as far as certificates alone are judged.
private struct DevicePKI: Decodable {
    struct Authority: Decodable {
        var id: String
        var file: String
    }
    struct Case: Decodable {
        var id: String
        var chain: [String]
        var registeredCAs: [String]
        var time: Int64
        var crls: [String]
        var verdict: String
        var reason: String
        var altReasons: [String]?
        var requireCRL: Bool?
        var certificateId: String?
    }
    var cas: [Authority]
    var cases: [Case]
}

@Suite("Device PKI: verdicts and reasons of the iotClient profile")
struct DevicePKITests {
    private static let suite = VectorSuite(
        label: "jitr-certificates",
        variable: "IOT_VECTORS_JITR",
        vendored: "jitr-pki/index.json"
    )

    @Test("RFC 5280 §6 on device certificates: verdict, and the reason for every reject")
    func verdicts() throws {
        guard let file = Self.suite.location else { return Self.suite.reportMissing() }
        let folder = file.deletingLastPathComponent().appendingPathComponent("der")
        let index = try JSONDecoder().decode(DevicePKI.self, from: Data(contentsOf: file))
        let authorities = Dictionary(uniqueKeysWithValues: index.cas.map { ($0.id, $0.file) })
        var passed = 0
        var failures: [String] = []
        for item in index.cases {
            let (code, id, text) = try judge(item, folder, authorities)
            let isRight =
                switch item.verdict {
                case "any": true
                case "accept": code == nil && id == item.certificateId
                default:
                    code.map { $0 == item.reason || item.altReasons?.contains($0) ?? false }
                        ?? false
                }
            if isRight {
                passed += 1
            } else {
                failures.append("\(item.id): expected \(item.reason), got \(code ?? "ok") \(text)")
            }
        }
        Self.suite.report(passed: passed, failed: failures.count, skipped: 0)
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    /// The code of the refusal, or `nil` and the certificate's id.
    private func judge(
        _ item: DevicePKI.Case,
        _ folder: URL,
        _ authorities: [String: String]
    ) throws -> (String?, String, String) {
        func read(_ name: String) throws -> [UInt8] {
            try [UInt8](Data(contentsOf: folder.appendingPathComponent(name)))
        }
        let crypto = OpenSSLCrypto()
        let leaf: Certificate
        do {
            leaf = try Certificate(der: read(item.chain[0]))
        } catch let error as MalformedDER {
            return (error.code, "", "\(error)")
        }
        let anchors = try item.registeredCAs.map { name in
            // `@file` stands for an intermediate that is registered itself.
            let file = name.hasPrefix("@") ? name.dropFirst() + ".der" : authorities[name] ?? ""
            return TrustAnchor(try Certificate(der: read(String(file))))
        }
        var profile = Profile.iotClient
        profile.revocation = item.requireCRL ?? false ? .required : .ifAvailable
        let validator = PathValidator(anchors: anchors, profile: profile, crypto: crypto)
        let outcome = validator.validate(
            leaf,
            intermediates: item.chain.dropFirst().compactMap { name in
                try? Certificate(der: read(name))
            },
            crls: CRLSet(try item.crls.map { try CertificateRevocationList(der: read($0)) }),
            at: WallClock(seconds: item.time)
        )
        guard case .failure(let error) = outcome.result else {
            return (nil, CertificateFacts(leaf, crypto: crypto).id, "")
        }
        return (error.code, "", outcome.explain())
    }
}

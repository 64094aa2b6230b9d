import Foundation
import IoTTestSupport
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

/// One case of x509-limbo, in the suite's own schema.
private struct LimboCase: Decodable {
    struct Name: Decodable {
        var kind: String
        var value: String
    }
    var id: String
    var validation_kind: String
    var trusted_certs: [String]
    var untrusted_intermediates: [String]
    var peer_certificate: String
    var validation_time: String?
    var key_usage: [String]
    var extended_key_usage: [String]
    var expected_result: String
    var expected_peer_name: Name?
    var expected_peer_names: [Name]
    var max_chain_depth: Int?
    var crls: [String]?
}

private struct LimboFile: Decodable {
    var testcases: [LimboCase]
}

/// Which profiles a case applies to.
private struct Applicability: Decodable {
    var expected: String
    var rfc5280: Bool
    var webpki: Bool
    var iotClient: Bool
}

@Suite("x509-limbo: every applicable case of each profile")
struct LimboTests {
    private static let suite = VectorSuite(
        label: "limbo",
        variable: "IOT_VECTORS_LIMBO",
        shared: "x509-limbo/limbo.json"
    )
    private static let profiles = VectorSuite(
        label: "limbo",
        variable: "IOT_VECTORS_LIMBO_PROFILES",
        shared: "x509-limbo/profiles.json"
    )

    @Test("RFC 5280 §6 and the CA/Browser Forum's rules: the suite's verdict in every profile")
    func limbo() throws {
        guard let file = Self.suite.location, let table = Self.profiles.location else {
            return Self.suite.reportMissing()
        }
        let cases = try JSONDecoder().decode(LimboFile.self, from: Data(contentsOf: file)).testcases
        let applicable = try JSONDecoder().decode(
            [String: Applicability].self,
            from: Data(contentsOf: table)
        )
        var passed = 0
        var skipped = 0
        var failures: [String] = []
        for item in cases {
            guard let row = applicable[item.id] else {
                skipped += 3
                continue
            }
            for (name, applies) in [
                ("rfc5280", row.rfc5280), ("webpki", row.webpki), ("iotClient", row.iotClient),
            ] {
                guard applies else {
                    skipped += 1
                    continue
                }
                let (isAccepted, reason) = judge(item, profile: name)
                if isAccepted == (row.expected == "SUCCESS") {
                    passed += 1
                } else {
                    failures.append("\(name) \(item.id): expected \(row.expected), \(reason)")
                }
            }
        }
        Self.suite.report(passed: passed, failed: failures.count, skipped: skipped)
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    private func judge(_ item: LimboCase, profile name: String) -> (Bool, String) {
        guard let leaf = certificates([item.peer_certificate], keepErrors: true).first else {
            return (false, "the leaf does not parse")
        }
        let crls = (item.crls ?? []).compactMap { text in
            (try? PEM.decode(text))?.first.flatMap {
                try? CertificateRevocationList(der: $0.der)
            }
        }
        if crls.count != (item.crls ?? []).count { return (false, "a CRL does not parse") }
        let validator = PathValidator(
            anchors: certificates(item.trusted_certs).map { TrustAnchor($0) },
            profile: profile(item, name),
            crypto: OpenSSLCrypto()
        )
        let time = item.validation_time.flatMap { try? WallClock(rfc3339: $0) }
        let outcome = validator.validate(
            leaf,
            intermediates: certificates(item.untrusted_intermediates),
            crls: CRLSet(crls),
            names: name == "iotClient" ? [] : names(item),
            at: time ?? WallClock(seconds: Int64(Date().timeIntervalSince1970))
        )
        return (outcome.isAccepted, outcome.explain())
    }

    private func profile(_ item: LimboCase, _ name: String) -> Profile {
        var profile: Profile
        switch name {
        case "webpki": profile = .webServer
        case "iotClient":
            // The suite's cases are about servers for the most part, and about RFC 5280: the purpose and
            // the key usage are the case's, and a CA as a leaf is the RFC's verdict.
            profile = .iotClient
            profile.allowsCALeaf = true
            profile.leafKeyUsage = []
        default: profile = .rfc5280
        }
        profile.purpose = item.validation_kind == "CLIENT" ? .clientAuth : .serverAuth
        if item.key_usage.contains("digitalSignature") { profile.leafKeyUsage = .digitalSignature }
        if let depth = item.max_chain_depth { profile.maximumIntermediates = depth }
        return profile
    }

    private func names(_ item: LimboCase) -> [ExpectedName] {
        (item.expected_peer_name.map { [$0] } ?? item.expected_peer_names).compactMap { name in
            switch name.kind {
            case "DNS": .dns(name.value)
            case "IP": .ip(text: name.value)
            case "RFC822": .rfc822(name.value)
            default: nil
            }
        }
    }

    private func certificates(_ texts: [String], keepErrors: Bool = false) -> [Certificate] {
        var limits = Certificate.Limits()
        limits.bytes = 1 << 20
        return texts.flatMap { (try? Certificate.fromPEM($0, limits: limits)) ?? [] }
    }
}

import DeviceRegistration
import Foundation
import IoTTestSupport
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

/// The index of the device PKI suite.
private struct DevicePKI: Decodable {
    struct Verdict: Decodable {
        var verdict: String
        var reason: String
    }
    struct Authority: Decodable {
        var id: String
        var file: String
        var certificateId: String
        var registration: Verdict
    }
    struct Verification: Decodable {
        var id: String
        var ca: String
        var file: String
        var registrationCode: String
        var time: Int64
        var verdict: String
        var reason: String
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
    var defaultTime: Int64
    var cas: [Authority]
    var verifications: [Verification]
    var cases: [Case]
}

@Suite("Device PKI: registration of CAs and admission of devices")
struct DevicePKIAdmissionTests {
    private static let suite = VectorSuite(
        label: "jitr",
        variable: "IOT_VECTORS_JITR",
        vendored: "jitr-pki/index.json"
    )
    private static let authoritySuite = VectorSuite(
        label: "jitr-authorities",
        variable: "IOT_VECTORS_JITR",
        vendored: "jitr-pki/index.json"
    )

    private struct Vectors {
        var index: DevicePKI
        var folder: URL

        init?(_ file: URL?) throws {
            guard let file else { return nil }
            folder = file.deletingLastPathComponent().appendingPathComponent("der")
            index = try JSONDecoder().decode(DevicePKI.self, from: Data(contentsOf: file))
        }

        func read(_ name: String) throws -> [UInt8] {
            try [UInt8](Data(contentsOf: folder.appendingPathComponent(name)))
        }

        func authority(_ id: String) throws -> Certificate {
            // `@file` stands for an intermediate that is registered itself.
            let file =
                id.hasPrefix("@")
                ? id.dropFirst() + ".der" : index.cas.first { $0.id == id }?.file ?? ""
            return try Certificate(der: read(String(file)))
        }
    }

    @Test("§3 and §4: 21 verification certificates and 179 device chains, verdict and reason")
    func admission() async throws {
        guard let vectors = try Vectors(Self.suite.location) else {
            return Self.suite.reportMissing()
        }
        var passed = 0
        var failures: [String] = []
        for item in vectors.index.verifications {
            let code = try await register(item, vectors)
            if code == (item.verdict == "accept" ? "ok" : item.reason) {
                passed += 1
            } else {
                failures.append("verification \(item.id): expected \(item.reason), got \(code)")
            }
        }
        for item in vectors.index.cases {
            let word = try await connect(item, vectors)
            let isRight =
                switch item.verdict {
                case "any": true
                case "accept": word == "ok"
                default: word == item.reason || item.altReasons?.contains(word) ?? false
                }
            if isRight {
                passed += 1
            } else {
                failures.append("\(item.id): expected \(item.reason), got \(word)")
            }
        }
        Self.suite.report(passed: passed, failed: failures.count, skipped: 0)
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    @Test("§2: which CA certificates can be registered")
    func authorities() async throws {
        guard let vectors = try Vectors(Self.authoritySuite.location) else {
            return Self.authoritySuite.reportMissing()
        }
        var failures: [String] = []
        for item in vectors.index.cas {
            let registry = TestRegistry()
            var registration = AuthorityRegistration(
                try vectors.authority(item.id),
                verification: nil
            )
            registration.mode = .sniOnly
            let result = await registry.registrar.register(
                registration,
                at: WallClock(seconds: vectors.index.defaultTime)
            )
            switch result {
            case .success(let record):
                if item.registration.verdict != "accept" || record.id.rawValue != item.certificateId
                {
                    failures.append("\(item.id): expected \(item.registration.reason), got ok")
                }
            case .failure(let error):
                if error.code != item.registration.reason {
                    failures.append(
                        "\(item.id): expected \(item.registration.reason), got \(error)"
                    )
                }
            }
        }
        let count = vectors.index.cas.count
        Self.authoritySuite.report(
            passed: count - failures.count,
            failed: failures.count,
            skipped: 0
        )
        #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    }

    /// The code of registering a CA with a verification certificate; `ok` where it was registered.
    private func register(
        _ item: DevicePKI.Verification,
        _ vectors: Vectors
    ) async throws -> String {
        let registry = TestRegistry()
        let code = RegistrationCodeRecord(
            current: item.registrationCode,
            retired: [],
            revision: .first
        )
        #expect(registry.store.replaceRegistrationCode(code, expected: nil))
        let verification: Certificate
        do {
            verification = try Certificate(der: vectors.read(item.file))
        } catch let error as MalformedDER {
            return error.code
        }
        let result = await registry.registrar.register(
            AuthorityRegistration(try vectors.authority(item.ca), verification: verification),
            at: WallClock(seconds: item.time)
        )
        switch result {
        case .success: return "ok"
        case .failure(let error): return error.code
        }
    }

    /// Connects, activates what was registered, and connects again.
    ///
    /// - Returns: the code of the refusal; `ok` where the second connection was admitted.
    private func connect(_ item: DevicePKI.Case, _ vectors: Vectors) async throws -> String {
        let registry = TestRegistry {
            $0.profile.revocation = item.requireCRL ?? false ? .required : .ifAvailable
        }
        let now = WallClock(seconds: item.time)
        for id in item.registeredCAs {
            // Some of them would not be registered; a verifier must not rely on that.
            let certificate = try vectors.authority(id)
            let text = certificate.id(crypto: registry.registrar.crypto)
            let record = AuthorityRecord(
                id: try #require(CertificateID(text)),
                certificate: certificate,
                mode: .default,
                createdAt: now,
                verificationDigest: nil,
                status: .active,
                allowsAutoRegistration: true,
                configuration: nil,
                lastModified: now,
                revision: .first
            )
            _ = registry.store.insert(record, perSubject: 10)
        }
        let chain = try item.chain.map { try vectors.read($0) }
        let crls = CRLSet(
            try item.crls.map { try CertificateRevocationList(der: vectors.read($0)) }
        )
        let registrar = registry.registrar
        let first = await registrar.admit(chain, serverName: nil, crls: crls, at: now)
        let stored = registry.store.certificates(of: nil, after: nil, limit: 10)
        guard case .pending(let record, .some) = first else {
            #expect(stored.isEmpty, "\(item.id) was stored")
            return first.word
        }
        #expect(stored.map(\.id) == [record.id])
        if let id = item.certificateId { #expect(record.id.rawValue == id) }
        _ = try await registrar.apply(.activate, to: record.id, at: now).get()
        let second = await registrar.admit(chain, serverName: nil, crls: crls, at: now)
        // The device's certificate alone is enough for a known one.
        let alone = await registrar.admit([chain[0]], serverName: nil, crls: crls, at: now)
        #expect(alone.word == second.word, "\(item.id)")
        return second.word == "admitted" ? "ok" : second.word
    }
}

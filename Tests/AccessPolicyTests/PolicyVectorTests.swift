import AccessPolicy
import Foundation
import IoTTestSupport
import IoTTime
import Testing

/// The format of `Tests/Vectors/policy`.
struct PolicyVectorFile {
    struct Case {
        var id: String
        var policies: [String]
        var boundary: [String]?
        var action: String
        var resource: String
        var context: [String: [String]]
        var expect: String
        var expectIgnored: String?
        var isContested: Bool
    }

    var cases: [Case] = []
    var malformed: [(title: String, text: String)] = []

    init(_ url: URL) throws {
        let root = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
        let file = try #require(root as? [String: Any])
        for entry in try #require(file["cases"] as? [[String: Any]]) {
            cases.append(try Self.decision(entry))
        }
        for entry in (file["malformed"] as? [[String: Any]]) ?? [] {
            let title = entry["title"] as? String ?? "?"
            if let text = entry["documentText"] as? String {
                malformed.append((title, text))
            } else {
                malformed.append((title, try Self.text(entry["document"] ?? NSNull())))
            }
        }
    }

    private static func text(_ value: Any) throws -> String {
        let data = try JSONSerialization.data(
            withJSONObject: value,
            options: [.fragmentsAllowed, .sortedKeys]
        )
        return String(decoding: data, as: UTF8.self)
    }

    private static func decision(_ entry: [String: Any]) throws -> Case {
        var context: [String: [String]] = [:]
        for (key, value) in (entry["context"] as? [String: Any]) ?? [:] {
            context[key] = (value as? [String]) ?? (value as? String).map { [$0] } ?? []
        }
        return Case(
            id: try #require(entry["id"] as? String),
            policies: try ((entry["policies"] as? [Any]) ?? []).map(text),
            boundary: try (entry["iamPolicies"] as? [Any])?.map(text),
            action: try #require(entry["action"] as? String),
            resource: try #require(entry["resource"] as? String),
            context: context,
            expect: try #require(entry["expect"] as? String),
            expectIgnored: entry["expectIgnored"] as? String,
            isContested: (entry["contested"] as? Bool) ?? false
        )
    }
}

extension PolicyVectorFile.Case {
    /// Our answer in the words of the vectors; a malformed document could not have been attached.
    func answer(_ rule: UnresolvedVariableRule = .denies) -> String {
        func documents(_ texts: [String]) -> [(name: String, document: PolicyDocument)] {
            texts.enumerated().compactMap { index, text in
                (try? PolicyDocument(text)).map { ("policy\(index)", $0) }
            }
        }
        var request = AuthorizationContext(now: WallClock(milliseconds: 1_700_000_000_000))
        for (key, values) in context { request.set(ContextKey(key), to: values) }
        let set = PolicySet(
            documents(policies),
            boundary: boundary.map(documents),
            unresolvedVariables: rule
        )
        switch set.decide(PolicyAction(action), on: resource, in: request) {
        case .allowed: return "ALLOWED"
        case .explicitDeny: return "EXPLICIT_DENY"
        case .implicitDeny: return "IMPLICIT_DENY"
        }
    }
}

@Suite("AWS IoT policies: decision vectors")
struct PolicyVectorTests {
    @Test("every decision and every malformed document; contested ones are counted apart")
    func decisions() throws {
        let suite = VectorSuite(
            label: "policy",
            variable: "IOT_VECTORS_POLICY",
            vendored: "policy/policy-vectors.json"
        )
        guard let url = suite.location else { return suite.reportMissing() }
        let file = try PolicyVectorFile(url)
        var passed = 0
        var failures: [String] = []
        var contested: [String] = []
        for vector in file.cases {
            let answer = vector.answer()
            if answer == vector.expect {
                passed += 1
            } else if vector.isContested {
                contested.append("\(vector.id): \(answer)")
            } else {
                failures.append("\(vector.id): \(answer), not \(vector.expect)")
            }
        }
        for (title, text) in file.malformed {
            if (try? PolicyDocument(text)) == nil {
                passed += 1
            } else {
                failures.append("accepted: \(title)")
            }
        }
        print("policy: contested and judged differently: \(contested)")
        suite.report(passed: passed, failed: failures.count, skipped: contested.count)
        #expect(failures == [])
        #expect(passed > 0)
    }

    @Test("variables without a value fail closed; the service's reading is a switch")
    func unresolved() throws {
        let suite = VectorSuite(
            label: "policy-unresolved",
            variable: "IOT_VECTORS_POLICY_UNRESOLVED",
            vendored: "policy/unresolved-vectors.json"
        )
        guard let url = suite.location else { return suite.reportMissing() }
        let file = try PolicyVectorFile(url)
        var failures: [String] = []
        for vector in file.cases {
            let answers = (vector.answer(.denies), vector.answer(.ignored))
            if answers != (vector.expect, vector.expectIgnored ?? vector.expect) {
                failures.append("\(vector.id): \(answers)")
            }
        }
        suite.report(
            passed: file.cases.count - failures.count,
            failed: failures.count,
            skipped: 0
        )
        #expect(failures == [])
        #expect(!file.cases.isEmpty)
    }
}

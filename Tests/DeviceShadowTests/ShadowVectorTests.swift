import DeviceShadow
import Foundation
import IoTTestSupport
import IoTTime
import JSONDocument
import Testing

/// The format of `Tests/Vectors/shadow`.
struct ShadowVectorFile {
    struct Step {
        var now: WallClock
        var operation: String
        var thing: String
        var shadow: String?
        var payload: [UInt8]
        var query: JSONValue
        var expect: JSONValue
        var stored: JSONValue
    }

    struct Case {
        var id: String
        var kind: String
        var steps: [Step]
    }

    var cases: [Case] = []

    init(_ url: URL) throws {
        let root = try JSONValue(parsing: Array(Data(contentsOf: url)).span)
        for entry in try #require(root["cases"]?.array) {
            cases.append(
                Case(
                    id: try #require(entry["id"]?.string),
                    kind: try #require(entry["kind"]?.string),
                    steps: try #require(entry["steps"]?.array).map(Self.step)
                )
            )
        }
    }

    private static func step(_ entry: JSONValue) throws -> Step {
        Step(
            now: WallClock(seconds: try #require(entry["now"]?.number?.int64)),
            operation: try #require(entry["op"]?.string),
            thing: try #require(entry["thing"]?.string),
            shadow: entry["shadow"]?.string,
            payload: payload(entry),
            query: entry["query"] ?? .null,
            expect: entry["expect"] ?? .null,
            stored: entry["stored"] ?? .null
        )
    }

    /// `payload` is a JSON value, or a string that is the text itself.
    private static func payload(_ entry: JSONValue) -> [UInt8] {
        if let text = entry["payloadText"]?.string { return Array(text.utf8) }
        if let hex = entry["payloadHex"]?.string {
            let digits = hex.compactMap { $0.hexDigitValue }
            return stride(from: 0, to: digits.count - 1, by: 2).map {
                UInt8(digits[$0] * 16 + digits[$0 + 1])
            }
        }
        guard let value = entry["payload"] else { return [] }
        if let text = value.string { return Array(text.utf8) }
        return Array(value.description.utf8)
    }
}

/// Plays one sequence against an empty service.
struct ShadowVectorRun {
    let service = ShadowService(store: MemoryShadowStore())
    private var lastToken: (expected: String, ours: String)?

    /// What differs; `nil` where nothing does.
    mutating func play(_ vector: ShadowVectorFile.Case) async -> String? {
        for (index, step) in vector.steps.enumerated() {
            if let fault = await play(step) {
                return "\(vector.id) step \(index + 1): \(fault)"
            }
        }
        return nil
    }

    private mutating func play(_ step: ShadowVectorFile.Step) async -> String? {
        let fault =
            step.operation == "list" ? await playList(step) : await playOperation(step)
        // A listing is about no one shadow.
        if fault != nil || step.operation == "list" { return fault }
        let key = try? ShadowKey(thing: step.thing, name: step.shadow)
        let shadow = key.flatMap { service.store.load($0).shadow.shadow }
        let stored = shadow.map { parse($0.document) } ?? .null
        return stored == step.stored ? nil : "stored \(stored), not \(step.stored)"
    }

    private func playOperation(_ step: ShadowVectorFile.Step) async -> String? {
        guard let operation = ShadowTopic.Operation(rawValue: step.operation) else {
            return "unknown operation \(step.operation)"
        }
        let reaction = await service.handle(
            operation,
            thing: step.thing,
            name: step.shadow,
            payload: step.payload,
            at: step.now
        )
        var messages: [String: JSONValue] = [:]
        for message in reaction.messages {
            if message.topic.operation != operation { return "\(message.topic)" }
            messages[message.topic.kind.rawValue] = parse(message.payload)
        }
        // An invalid name leaves no topic to answer on; the caller is told all the same.
        if let rejection = reaction.rejection, messages["rejected"] == nil {
            messages["rejected"] = parse(rejection.payload(at: step.now))
        }
        for kind in ["accepted", "rejected", "delta", "documents"] {
            let expected = step.expect[kind] ?? .null
            let actual = messages[kind] ?? .null
            let same = kind == "rejected" ? fits(actual, expected) : actual == expected
            if !same { return "\(kind) is \(actual), not \(expected)" }
        }
        return nil
    }

    private mutating func playList(_ step: ShadowVectorFile.Step) async -> String? {
        var token = step.query["nextToken"]?.string
        if let lastToken, token == lastToken.expected { token = lastToken.ours }
        let size = step.query["pageSize"]
        let result = await service.list(
            thing: step.thing,
            pageSize: size?.number?.int64.map(Int.init) ?? size?.string.flatMap { Int($0) },
            nextToken: token,
            at: step.now
        )
        let body = parse(result.body)
        if result.status != 200 {
            guard let expected = step.expect["rejected"], !expected.isNull else {
                return "listing: \(body)"
            }
            return expected["code"]?.number?.int64 == Int64(result.status)
                ? nil : "listing: \(result.status), not \(expected)"
        }
        // Tokens are opaque: only that there is one can be compared.
        var ours = body.object ?? JSONObject()
        var expected = step.expect["accepted"]?.object ?? JSONObject()
        let tokens = (
            expected.removeValue(for: "nextToken")?.string,
            ours.removeValue(for: "nextToken")?.string
        )
        if case (let theirs?, let mine?) = tokens { lastToken = (theirs, mine) }
        let same = ours == expected && (tokens.0 == nil) == (tokens.1 == nil)
        return same ? nil : "listing is \(body), not \(expected)"
    }

    /// Code and token as expected, the message longer at most; a time is optional.
    private func fits(_ actual: JSONValue, _ expected: JSONValue) -> Bool {
        if expected.isNull || actual.isNull { return expected.isNull && actual.isNull }
        guard actual["code"] == expected["code"], let message = actual["message"]?.string else {
            return false
        }
        guard message.hasPrefix(expected["message"]?.string ?? "") else { return false }
        if let time = expected["timestamp"], time != actual["timestamp"] { return false }
        return actual["clientToken"] == expected["clientToken"]
    }

    private func parse(_ text: [UInt8]) -> JSONValue {
        (try? JSONValue(parsing: text.span)) ?? .string("no JSON: \(text)")
    }
}

@Suite("Shadow service: vectors")
struct ShadowVectorTests {
    @Test("every sequence; judgement is counted apart")
    func sequences() async throws {
        let suite = VectorSuite(
            label: "shadow",
            variable: "IOT_VECTORS_SHADOW",
            vendored: "shadow/shadow-vectors.json"
        )
        guard let url = suite.location else { return suite.reportMissing() }
        let exceptions = try Self.exceptions()
        var counts: [String: (passed: Int, failed: Int)] = [:]
        var failures: [String] = []
        for vector in try ShadowVectorFile(url).cases {
            var run = ShadowVectorRun()
            let fault = await run.play(vector)
            var count = counts[vector.kind] ?? (0, 0)
            if fault == nil { count.passed += 1 } else { count.failed += 1 }
            counts[vector.kind] = count
            if exceptions[vector.id] != nil {
                if fault == nil { failures.append("\(vector.id) passes unexpectedly") }
            } else if let fault {
                print("shadow: \(vector.kind): \(fault)")
                if vector.kind != "judgement" { failures.append(fault) }
            }
        }
        for (kind, count) in counts.sorted(by: { $0.key < $1.key }) {
            print("shadow (\(kind)): \(count.passed) passed, \(count.failed) failed")
        }
        let rest = counts.filter { $0.key != "judgement" }.values
        let judged = counts["judgement"] ?? (0, 0)
        suite.report(
            passed: rest.reduce(judged.passed) { $0 + $1.passed },
            failed: rest.reduce(0) { $0 + $1.failed },
            skipped: judged.failed
        )
        #expect(failures == [])
        #expect(!rest.isEmpty || judged.passed > 0)
    }

    /// Ids that we answer differently, with the reason.
    private static func exceptions() throws -> [String: JSONValue] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
            .appendingPathComponent("Vectors/shadow/exceptions.json")
        let value = try JSONValue(parsing: Array(Data(contentsOf: file)).span)
        var exceptions: [String: JSONValue] = [:]
        for member in value.object ?? JSONObject() { exceptions[member.name] = member.value }
        return exceptions
    }
}

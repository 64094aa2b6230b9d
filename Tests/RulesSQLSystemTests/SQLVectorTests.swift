import Foundation
import IoTTestSupport
import IoTTime
import JSONDocument
import RulesSQL
import RulesSQLSystem
import Testing

/// One case of `sql-vectors.json`.
private struct VectorCase {
    let fields: JSONObject

    func text(_ name: String) -> String? { fields[name]?.string }
    var id: String { text("id") ?? "?" }
    var kind: String { text("kind") ?? "?" }
    var context: JSONObject { fields["context"]?.object ?? JSONObject() }

    var payload: [UInt8] {
        if let encoded = text("payload_base64") {
            return Data(base64Encoded: encoded).map { Array($0) } ?? []
        }
        if let text = text("payload_text") { return Array(text.utf8) }
        return Array((fields["payload"] ?? .object(JSONObject())).description.utf8)
    }

    var version: SQLVersion {
        context["sqlVersion"]?.string.flatMap { SQLVersion(rawValue: $0) } ?? .v2016
    }

    var messageContext: MessageContext {
        let facts = context
        var context = MessageContext(
            now: WallClock(milliseconds: facts["timestamp"]?.number?.int64 ?? 1_700_000_000_123),
            accountID: facts["accountId"]?.string ?? "123456789012",
            clientID: facts["clientId"]?.string,
            principal: facts["principal"]?.string,
            traceID: facts["traceId"]?.string,
            sourceIP: facts["sourceIp"]?.string
        )
        context.contentType = facts["contentType"]?.string
        context.formatIndicator = facts["payloadFormatIndicator"]?.string
        context.responseTopic = facts["responseTopic"]?.string
        context.correlationData = facts["correlationData"]?.string
        context.fixedUUID = facts["newuuid"]?.string
        context.fixedRandom = facts["rand"]?.number?.decimal
        for pair in facts["userProperties"]?.array ?? [] {
            guard let pair = pair.array, pair.count == 2 else { continue }
            context.userProperties.append((pair[0].string ?? "", pair[1].string ?? ""))
        }
        return context
    }

    /// The scripted host's answer.
    func answer(_ call: HostCall) -> HostAnswer {
        for hook in context["hooks"]?.array ?? [] {
            guard hook["fn"]?.string == call.function.rawValue else { continue }
            if let arguments = hook["args"], arguments != .array(call.arguments) { continue }
            if let error = hook["error"]?.string { return .failure(error) }
            return .value(hook["returns"])
        }
        return .failure("no such call")
    }
}

/// What our implementation did, in the words of the vectors.
private enum Result: Equatable {
    case parseError
    case ruleError
    case noMatch
    case output([UInt8])
    case string(String)
}

private func run(_ vector: VectorCase) -> Result {
    var evaluator = Evaluator(environment: .system())
    var output: [UInt8] = []
    let payload = vector.payload
    let topic = Array((vector.text("topic") ?? "a/b").utf8)
    let context = vector.messageContext
    var answers = HostAnswers()
    var program: Program?
    if let sql = vector.text("sql") {
        do {
            program = try Program(parsing: sql, version: vector.version)
        } catch {
            return .parseError
        }
    }
    var template: Template?
    if let text = vector.text("template") {
        do {
            template = try Template(
                parsing: text,
                version: vector.version,
                variablesOf: program?.statement
            )
        } catch {
            return .parseError
        }
    }
    while true {
        let outcome: Outcome
        if let template {
            outcome = evaluator.expand(
                template,
                topic: topic.span,
                payload: payload.span,
                context: context,
                answers: &answers,
                into: &output
            )
        } else if let program {
            outcome = evaluator.evaluate(
                program,
                topic: topic.span,
                payload: payload.span,
                context: context,
                answers: &answers,
                into: &output
            )
        } else {
            return .parseError
        }
        switch outcome {
        case .needsHost(let call): answers.answers.append(vector.answer(call))
        case .failed: return .ruleError
        case .topicDiffers, .notFired: return .noMatch
        case .produced(let range):
            let bytes = Array(output[range])
            return template != nil
                ? .string(String(decoding: bytes, as: UTF8.self)) : .output(bytes)
        }
    }
}

private func isClose(_ a: JSONValue, _ b: JSONValue) -> Bool {
    switch (a, b) {
    case (.number(let x), .number(let y)):
        abs(x.double - y.double) <= 1e-12 * max(abs(x.double), abs(y.double))
    case (.array(let x), .array(let y)): x.count == y.count && zip(x, y).allSatisfy(isClose)
    case (.object(let x), .object(let y)):
        x.members.count == y.members.count
            && x.members.allSatisfy { member in
                y[member.name].map { isClose(member.value, $0) } ?? false
            }
    default: a == b
    }
}

private func passes(_ vector: VectorCase, _ result: Result) -> Bool {
    let expected = vector.fields["expected"]?.object ?? JSONObject()
    if expected["parse_error"] != nil { return result == .parseError }
    if expected["rule_error"] != nil { return result == .ruleError }
    if let string = expected["string"]?.string { return result == .string(string) }
    if expected["match"]?.bool == false { return result == .noMatch }
    guard case .output(let bytes) = result else { return false }
    if expected["empty"]?.bool == true { return bytes.isEmpty }
    if let encoded = expected["output_base64"]?.string {
        return Data(bytes).base64EncodedString() == encoded
    }
    if let text = expected["output_text"]?.string {
        return String(decoding: bytes, as: UTF8.self) == text
    }
    guard let wanted = expected["output"],
        let actual = try? JSONValue(parsing: String(decoding: bytes, as: UTF8.self))
    else { return false }
    return vector.text("compare") == "approx" ? isClose(wanted, actual) : wanted == actual
}

private func describe(_ result: Result) -> String {
    switch result {
    case .output(let bytes): String(decoding: bytes, as: UTF8.self)
    default: "\(result)"
    }
}

@Suite("rules SQL vectors")
struct SQLVectorTests {
    @Test("every case of the rules-sql vectors has its documented result")
    func runsVectors() throws {
        let suite = VectorSuite(
            label: "rules-sql",
            variable: "IOT_VECTORS_RULES_SQL",
            vendored: "rules-sql/sql-vectors.json"
        )
        guard let location = suite.location else { return suite.reportMissing() }
        let text = String(decoding: try Data(contentsOf: location), as: UTF8.self)
        let cases = try #require(
            JSONValue(parsing: text, options: JSONReader.Options(maximumLength: 1 << 28)).array
        )
        let exceptions = try Self.exceptions()
        var passed: [String: Int] = [:]
        var failed: [String: Int] = [:]
        var skipped = 0
        for entry in cases {
            let vector = VectorCase(fields: entry.object ?? JSONObject())
            if vector.fields["disputed"]?.bool == true {
                skipped += 1
                continue
            }
            let result = run(vector)
            let passes = passes(vector, result)
            if exceptions[vector.id] != nil {
                #expect(!passes, "\(vector.id) passes, but stands in exceptions.json")
                skipped += 1
                continue
            }
            if passes {
                passed[vector.kind, default: 0] += 1
            } else {
                failed[vector.kind, default: 0] += 1
                let wanted = vector.fields["expected"]?.description ?? ""
                Issue.record(
                    "\(vector.id): \(vector.text("sql") ?? vector.text("template") ?? "") gave \(describe(result)), not \(wanted)"
                )
            }
        }
        for kind in ["doc", "derived", "judgement"] {
            print("rules-sql \(kind): \(passed[kind] ?? 0) passed, \(failed[kind] ?? 0) failed")
        }
        suite.report(
            passed: passed.values.reduce(0, +),
            failed: failed.values.reduce(0, +),
            skipped: skipped
        )
    }

    /// Cases that are answered differently on purpose, each with its reason.
    private static func exceptions() throws -> JSONObject {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Vectors/rules-sql/exceptions.json")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        return try JSONValue(parsing: text).object ?? JSONObject()
    }
}

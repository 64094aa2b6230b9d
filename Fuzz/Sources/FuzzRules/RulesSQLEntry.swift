import IoTTime
import JSONDocument
import RulesSQL

/// Splits an input at its first byte 0.
private func split(_ bytes: UnsafeRawBufferPointer) -> (String, [UInt8]) {
    let all = Array(bytes)
    let cut = all.firstIndex(of: 0) ?? all.count
    return (String(decoding: all[..<cut], as: UTF8.self), Array(all[min(cut + 1, all.count)...]))
}

private func version(of text: String) -> SQLVersion {
    text.utf8.count % 4 == 3 ? .v2015 : .v2016
}

private let smallLimits = EvaluationLimits(
    payloadBytes: 8_192,
    jsonDepth: 32,
    outputBytes: 65_536,
    stringBytes: 65_536,
    steps: 50_000,
    hostCalls: 4
)

/// A source that always draws the same numbers.
private func counter() -> () -> UInt64 {
    var state: UInt64 = 1
    return {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
    }
}

private func context() -> MessageContext {
    MessageContext(now: WallClock(milliseconds: 1_700_000_000_123), clientID: "c")
}

/// What parses, prints to text that parses to the same tree; errors can be rendered.
@Sendable func fuzzRulesSQLParse(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    let version = version(of: text)
    do {
        let statement = try SelectStatement(parsing: text, version: version)
        let printed = statement.description
        guard let again = try? SelectStatement(parsing: printed, version: version) else {
            fatalError("the printed statement does not parse: \(printed)")
        }
        precondition(again == statement, "the printed statement is another one: \(printed)")
        precondition(again.description == printed, "printing is not stable: \(printed)")
        if let program = try? Program(statement) { _ = program.explain() }
    } catch {
        precondition(error.range.upperBound <= text.utf8.count, "the range leaves the text")
        precondition(!error.rendered(in: text).isEmpty)
    }
}

/// Statement and payload, separated by a byte 0: no trap, the same result twice, alone and in a
/// set; results are JSON.
@Sendable func fuzzRulesSQLEvaluate(_ bytes: UnsafeRawBufferPointer) {
    let (sql, payload) = split(bytes)
    guard let program = try? Program(parsing: sql, version: version(of: sql)) else { return }
    let topic = Array("a/b".utf8)
    var output: [UInt8] = []
    var first = Evaluator(
        limits: smallLimits,
        environment: RuleEnvironment(random: counter())
    )
    let outcome = first.evaluate(
        program,
        topic: topic.span,
        payload: payload.span,
        context: context(),
        into: &output
    )
    var second = Evaluator(
        limits: smallLimits,
        environment: RuleEnvironment(random: counter())
    )
    var repeated: [UInt8] = []
    let again = second.evaluate(
        program,
        topic: topic.span,
        payload: payload.span,
        context: context(),
        into: &repeated
    )
    precondition(outcome == again && output == repeated, "two runs differ: \(sql)")
    guard case .produced(let range) = outcome else {
        precondition(output.isEmpty, "an output without a result")
        _ = first.trace(program, topic: topic.span, payload: payload.span, context: context())
        return
    }
    if !range.isEmpty, !program.statement.items.contains(where: { $0.expression.kind == .star }) {
        let options = JSONReader.Options(maximumDepth: 512, duplicateKeys: .last)
        var reader = JSONReader(options: options)
        precondition((try? reader.validate(output.span)) != nil, "the output is no JSON: \(sql)")
    }
    guard !program.requiresHost, program.source != nil else { return }
    checkSet(program, topic, payload, outcome, output)
}

/// Two copies of a rule, which share what they compute, give what the rule alone gives.
private func checkSet(
    _ program: Program,
    _ topic: [UInt8],
    _ payload: [UInt8],
    _ outcome: Outcome,
    _ output: [UInt8]
) {
    let rules = [
        RuleSet.Rule(name: "a", program: program), RuleSet.Rule(name: "b", program: program),
    ]
    guard let set = try? RuleSet(rules, seed: 1) else { return }
    var evaluator = Evaluator(
        limits: smallLimits,
        environment: RuleEnvironment(random: counter())
    )
    var all: [UInt8] = []
    let isRandom = program.explain().contains("newuuid") || program.explain().contains("rand")
    evaluator.evaluate(
        set,
        topic: topic.span,
        payload: payload.span,
        context: context(),
        into: &all
    ) { _, result, bytes in
        guard case .produced(let range) = result else {
            // A second rule has its own steps; only limits may differ.
            if case .failed = result { return }
            fatalError("fires alone and not in a set")
        }
        precondition(isRandom || bytes[range].elementsEqual(output), "differs in a set")
    }
}

/// Template and payload: no trap; a template without expressions is itself.
@Sendable func fuzzRulesSQLTemplate(_ bytes: UnsafeRawBufferPointer) {
    let (text, payload) = split(bytes)
    do {
        let template = try Template(parsing: text, version: version(of: text))
        var evaluator = Evaluator(
            limits: smallLimits,
            environment: RuleEnvironment(random: counter())
        )
        var output: [UInt8] = []
        var answers = HostAnswers()
        let topic = Array("$aws/rules/r/a/b".utf8)
        let outcome = evaluator.expand(
            template,
            topic: topic.span,
            payload: payload.span,
            context: context(),
            answers: &answers,
            into: &output
        )
        if template.isConstant {
            guard case .produced = outcome else { return }
            precondition(output.elementsEqual(text.utf8), "a constant template changed")
        }
    } catch {
        precondition(error.range.upperBound <= text.utf8.count, "the range leaves the text")
        _ = error.rendered(in: text)
    }
}

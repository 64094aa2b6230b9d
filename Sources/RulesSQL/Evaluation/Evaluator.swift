internal import JSONDocument
internal import MQTTTopics

/// Runs programs on messages; keeps its memory from message to message.
///
/// One evaluator serves one thread at a time. Evaluation never throws for data: what cannot be
/// computed is Undefined, and what ends a rule is ``Outcome/failed(_:)``.
public struct Evaluator: ~Copyable {
    var reader: JSONReader
    var machine: Machine
    let limits: EvaluationLimits
    /// The fields of a payload that has none.
    private static let emptyObject: [UInt8] = Array("{}".utf8)

    /// An evaluator.
    ///
    /// - Parameters:
    ///   - limits: how much one evaluation may do.
    ///   - environment: digests, time zones and random numbers.
    public init(limits: EvaluationLimits = .default, environment: RuleEnvironment) {
        self.limits = limits
        reader = JSONReader(
            options: JSONReader.Options(
                maximumDepth: limits.jsonDepth,
                maximumLength: max(limits.payloadBytes, 2),
                duplicateKeys: .last
            )
        )
        machine = Machine(limits: limits, environment: environment)
    }

    /// Runs one rule on one message.
    ///
    /// A topic of Basic Ingest (`$aws/rules/<rule>/<rest>`) is not compared with FROM, and
    /// `topic()` sees only its rest.
    /// - Parameters:
    ///   - program: the rule.
    ///   - topic: the message's topic, a valid topic name.
    ///   - payload: its payload: JSON, anything else, or nothing.
    ///   - context: what else the rule may ask about the message.
    ///   - output: where the result is appended; nothing is removed from it.
    /// - Returns: what became of the message. A call to the host fails: use
    ///   ``evaluate(_:topic:payload:context:answers:into:)`` for programs that need one.
    /// - Complexity: O(*n*) in payload and program, within ``EvaluationLimits/steps``. Allocates
    ///   nothing once its buffers have grown, unless a function builds a value.
    public mutating func evaluate(
        _ program: borrowing Program,
        topic: Span<UInt8>,
        payload: Span<UInt8>,
        context: borrowing MessageContext,
        into output: inout [UInt8]
    ) -> Outcome {
        if program.requiresHost {
            var answers = HostAnswers()
            while true {
                let outcome = evaluate(
                    program,
                    topic: topic,
                    payload: payload,
                    context: context,
                    answers: &answers,
                    into: &output
                )
                guard case .needsHost = outcome else { return outcome }
                answers.answers.append(.failure("no host"))
            }
        }
        return start(program, topic, payload, context, &output)
    }

    /// Runs one rule with the answers that the host has given so far.
    ///
    /// Where the outcome is ``Outcome/needsHost(_:)``, append the answer and call again with the
    /// same message: the evaluation takes the same way and gets one call further.
    public mutating func evaluate(
        _ program: borrowing Program,
        topic: Span<UInt8>,
        payload: Span<UInt8>,
        context: borrowing MessageContext,
        answers: inout HostAnswers,
        into output: inout [UInt8]
    ) -> Outcome {
        machine.answers = answers
        let outcome = start(program, topic, payload, context, &output)
        answers = machine.answers
        machine.answers = HostAnswers()
        return outcome
    }

    /// Runs one rule, asking the host as often as the rule does.
    public mutating func evaluate(
        _ program: Program,
        topic: [UInt8],
        payload: [UInt8],
        context: MessageContext,
        host: some RuleHost,
        into output: inout [UInt8]
    ) async -> Outcome {
        var answers = HostAnswers()
        while true {
            let outcome = evaluate(
                program,
                topic: topic.span,
                payload: payload.span,
                context: context,
                answers: &answers,
                into: &output
            )
            guard case .needsHost(let call) = outcome else { return outcome }
            do {
                answers.answers.append(.value(try await host.answer(call)))
            } catch {
                answers.answers.append(.failure("\(error)"))
            }
        }
    }

    private mutating func start(
        _ program: borrowing Program,
        _ topic: Span<UInt8>,
        _ payload: Span<UInt8>,
        _ context: borrowing MessageContext,
        _ output: inout [UInt8]
    ) -> Outcome {
        var topic = topic
        if let ingest = BasicIngest.parse(topic) {
            topic = topic.extracting(ingest.rest..<topic.count)
        } else if let source = program.source {
            guard source.matches(TopicView(unchecked: topic), dialect: .aws) else {
                return .topicDiffers
            }
        }
        machine.shared.end()
        return Self.withFrame(topic, payload, limits, &reader, &machine) { machine, frame in
            machine.run(program.code, frame, context, into: &output)
        }
    }

    /// Writes a template's text for a message.
    ///
    /// - Returns: ``Outcome/produced(_:)``, ``Outcome/failed(_:)`` or ``Outcome/needsHost(_:)``.
    public mutating func expand(
        _ template: borrowing Template,
        topic: Span<UInt8>,
        payload: Span<UInt8>,
        context: borrowing MessageContext,
        answers: inout HostAnswers,
        into output: inout [UInt8]
    ) -> Outcome {
        var topic = topic
        if let ingest = BasicIngest.parse(topic) {
            topic = topic.extracting(ingest.rest..<topic.count)
        }
        machine.shared.end()
        machine.answers = answers
        let outcome = Self.withFrame(topic, payload, limits, &reader, &machine) { machine, frame in
            machine.expand(template, frame, context, into: &output)
        }
        answers = machine.answers
        machine.answers = HostAnswers()
        return outcome
    }

    /// Says which operands kept WHERE from being true.
    public mutating func trace(
        _ program: borrowing Program,
        topic: Span<UInt8>,
        payload: Span<UInt8>,
        context: borrowing MessageContext
    ) -> Trace {
        var topic = topic
        if let ingest = BasicIngest.parse(topic) {
            topic = topic.extracting(ingest.rest..<topic.count)
        }
        machine.shared.end()
        var trace = Trace()
        let outcome = Self.withFrame(topic, payload, limits, &reader, &machine) { machine, frame in
            trace = machine.trace(program.code, frame, context)
            return .notFired
        }
        if case .failed(let error) = outcome { trace.notes.append("ended by \(error.violation)") }
        return trace
    }

    /// Reads a payload and runs `body` on it; a payload above the limits fails.
    @inline(__always)
    static func withFrame(
        _ topic: Span<UInt8>,
        _ payload: Span<UInt8>,
        _ limits: EvaluationLimits,
        _ reader: inout JSONReader,
        _ machine: inout Machine,
        _ body: (inout Machine, borrowing Frame) -> Outcome
    ) -> Outcome {
        guard payload.count <= limits.payloadBytes else {
            return .failed(RuleError(.limit(.payloadBytes)))
        }
        var form = PayloadForm.raw
        if payload.count == 0 {
            form = .empty
        } else {
            do throws(JSONError) {
                let root = try reader.parse(payload)
                switch root.kind {
                case .object:
                    return body(
                        &machine,
                        Frame(root: root, payload: payload, topic: topic, form: .object)
                    )
                case .array:
                    return body(
                        &machine,
                        Frame(root: root, payload: payload, topic: topic, form: .array)
                    )
                default: break
                }
            } catch {
                if case .tooDeep = error.violation {
                    return .failed(RuleError(.limit(.jsonDepth)))
                }
            }
        }
        let emptyObject = emptyObject
        guard let root = try? reader.parse(emptyObject.span) else { return .notFired }
        return body(&machine, Frame(root: root, payload: payload, topic: topic, form: form))
    }
}

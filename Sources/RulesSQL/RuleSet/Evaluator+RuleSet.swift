internal import IoTTime
internal import MQTTTopics

extension Evaluator {
    /// Runs every rule of a set whose FROM matches the topic.
    ///
    /// The payload is read once. A topic of Basic Ingest runs the one rule it names, whatever its
    /// FROM says.
    /// - Parameters:
    ///   - rules: the set.
    ///   - topic: a valid topic name.
    ///   - payload: the payload.
    ///   - context: what else the rules may ask about the message.
    ///   - output: where results are appended.
    ///   - body: called for each rule that matched, in the set's order, with the output so far. A
    ///     rule that needs the host comes with ``Outcome/needsHost(_:)``; run it on its own.
    /// - Returns: how many rules matched; 0 for a rule of Basic Ingest that is unknown or disabled.
    /// - Throws: what `body` throws; the rules behind that one do not run.
    /// - Complexity: a topic that matches nothing costs one look into the index, and no allocation.
    @discardableResult
    public mutating func evaluate<E: Error>(
        _ rules: borrowing RuleSet,
        topic: Span<UInt8>,
        payload: Span<UInt8>,
        context: borrowing MessageContext,
        into output: inout [UInt8],
        _ body: (borrowing RuleSet.Rule, Outcome, [UInt8]) throws(E) -> Void
    ) throws(E) -> Int {
        guard let start = findCandidates(rules.storage, topic) else { return 0 }
        try runCandidates(rules.storage, topic, start, payload, context, into: &output, body)
        return machine.candidates.count
    }

    /// Lists the rules that a topic concerns; nothing is read or allocated where there are none.
    ///
    /// - Returns: where the topic begins that the rules see; `nil` without a rule.
    private mutating func findCandidates(
        _ storage: RuleSetStorage,
        _ topic: Span<UInt8>
    ) -> Int? {
        machine.candidates.removeAll(keepingCapacity: true)
        if let ingest = BasicIngest.parse(topic) {
            let name = Machine.string(topic, ingest.name)
            guard let position = storage.positions[name],
                storage.rules[Int(position)].isEnabled
            else { return nil }
            machine.candidates.append(position)
            return ingest.rest
        }
        storage.index.forEachMatch(TopicView(unchecked: topic)) { (match) in
            machine.candidates.append(match.subscriber)
        }
        if machine.candidates.isEmpty { return nil }
        if machine.candidates.count > 1 { machine.candidates.sort() }
        return 0
    }

    /// Reads the payload once and runs the listed rules until `body` throws.
    ///
    /// Out of line: what the type of the error costs is only paid where a rule runs.
    @inline(never)
    private mutating func runCandidates<E: Error>(
        _ storage: RuleSetStorage,
        _ topic: Span<UInt8>,
        _ start: Int,
        _ payload: Span<UInt8>,
        _ context: borrowing MessageContext,
        into output: inout [UInt8],
        _ body: (borrowing RuleSet.Rule, Outcome, [UInt8]) throws(E) -> Void
    ) throws(E) {
        let seen = topic.extracting(start..<topic.count)
        var thrown: E?
        let outcome = Self.withFrame(seen, payload, limits, &reader, &machine) { machine, frame in
            machine.shared.begin(storage.slotCount, storage.slots)
            for index in machine.candidates.indices {
                let position = Int(machine.candidates[index])
                machine.shared.beginProgram(at: storage.slotStarts[position])
                let outcome = storage.withCode(position) { code in
                    machine.run(code, frame, context, into: &output)
                }
                do throws(E) {
                    try storage.withRule(position) { rule throws(E) in
                        try body(rule, outcome, output)
                    }
                } catch {
                    thrown = error
                    break
                }
            }
            return .notFired
        }
        if let thrown { throw thrown }
        guard case .failed = outcome else { return }
        for index in machine.candidates.indices {
            try storage.withRule(Int(machine.candidates[index])) { rule throws(E) in
                try body(rule, outcome, output)
            }
        }
    }
}

/// A message that was recorded, for a dry run.
public struct RecordedMessage: Sendable {
    /// The topic's bytes.
    public var topic: [UInt8]
    /// The payload.
    public var payload: [UInt8]
    /// What else is known about it.
    public var context: MessageContext

    /// A recorded message.
    public init(topic: [UInt8], payload: [UInt8], context: MessageContext) {
        self.topic = topic
        self.payload = payload
        self.context = context
    }
}

/// What a rule would have done with recorded messages.
public struct DryRunCounts: Hashable, Sendable {
    /// Messages whose topic matched.
    public var matched = 0
    /// Messages for which the rule fired.
    public var fired = 0
    /// Messages at which the rule failed.
    public var failed = 0
    /// Messages that need the host, which a dry run does not ask.
    public var needHost = 0
    /// Bytes of all outputs.
    public var outputBytes = 0
    /// The first failure.
    public var firstFailure: RuleError?
}

extension Evaluator {
    /// Runs a set over recorded messages and counts, without any action.
    ///
    /// - Returns: counts by the rule's name; every rule of the set is there.
    public mutating func dryRun(
        _ rules: RuleSet,
        over messages: some Sequence<RecordedMessage>
    ) -> [String: DryRunCounts] {
        var counts: [String: DryRunCounts] = [:]
        for rule in rules.rules { counts[rule.name] = DryRunCounts() }
        var output: [UInt8] = []
        for message in messages {
            output.removeAll(keepingCapacity: true)
            evaluate(
                rules,
                topic: message.topic.span,
                payload: message.payload.span,
                context: message.context,
                into: &output
            ) { rule, outcome, _ in
                counts[rule.name]?.count(outcome)
            }
        }
        return counts
    }
}

extension DryRunCounts {
    fileprivate mutating func count(_ outcome: Outcome) {
        matched += 1
        switch outcome {
        case .produced(let range):
            fired += 1
            outputBytes += range.count
        case .failed(let error):
            failed += 1
            if firstFailure == nil { firstFailure = error }
        case .needsHost: needHost += 1
        default: break
        }
    }
}

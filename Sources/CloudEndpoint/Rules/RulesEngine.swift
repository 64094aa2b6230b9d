#if Endpoint
internal import Foundation
internal import IoTTime
public import JSONDocument
public import Logging
internal import MQTTBroker
internal import MQTTCodec
internal import MQTTTopics
internal import RulesSQL
internal import Synchronization

/// Runs rules on the messages of a broker, beside the broker's own thread.
///
/// The broker's thread only asks the topic index. Messages that concern a rule wait in a bounded
/// queue and are evaluated one after the other; slow actions have bounded queues of their own.
public final class RulesEngine: Sendable {
    /// The rules at one moment.
    private final class Snapshot: Sendable {
        let set: RuleSet
        let rules: [String: CompiledRule]

        init(set: RuleSet, rules: [String: CompiledRule]) {
            self.set = set
            self.rules = rules
        }
    }

    private enum Item: Sendable {
        case message(RuleMessage)
        case failed(Firing)
    }

    /// One message at one rule, until all of its actions have ended.
    private final class Firing: Sendable {
        let rule: CompiledRule
        let message: RuleMessage
        private let state: Mutex<(open: Int, failures: [(kind: String, failure: ActionFailure)])>

        init(_ rule: CompiledRule, _ message: RuleMessage, actions: Int) {
            self.rule = rule
            self.message = message
            state = Mutex((actions, []))
        }

        var failures: [(kind: String, failure: ActionFailure)] { state.withLock { $0.failures } }

        /// True for the last action, when one of them failed.
        func ended(_ kind: String, _ failure: ActionFailure?) -> Bool {
            state.withLock { state in
                state.open -= 1
                if let failure { state.failures.append((kind, failure)) }
                return state.open <= 0 && !state.failures.isEmpty
            }
        }
    }

    private let snapshot: Mutex<Snapshot>
    private let services: RuleServices
    private let logger: Logger
    private let seed: UInt64
    private let items: AsyncStream<Item>
    private let continuation: AsyncStream<Item>.Continuation
    private let waitingMessages = Atomic<Int>(0)
    private let waitingBytes = Atomic<Int>(0)
    private let dropped = Atomic<UInt64>(0)
    private let unknownRules = Atomic<UInt64>(0)
    private let file = Mutex<String?>(nil)

    /// An engine without rules.
    public init(_ configuration: RulesConfiguration = RulesConfiguration(), logger: Logger) {
        services = RuleServices(configuration, logger: logger)
        self.logger = logger
        var random = SystemRandomNumberGenerator()
        seed = random.next()
        (items, continuation) = AsyncStream.makeStream(of: Item.self)
        // A set without rules cannot be refused.
        guard let empty = try? RuleSet(seed: seed) else { preconditionFailure("an empty set") }
        snapshot = Mutex(Snapshot(set: empty, rules: [:]))
    }

    // MARK: - Rules

    /// The names of all rules, in their order.
    public var ruleNames: [String] { snapshot.withLock { $0.set.rules.map(\.name) } }

    /// The document of a rule.
    public func document(of name: String) -> JSONObject? {
        snapshot.withLock { $0.rules[name]?.document }
    }

    /// What a rule did.
    public func metrics(of name: String) -> RuleMetrics? {
        snapshot.withLock { $0.rules[name]?.counters.snapshot }
    }

    /// Whether a rule runs.
    public func isEnabled(_ name: String) -> Bool? {
        snapshot.withLock { $0.rules[name]?.isEnabled }
    }

    /// The topic filter of a rule.
    public func topicFilter(of name: String) -> String? {
        snapshot.withLock { $0.rules[name]?.program.source?.rawValue }
    }

    /// Messages that no rule saw, because too many waited.
    public var droppedMessages: UInt64 { dropped.load(ordering: .relaxed) }

    /// Messages of Basic Ingest for a rule that is not there or not enabled.
    public var unknownRuleMessages: UInt64 { unknownRules.load(ordering: .relaxed) }

    /// Adds a rule, or replaces the one of this name; its counters go on.
    ///
    /// - Throws: ``RuleConfigurationError``; nothing changes then.
    public func set(_ name: String, _ document: JSONValue) throws(RuleConfigurationError) {
        let rule = try compile(name, document)
        try change { rules in rules[name] = rule }
    }

    /// Removes a rule.
    ///
    /// - Returns: false where there is none.
    @discardableResult
    public func remove(_ name: String) throws(RuleConfigurationError) -> Bool {
        guard document(of: name) != nil else { return false }
        try change { rules in rules[name] = nil }
        return true
    }

    /// Replaces all rules by those of a document: `{"rules": {"name": {…}}}`.
    ///
    /// - Throws: ``RuleConfigurationError``; nothing changes then.
    public func replaceAll(_ document: JSONValue) throws(RuleConfigurationError) {
        guard let object = document["rules"]?.object else {
            throw RuleConfigurationError(.invalid, "rules", "must be an object")
        }
        var compiled: [String: CompiledRule] = [:]
        for member in object { compiled[member.name] = try compile(member.name, member.value) }
        try change { [compiled] rules in rules = compiled }
    }

    /// Reads rules from a file, to which later changes are written.
    ///
    /// - Throws: ``RuleConfigurationError``, or the system's error; nothing changes then.
    public func load(_ path: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let document: JSONValue
        do { document = try JSONValue(parsing: [UInt8](data).span) } catch {
            throw RuleConfigurationError(
                .invalid,
                "",
                "\(path):\(error.line):\(error.column): \(error.violation)"
            )
        }
        try replaceAll(document)
        file.withLock { $0 = path }
    }

    private func compile(
        _ name: String,
        _ document: JSONValue
    ) throws(RuleConfigurationError) -> CompiledRule {
        let old = snapshot.withLock { $0.rules[name] }
        return try CompiledRule(
            name: name,
            document: document,
            services: services,
            counters: old?.counters ?? RuleCounters()
        )
    }

    private func change(
        _ body: (inout [String: CompiledRule]) -> Void
    ) throws(RuleConfigurationError) {
        let failure = snapshot.withLock { snapshot -> RuleSet.Violation? in
            var rules = snapshot.rules
            body(&rules)
            do throws(RuleSet.Violation) {
                let list = rules.values.sorted { $0.name < $1.name }.map {
                    RuleSet.Rule(name: $0.name, program: $0.program, isEnabled: $0.isEnabled)
                }
                snapshot = Snapshot(set: try RuleSet(list, seed: seed), rules: rules)
                return nil
            } catch { return error }
        }
        if let failure { throw RuleConfigurationError(.limit, "rules", "\(failure)") }
    }

    /// Writes the rules back to the file they came from, atomically.
    func save() throws {
        guard let path = file.withLock({ $0 }) else { return }
        let rules = snapshot.withLock { snapshot in
            JSONObject(
                snapshot.set.rules.compactMap { rule in
                    snapshot.rules[rule.name].map { (rule.name, JSONValue.object($0.document)) }
                }
            )
        }
        var writer = JSONWriter()
        writer.write(JSONValue.object(["rules": .object(rules)]))
        try Data(writer.finish() + [0x0A]).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    // MARK: - Messages

    /// Whether a rule gets messages of a topic; from any thread.
    func concerns(_ topic: String) -> Bool {
        let snapshot = snapshot.withLock { $0 }
        return snapshot.set.concerns(topic.utf8Span.span)
    }

    /// Takes a message of the broker; called on the broker's thread, and never waits.
    ///
    /// - Parameters:
    ///   - message: what was published.
    ///   - now: when.
    ///   - depth: how many rules made the message.
    func offer(_ message: Broker.PublishedMessage, at now: WallClock, depth: Int) {
        let snapshot = snapshot.withLock { $0 }
        let topic = message.topicName
        guard snapshot.set.concerns(topic) else {
            if Self.isIngest(topic) { RuleCounters.add(unknownRules) }
            return
        }
        let bytes = message.payload.count + topic.count
        let configuration = services.configuration
        guard waitingMessages.load(ordering: .relaxed) < configuration.maximumWaitingMessages,
            waitingBytes.load(ordering: .relaxed) + bytes <= configuration.maximumWaitingBytes
        else { return RuleCounters.add(dropped) }
        waitingMessages.wrappingAdd(1, ordering: .relaxed)
        waitingBytes.wrappingAdd(bytes, ordering: .relaxed)
        let context = RuleMessage.context(message, now)
        continuation.yield(.message(RuleMessage(message: message, context: context, depth: depth)))
    }

    /// Whether a topic names a rule of Basic Ingest.
    private static func isIngest(_ topic: Span<UInt8>) -> Bool {
        let prefix = Array("$aws/rules/".utf8)
        return topic.count >= prefix.count && prefix.indices.allSatisfy { topic[$0] == prefix[$0] }
    }

    /// Connects republishing with a broker; `nil`: it is gone.
    func connect(_ publish: RuleServices.Publish?) { services.connect(publish) }

    /// Lets ``run()`` end once what waits was evaluated.
    func finish() { continuation.finish() }

    /// Evaluates messages until ``finish()``.
    func run() async {
        var runner = RuleRunner(host: services.configuration.host)
        for await item in items {
            switch item {
            case .message(let message):
                let bytes = message.message.payload.count + message.message.topicName.count
                await evaluate(message, &runner)
                waitingMessages.wrappingSubtract(1, ordering: .relaxed)
                waitingBytes.wrappingSubtract(bytes, ordering: .relaxed)
            case .failed(let firing):
                await runErrorAction(firing, &runner)
            }
        }
    }

    private func evaluate(_ message: RuleMessage, _ runner: inout RuleRunner) async {
        let snapshot = snapshot.withLock { $0 }
        var output: [UInt8] = []
        var results: [(name: String, outcome: Outcome)] = []
        runner.evaluator.evaluate(
            snapshot.set,
            topic: message.message.topicName,
            payload: message.message.payload,
            context: message.context,
            into: &output
        ) { rule, outcome, _ in
            results.append((rule.name, outcome))
        }
        for (name, outcome) in results {
            guard let rule = snapshot.rules[name] else { continue }
            RuleCounters.add(rule.counters.matched)
            var outcome = outcome
            if case .needsHost = outcome {
                outcome = await runner.evaluate(rule.program, message, into: &output)
            }
            switch outcome {
            case .produced(let range):
                RuleCounters.add(rule.counters.fired)
                await fire(rule, Array(output[range]), message, &runner)
            case .failed(let error):
                let failure = ActionFailure("sql", "\(error.violation)")
                let firing = Firing(rule, message, actions: 1)
                end(firing, "sql", failure)
            default: continue
            }
        }
    }

    private func fire(
        _ rule: CompiledRule,
        _ payload: [UInt8],
        _ message: RuleMessage,
        _ runner: inout RuleRunner
    ) async {
        let firing = Firing(rule, message, actions: rule.actions.count)
        runner.ruleName = rule.name
        for action in rule.actions {
            do throws(ActionFailure) {
                let prepared = try await action.prepare(payload, message, &runner)
                await perform(prepared, action.kind, firing)
            } catch {
                end(firing, action.kind, error)
            }
        }
    }

    private func perform(_ action: PreparedAction, _ kind: String, _ firing: Firing) async {
        guard let worker = action.worker else {
            return end(firing, kind, await Self.failure(of: action))
        }
        let isQueued = worker.add { [self] in end(firing, kind, await Self.failure(of: action)) }
        if !isQueued {
            end(firing, kind, ActionFailure(action.resource, "too many messages wait for it"))
        }
    }

    private static func failure(of action: PreparedAction) async -> ActionFailure? {
        do {
            try await action.run()
            return nil
        } catch let failure as ActionFailure {
            return ActionFailure(action.resource, failure.description)
        } catch {
            return ActionFailure(action.resource, "\(error)")
        }
    }

    private func end(_ firing: Firing, _ kind: String, _ failure: ActionFailure?) {
        let counters = firing.rule.counters
        if kind != "sql" {
            if failure == nil {
                RuleCounters.add(counters.succeededActions)
            } else {
                RuleCounters.add(counters.failedActions)
            }
        }
        if let failure {
            logger.warning(
                "a rule failed",
                metadata: [
                    "rule": "\(firing.rule.name)", "action": "\(kind)",
                    "reason": "\(failure.description.prefix(200).debugDescription)",
                ]
            )
        }
        guard firing.ended(kind, failure) else { return }
        RuleCounters.add(counters.failed)
        if firing.rule.errorAction != nil { continuation.yield(.failed(firing)) }
    }

    /// Runs the error action once, with the failures of all actions.
    private func runErrorAction(_ firing: Firing, _ runner: inout RuleRunner) async {
        guard let action = firing.rule.errorAction else { return }
        runner.ruleName = firing.rule.name
        runner.extraDepth = 1
        defer { runner.extraDepth = 0 }
        do throws(ActionFailure) {
            let prepared = try await action.prepare(errorDocument(firing), firing.message, &runner)
            let report: @Sendable () async -> Void = { [logger] in
                guard let failure = await Self.failure(of: prepared) else { return }
                logger.warning(
                    "an error action failed",
                    metadata: ["reason": "\(failure.description.prefix(200).debugDescription)"]
                )
            }
            if let worker = prepared.worker { _ = worker.add(report) } else { await report() }
        } catch {
            logger.warning(
                "an error action failed",
                metadata: ["reason": "\(error.description.prefix(200).debugDescription)"]
            )
        }
    }

    private func errorDocument(_ firing: Firing) -> [UInt8] {
        let message = firing.message
        let failures = firing.failures.map { kind, failure -> JSONValue in
            [
                "failedAction": .string(kind), "failedResource": .string(failure.resource),
                "errorMessage": .string(failure.description),
            ]
        }
        var writer = JSONWriter()
        writer.write(
            [
                "ruleName": .string(firing.rule.name),
                "topic": .string(String(decoding: message.topic, as: UTF8.self)),
                "cloudwatchTraceId": .string(message.context.traceID ?? ""),
                "clientId": .string(message.context.clientID ?? "n/a"),
                "base64OriginalPayload": .string(Data(message.payload).base64EncodedString()),
                "failures": .array(failures),
            ] as JSONValue
        )
        return writer.finish()
    }
}
#endif

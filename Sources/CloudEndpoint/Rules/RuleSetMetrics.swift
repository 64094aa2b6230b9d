#if Endpoint
internal import CoreMetrics

/// What the rules did, as metrics of swift-metrics.
///
/// Names of rules are bounded by the rules there may be; a rule that is removed takes its metrics
/// with it.
final class RuleSetMetrics {
    private let factory: any MetricsFactory
    private let names: [(name: String, value: @Sendable (RuleMetrics) -> UInt64)]
    private var counters: [String: [SampledCounter]] = [:]
    private let dropped: SampledCounter
    private let unknown: SampledCounter

    /// Metrics of no rule yet.
    ///
    /// - Parameters:
    ///   - factory: the backend.
    ///   - named: gives a metric its help and returns its name.
    init(_ factory: any MetricsFactory, _ named: (String, String) -> String) {
        self.factory = factory
        names = Self.columns.map { (named("iot_rule_\($0)_total", $1), $2) }
        dropped = SampledCounter(
            named(
                "iot_rules_dropped_messages_total",
                "Messages no rule saw, because too many waited."
            ),
            factory
        )
        unknown = SampledCounter(
            named(
                "iot_rules_unknown_total",
                "Messages of Basic Ingest for a rule that is not there or not enabled."
            ),
            factory
        )
    }

    /// Brings the counters up to date.
    func sample(_ rules: RulesEngine) {
        let values = rules.ruleNames.compactMap { name in rules.metrics(of: name).map { (name, $0) }
        }
        let present = Set(values.map(\.0))
        for (name, gone) in counters where !present.contains(name) {
            for counter in gone { counter.destroy() }
            counters[name] = nil
        }
        for (name, metrics) in values {
            let row =
                counters[name]
                ?? names.map { SampledCounter($0.name, factory, [("rule", name)]) }
            counters[name] = row
            for (counter, column) in zip(row, names) { counter.update(column.value(metrics)) }
        }
        dropped.update(rules.droppedMessages)
        unknown.update(rules.unknownRuleMessages)
    }

    private static let columns: [(String, String, @Sendable (RuleMetrics) -> UInt64)] = [
        ("matched", "Messages whose topic matched.", { $0.matched }),
        ("fired", "Messages for which WHERE was true.", { $0.fired }),
        ("failed", "Messages at which the rule or an action failed.", { $0.failed }),
        ("actions_succeeded", "Actions that were done.", { $0.succeededActions }),
        ("actions_failed", "Actions that failed.", { $0.failedActions }),
    ]
}
#endif

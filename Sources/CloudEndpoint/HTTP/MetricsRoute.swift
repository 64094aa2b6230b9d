#if Endpoint
internal import HTTPFiles
internal import HTTPTypes
internal import Hummingbird
internal import MQTTBroker
internal import NIOCore

/// Counters and sizes as text that Prometheus reads, version 0.0.4 of the format.
struct MetricsText: Sendable {
    private(set) var text = ""

    /// What a metric is.
    enum Kind: String, Sendable { case counter, gauge }

    /// Adds a metric.
    ///
    /// - Parameters:
    ///   - name: letters, digits and underscores.
    ///   - kind: what it is.
    ///   - help: one line.
    ///   - values: with the text between the braces; empty without labels.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ values: [(String, UInt64)]) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, value) in values {
            text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
        }
    }
}

extension MetricsText {
    /// Adds a histogram, in seconds.
    mutating func add(_ name: String, _ help: String, _ histogram: LatencyHistogram) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) histogram\n"
        var total: UInt64 = 0
        for (bound, count) in zip(LatencyHistogram.bounds, histogram.buckets) {
            total &+= count
            text += "\(name)_bucket{le=\"\(bound)\"} \(total)\n"
        }
        text += "\(name)_bucket{le=\"+Inf\"} \(histogram.count)\n"
        text += "\(name)_sum \(Double(histogram.sum) / 1e9)\n"
        text += "\(name)_count \(histogram.count)\n"
    }
}

/// `GET /metrics`, for administrators.
struct MetricsRoute: HTTPRoute {
    let broker: BrokerAccess
    let rules: RulesEngine?
    let admin: AdminGuard

    let methods: [HTTPRequest.Method] = [.get]

    func respond(
        to request: Request,
        path: RequestPath,
        context: HTTPContext
    ) async throws -> Response {
        try admin.check(request, context)
        guard path.components.isEmpty else { throw RequestFailure(.notFound, "not found") }
        var metrics = MetricsText()
        addBroker(try await broker.statistics(), to: &metrics)
        addLoop(try await broker.measurements(), to: &metrics)
        if let rules { addRules(rules, to: &metrics) }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text))
        )
    }

    private func addBroker(_ broker: Broker.Statistics, to metrics: inout MetricsText) {
        let gauges: [(String, String, Int)] = [
            ("connections", "Open connections.", broker.connections),
            ("sessions", "Sessions, connected or kept.", broker.sessions),
            ("subscriptions", "Subscriptions of all sessions.", broker.subscriptions),
            ("retained_messages", "Retained messages.", broker.retainedMessages),
            ("queued_messages", "Messages that wait in sessions.", broker.queuedMessages),
        ]
        for (name, help, value) in gauges {
            metrics.add("iot_broker_\(name)", .gauge, help, [("", UInt64(max(0, value)))])
        }
        let counters: [(String, String, UInt64)] = [
            ("received", "Messages accepted, wills included.", broker.received),
            ("sent", "Messages handed out, repeated ones included.", broker.sent),
            ("denied", "Deliveries and wills that the policy refused.", broker.denied),
            ("expired", "Messages that expired before they were sent.", broker.expired),
        ]
        for (name, help, value) in counters {
            metrics.add("iot_broker_messages_\(name)_total", .counter, help, [("", value)])
        }
        metrics.add(
            "iot_broker_messages_dropped_total",
            .counter,
            "Messages dropped, by reason.",
            [
                ("reason=\"queue-full\"", broker.droppedQueueFull),
                ("reason=\"slow-receiver\"", broker.droppedSlowReceiver),
                ("reason=\"too-large\"", broker.droppedTooLarge),
            ]
        )
        for (name, help, value) in [
            ("received", "Bytes that arrived.", broker.bytesReceived),
            ("sent", "Bytes handed out.", broker.bytesSent),
        ] {
            metrics.add("iot_broker_bytes_\(name)_total", .counter, help, [("", value)])
        }
    }

    private func addLoop(_ loop: LoopMeasurements, to metrics: inout MetricsText) {
        metrics.add(
            "iot_broker_turn_seconds",
            "From bytes that arrived to the hand-over of what came of them to the sockets.",
            loop.turns
        )
        metrics.add(
            "iot_broker_commit_seconds",
            "From a change to its commit, in durable mode.",
            loop.commits
        )
        metrics.add(
            "iot_broker_connections_refused_total",
            .counter,
            "Connections closed because more came than are allowed in a second.",
            [("", loop.refusedConnections)]
        )
    }

    private func addRules(_ rules: RulesEngine, to metrics: inout MetricsText) {
        // Names of rules are letters, digits and underscores: nothing in a label needs an escape.
        let values = rules.ruleNames.compactMap { name in
            rules.metrics(of: name).map { (label: "rule=\"\(name)\"", metrics: $0) }
        }
        let columns: [(String, String, any KeyPath<RuleMetrics, UInt64> & Sendable)] = [
            ("matched", "Messages whose topic matched.", \.matched),
            ("fired", "Messages for which WHERE was true.", \.fired),
            ("failed", "Messages at which the rule or an action failed.", \.failed),
            ("actions_succeeded", "Actions that were done.", \.succeededActions),
            ("actions_failed", "Actions that failed.", \.failedActions),
        ]
        for (name, help, path) in columns {
            metrics.add(
                "iot_rule_\(name)_total",
                .counter,
                help,
                values.map { ($0.label, $0.metrics[keyPath: path]) }
            )
        }
        metrics.add(
            "iot_rules_dropped_messages_total",
            .counter,
            "Messages no rule saw, because too many waited.",
            [("", rules.droppedMessages)]
        )
        metrics.add(
            "iot_rules_unknown_total",
            .counter,
            "Messages of Basic Ingest for a rule that is not there or not enabled.",
            [("", rules.unknownRuleMessages)]
        )
    }
}
#endif

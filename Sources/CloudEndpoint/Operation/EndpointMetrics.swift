#if Endpoint
internal import MQTTBroker
public import CoreMetrics
public import PrometheusMetrics

extension CloudEndpoint {
    /// Where an endpoint counts, through swift-metrics.
    public struct MetricsConfiguration: Sendable {
        /// What `GET /metrics` shows.
        ///
        /// Hand it to `MetricsSystem.bootstrap` too, and what libraries count shows beside it. Of two
        /// endpoints with one registry the counters add up, and the later gauge counts.
        public var registry = PrometheusRegistry()
        /// Other backends that get the same.
        public var backends: [any MetricsFactory] = []
        /// How often other backends get the counters and sizes.
        public var interval: Duration = .seconds(1)

        /// A registry of its own, and no other backend.
        public init() {}

        var factory: any MetricsFactory {
            backends.isEmpty ? registry : MultiplexMetricsHandler(factories: [registry] + backends)
        }
    }
}

/// What an endpoint counts, by the names of its metrics.
///
/// Durations are recorded as they happen. The broker counts for itself: its counters are brought
/// over when somebody asks, by ``sample(_:refusedConnections:rules:)``.
///
/// Confined to the broker's event loop.
final class EndpointMetrics {
    /// From the first bytes of a turn of the loop to the hand-over of what came of them to the sockets.
    let turns: Timer
    /// From a group of changes to its commit; durable mode.
    let commits: Timer

    private let factory: any MetricsFactory
    private var counters: [(SampledCounter, @Sendable (Broker.Statistics) -> UInt64)] = []
    private var gauges: [(Meter, @Sendable (Broker.Statistics) -> Int)] = []
    private let refusedConnections: SampledCounter
    private let rules: RuleSetMetrics

    init(_ configuration: CloudEndpoint.MetricsConfiguration) {
        let registry = configuration.registry
        let factory = configuration.factory
        self.factory = factory
        func named(_ name: String, _ help: String) -> String {
            registry.describe(name, help)
            return name
        }
        turns = Timer(
            label: named(
                "iot_broker_turn_seconds",
                "From bytes that arrived to the hand-over of what came of them to the sockets."
            ),
            factory: factory
        )
        commits = Timer(
            label: named(
                "iot_broker_commit_seconds",
                "From a change to its commit, in durable mode."
            ),
            factory: factory
        )
        refusedConnections = SampledCounter(
            named(
                "iot_broker_connections_refused_total",
                "Connections closed because more came than are allowed in a second."
            ),
            factory
        )
        rules = RuleSetMetrics(factory, named)
        for (name, help, value) in Self.sizes {
            gauges.append(
                (Meter(label: named("iot_broker_" + name, help), factory: factory), value)
            )
        }
        for (name, help, value) in Self.sums {
            let name = named("iot_broker_\(name)_total", help)
            counters.append((SampledCounter(name, factory), value))
        }
        let drops = named("iot_broker_messages_dropped_total", "Messages dropped, by reason.")
        for (reason, value) in Self.drops {
            counters.append((SampledCounter(drops, factory, [("reason", reason)]), value))
        }
    }

    /// Brings counters and sizes up to date.
    func sample(_ broker: Broker.Statistics, refusedConnections: UInt64, rules: RulesEngine?) {
        for (meter, value) in gauges { meter.set(value(broker)) }
        for (counter, value) in counters { counter.update(value(broker)) }
        self.refusedConnections.update(refusedConnections)
        if let rules { self.rules.sample(rules) }
    }

    private static let sizes: [(String, String, @Sendable (Broker.Statistics) -> Int)] = [
        ("connections", "Open connections.", { $0.connections }),
        ("sessions", "Sessions, connected or kept.", { $0.sessions }),
        ("subscriptions", "Subscriptions of all sessions.", { $0.subscriptions }),
        ("retained_messages", "Retained messages.", { $0.retainedMessages }),
        ("queued_messages", "Messages that wait in sessions.", { $0.queuedMessages }),
    ]

    private static let sums: [(String, String, @Sendable (Broker.Statistics) -> UInt64)] = [
        ("messages_received", "Messages accepted, wills included.", { $0.received }),
        ("messages_sent", "Messages handed out, repeated ones included.", { $0.sent }),
        ("messages_denied", "Deliveries and wills that the policy refused.", { $0.denied }),
        ("messages_expired", "Messages that expired before they were sent.", { $0.expired }),
        ("bytes_received", "Bytes that arrived.", { $0.bytesReceived }),
        ("bytes_sent", "Bytes handed out.", { $0.bytesSent }),
    ]

    private static let drops: [(String, @Sendable (Broker.Statistics) -> UInt64)] = [
        ("queue-full", { $0.droppedQueueFull }),
        ("slow-receiver", { $0.droppedSlowReceiver }),
        ("too-large", { $0.droppedTooLarge }),
    ]
}
#endif

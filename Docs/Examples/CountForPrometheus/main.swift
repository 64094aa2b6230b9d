#if Endpoint
import CoreMetrics
import PrometheusMetrics

// Count through swift-metrics, and answer a GET with what Prometheus reads.
let registry = PrometheusRegistry(help: ["packets_total": "Packets that arrived, by kind."])
MetricsSystem.bootstrap(registry)

for kind in ["publish", "publish", "pingreq"] {
    Counter(label: "packets_total", dimensions: [("kind", kind)]).increment()
}
Meter(label: "queue_depth").set(3)
Timer(label: "turn_seconds").recordMicroseconds(35)

print("Content-Type: \(PrometheusRegistry.contentType)\n")
print(registry.text())
#else
print("This example needs the trait Endpoint, which is on by default.")
#endif

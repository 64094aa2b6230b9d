#if Endpoint
/// Families and samples in Prometheus' text format 0.0.4.
struct MetricsText: Sendable {
    private(set) var text = ""

    /// Writes what a family is.
    mutating func begin(_ family: MetricFamily) {
        if !family.help.isEmpty {
            text += "# HELP \(family.name) \(MetricName.escaped(family.help, quotes: false))\n"
        }
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
    }

    /// Writes the samples of a series.
    mutating func add(_ series: MetricSeries, of name: String, _ labels: String) {
        switch series {
        case .counter(let counter): sample(name, labels, counter.value)
        case .gauge(let gauge): sample(name, labels, Self.number(gauge.value))
        case .histogram(let histogram):
            let snapshot = histogram.snapshot
            let before = labels.isEmpty ? "" : labels + ","
            let bounds = histogram.buckets.upperBounds.map(Self.number) + ["+Inf"]
            var total: UInt64 = 0
            for (bound, count) in zip(bounds, snapshot.counts) {
                total &+= count
                sample(name + "_bucket", before + "le=\"\(bound)\"", "\(total)")
            }
            sample(name + "_sum", labels, Self.number(snapshot.sum))
            sample(name + "_count", labels, "\(total)")
        }
    }

    /// Writes a sample.
    mutating func sample(_ name: String, _ labels: String, _ value: String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    /// A number; the shortest text that reads back as the same.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
#endif

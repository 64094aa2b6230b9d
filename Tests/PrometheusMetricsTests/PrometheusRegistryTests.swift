#if Endpoint
import CoreMetrics
import PrometheusMetrics
import Testing

@Suite("swift-metrics in Prometheus' text format 0.0.4")
struct PrometheusRegistryTests {
    /// The text without the registry's own counter.
    private func lines(_ registry: PrometheusRegistry) -> [String] {
        registry.text().split(separator: "\n").map(String.init)
            .filter { !$0.contains("metrics_series_refused_total") }
    }

    @Test("counters: HELP, TYPE and a sample; only what is positive counts")
    func counters() {
        let registry = PrometheusRegistry(help: ["packets_total": "Packets."])
        let counter = Counter(label: "packets_total", factory: registry)
        counter.increment(by: 41)
        counter.increment()
        counter.increment(by: -7)
        #expect(
            lines(registry) == [
                "# HELP packets_total Packets.", "# TYPE packets_total counter", "packets_total 42",
            ]
        )
        counter.reset()
        #expect(lines(registry).last == "packets_total 0")
        counter.increment(by: Int64.max)
        counter.increment(by: Int64.max)
        #expect(lines(registry).last == "packets_total 18446744073709551614")
    }

    @Test("counters of fractions keep them; NaN and negative amounts are left out")
    func fractions() {
        let registry = PrometheusRegistry()
        let counter = FloatingPointCounter(label: "seconds_total", factory: registry)
        counter.increment(by: 0.25)
        counter.increment(by: 1.5)
        counter.increment(by: -1.0)
        counter.increment(by: Double.nan)
        #expect(lines(registry).last == "seconds_total 1.75")
    }

    @Test("gauges: meters, and recorders that do not aggregate")
    func gauges() {
        let registry = PrometheusRegistry()
        let meter = Meter(label: "temperature", factory: registry)
        meter.set(21.5)
        meter.increment(by: 2.0)
        meter.decrement(by: 1.0)
        let gauge = Gauge(label: "depth", factory: registry)
        gauge.record(7)
        #expect(
            lines(registry) == [
                "# TYPE depth gauge", "depth 7", "# TYPE temperature gauge", "temperature 22.5",
            ]
        )
        meter.set(Double.infinity)
        #expect(lines(registry).last == "temperature +Inf")
        meter.set(-Double.infinity)
        #expect(lines(registry).last == "temperature -Inf")
        meter.set(Double.nan)
        #expect(lines(registry).last == "temperature NaN")
    }

    @Test("histograms: buckets add up, a value at a bound lies below it, timers are in seconds")
    func histograms() throws {
        let buckets = try #require(HistogramBuckets([0.001, 0.01, 1]))
        let registry = PrometheusRegistry(buckets: buckets)
        let timer = Timer(label: "turn_seconds", dimensions: [("loop", "0")], factory: registry)
        timer.recordNanoseconds(1_000_000)
        timer.recordNanoseconds(1_000_001)
        timer.recordMilliseconds(500)
        timer.recordSeconds(60)
        #expect(
            lines(registry) == [
                "# TYPE turn_seconds histogram",
                "turn_seconds_bucket{loop=\"0\",le=\"0.001\"} 1",
                "turn_seconds_bucket{loop=\"0\",le=\"0.01\"} 2",
                "turn_seconds_bucket{loop=\"0\",le=\"1\"} 3",
                "turn_seconds_bucket{loop=\"0\",le=\"+Inf\"} 4",
                "turn_seconds_sum{loop=\"0\"} 60.502000001",
                "turn_seconds_count{loop=\"0\"} 4",
            ]
        )
    }

    @Test("recorders that aggregate are histograms of their own buckets; NaN is left out")
    func recorders() throws {
        let registry = PrometheusRegistry(
            bucketsOfMetrics: ["size_bytes": try #require(HistogramBuckets([64, 1_024]))]
        )
        let recorder = Recorder(label: "size_bytes", factory: registry)
        for size in [1, 64, 65, 2_000] { recorder.record(size) }
        recorder.record(Double.nan)
        #expect(
            lines(registry).dropFirst() == [
                "size_bytes_bucket{le=\"64\"} 2", "size_bytes_bucket{le=\"1024\"} 3",
                "size_bytes_bucket{le=\"+Inf\"} 4", "size_bytes_sum 2130", "size_bytes_count 4",
            ]
        )
    }

    @Test("buckets ascend, are finite, and are not too many")
    func buckets() {
        #expect(HistogramBuckets([]) == nil)
        #expect(HistogramBuckets([1, 1]) == nil)
        #expect(HistogramBuckets([2, 1]) == nil)
        #expect(HistogramBuckets([1, .infinity]) == nil)
        #expect(HistogramBuckets([.nan]) == nil)
        #expect(HistogramBuckets((0..<200).map(Double.init)) != nil)
        #expect(HistogramBuckets((0..<201).map(Double.init)) == nil)
        #expect(HistogramBuckets.latency.upperBounds.count == 20)
        #expect(HistogramBuckets.latency.upperBounds.first == 16e-6)
    }

    @Test("one name and one set of dimensions is one metric, in whatever order they are given")
    func identity() {
        let registry = PrometheusRegistry()
        Counter(label: "a", dimensions: [("x", "1"), ("y", "2")], factory: registry).increment()
        Counter(label: "a", dimensions: [("y", "2"), ("x", "1")], factory: registry).increment()
        Counter(label: "a", dimensions: [("x", "1"), ("x", "9"), ("y", "2")], factory: registry)
            .increment()
        FloatingPointCounter(label: "a", dimensions: [("x", "1"), ("y", "2")], factory: registry)
            .increment(by: 0.5)
        #expect(lines(registry) == ["# TYPE a counter", "a{x=\"1\",y=\"2\"} 3.5"])
        #expect(registry.seriesCount == 1)
    }

    @Test("names that Prometheus does not allow are replaced, values are escaped")
    func names() {
        let registry = PrometheusRegistry()
        Counter(
            label: "9http.requests-total",
            dimensions: [("__uri", "a\"b\\c\nd"), ("status code", "200"), ("", "é")],
            factory: registry
        ).increment()
        #expect(
            lines(registry).last
                == "_9http_requests_total{_=\"é\",_uri=\"a\\\"b\\\\c\\nd\",status_code=\"200\"} 1"
        )
        registry.describe("9http.requests-total", "A \\ and\na line.")
        #expect(lines(registry).first == "# HELP _9http_requests_total A \\\\ and\\na line.")
    }

    @Test("a histogram's own label is not overwritten")
    func reservedLabel() throws {
        let registry = PrometheusRegistry(buckets: try #require(HistogramBuckets([1])))
        Recorder(label: "h", dimensions: [("le", "x")], factory: registry).record(0)
        #expect(lines(registry)[1] == "h_bucket{exported_le=\"x\",le=\"1\"} 1")
    }

    @Test(
        "a name that another kind has, or that is part of another's text, gets the kind behind it"
    )
    func conflicts() throws {
        let registry = PrometheusRegistry(buckets: try #require(HistogramBuckets([1])))
        Recorder(label: "h", factory: registry).record(0)
        Counter(label: "h", factory: registry).increment()
        Counter(label: "h_count", factory: registry).increment()
        Meter(label: "metrics_series_refused_total", factory: registry).set(5)
        let text = registry.text()
        let types = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
        #expect(
            types == [
                "# TYPE h histogram", "# TYPE h_count_counter counter", "# TYPE h_counter counter",
                "# TYPE metrics_series_refused_total counter",
                "# TYPE metrics_series_refused_total_gauge gauge",
            ]
        )
        #expect(text.contains("\nmetrics_series_refused_total 0\n"))
    }

    @Test("no more series than allowed: one more is counted into nowhere, and counted")
    func seriesLimit() {
        var limits = PrometheusRegistry.Limits()
        limits.series = 2
        let registry = PrometheusRegistry(limits: limits)
        let kept = ["1", "2"].map {
            Counter(label: "a", dimensions: [("x", $0)], factory: registry)
        }
        Counter(label: "a", dimensions: [("x", "3")], factory: registry).increment()
        #expect(registry.seriesCount == 2)
        #expect(registry.text().contains("\nmetrics_series_refused_total 1\n"))
        #expect(!registry.text().contains("x=\"3\""))
        // Room again once one is gone.
        kept[0].destroy()
        Counter(label: "a", dimensions: [("x", "3")], factory: registry).increment()
        #expect(registry.text().contains("a{x=\"3\"} 1"))
        #expect(!registry.text().contains("x=\"1\""))
    }

    @Test("values of labels are cut at whole characters", arguments: [(4, "éé"), (3, "é")])
    func labelLimit(bytes: Int, value: String) {
        var limits = PrometheusRegistry.Limits()
        limits.labelValueBytes = bytes
        let registry = PrometheusRegistry(limits: limits)
        Counter(label: "a", dimensions: [("x", "ééé")], factory: registry).increment()
        #expect(lines(registry).last == "a{x=\"\(value)\"} 1")
    }

    @Test("a metric that was destroyed is gone, and its name is free for another kind")
    func destroy() {
        let registry = PrometheusRegistry()
        let timer = Timer(label: "a", factory: registry)
        timer.recordSeconds(1)
        timer.destroy()
        #expect(registry.seriesCount == 0 && lines(registry).isEmpty)
        timer.recordSeconds(1)
        let counter = Counter(label: "a_count", factory: registry)
        counter.increment()
        #expect(lines(registry) == ["# TYPE a_count counter", "a_count 1"])
        for metric in [Counter(label: "b", factory: registry)] { metric.destroy() }
        Meter(label: "m", factory: registry).destroy()
        Recorder(label: "r", factory: registry).destroy()
        FloatingPointCounter(label: "f", factory: registry).destroy()
        #expect(registry.seriesCount == 1)
    }

    @Test("no count is lost between threads")
    func threads() async {
        let registry = PrometheusRegistry()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = Counter(label: "n", factory: registry)
                    let sum = FloatingPointCounter(label: "f", factory: registry)
                    let meter = Meter(label: "m", factory: registry)
                    let timer = Timer(label: "t", factory: registry)
                    for _ in 0..<1_000 {
                        counter.increment()
                        sum.increment(by: 0.5)
                        meter.increment(by: 1.0)
                        timer.recordNanoseconds(1)
                    }
                }
            }
        }
        let text = lines(registry)
        #expect(text.contains("n 8000") && text.contains("f 4000") && text.contains("m 8000"))
        #expect(text.last == "t_count 8000")
    }
}
#endif

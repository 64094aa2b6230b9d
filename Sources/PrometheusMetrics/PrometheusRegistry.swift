#if Endpoint
public import CoreMetrics
internal import Synchronization

/// A backend of swift-metrics that keeps what is counted and writes it as Prometheus reads it.
///
/// Counters become counters, meters and recorders without aggregation gauges, timers and recorders
/// with aggregation histograms; timers are in seconds. Asking for a metric of a name and dimensions
/// that are there returns the same one.
///
/// Recording takes no lock but for histograms, whose lock is their own; ``text()`` and making a
/// metric take the registry's.
public final class PrometheusRegistry: MetricsFactory {
    /// How much a registry keeps.
    public struct Limits: Hashable, Sendable {
        /// The most series, that is metrics with one set of label values each; what goes beyond is
        /// counted into nowhere, and that is counted.
        public var series = 10_000
        /// The most bytes of a label's value; longer ones are cut.
        public var labelValueBytes = 1_024

        /// The default limits.
        public init() {}
    }

    /// The `Content-Type` of ``text()``.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Counts the metrics that were asked for beyond ``Limits/series``.
    static let refusedName = "metrics_series_refused_total"

    private let limits: Limits
    private let buckets: HistogramBuckets
    private let state: Mutex<State>

    private struct State {
        var families: [String: MetricFamily] = [:]
        /// Which family has a name of the text.
        var owners: [String: String] = [:]
        var help: [String: String]
        var buckets: [String: HistogramBuckets]
        /// Where each series is.
        var places: [ObjectIdentifier: (family: String, labels: String)] = [:]
        /// Counts what went beyond the limit.
        let refused = CounterSeries()
    }

    /// An empty registry.
    ///
    /// - Parameters:
    ///   - buckets: those of each histogram that has none of its own.
    ///   - bucketsOfMetrics: buckets of single histograms, by the name they were asked for.
    ///   - help: what single metrics are, by the name they were asked for; one line.
    ///   - limits: how much it keeps.
    public init(
        buckets: HistogramBuckets = .latency,
        bucketsOfMetrics: [String: HistogramBuckets] = [:],
        help: [String: String] = [:],
        limits: Limits = Limits()
    ) {
        self.limits = limits
        self.buckets = buckets
        let owners = [Self.refusedName: Self.refusedName]
        state = Mutex(State(owners: owners, help: help, buckets: bucketsOfMetrics))
    }

    /// Says what a metric is; shown from the next ``text()`` on.
    ///
    /// - Parameters:
    ///   - name: as the metric is asked for.
    ///   - help: one line.
    public func describe(_ name: String, _ help: String) {
        state.withLock { state in
            state.help[name] = help
            let label = MetricName.metric(name)
            // Families that had to take another name keep the help they were made with.
            if state.families[label] != nil { state.families[label]?.help = help }
        }
    }

    /// How many series there are.
    public var seriesCount: Int { state.withLock { $0.places.count } }

    /// All metrics in Prometheus' text format 0.0.4, sorted by name and labels.
    ///
    /// - Complexity: O(*n* log *n*) in the series.
    public func text() -> String {
        let families = state.withLock { state in
            let own = MetricFamily(
                name: Self.refusedName,
                kind: .counter,
                help: "Metrics that were asked for beyond the limit of this registry.",
                series: ["": .counter(state.refused)]
            )
            return Array(state.families.values) + [own]
        }
        var text = MetricsText()
        for family in families.sorted(by: { $0.name < $1.name }) {
            text.begin(family)
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                text.add(series, of: family.name, labels)
            }
        }
        return text.text
    }
}

// MARK: - MetricsFactory

extension PrometheusRegistry {
    /// A counter that leaves out negative amounts.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    /// A counter that leaves out negative amounts and NaN.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    /// A histogram that leaves out NaN, or a gauge where nothing is to be aggregated.
    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
    }

    /// A histogram, in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions)
    }

    /// Takes a counter out of ``text()``.
    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }

    /// Takes a counter out of ``text()``.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        remove(handler)
    }

    /// Takes a gauge out of ``text()``.
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }

    /// Takes a recorder out of ``text()``.
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }

    /// Takes a timer out of ``text()``.
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}

// MARK: - Series

extension PrometheusRegistry {
    private func counter(_ name: String, _ dimensions: [(String, String)]) -> CounterSeries {
        let made = CounterSeries()
        guard case .counter(let series) = series(name, dimensions, .counter(made)) else {
            return made
        }
        return series
    }

    private func gauge(_ name: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        let made = GaugeSeries()
        guard case .gauge(let series) = series(name, dimensions, .gauge(made)) else { return made }
        return series
    }

    private func histogram(_ name: String, _ dimensions: [(String, String)]) -> HistogramSeries {
        let made = HistogramSeries(state.withLock { $0.buckets[name] } ?? buckets)
        guard case .histogram(let series) = series(name, dimensions, .histogram(made)) else {
            return made
        }
        return series
    }

    /// The series of that name, kind and dimensions: the one that is there, or `made`.
    private func series(
        _ name: String,
        _ dimensions: [(String, String)],
        _ made: MetricSeries
    ) -> MetricSeries {
        let kind = made.kind
        let labels = MetricName.labels(dimensions, of: kind, maximumBytes: limits.labelValueBytes)
        return state.withLock { state in
            let family = Self.family(name, kind, &state)
            if let there = state.families[family]?.series[labels] { return there }
            guard state.places.count < limits.series else {
                state.refused.increment(by: 1 as Int64)
                return made
            }
            if state.families[family] == nil {
                for owned in kind.names(of: family) { state.owners[owned] = family }
                let help = state.help[name] ?? ""
                state.families[family] = MetricFamily(name: family, kind: kind, help: help)
            }
            state.places[ObjectIdentifier(made.object)] = (family, labels)
            state.families[family]?.series[labels] = made
            return made
        }
    }

    /// The name of the family that a metric belongs to.
    ///
    /// A name that another kind has already, or that is part of another's text, is followed by the
    /// kind.
    private static func family(_ name: String, _ kind: MetricKind, _ state: inout State) -> String {
        var family = MetricName.metric(name)
        while true {
            let isFree = kind.names(of: family).allSatisfy { part in
                state.owners[part].map { $0 == family } ?? true
            }
            let there = state.families[family]
            if isFree, there.map({ $0.kind == kind }) ?? (state.owners[family] == nil) {
                return family
            }
            family += "_" + kind.rawValue
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            guard let (name, labels) = state.places.removeValue(forKey: ObjectIdentifier(handler))
            else { return }
            state.families[name]?.series[labels] = nil
            guard let family = state.families[name], family.series.isEmpty else { return }
            state.families[name] = nil
            for owned in family.kind.names(of: name) { state.owners[owned] = nil }
        }
    }
}
#endif

#if Endpoint
internal import CoreMetrics

/// A counter of swift-metrics that follows one which something else keeps.
final class SampledCounter {
    private let counter: Counter
    private var last: UInt64 = 0

    init(
        _ name: String,
        _ factory: any MetricsFactory,
        _ dimensions: [(String, String)] = []
    ) {
        counter = Counter(label: name, dimensions: dimensions, factory: factory)
    }

    /// Adds what has come since the last call; a total that fell began anew.
    func update(_ total: UInt64) {
        let new = total >= last ? total - last : total
        last = total
        if new > 0 { counter.increment(by: Int64(clamping: new)) }
    }

    /// Takes the metric out of its backend.
    func destroy() { counter.destroy() }
}
#endif

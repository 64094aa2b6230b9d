#if Endpoint
internal import CoreMetrics
internal import Synchronization

/// A sum that only grows.
final class CounterSeries: CounterHandler, FloatingPointCounterHandler {
    private let whole = Atomic<UInt64>(0)
    private let fraction = AtomicDouble()

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        whole.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    func increment(by amount: Double) {
        guard amount > 0 else { return }
        fraction.update { $0 + amount }
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.update { _ in 0 }
    }

    /// The sum; exact where only integers were added.
    var value: String {
        let whole = whole.load(ordering: .relaxed)
        let fraction = fraction.value
        return fraction == 0 ? "\(whole)" : MetricsText.number(Double(whole) + fraction)
    }
}

/// A value that goes up and down.
final class GaugeSeries: MeterHandler, RecorderHandler {
    private let current = AtomicDouble()

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { current.update { _ in value } }
    func increment(by amount: Double) { current.update { $0 + amount } }
    func decrement(by amount: Double) { current.update { $0 - amount } }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }

    var value: Double { current.value }
}

/// How many values lie below each of some bounds.
final class HistogramSeries: RecorderHandler, TimerHandler {
    /// What was recorded, at one moment.
    struct Snapshot: Sendable {
        /// Values in each bucket alone; the last is for those above all bounds.
        var counts: [UInt64]
        var sum = 0.0
    }

    let buckets: HistogramBuckets
    private let recorded: Mutex<Snapshot>

    init(_ buckets: HistogramBuckets) {
        self.buckets = buckets
        let counts = [UInt64](repeating: 0, count: buckets.upperBounds.count + 1)
        recorded = Mutex(Snapshot(counts: counts))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let bucket = buckets.index(of: value)
        recorded.withLock { state in
            state.counts[bucket] &+= 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    var snapshot: Snapshot { recorded.withLock { $0 } }
}

/// A number that threads change together.
struct AtomicDouble: ~Copyable, Sendable {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func update(_ change: (Double) -> Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = change(Double(bitPattern: old)).bitPattern
            let (isExchanged, seen) = bits.weakCompareExchange(
                expected: old,
                desired: new,
                ordering: .relaxed
            )
            if isExchanged { return }
            old = seen
        }
    }
}
#endif

#if Endpoint
/// What Prometheus knows metrics as.
enum MetricKind: String, Sendable {
    case counter
    case gauge
    case histogram

    /// The names that the samples of a family have.
    func names(of family: String) -> [String] {
        switch self {
        case .counter, .gauge: [family]
        case .histogram: [family, family + "_bucket", family + "_sum", family + "_count"]
        }
    }
}

/// Series of one name and kind.
struct MetricFamily: Sendable {
    let name: String
    let kind: MetricKind
    var help: String
    /// By the text between the braces.
    var series: [String: MetricSeries] = [:]
}

/// One metric with one set of label values.
enum MetricSeries: Sendable {
    case counter(CounterSeries)
    case gauge(GaugeSeries)
    case histogram(HistogramSeries)

    var kind: MetricKind {
        switch self {
        case .counter: .counter
        case .gauge: .gauge
        case .histogram: .histogram
        }
    }

    var object: any AnyObject & Sendable {
        switch self {
        case .counter(let series): series
        case .gauge(let series): series
        case .histogram(let series): series
        }
    }
}
#endif

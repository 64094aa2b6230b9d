import BenchmarkSupport
import MQTTTopics

/// Arguments beyond those of every benchmark program: `--sizes 10000,100000,1000000`.
@main
enum MQTTTopicsBenchmarks {
    static func main() throws {
        let program = BenchmarkProgram("MQTTTopics")
        try PairBenchmark.run(program)
        try AdversaryBenchmark.run(program)
        for size in sizes(isSmoke: program.isSmoke) {
            try IndexBenchmark.run(program, size: size)
        }
        program.finish()
    }

    private static func sizes(isSmoke: Bool) -> [Int] {
        let arguments = CommandLine.arguments
        if let i = arguments.firstIndex(of: "--sizes"), i + 1 < arguments.count {
            return arguments[i + 1].split(separator: ",").compactMap { Int($0) }
        }
        return isSmoke ? [10_000] : [10_000, 100_000, 1_000_000]
    }
}

/// The index under measurement.
typealias Index = SubscriptionIndex<UInt32, UInt8>

/// Many texts in one buffer, so that a benchmark reads them as a broker reads packets.
struct PackedTexts {
    private(set) var bytes: [UInt8] = []
    private(set) var ranges: [Range<Int>] = []

    init(_ texts: [String]) {
        for text in texts {
            let start = bytes.count
            bytes.append(contentsOf: text.utf8)
            ranges.append(start..<bytes.count)
        }
    }
}

import BenchmarkSupport
import MQTTTopics

/// The workload of one size: build, match, snapshot, remove.
enum IndexBenchmark {
    static func run(_ program: BenchmarkProgram, size: Int) throws {
        let name = size >= 1_000_000 ? "\(size / 1_000_000)M" : "\(size / 1000)k"
        guard program.wants("topics/\(name)-") else { return }
        let workload = TopicWorkload(
            subscriptions: size,
            topics: program.isSmoke ? 2000 : 100_000
        )
        let filters = try workload.filters.map { try TopicFilter($0) }
        var times: [Double] = []
        var bytes = 0
        var built: Index?
        for _ in 0..<(program.isSmoke ? 1 : 3) {
            built = nil
            let before = heapBytes()
            let start = nanoseconds()
            var index = Index(seed: 0x5EED)
            for (i, filter) in filters.enumerated() { try index.insert(filter, UInt32(i), 1) }
            times.append(Double(nanoseconds() - start) / Double(size))
            bytes = heapBytes() - before
            built = consume index
        }
        guard var index = built.take() else { return }
        report(program, "topics/\(name)-build", median(times), "ns/sub", bar: 400)
        let each = Double(bytes) / Double(size)
        report(program, "topics/\(name)-memory", each, "B/sub", bar: 90)
        report(
            program,
            "topics/\(name)-memory-own-count",
            Double(index.statistics.byteCount) / Double(size),
            "B/sub"
        )
        if CommandLine.arguments.contains("--build-only") { return }
        try match(program, name, size, workload, index)
        try snapshots(program, name, &index, filters, workload.churn)
        try churn(program, name, &index, filters, workload.churn)
        removeAll(program, name, &index, filters)
    }

    private static func match(
        _ program: BenchmarkProgram,
        _ name: String,
        _ size: Int,
        _ workload: TopicWorkload,
        _ index: borrowing Index
    ) throws {
        let snapshot = index.snapshot()
        let cold = PackedTexts(workload.topics)
        let hot = PackedTexts(workload.hotTopics)
        if let check = TopicWorkload.checks[size], !program.isSmoke {
            let (count, sum) = Self.check(snapshot, cold, cold.ranges.count)
            if count != check.count || sum != check.sum {
                program.fail("topics/\(name): C \(count), H \(String(sum, radix: 16))")
            } else {
                print("topics/\(name): C = \(count), H = \(String(sum, radix: 16)) as they must be")
            }
        }
        let bar: Double = size <= 10_000 ? 180 : size <= 100_000 ? 300 : 700
        let count = cold.ranges.count
        var misses = DependentMisses(bytes: index.statistics.byteCount)
        program.compare(
            "topics/\(name)-match-cold",
            count: count,
            bar: bar,
            ours: { _ in Self.check(snapshot, cold, count).sum }
        )
        program.compare(
            "topics/\(name)-match-hot",
            count: count,
            ours: { _ in Self.check(snapshot, hot, count).sum }
        )
        let miss = misses.measure()
        report(program, "topics/\(name)-dependent-miss", miss, "ns/load")
        let ours = median(
            (0..<5).map { _ in
                let start = nanoseconds()
                blackHole(Self.check(snapshot, cold, count).sum)
                return Double(nanoseconds() - start) / Double(count)
            }
        )
        program.add(
            .measured(
                "topics/\(name)-match-in-misses",
                ours,
                "ns/op",
                peer: ("dependent miss", miss)
            )
        )
    }

    /// The number of matches, and the sum over them of (topic + 1)(subscriber + 1).
    @inline(never)
    static func check(
        _ snapshot: SubscriptionSnapshot<UInt32, UInt8>,
        _ topics: PackedTexts,
        _ count: Int
    ) -> (count: UInt64, sum: UInt64) {
        var matches: UInt64 = 0
        var sum: UInt64 = 0
        for i in 0..<count {
            let bytes = topics.bytes.span.extracting(topics.ranges[i])
            snapshot.forEachMatch(TopicView(unchecked: bytes)) { match in
                matches &+= 1
                sum &+= UInt64(i + 1) &* UInt64(match.subscriber + 1)
            }
        }
        return (matches, sum)
    }

    /// Insertions while a snapshot is alive; every thousand a new one takes its place.
    private static func snapshots(
        _ program: BenchmarkProgram,
        _ name: String,
        _ index: inout Index,
        _ filters: [TopicFilter],
        _ order: [Int]
    ) throws {
        var inserts: [Double] = []
        var makes: [Double] = []
        var releases: [Double] = []
        let before = heapBytes()
        let subscriptions = index.statistics.subscriptions
        var snapshot: SubscriptionSnapshot<UInt32, UInt8>?
        var peak = before
        let writes = order.prefix(20_000)
        for (i, number) in writes.enumerated() {
            if i % 1000 == 0 {
                peak = max(peak, heapBytes())
                let release = nanoseconds()
                snapshot = nil
                releases.append(Double(nanoseconds() - release))
                let start = nanoseconds()
                snapshot = index.snapshot()
                makes.append(Double(nanoseconds() - start))
            }
            let start = nanoseconds()
            try index.insert(filters[number], UInt32(number + subscriptions), 1)
            inserts.append(Double(nanoseconds() - start))
        }
        blackHole(snapshot)
        snapshot = nil
        for number in writes {
            index.remove(filters[number], UInt32(number + subscriptions))
        }
        inserts.sort()
        makes.sort()
        func percentile(_ share: Double) -> Double {
            inserts[Int(Double(inserts.count - 1) * share)]
        }
        report(program, "topics/\(name)-snapshot-make-max", makes.last ?? 0, "ns")
        report(program, "topics/\(name)-snapshot-release-max", releases.max() ?? 0, "ns")
        report(program, "topics/\(name)-snapshot-insert-p50", percentile(0.5), "ns")
        report(program, "topics/\(name)-snapshot-insert-p99", percentile(0.99), "ns")
        report(program, "topics/\(name)-snapshot-insert-p99.9", percentile(0.999), "ns")
        report(program, "topics/\(name)-snapshot-insert-max", percentile(1), "ns")
        report(
            program,
            "topics/\(name)-snapshot-memory",
            Double(peak) / Double(before) * Double(index.statistics.byteCount)
                / Double(index.statistics.subscriptions),
            "B/sub"
        )
    }

    /// A tenth of the subscriptions out and in again.
    private static func churn(
        _ program: BenchmarkProgram,
        _ name: String,
        _ index: inout Index,
        _ filters: [TopicFilter],
        _ order: [Int]
    ) throws {
        var removals: [Double] = []
        var insertions: [Double] = []
        for _ in 0..<3 {
            var start = nanoseconds()
            for number in order where index.remove(filters[number], UInt32(number)) == nil {
                program.fail("topics/\(name): nothing to remove")
            }
            removals.append(Double(nanoseconds() - start) / Double(order.count))
            start = nanoseconds()
            for number in order { try index.insert(filters[number], UInt32(number), 1) }
            insertions.append(Double(nanoseconds() - start) / Double(order.count))
        }
        report(program, "topics/\(name)-remove", median(removals), "ns/sub", bar: 500)
        report(program, "topics/\(name)-insert-again", median(insertions), "ns/sub")
    }

    private static func removeAll(
        _ program: BenchmarkProgram,
        _ name: String,
        _ index: inout Index,
        _ filters: [TopicFilter]
    ) {
        let before = index.statistics.byteCount
        let start = nanoseconds()
        for i in filters.indices { index.removeAll(of: UInt32(i)) }
        let time = Double(nanoseconds() - start) / Double(filters.count)
        report(program, "topics/\(name)-remove-all-of", time, "ns/sub")
        let left = index.statistics
        if left.subscriptions != 0 || left.filters != 0 { program.fail("\(name): not empty") }
        report(
            program,
            "topics/\(name)-memory-after-removal",
            Double(left.byteCount) / Double(before) * 100,
            "% of full"
        )
    }

    static func report(
        _ program: BenchmarkProgram,
        _ name: String,
        _ value: Double,
        _ unit: String,
        bar: Double? = nil
    ) {
        program.add(.measured(name, value, unit, atMost: bar))
    }
}

/// The machine's own limit: loads that each need the one before, over as much memory as the index
/// takes.
struct DependentMisses {
    private var next: [UInt32]

    init(bytes: Int) {
        let lines = max(bytes / 64, 2)
        var random = SplitMix64(seed: 11)
        var order = (1..<lines).map { UInt32($0) }
        order.shuffle(using: &random)
        next = [UInt32](repeating: 0, count: lines * 16)
        var at: UInt32 = 0
        for line in order {
            next[Int(at) * 16] = line
            at = line
        }
        next[Int(at) * 16] = 0
    }

    /// Nanoseconds of one load.
    mutating func measure() -> Double {
        var times: [Double] = []
        var at: UInt32 = 0
        for _ in 0..<5 {
            let start = nanoseconds()
            for _ in 0..<200_000 { at = next[Int(at) * 16] }
            times.append(Double(nanoseconds() - start) / 200_000)
        }
        blackHole(at)
        return median(times)
    }
}

import BenchmarkSupport
import MQTTTopics

/// Filters made to cost as much as possible: all mixes of a name and `+`.
enum AdversaryBenchmark {
    static func run(_ program: BenchmarkProgram) throws {
        try row(
            program,
            "topics/adversary-4096-matching",
            TopicWorkload.blowUpFilters,
            // 300 times 4,096 matches; the topics are numbered from 1, the subscribers too.
            expect: 0x58_3482_f000
        )
        try row(
            program,
            "topics/adversary-2048-dead-ends",
            TopicWorkload.deadEndFilters,
            expect: 0
        )
    }

    private static func row(
        _ program: BenchmarkProgram,
        _ name: String,
        _ filters: [String],
        expect: UInt64
    ) throws {
        guard program.wants(name) else { return }
        var index = Index(seed: 0x5EED)
        for (i, filter) in filters.enumerated() {
            try index.insert(TopicFilter(filter), UInt32(i), 1)
        }
        let snapshot = index.snapshot()
        let topics = PackedTexts([String](repeating: TopicWorkload.blowUpTopic, count: 300))
        program.compare(
            name,
            count: 300,
            expect: expect,
            bar: 25_000,
            ours: { count in IndexBenchmark.check(snapshot, topics, count).sum }
        )
        IndexBenchmark.report(
            program,
            name + "-memory",
            Double(index.statistics.byteCount) / Double(filters.count),
            "B/sub"
        )
    }
}

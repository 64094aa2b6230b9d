import IoTTestSupport
import MQTTTopics
import Testing

/// What a match says, comparable.
struct Seen: Hashable {
    var subscriber: Int
    var options: Int
    var isShared: Bool
}

/// An index as a list: the oracle.
struct NaiveIndex {
    struct Key: Hashable {
        var filter: SubscriptionFilter
        var subscriber: Int
    }
    var entries: [Key: Int] = [:]

    func matches(_ topic: String, _ dialect: TopicDialect) -> [Seen: Int] {
        var seen: [Seen: Int] = [:]
        for (key, options) in entries
        where NaiveTopics.matches(key.filter.topicFilter.rawValue, topic, dialect) {
            let one = Seen(
                subscriber: key.subscriber,
                options: options,
                isShared: key.filter.shareName != nil
            )
            seen[one, default: 0] += 1
        }
        return seen
    }
}

@Suite("SubscriptionIndex")
struct SubscriptionIndexTests {
    typealias Index = SubscriptionIndex<Int, Int>

    static func seen(
        _ snapshot: SubscriptionSnapshot<Int, Int>,
        _ topic: String
    ) throws -> [Seen: Int] {
        var seen: [Seen: Int] = [:]
        let name = try TopicName(topic)
        snapshot.forEachMatch(name.view) { match in
            let one = Seen(
                subscriber: match.subscriber,
                options: match.options,
                isShared: match.group != nil
            )
            seen[one, default: 0] += 1
        }
        return seen
    }

    @Test(
        "[MQTT-3.3.2-3] random changes: every match is the oracle's, snapshots stay as they were",
        arguments: TopicDialect.allCases,
        [UInt64(1), 2, 3]
    )
    func agreesWithOracle(dialect: TopicDialect, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var index = Index(dialect: dialect, seed: seed)
        var naive = NaiveIndex()
        var kept: [(SubscriptionSnapshot<Int, Int>, NaiveIndex)] = []
        for step in 0..<6000 {
            let text = NaiveTopics.randomFilter(&random)
            let shared = random.oneIn(4) ? "$share/\(random.pick(["g", "h"]))/" : ""
            let filter = try SubscriptionFilter(shared + text)
            let subscriber = random.below(40)
            let key = NaiveIndex.Key(filter: filter, subscriber: subscriber)
            switch random.below(step < 3000 ? 10 : 20) {
            case 0...5:
                let old = try index.insert(filter, subscriber, step)
                #expect(old == naive.entries.updateValue(step, forKey: key))
            case 6:
                let count = naive.entries.count
                naive.entries = naive.entries.filter { $0.key.subscriber != subscriber }
                #expect(index.removeAll(of: subscriber) == count - naive.entries.count)
            default:
                #expect(index.options(of: filter, subscriber) == naive.entries[key])
                let old = index.remove(filter, subscriber)
                #expect(old == naive.entries.removeValue(forKey: key))
            }
            #expect(index.statistics.subscriptions == naive.entries.count)
            if random.oneIn(500) { kept.append((index.snapshot(), naive)) }
            if random.oneIn(10) {
                let topic = NaiveTopics.randomTopic(&random)
                let snapshot = index.snapshot()
                #expect(try Self.seen(snapshot, topic) == naive.matches(topic, dialect))
            }
        }
        for (snapshot, naive) in kept {
            for _ in 0..<50 {
                let topic = NaiveTopics.randomTopic(&random)
                #expect(try Self.seen(snapshot, topic) == naive.matches(topic, dialect))
            }
        }
        for subscriber in 0..<40 { index.removeAll(of: subscriber) }
        let left = index.statistics
        #expect(left.subscriptions + left.filters + left.subscribers + left.shareGroups == 0)
        #expect(left.crowdedFilters == 0)
    }

    @Test("the workload of 10,000 subscriptions gives the values it must give")
    func workload() throws {
        let workload = TopicWorkload(subscriptions: 10_000)
        var index = SubscriptionIndex<UInt32, UInt8>(seed: 42)
        let empty = index.statistics.byteCount
        for (i, text) in workload.filters.enumerated() {
            try index.insert(TopicFilter(text), UInt32(i), 0)
        }
        var count: UInt64 = 0
        var sum: UInt64 = 0
        for (i, text) in workload.topics.enumerated() {
            index.forEachMatch(try TopicName(text)) { match in
                count += 1
                sum &+= UInt64(i + 1) &* UInt64(match.subscriber + 1)
            }
        }
        let check = try #require(TopicWorkload.checks[10_000])
        #expect(count == check.count)
        #expect(sum == check.sum)
        #expect(index.statistics.byteCount <= 90 * 10_000)
        for i in 0..<10_000 { #expect(index.removeAll(of: UInt32(i)) == 1) }
        #expect(index.statistics.byteCount <= empty + 4096)
    }

    @Test("4,096 filters of all shapes: all that match are found, and all can be removed")
    func blowUp() throws {
        var index = SubscriptionIndex<Int, Int>(seed: 9)
        let filters = try (TopicWorkload.blowUpFilters + TopicWorkload.deadEndFilters)
            .map { try TopicFilter($0) }
        for (i, filter) in filters.enumerated() { try index.insert(filter, i, i) }
        let topic = try TopicName(TopicWorkload.blowUpTopic)
        var seen: Set<Int> = []
        index.forEachMatch(topic) { #expect(seen.insert($0.subscriber).inserted) }
        #expect(seen == Set(0..<4096))
        for (i, filter) in filters.enumerated().reversed() {
            #expect(index.remove(filter, i) == i)
        }
        #expect(index.statistics.filters == 0)
        index.forEachMatch(topic) { _ in Issue.record("a match in an empty index") }
    }

    @Test("a limit passes, one more does not, and the index stays as it was")
    func limits() throws {
        var index = Index(
            limits: SubscriptionLimits(maximumSubscriptions: 2, maximumFilterLevels: 3),
            seed: 1
        )
        try index.insert(TopicFilter("a/b/c"), 1, 1)
        #expect(throws: SubscriptionLimitError.tooManyLevels(limit: 3)) {
            try index.insert(TopicFilter("a/b/c/d"), 1, 1)
        }
        try index.insert(TopicFilter("a"), 1, 1)
        #expect(throws: SubscriptionLimitError.tooManySubscriptions(limit: 2)) {
            try index.insert(TopicFilter("b"), 1, 1)
        }
        #expect(try index.insert(TopicFilter("a"), 1, 2) == 1)
        #expect(index.statistics.subscriptions == 2)
        #expect(index.statistics.filters == 2)
    }

    @Test("[MQTT-3.10.4-1] a filter is removed by its exact characters")
    func removesExactly() throws {
        var index = Index(seed: 1)
        try index.insert(TopicFilter("a/+"), 1, 1)
        #expect(index.remove(try TopicFilter("a/b"), 1) == nil)
        #expect(index.remove(try TopicFilter("a/#"), 1) == nil)
        #expect(index.remove(try TopicFilter("a/+"), 2) == nil)
        #expect(index.remove(try SubscriptionFilter("$share/g/a/+"), 1) == nil)
        #expect(index.remove(try TopicFilter("a/+"), 1) == 1)
    }

    @Test("[MQTT-4.8.2-1] of a share group the chosen member is handed out")
    func choosesMember() throws {
        var index = Index(seed: 1)
        for i in 0..<10 { try index.insert(SubscriptionFilter("$share/g/a/#"), i, i) }
        try index.insert(TopicFilter("a/+"), 77, 7)
        let topic = try TopicName("a/b")
        var chosen: Set<Int> = []
        for turn in 0..<10 {
            var plain = 0
            index.forEachMatch(
                topic.view,
                choosing: { _, members in
                    #expect(members == 10)
                    return turn
                },
                { match in
                    if match.group == nil { plain += 1 } else { chosen.insert(match.subscriber) }
                }
            )
            #expect(plain == 1)
        }
        #expect(chosen == Set(0..<10))
        #expect(index.statistics.shareGroups == 1)
    }

    @Test("subscriptions of one subscriber are listed, and filters named")
    func lists() throws {
        var index = Index(seed: 1)
        let texts = ["a", "b/+", "$share/g/c/#", "#"]
        for (i, text) in texts.enumerated() { try index.insert(SubscriptionFilter(text), 5, i) }
        var seen: [String: Int] = [:]
        index.forEachSubscription(of: 5) { seen[$0.rawValue] = $1 }
        #expect(seen == ["a": 0, "b/+": 1, "$share/g/c/#": 2, "#": 3])
        index.forEachMatch(try TopicName("b/x")) { match in
            let text = index.topicFilter(match.filter).rawValue
            #expect(["b/+", "#"].contains(text))
        }
    }

    @Test("filters of more than 64 levels match like others")
    func deepFilters() throws {
        var index = Index(seed: 1)
        let levels = [String](repeating: "a", count: 100)
        var plus = levels
        plus[80] = "+"
        var other = levels
        other[90] = "b"
        let texts = [levels, plus, other, levels[..<64] + ["#"], levels[..<70] + ["#"]].map {
            $0.joined(separator: "/")
        }
        for (i, text) in texts.enumerated() { try index.insert(TopicFilter(text), i, i) }
        for topic in [levels, other, Array(levels[..<70]), Array(levels[..<64])] {
            let text = topic.joined(separator: "/")
            var seen: Set<Int> = []
            index.forEachMatch(try TopicName(text)) { seen.insert($0.subscriber) }
            let expected = texts.indices.filter { NaiveTopics.matches(texts[$0], text, .oasis) }
            #expect(seen == Set(expected))
        }
        for (i, text) in texts.enumerated() { #expect(index.remove(try TopicFilter(text), i) == i) }
    }

    @Test("readers of snapshots run while the owner writes")
    func concurrentReaders() async throws {
        var index = SubscriptionIndex<UInt32, UInt8>(seed: 3)
        let workload = TopicWorkload(subscriptions: 4000, topics: 300)
        let filters = try workload.filters.map { try TopicFilter($0) }
        let topics = try workload.topics.map { try TopicName($0) }
        await withTaskGroup(of: Void.self) { group in
            for round in 0..<40 {
                for i in round * 100..<(round + 1) * 100 {
                    _ = try? index.insert(filters[i], UInt32(i), 0)
                }
                let snapshot = index.snapshot()
                let limit = UInt32((round + 1) * 100)
                group.addTask {
                    for (i, topic) in topics.enumerated() {
                        var count = 0
                        snapshot.forEachMatch(topic.view) { match in
                            #expect(match.subscriber < limit)
                            count += 1
                        }
                        guard i % 20 == 0 else { continue }
                        let expected = filters[..<Int(limit)].count { $0.matches(topic) }
                        #expect(count == expected)
                    }
                }
                if round % 3 == 2 { index.removeAll(of: UInt32(round * 100)) }
                if round % 3 == 2 {
                    _ = try? index.insert(filters[round * 100], UInt32(round * 100), 0)
                }
            }
        }
        #expect(index.statistics.subscriptions == 4000)
    }
}

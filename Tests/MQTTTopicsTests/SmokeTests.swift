import MQTTTopics
import Testing

@Suite("Smoke")
struct SmokeTests {
    @Test("index") func index() throws {
        var index = SubscriptionIndex<Int, UInt8>(seed: 1)
        #expect(try index.insert(TopicFilter("a/+"), 1, 0) == nil)
        #expect(try index.insert(SubscriptionFilter("$share/g/a/b"), 2, 1) == nil)
        var seen: [Int] = []
        index.forEachMatch(try TopicName("a/b")) { seen.append($0.subscriber) }
        #expect(seen.sorted() == [1, 2])
        #expect(index.snapshot().statistics.subscriptions == 2)
    }
}

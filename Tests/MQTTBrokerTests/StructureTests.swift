import IoTTestSupport
import IoTTime
import MQTTCodec
import Testing

@testable import MQTTBroker

@Suite("The broker's own data structures against naive ones")
struct StructureTests {
    @Test("SlotTable: a key of a removed entry never finds the slot's next owner")
    func slotTable() {
        var table = SlotTable<Int>()
        let first = table.insert(1)
        table.remove(first)
        let second = table.insert(2)
        #expect(first.index == second.index)
        #expect(table[first] == nil)
        #expect(table[second] == 2)
        table[first] = 9
        #expect(table[second] == 2)
        let nobody = table.remove(first)
        #expect(nobody == nil)
        #expect(table.count == 1)
        #expect(table.keys == [second])
    }

    @Test("RingBuffer: first in, first out, through growth and wrap-around")
    func ringBuffer() {
        var random = SplitMix64(seed: 1)
        var ring = RingBuffer<Int>()
        var naive: [Int] = []
        for number in 0..<20_000 {
            if random.below(100) < (number / 1_000 % 2 == 0 ? 60 : 40) {
                ring.append(number)
                naive.append(number)
            } else {
                let popped = ring.popFirst()
                #expect(popped == (naive.isEmpty ? nil : naive.removeFirst()))
            }
            #expect(ring.count == naive.count)
            #expect(ring.first == naive.first)
        }
        var left: [Int] = []
        ring.forEach { left.append($0) }
        #expect(left == naive)
    }

    @Test("TimerQueue: entries come in the order of their deadlines, also after compaction")
    func timerQueue() {
        var random = SplitMix64(seed: 2)
        var queue = TimerQueue()
        var naive: [Int64] = []
        for number in 0..<2_000 {
            let deadline = Int64(random.below(500))
            queue.insert(
                MonotonicTime(nanoseconds: deadline),
                for: .session(SlotKey(index: UInt32(number), generation: 0))
            )
            naive.append(deadline)
            if number % 400 == 399 {
                queue.compact { $0.deadline.nanoseconds % 2 == 0 }
                naive.removeAll { $0 % 2 != 0 }
            }
        }
        let early = queue.popDue(at: MonotonicTime(nanoseconds: -1))
        #expect(early == nil)
        var got: [Int64] = []
        while let entry = queue.popDue(at: .distantFuture) {
            got.append(entry.deadline.nanoseconds)
        }
        #expect(got == naive.sorted())
    }

    @Test(
        "[MQTT-2.2.1-4] InflightTable: identifiers are unique and not 0 whatever the order of acknowledgement"
    )
    func inflight() throws {
        var random = SplitMix64(seed: 3)
        var table = InflightTable()
        var open: Set<PacketIdentifier> = []
        let payload: [UInt8] = []
        let message = Message(
            try SharedPublish(topicName: "t", payload: payload.span),
            qos: .exactlyOnce,
            retain: false,
            expiryInterval: nil,
            receivedAt: .zero,
            publisher: nil
        )
        let delivery = Delivery(
            message: message,
            qos: .exactlyOnce,
            retain: false,
            subscriptionIdentifiers: []
        )
        for _ in 0..<200_000 {
            if open.count < 50, random.below(2) == 0 {
                guard let identifier = table.insert(delivery), open.insert(identifier).inserted
                else {
                    Issue.record("no identifier, or one that is in use")
                    return
                }
            } else if let identifier = open.randomElement(using: &random) {
                if random.below(2) == 0 { table.release(identifier) }
                table.remove(identifier)
                open.remove(identifier)
            }
        }
        #expect(table.count == open.count)
        let entries = table.prepareResend()
        #expect(Set(entries.map(\.identifier)) == open)
        #expect(table.outstanding == 0)
    }

    @Test("InflightTable: all 65,535 identifiers can be in use, and no more")
    func inflightFull() throws {
        let payload: [UInt8] = []
        let delivery = Delivery(
            message: Message(
                try SharedPublish(topicName: "t", payload: payload.span),
                qos: .atLeastOnce,
                retain: false,
                expiryInterval: nil,
                receivedAt: .zero,
                publisher: nil
            ),
            qos: .atLeastOnce,
            retain: false,
            subscriptionIdentifiers: []
        )
        var table = InflightTable()
        var seen: Set<PacketIdentifier> = []
        for _ in 0..<65_535 {
            if let identifier = table.insert(delivery) { seen.insert(identifier) }
        }
        #expect(seen.count == 65_535)
        let excess = table.insert(delivery)
        #expect(excess == nil)
        table.remove(4_000)
        let freed = table.insert(delivery)
        #expect(freed == 4_000)
    }

    @Test("[MQTT-4.7.2-1] RetainedStore: the same matches as one filter against one topic")
    func retainedStore() throws {
        var random = SplitMix64(seed: 4)
        let levels = ["a", "b", "", "$x", "cc"]
        func text(_ words: [String], _ count: Int) -> String {
            (0..<count).map { _ in random.pick(words) }.joined(separator: "/")
        }
        var store = RetainedStore()
        var naive: [String: Message] = [:]
        let payload: [UInt8] = [1]
        for _ in 0..<400 {
            let topic = text(levels, 1 + random.below(4))
            guard !topic.isEmpty else { continue }
            if random.oneIn(4) {
                store.remove(topic.utf8Span.span)
                naive[topic] = nil
            } else {
                let message = Message(
                    try SharedPublish(topicName: topic, payload: payload.span),
                    qos: .atMostOnce,
                    retain: true,
                    expiryInterval: nil,
                    receivedAt: .zero,
                    publisher: nil
                )
                store.insert(message)
                naive[topic] = message
            }
            #expect(store.count == naive.count)
            var filter = text(levels + ["+", "+"], 1 + random.below(4))
            if random.oneIn(3) { filter += "/#" }
            if random.oneIn(20) { filter = "#" }
            guard !filter.isEmpty else { continue }
            for parentMatches in [true, false] {
                var got: [String] = []
                store.forEachMatch(filter.utf8Span.span, parentMatches: parentMatches) { message in
                    let content = message.content
                    let name = content.topicName
                    got.append(String(decoding: name.indices.map { name[$0] }, as: UTF8.self))
                }
                let want = naive.keys.filter { matches(filter, $0, parentMatches) }
                #expect(got.sorted() == want.sorted(), "\(filter)")
            }
        }
        for topic in naive.keys { store.remove(topic.utf8Span.span) }
        #expect(store.count == 0)
        #expect(store.byteCount == 160)
    }

    private func matches(_ filter: String, _ topic: String, _ parentMatches: Bool) -> Bool {
        let want = filter.split(separator: "/", omittingEmptySubsequences: false)
        let have = topic.split(separator: "/", omittingEmptySubsequences: false)
        if topic.hasPrefix("$"), want[0] == "+" || want[0] == "#" { return false }
        for (position, level) in want.enumerated() {
            if level == "#" {
                return have.count > position || (parentMatches && have.count == position)
            }
            guard position < have.count else { return false }
            if level != "+", level != have[position] { return false }
        }
        return want.count == have.count
    }
}

import IoTTestSupport
import IoTTime
import MQTTCodec
import Testing

@testable import MQTTBroker

@Suite("Tables of one session and one connection against naive ones")
struct SmallTableTests {
    private func delivery() throws -> Delivery {
        let payload: [UInt8] = []
        let message = Message(
            try SharedPublish(topicName: "t", payload: payload.span),
            qos: .atLeastOnce,
            retain: false,
            expiryInterval: nil,
            receivedAt: .zero,
            publisher: nil
        )
        return Delivery(
            message: message,
            qos: .atLeastOnce,
            retain: false,
            subscriptionIdentifiers: []
        )
    }

    @Test("InflightTable: restored identifiers are found, and new ones never meet them")
    func restore() throws {
        let delivery = try delivery()
        for seed in 1...20 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            var table = InflightTable()
            var used: Set<UInt16> = []
            for _ in 0..<random.below(300) {
                let number = UInt16(random.below(random.oneIn(2) ? 400 : 65_535) + 1)
                let identifier = try #require(PacketIdentifier(rawValue: number))
                let isNew = table.restore(identifier, .published(delivery))
                #expect(isNew == used.insert(number).inserted)
            }
            for number in used {
                let identifier = try #require(PacketIdentifier(rawValue: number))
                #expect(table[identifier]?.identifier == identifier)
            }
            for _ in 0..<300 {
                let inserted = table.insert(delivery)
                let identifier = try #require(inserted)
                #expect(used.insert(identifier.rawValue).inserted)
            }
            #expect(table.count == used.count)
        }
    }

    @Test("ReceiveCache: what it remembers is what it was told last", arguments: [1, 3, 64])
    func receiveCache(capacity: Int) {
        var random = SplitMix64(seed: 5)
        var cache = ReceiveCache()
        var told: [[UInt8]: Bool] = [:]
        var hits = 0
        for _ in 0..<5_000 {
            let topic =
                [UInt8](repeating: 0x61, count: random.below(3) + 1)
                + [UInt8(random.below(4))]
            if random.oneIn(2) {
                told[topic] = random.oneIn(2)
                cache.insert(topic.span, told[topic] == true, capacity: capacity)
            } else if let known = cache.decision(for: topic.span) {
                hits += 1
                #expect(known == told[topic])
            }
        }
        #expect(hits > 0)
        cache.removeAll()
        let topic: [UInt8] = [0x61]
        #expect(cache.decision(for: topic.span) == nil)
    }

    @Test("OutgoingAliases: a receiver that follows them always knows the topic")
    func aliases() {
        for seed in 1...10 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            var aliases = OutgoingAliases()
            aliases.limit = random.below(5) + 1
            var known: [UInt16: [UInt8]] = [:]
            for step in 0..<6_000 {
                // One topic at a time, then another: so that idle ones are replaced.
                let range = step / 700 % 2 == 0 ? 3 : 40
                let topic = Array("topic/\(random.below(range))".utf8)
                let choice = aliases.choose(topic.span)
                switch choice {
                case .name: break
                case .new(let alias):
                    #expect(1...aliases.limit ~= Int(alias))
                    known[alias] = topic
                case .known(let alias): #expect(known[alias] == topic)
                }
                aliases.sent(choice, topic.span)
            }
        }
    }

    @Test("JSON text: every character that must be escaped is")
    func json() {
        var text = JSONText()
        text.member("a\"b", "\u{0}\u{1F}\\\"\u{7F}é\n")
        text.member("l", ["", "x"])
        text.member("n", number: .min)
        text.member("b", false)
        #expect(
            String(decoding: text.finished, as: UTF8.self)
                == #"{"a\"b":"\u0000\u001f\\\"\u007fé\u000a","l":["","x"],"n":-9223372036854775808,"b":false}"#
        )
    }
}

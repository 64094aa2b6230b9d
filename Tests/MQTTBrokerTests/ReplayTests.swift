import IoTTestSupport
import MQTTBroker
import MQTTCodec
import Testing

@Suite("Any run can be replayed")
struct ReplayTests {
    /// 300 clients of all versions that do what they like.
    private func run(seed: UInt64, isDurable: Bool) -> (digest: UInt64, outputs: Int, sent: UInt64)
    {
        var random = SplitMix64(seed: seed)
        let simulation = Simulation(policy: WordPolicy()) {
            $0.publishedTap = .all
            $0.isDurable = isDurable
            $0.maximumInflight = 5
            $0.maximumQueuedMessages = 20
        }
        simulation.isRecording = true
        let versions: [ProtocolVersion] = [.v5, .v5, .v311, .v31]
        var clients: [TestClient?] = Array(repeating: nil, count: 300)
        for _ in 0..<3_000 {
            let index = random.below(clients.count)
            guard let client = clients[index], client.closeReason == nil else {
                let client = simulation.open(versions[index % 4])
                client.connect(
                    index % 50 == 7 ? "later\(index)" : "c\(index)",
                    clean: random.oneIn(3),
                    keepAlive: 20,
                    will: random.oneIn(2) ? Will(topicName: "w/\(index % 5)", payload: [1]) : nil,
                    properties: client5(index, &random)
                )
                clients[index] = client
                continue
            }
            act(client, index, &random)
            if random.oneIn(10) { simulation.advance(milliseconds: Int64(random.below(400))) }
            if !simulation.questions.isEmpty, random.oneIn(2) { simulation.answer(.allow) }
        }
        return (simulation.digest, simulation.recorded, simulation.broker.statistics.sent)
    }

    private func client5(_ index: Int, _ random: inout SplitMix64) -> [Property] {
        guard index % 4 < 2 else { return [] }
        return [
            .sessionExpiryInterval(UInt32(random.below(60))), .topicAliasMaximum(3),
            .receiveMaximum(4),
        ]
    }

    private func act(_ client: TestClient, _ index: Int, _ random: inout SplitMix64) {
        let topic = ["a", "a/b", "a/b/c", "no", "w/1", "later"][random.below(6)] + "/\(index % 9)"
        let id = PacketIdentifier(rawValue: UInt16(random.below(20) + 1)) ?? 1
        switch random.below(10) {
        case 0...1:
            let filter = ["a/#", "+/b/#", "#", "$share/g/a/#", "w/+", topic][random.below(6)]
            let isShared = filter.hasPrefix("$share") && client.version < .v5
            if !isShared { client.subscribe(filter, random.pick([.atMostOnce, .exactlyOnce])) }
        case 2...5:
            let qos = random.pick([QoS.atMostOnce, .atLeastOnce, .exactlyOnce])
            client.publish(
                topic,
                "\(index)",
                qos,
                id: qos == .atMostOnce ? nil : id,
                retain: random.oneIn(8)
            )
        case 6...7:
            for packet in client.take() {
                guard case .publish(let publish) = packet, let id = publish.packetIdentifier
                else { continue }
                client.acknowledge(publish.qos == .atLeastOnce ? .puback : .pubrec, id)
            }
        case 8: client.drop()
        default: client.disconnect()
        }
    }

    @Test("the same calls give the same outputs, byte for byte", arguments: [false, true])
    func replay(isDurable: Bool) {
        let first = run(seed: 3, isDurable: isDurable)
        let second = run(seed: 3, isDurable: isDurable)
        #expect(first.outputs > 2_000)
        #expect(first.sent > 500)
        #expect(first == second)
        #expect(run(seed: 4, isDurable: isDurable) != first)
    }
}

import IoTTestSupport
import MQTTBroker
import MQTTCodec
import Testing

@Suite("Many clients and a simulated clock")
struct CrowdTests {
    /// Bytes of a whole conversation, for each of two chunkings.
    private func conversation() throws -> [UInt8] {
        var bytes = try Connect(clientIdentifier: "a").encoded(as: .v5, from: .client)
        bytes += try Subscribe(
            packetIdentifier: 1,
            subscriptions: [Subscription(topicFilter: "#", maximumQoS: .exactlyOnce)]
        ).encoded(as: .v5, from: .client)
        for number in 0..<20 {
            bytes += try Publish(
                topicName: "t/\(number)",
                payload: [UInt8](repeating: 1, count: number * 30),
                qos: number % 3 == 0 ? .exactlyOnce : .atLeastOnce,
                packetIdentifier: PacketIdentifier(rawValue: UInt16(number + 1))
            ).encoded(as: .v5, from: .client)
        }
        return bytes + [0xC0, 0, 0xE0, 0]
    }

    @Test("[MQTT-4.2-1] (3.1.1: [MQTT-7.1.1-1]) any chunking gives the same outputs")
    func chunking() throws {
        let bytes = try conversation()
        let whole = Simulation().open()
        whole.send(bytes: bytes)
        let expected = whole.raw
        #expect(expected.count > 6_000)
        for size in [1, 2, 3, 7, 64, 1_000] {
            let client = Simulation().open()
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + size)
                client.send(bytes: Array(bytes[start..<end]))
                start = end
            }
            #expect(client.raw == expected)
            #expect(client.closeReason == .clientDisconnected(.normalDisconnection))
        }
    }

    @Test("a large packet that comes byte by byte costs time in proportion to its size")
    func singleBytes() throws {
        func time(_ size: Int) throws -> Duration {
            let simulation = Simulation()
            let client = simulation.connect("a")
            let payload = [UInt8](repeating: 0, count: size)
            let bytes = try Publish(topicName: "t", payload: payload)
                .encoded(as: .v5, from: .client)
            let time = ContinuousClock().measure {
                for byte in bytes {
                    let piece: [1 of UInt8] = [byte]
                    simulation.broker.received(piece.span, on: client.id, at: simulation.now)
                }
            }
            #expect(simulation.broker.statistics.received == 1)
            return time
        }
        // Sixteen times the time would be a copy of what is there for each byte.
        let small = try (0..<3).map { _ in try time(40_000) }.min() ?? .zero
        let large = try (0..<3).map { _ in try time(160_000) }.min() ?? .zero
        #expect(large < small * 10)
    }

    @Test(
        "(3.1.1: [MQTT-4.5.0-1]) [MQTT-4.5.0-1] 300 clients that come, go and break: each QoS 1 message reaches every kept session once, in order"
    )
    func crowd() {
        for seed in 1...3 as ClosedRange<UInt64> { crowd(seed: seed) }
    }

    private func crowd(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let simulation = Simulation { $0.maximumInflight = 7 }
        let properties: [Property] = [.sessionExpiryInterval(1_000), .receiveMaximum(5)]
        var clients: [TestClient] = (0..<300).map { number in
            let client = simulation.connect("c\(number)", clean: false, properties: properties)
            client.subscribe(number % 2 == 0 ? "t/+" : "#", .atLeastOnce)
            return client
        }
        let publisher = simulation.connect("publisher")
        var received = [[String]](repeating: [], count: 300)

        func collect(_ index: Int) {
            for packet in clients[index].take() {
                guard case .publish(let publish) = packet, let id = publish.packetIdentifier
                else { continue }
                let text = String(decoding: publish.payload, as: UTF8.self)
                // A repeat after a break is known by DUP.
                if !(publish.isDuplicate && received[index].contains(text)) {
                    received[index].append(text)
                }
                guard clients[index].closeReason == nil, !random.oneIn(3) else {
                    clients[index].drop()
                    clients[index] = simulation.open()
                    clients[index].connect("c\(index)", clean: false, properties: properties)
                    return
                }
                clients[index].acknowledge(.puback, id)
            }
        }
        for number in 0..<40 {
            publisher.publish("t/x", "\(number)", .atLeastOnce, id: 1)
            for _ in 0..<50 { collect(random.below(300)) }
            simulation.advance(milliseconds: Int64(random.below(2_000)))
        }
        for _ in 0..<60 {
            for index in clients.indices { collect(index) }
        }
        let all = (0..<40).map { "\($0)" }
        for index in clients.indices where received[index] != all {
            Issue.record("seed \(seed), client \(index): \(received[index])")
            return
        }
    }
}

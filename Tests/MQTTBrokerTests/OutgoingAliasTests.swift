import MQTTBroker
import MQTTCodec
import Testing

@Suite("MQTT 5.0 §3.3.2.3.4 Topic aliases to clients")
struct OutgoingAliasTests {
    private func alias(_ publish: Publish) -> UInt16? {
        let properties = publish.properties
        return properties.view.topicAlias
    }

    @Test("[MQTT-3.1.2-26] the name and an alias come first, then the alias alone")
    func learns() {
        let simulation = Simulation()
        let client = simulation.connect("a", properties: [.topicAliasMaximum(2)])
        client.subscribe("#", .atLeastOnce)
        let publisher = simulation.connect("p")
        for topic in ["one/1", "one/1", "two/2", "three/3", "one/1", "abc"] {
            publisher.publish(topic, "x", .atLeastOnce, id: 1)
        }
        let packets = client.takePublishes()
        #expect(packets.map(\.topicName) == ["one/1", "", "two/2", "three/3", "", "abc"])
        #expect(packets.map(alias) == [1, 1, 2, nil, 1, nil])
    }

    @Test("[MQTT-3.1.2-27] a client that takes none is sent none, and MQTT 3.1.1 neither")
    func none() {
        let simulation = Simulation()
        let clients = [
            simulation.connect("a"), simulation.connect("b", .v311),
            simulation.connect("c", properties: [.topicAliasMaximum(0)]),
        ]
        for client in clients { client.subscribe("#") }
        for _ in 0..<2 { simulation.connect("p").publish("topic", "x") }
        for client in clients {
            let packets = client.takePublishes()
            #expect(packets.map(\.topicName) == ["topic", "topic"])
            #expect(packets.allSatisfy { alias($0) == nil })
        }
    }

    @Test("[MQTT-3.3.2-11] the broker's own limit bounds the client's; 0 switches aliases off")
    func limit() {
        for maximum: UInt16 in [0, 1] {
            let simulation = Simulation { $0.outgoingTopicAliasMaximum = maximum }
            let client = simulation.connect("a", properties: [.topicAliasMaximum(65_535)])
            client.subscribe("#")
            client.publish("topic/1", "")
            client.publish("topic/2", "")
            #expect(
                client.takePublishes().map(alias) == (maximum == 0 ? [nil, nil] : [1, nil])
            )
        }
    }

    @Test("[MQTT-3.3.2-7] a new connection begins without aliases, also for what is sent again")
    func resume() {
        let simulation = Simulation()
        let properties: [Property] = [.topicAliasMaximum(5), .sessionExpiryInterval(60)]
        let client = simulation.connect("a", properties: properties)
        client.subscribe("#", .atLeastOnce)
        client.publish("topic", "1", .atLeastOnce, id: 1)
        client.publish("topic", "2", .atLeastOnce, id: 2)
        client.drop()
        let again = simulation.open()
        again.connect("a", clean: false, properties: properties)
        let packets = again.take().compactMap { packet -> Publish? in
            if case .publish(let publish) = packet { publish } else { nil }
        }
        #expect(packets.map(\.topicName) == ["topic", ""])
        #expect(packets.map(alias) == [1, 1])
        #expect(packets.map(\.isDuplicate) == [true, true])
    }

    @Test("an alias that would make the packet too large is left out")
    func tooLarge() {
        let simulation = Simulation()
        // Type, length, topic of 7, property length, payload of 5: 16 bytes; three more with an alias.
        let client = simulation.connect(
            "a",
            properties: [.topicAliasMaximum(5), .maximumPacketSize(45)]
        )
        client.subscribe("#")
        let payload = String(repeating: "x", count: 33)
        client.publish("topic/1", payload)
        client.publish("topic/1", "x")
        let packets = client.takePublishes()
        #expect(packets.map(alias) == [nil, 1])
    }

    @Test("an alias that was idle for 256 messages goes to another topic")
    func reuse() {
        let simulation = Simulation()
        let client = simulation.connect("a", properties: [.topicAliasMaximum(1)])
        client.subscribe("#")
        client.publish("old/topic", "")
        for _ in 0..<257 { client.publish("new/topic", "") }
        client.publish("old/topic", "")
        let packets = client.takePublishes()
        #expect(packets[0].topicName == "old/topic")
        #expect(packets[256].topicName == "new/topic")
        #expect(alias(packets[256]) == nil)
        #expect(packets[257].topicName == "new/topic")
        #expect(alias(packets[257]) == 1)
        #expect(packets[258].topicName == "old/topic")
        #expect(alias(packets[258]) == nil)
    }
}

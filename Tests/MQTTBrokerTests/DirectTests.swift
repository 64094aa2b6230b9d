import MQTTBroker
import MQTTCodec
import MQTTTopics
import Testing

/// Who a connection belongs to.
private final class Owner: Sendable {}

@Suite("Messages of the server's own for one client alone")
struct DirectTests {
    /// A client with a will, a subscription and an identity of its own.
    private func connect(
        _ simulation: Simulation,
        _ identifier: String,
        clean: Bool = true
    ) -> TestClient {
        let peer = Broker.Peer(address: "192.0.2.1", identity: PeerIdentity(Owner()))
        let client = simulation.open(peer: peer)
        client.connect(identifier, clean: clean)
        client.connack = client.takeConnack()
        return client
    }

    private func asker(_ simulation: Simulation) throws -> Broker.Client {
        try #require(simulation.takePublished().last?.client)
    }

    private func send(
        _ simulation: Simulation,
        _ topic: String,
        to client: Broker.Client
    ) throws -> Bool {
        let content = try SharedPublish(
            topicName: topic,
            payload: Array("secret".utf8).span,
            properties: Properties()
        )
        let isSent = simulation.broker.send(content, to: client, at: simulation.now)
        simulation.drain()
        return isSent
    }

    @Test("only the one that asked gets it, once, as QoS 0 and through its own subscriptions")
    func onlyOne() throws {
        let simulation = Simulation { $0.publishedTap = .all }
        let a = connect(simulation, "a")
        let b = connect(simulation, "b")
        a.subscribe("reply/+", .atLeastOnce)
        a.subscribe("reply/x", .exactlyOnce)
        b.subscribe("#", .exactlyOnce)
        a.publish("ask", "1")
        let client = try asker(simulation)
        _ = b.takePublishes()
        #expect(try send(simulation, "reply/x", to: client))
        let packets = a.takePublishes()
        #expect(packets.map(\.topicName) == ["reply/x"])
        #expect(packets.map(\.qos) == [.atMostOnce])
        #expect(b.takePublishes().isEmpty)
        #expect(simulation.takePublished().isEmpty)
        #expect(simulation.broker.statistics.retainedMessages == 0)
    }

    @Test("without a subscription, and by a shared one, nothing goes out")
    func notSubscribed() throws {
        let simulation = Simulation { $0.publishedTap = .all }
        let a = connect(simulation, "a")
        a.subscribe("other/#")
        a.subscribe("$share/g/reply/#")
        a.publish("ask", "1")
        #expect(try !send(simulation, "reply/x", to: try asker(simulation)))
        #expect(a.takePublishes().isEmpty)
    }

    @Test("a connection that took the identifier over, or one that is gone, gets nothing, ever")
    func takenOver() throws {
        let simulation = Simulation { $0.publishedTap = .all }
        let a = connect(simulation, "a", clean: false)
        a.subscribe("reply/#", .atLeastOnce)
        a.publish("ask", "1")
        let client = try asker(simulation)
        let thief = connect(simulation, "a", clean: false)
        #expect(try !send(simulation, "reply/x", to: client))
        #expect(thief.takePublishes().isEmpty)
        thief.publish("ask", "2")
        let second = try asker(simulation)
        thief.drop()
        #expect(try !send(simulation, "reply/x", to: second))
        let later = connect(simulation, "a", clean: false)
        #expect(later.takePublishes().isEmpty)
    }

    @Test("the policy's word on receiving holds")
    func policy() throws {
        let simulation = Simulation(policy: NoReplies()) { $0.publishedTap = .all }
        let a = connect(simulation, "a")
        a.subscribe("#")
        a.publish("ask", "1")
        _ = a.takePublishes()
        let client = try asker(simulation)
        #expect(try !send(simulation, "no/x", to: client))
        #expect(try send(simulation, "yes/x", to: client))
        #expect(a.takePublishes().map(\.topicName) == ["yes/x"])
    }

    private struct NoReplies: BrokerPolicy {
        func connect(_ client: Broker.Client, password: Password?) -> Broker.Decision { .allow }
        func publish(
            _ client: Broker.Client,
            topic: Span<UInt8>,
            qos: QoS,
            retain: Bool
        ) -> Broker.Decision { .allow }
        func subscribe(
            _ client: Broker.Client,
            filter: Span<UInt8>,
            qos: QoS
        ) -> Broker.Decision { .allow }
        var decidesReceive: Bool { true }
        func receive(_ client: Broker.Client, topic: Span<UInt8>) -> Broker.Decision {
            topic[0] == UInt8(ascii: "n") ? .deny(.notAuthorized) : .allow
        }
    }
}

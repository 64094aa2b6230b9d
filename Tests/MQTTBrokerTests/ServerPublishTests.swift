import MQTTBroker
import MQTTCodec
import MQTTTopics
import Testing

/// Taps what begins with `tap`.
private struct TapPolicy: BrokerPolicy {
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
    func wantsPublished(_ topic: Span<UInt8>) -> Bool {
        topic.count >= 3 && topic[0] == UInt8(ascii: "t") && topic[1] == UInt8(ascii: "a")
            && topic[2] == UInt8(ascii: "p")
    }
}

private func text(_ bytes: Span<UInt8>) -> String {
    String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
}

@Suite("The server's own messages, the tap and inspection")
struct ServerPublishTests {
    private func publish(
        _ simulation: Simulation,
        _ topic: String,
        _ payload: String,
        qos: QoS = .atMostOnce,
        retain: Bool = false,
        properties: [Property] = []
    ) -> Broker.PublishResult {
        let bytes = Array(payload.utf8)
        let result = simulation.broker.publish(
            topic,
            payload: bytes.span,
            properties: TestClient.properties(properties),
            qos: qos,
            retain: retain,
            at: simulation.now
        )
        simulation.drain()
        return result
    }

    @Test("the server publishes with properties, QoS and RETAIN, also to reserved topics")
    func serverPublishes() {
        let simulation = Simulation(policy: WordPolicy())
        let client = simulation.connect("a")
        client.subscribe("#", .exactlyOnce)
        client.subscribe("$SYS/#", .exactlyOnce)
        let user = Property.userProperty(name: "k", value: "v")
        #expect(
            publish(
                simulation,
                "no",
                "1",
                qos: .atLeastOnce,
                properties: [user, .messageExpiryInterval(9)]
            ) == .accepted(sessions: 1)
        )
        #expect(publish(simulation, "$SYS/x", "2", retain: true) == .accepted(sessions: 1))
        #expect(publish(simulation, "none", "3") == .accepted(sessions: 1))
        let packets = client.takePublishes()
        #expect(packets.map(\.topicName) == ["no", "$SYS/x", "none"])
        #expect(packets.map(\.qos) == [.atLeastOnce, .atMostOnce, .atMostOnce])
        #expect(secondsLeft(packets.first) == 9)
        #expect(packets.first.map { Array($0.properties).contains(user) } == true)
        #expect(simulation.broker.statistics.retainedMessages == 1)
    }

    @Test("a message that no PUBLISH can carry is refused as a value")
    func invalid() {
        let simulation = Simulation()
        #expect(publish(simulation, "a/+", "") == .refused(.invalid(.wildcardInTopicName)))
        #expect(publish(simulation, "", "") == .refused(.invalid(.emptyTopic)))
        #expect(
            publish(simulation, "a", "", properties: [.assignedClientIdentifier("x")])
                == .refused(.invalid(.propertyNotAllowed(.assignedClientIdentifier)))
        )
    }

    @Test("a retained message beyond the limit is refused and reaches nobody")
    func retainedFull() {
        let simulation = Simulation { $0.maximumRetainedMessages = 1 }
        let client = simulation.connect("a")
        client.subscribe("#")
        #expect(publish(simulation, "a", "1", retain: true) == .accepted(sessions: 1))
        #expect(publish(simulation, "b", "2", retain: true) == .refused(.retainedStoreFull))
        #expect(client.takePayloads() == ["1"])
    }

    @Test(
        "the tap shows what clients, wills and the server publish, with its origin, and only that"
    )
    func tap() throws {
        let simulation = Simulation(policy: TapPolicy()) { $0.publishedTap = .selected }
        let client = simulation.connect("a", will: Will(topicName: "tap/w", payload: [1]))
        let user = Property.userProperty(name: "k", value: "v")
        client.publish("tap/x", "1", .atLeastOnce, id: 1, retain: true, properties: [user])
        client.publish("other", "2")
        _ = publish(simulation, "tap/y", "3", qos: .exactlyOnce)
        client.drop()
        let messages = simulation.takePublished()
        #expect(messages.map { text($0.topicName) } == ["tap/x", "tap/y", "tap/w"])
        #expect(messages.map { text($0.payload) } == ["1", "3", "\u{1}"])
        #expect(messages.map(\.qos) == [.atLeastOnce, .exactlyOnce, .atMostOnce])
        #expect(messages.map(\.retain) == [true, false, false])
        let identifiers = messages.map { $0.client?.identifier.description }
        #expect(identifiers == ["a", nil, "a"])
        guard case .client = messages[0].origin, case .server = messages[1].origin,
            case .will = messages[2].origin
        else {
            Issue.record("\(messages.map(\.origin))")
            return
        }
        #expect(Array(messages[0].properties.owned()) == [user])
    }

    @Test("without a tap nothing comes out; with all of it everything does, a repeat once")
    func tapModes() {
        let silent = Simulation(policy: TapPolicy())
        silent.connect("a").publish("tap", "1")
        #expect(silent.takePublished().isEmpty)
        let open = Simulation { $0.publishedTap = .all }
        let client = open.connect("a")
        client.publish("x", "1", .exactlyOnce, id: 1)
        client.publish("x", "1", .exactlyOnce, id: 1, duplicate: true)
        #expect(open.takePublished().count == 1)
    }

    @Test("a refused message does not come out at the tap")
    func tapRefused() {
        let simulation = Simulation(policy: WordPolicy()) { $0.publishedTap = .all }
        simulation.connect("a").publish("no", "1")
        #expect(simulation.takePublished().isEmpty)
    }

    @Test("an unrouted topic ends at the tap: no subscriber, no retained message")
    func unrouted() {
        let simulation = Simulation {
            $0.publishedTap = .all
            $0.unroutedTopicPrefixes = ["$aws/rules/"]
        }
        let client = simulation.connect("a")
        client.subscribe("$aws/rules/#", .atLeastOnce)
        client.publish("$aws/rules/r/t", "1", .atLeastOnce, id: 1, retain: true)
        #expect(client.take().map(\.packetType) == [.puback])
        #expect(simulation.takePublished().map { text($0.topicName) } == ["$aws/rules/r/t"])
        #expect(simulation.broker.statistics.retainedMessages == 0)
    }

    @Test("hasSubscriber says whether anybody listens")
    func hasSubscriber() {
        let simulation = Simulation()
        let client = simulation.connect("a")
        client.subscribe("a/+/c")
        #expect(simulation.hasSubscriber("a/b/c"))
        #expect(!simulation.hasSubscriber("a/b"))
        #expect(!simulation.hasSubscriber("a/+/c"))
        #expect(!simulation.hasSubscriber(""))
        client.drop()
        #expect(!simulation.hasSubscriber("a/b/c"))
    }

    @Test("sessions, subscriptions and retained messages can be looked at")
    func inspection() throws {
        let simulation = Simulation()
        let client = simulation.connect(
            "a",
            will: Will(topicName: "w", payload: []),
            properties: [.sessionExpiryInterval(60), .receiveMaximum(1)]
        )
        client.subscribe(
            [("t/#", Subscription.Options(maximumQoS: .atLeastOnce, noLocal: true))],
            identifier: 4
        )
        client.subscribe("$share/g/x", .exactlyOnce)
        for number in 0..<3 { _ = publish(simulation, "t/\(number)", "x", qos: .atLeastOnce) }
        client.publish("r/1", "kept", .exactlyOnce, id: 1, retain: true)
        let session = try #require(simulation.session("a"))
        #expect(session.connection == client.id)
        #expect(session.since == simulation.now.wall)
        #expect(session.expiryInterval == 60)
        #expect(session.hasWill)
        #expect(session.subscriptions == 2)
        #expect(session.queuedMessages == 2)
        #expect(session.queuedBytes > 0)
        #expect(session.inflightMessages == 1)
        #expect(session.unreleasedMessages == 1)
        let list = simulation.broker.subscriptions(of: ClientIdentifier("a"))
        #expect(list.map(\.filter.rawValue) == ["$share/g/x", "t/#"])
        #expect(list.map(\.qos) == [.exactlyOnce, .atLeastOnce])
        #expect(list.map(\.identifier) == [nil, 4])
        #expect(list.map(\.noLocal) == [false, true])
        var kept: [String] = []
        simulation.broker.forEachRetained(matching: try TopicFilter("r/+"), at: simulation.now) {
            kept.append(text($0.payload))
        }
        #expect(kept == ["kept"])
        let topic = Array("r/1".utf8)
        let message = simulation.broker.retainedMessage(of: topic.span, at: simulation.now)
        #expect(message?.origin == .retained)
        client.drop()
        var away: [Bool] = []
        simulation.broker.forEachSession { away.append($0.connection == nil) }
        #expect(away == [true])
        #expect(simulation.session("b") == nil)
        let none = simulation.broker.subscriptions(of: ClientIdentifier("b"))
        #expect(none == [])
    }

    @Test("a client is kicked: 0x98, with or without its will and its session")
    func kick() {
        for (discards, ends) in [(false, false), (true, false), (false, true), (true, true)] {
            let simulation = Simulation()
            let watcher = simulation.connect("w")
            watcher.subscribe("gone")
            let client = simulation.connect(
                "a",
                will: Will(topicName: "gone", payload: []),
                properties: [.sessionExpiryInterval(60)]
            )
            let name = ClientIdentifier("a")
            let wasConnected = simulation.broker.disconnect(
                name,
                discardsWill: discards,
                endsSession: ends,
                at: simulation.now
            )
            #expect(wasConnected)
            simulation.drain()
            #expect(client.raw == [0xE0, 1, 0x98])
            #expect(client.closeReason == .server(.administrativeAction))
            #expect(watcher.take().count == (discards ? 0 : 1))
            #expect((simulation.session("a") == nil) == ends)
            let isConnected = simulation.broker.disconnect(
                name,
                endsSession: true,
                at: simulation.now
            )
            #expect(!isConnected)
            #expect(simulation.session("a") == nil)
        }
    }
}

import MQTTBroker
import MQTTCodec
import MQTTTopics
import Testing

@Suite("Retained messages, MQTT 5.0 §3.3.1.3, §3.8.3.1")
struct RetainedTests {
    typealias Options = Subscription.Options

    @Test(
        "[MQTT-3.3.1-5] [MQTT-3.3.1-6] (3.1.1) a new subscription gets the last retained message of each topic, with RETAIN 1 [MQTT-3.3.1-8] (3.1.1); [MQTT-3.3.1-5]"
    )
    func stored() {
        let simulation = Simulation()
        let publisher = simulation.connect("p")
        publisher.publish("a/1", "old", .atLeastOnce, id: 1, retain: true)
        publisher.publish("a/1", "new", .atLeastOnce, id: 1, retain: true)
        publisher.publish("a/2", "two", retain: true)
        publisher.publish("b", "other", retain: true)
        for version in ProtocolVersion.allCases {
            let client = simulation.connect("s", version)
            client.subscribe("a/+", .exactlyOnce)
            let got = client.takePublishes().sorted { $0.topicName < $1.topicName }
            #expect(
                got == [
                    message("a/1", "new", .atLeastOnce, 1, retain: true),
                    message("a/2", "two", .atMostOnce, nil, retain: true),
                ]
            )
        }
    }

    @Test(
        "[MQTT-3.3.1-6] [MQTT-3.3.1-7] (3.1.1: [MQTT-3.3.1-10] [MQTT-3.3.1-11]) an empty payload goes on, removes the message and is not stored"
    )
    func cleared() {
        let simulation = Simulation()
        let publisher = simulation.connect("p")
        publisher.publish("t", "x", retain: true)
        let live = simulation.connect("l")
        live.subscribe([("t", Options(maximumQoS: .atMostOnce, retainHandling: .doNotSend))])
        publisher.publish("t", "", retain: true)
        #expect(live.takePublishes() == [message("t", "", .atMostOnce, nil)])
        #expect(simulation.broker.statistics.retainedMessages == 0)
        let late = simulation.connect("s")
        late.subscribe("#")
        #expect(late.take() == [])
    }

    @Test("[MQTT-3.3.1-8] (3.1.1: [MQTT-3.3.1-12]) RETAIN 0 leaves the stored message alone")
    func unretained() {
        let simulation = Simulation()
        let publisher = simulation.connect("p")
        publisher.publish("t", "kept", retain: true)
        publisher.publish("t", "live")
        let client = simulation.connect("s")
        client.subscribe("t")
        #expect(client.takePayloads() == ["kept"])
    }

    @Test(
        "[MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11] [MQTT-3.8.4-4] Retain Handling 0 sends always, 1 for a new subscription, 2 never"
    )
    func handling() {
        let simulation = Simulation()
        simulation.connect("p").publish("t", "x", retain: true)
        for (handling, counts) in [
            (Subscription.RetainHandling.send, [1, 1]), (.sendIfNew, [1, 0]),
            (.doNotSend, [0, 0]),
        ] {
            let client = simulation.connect("s")
            for count in counts {
                client.subscribe([
                    ("t", Options(maximumQoS: .atMostOnce, retainHandling: handling))
                ])
                #expect(client.takePublishes().count == count)
            }
        }
    }

    @Test("§4.8.2 a shared subscription gets no retained messages")
    func shared() {
        let simulation = Simulation()
        simulation.connect("p").publish("t", "x", retain: true)
        let client = simulation.connect("s")
        client.subscribe("$share/g/t")
        #expect(client.take() == [])
    }

    @Test("[MQTT-3.1.2-7] (3.1.1) retained messages outlive the session of their publisher")
    func outlives() {
        let simulation = Simulation()
        let publisher = simulation.connect("p", .v311)
        publisher.publish("t", "x", retain: true)
        publisher.disconnect()
        simulation.advance(seconds: 1_000)
        let client = simulation.connect("s")
        client.subscribe("t")
        #expect(client.takePayloads() == ["x"])
    }

    @Test("§3.3.2.3.3 a retained message expires too, and its interval is counted down")
    func expiry() {
        let simulation = Simulation()
        simulation.connect("p").publish(
            "t",
            "x",
            retain: true,
            properties: [.messageExpiryInterval(10)]
        )
        simulation.advance(seconds: 9)
        let early = simulation.connect("e")
        early.subscribe("t")
        #expect(secondsLeft(early.takePublishes().first) == 1)
        simulation.advance(seconds: 1)
        let late = simulation.connect("l")
        late.subscribe("t")
        #expect(late.take() == [])
        #expect(simulation.broker.statistics.retainedMessages == 0)
    }

    @Test("the identifier of the subscription comes with the message")
    func identifier() {
        let simulation = Simulation()
        simulation.connect("p").publish("t", "x", retain: true)
        let client = simulation.connect("s")
        client.subscribe([("#", Options(maximumQoS: .atMostOnce))], identifier: 5)
        #expect(
            client.takePublishes() == [
                message(
                    "t",
                    "x",
                    .atMostOnce,
                    nil,
                    retain: true,
                    properties: [.subscriptionIdentifier(5)]
                )
            ]
        )
    }

    @Test("the AWS dialect sends retained messages to exact filters only")
    func awsDialect() {
        let simulation = Simulation { $0.dialect = .aws }
        simulation.connect("p").publish("t/a", "x", retain: true)
        let client = simulation.connect("s")
        client.subscribe("t/+")
        #expect(client.take() == [])
        client.subscribe("t/a")
        #expect(client.takePayloads() == ["x"])
    }

    @Test(
        "a retained message beyond the limit is refused: 0x97, or the connection; a replacement is not"
    )
    func limit() {
        let simulation = Simulation { $0.maximumRetainedMessages = 1 }
        let client = simulation.connect("p")
        let watcher = simulation.connect("w")
        watcher.subscribe("#")
        client.publish("a", "1", .atLeastOnce, id: 1, retain: true)
        client.publish("a", "2", .atLeastOnce, id: 2, retain: true)
        client.publish("b", "3", .atLeastOnce, id: 3, retain: true)
        #expect(
            client.take() == [
                .puback(Acknowledgement(packetIdentifier: 1)),
                .puback(Acknowledgement(packetIdentifier: 2)),
                .puback(Acknowledgement(packetIdentifier: 3, reasonCode: .quotaExceeded)),
            ]
        )
        #expect(watcher.takePayloads() == ["1", "2"])
        let old = simulation.connect("o", .v311)
        old.publish("b", "4", .atLeastOnce, id: 4, retain: true)
        #expect(old.take() == [])
        #expect(old.closeReason == .server(.quotaExceeded))
    }

    @Test(
        "QoS 0 messages a slow client is owed by SUBSCRIBE wait, and newer ones do not overtake them"
    )
    func slowReplay() {
        let simulation = Simulation { $0.maximumOutboundBytes = 200 }
        let publisher = simulation.connect("p")
        for number in 0..<50 {
            publisher.publish("r/\(number)", String(repeating: "x", count: 50), retain: true)
        }
        let client = simulation.connect("s")
        client.isStalled = true
        client.send(
            Subscribe(
                packetIdentifier: 1,
                subscriptions: [Subscription(topicFilter: "r/#", maximumQoS: .atMostOnce)]
            )
        )
        publisher.publish("r/0", "newer")
        client.resume()
        let publishes = client.take().compactMap { packet -> Publish? in
            guard case .publish(let publish) = packet else { return nil }
            return publish
        }
        #expect(publishes.count == 51)
        #expect(publishes.last?.payload == Array("newer".utf8))
    }
}

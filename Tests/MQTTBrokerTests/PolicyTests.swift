import MQTTBroker
import MQTTCodec
import Testing

/// Decides by the text of a topic, filter or identifier: `no…` is denied, `later…` is deferred.
struct WordPolicy: BrokerPolicy {
    private func decide(_ text: String) -> Broker.Decision {
        text.hasPrefix("no") ? .deny(.notAuthorized) : text.hasPrefix("later") ? .later : .allow
    }

    private func text(_ bytes: Span<UInt8>) -> String {
        String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }

    func connect(_ client: Broker.Client, password: Password?) -> Broker.Decision {
        decide(client.identifier.description)
    }

    func publish(
        _ client: Broker.Client,
        topic: Span<UInt8>,
        qos: QoS,
        retain: Bool
    ) -> Broker.Decision { decide(text(topic)) }

    func subscribe(
        _ client: Broker.Client,
        filter: Span<UInt8>,
        qos: QoS
    ) -> Broker.Decision { decide(text(filter)) }
}

@Suite("Authorisation as an effect")
struct PolicyTests {
    @Test("[MQTT-3.1.4-2] a refused client gets its code and is closed")
    func refusedConnect() {
        let simulation = Simulation(policy: WordPolicy())
        let client = simulation.open()
        client.connect("nobody")
        #expect(client.raw == [0x20, 3, 0, 0x87, 0])
        #expect(client.closeReason == .refused(.notAuthorized))
        let old = simulation.open(.v311)
        old.connect("nobody")
        #expect(old.raw == [0x20, 2, 0, 5])
    }

    @Test(
        "[MQTT-3.3.5-2] (3.1.1) a refused PUBLISH goes nowhere: MQTT 5.0 hears 0x87, MQTT 3.1.1 is acknowledged or closed"
    )
    func refusedPublish() {
        for answer in [
            Broker.Configuration.RefusedPublish.acknowledge, .disconnect,
        ] {
            let simulation = Simulation(policy: WordPolicy()) {
                $0.denials = .init(publish: answer)
            }
            let watcher = simulation.connect("w")
            watcher.subscribe("#")
            let client = simulation.connect("a")
            client.publish("no", "1", .atLeastOnce, id: 1)
            client.publish("no", "2", .exactlyOnce, id: 2)
            let denied = [
                Acknowledgement(packetIdentifier: 1, reasonCode: .notAuthorized),
                Acknowledgement(packetIdentifier: 2, reasonCode: .notAuthorized),
            ]
            #expect(client.take() == [.puback(denied[0]), .pubrec(denied[1])])
            client.publish("no", "3")
            let old = simulation.connect("o", .v311)
            old.publish("no", "4", .atLeastOnce, id: 4)
            let isClosed = answer == .disconnect
            #expect((client.closeReason != nil) == isClosed)
            #expect((old.closeReason != nil) == isClosed)
            #expect(
                old.take()
                    == (isClosed ? [] : [.puback(Acknowledgement(packetIdentifier: 4))])
            )
            #expect(watcher.take() == [])
        }
    }

    @Test("[MQTT-4.3.3-9] after a PUBREC with an error the identifier is a new message")
    func refusedExactlyOnce() {
        let simulation = Simulation(policy: WordPolicy())
        let watcher = simulation.connect("w")
        watcher.subscribe("#")
        let client = simulation.connect("a")
        client.publish("no", "1", .exactlyOnce, id: 1)
        client.publish("yes", "2", .exactlyOnce, id: 1)
        #expect(watcher.takePayloads() == ["2"])
    }

    @Test("a refused filter has its own code in the SUBACK; the others take effect")
    func refusedSubscribe() {
        let simulation = Simulation(policy: WordPolicy())
        let client = simulation.connect("a")
        let options = Subscription.Options(maximumQoS: .atMostOnce)
        #expect(
            client.subscribe([("a", options), ("no", options), ("b", options)]) == [
                .grantedQoS0, .notAuthorized, .grantedQoS0,
            ]
        )
        #expect(simulation.broker.statistics.subscriptions == 2)
    }

    @Test(
        "[MQTT-3.2.0-1] (3.1.1: [MQTT-3.2.0-1]) a late answer to CONNECT: nothing is sent before it, and what came meanwhile is handled after it"
    )
    func lateConnect() throws {
        let simulation = Simulation(policy: WordPolicy())
        let client = simulation.open()
        client.connect("later")
        client.send(bytes: [0xC0, 0])
        #expect(client.raw == [])
        #expect(simulation.questions.first?.1.action == .connect(password: nil))
        simulation.answer(.allow)
        #expect(client.take().map(\.packetType) == [.connack, .pingresp])
        let refused = simulation.open()
        refused.connect("later", will: Will(topicName: "later", payload: []))
        simulation.answer(.allow)
        #expect(
            simulation.questions.first?.1.action
                == .publish(topic: Array("later".utf8), qos: .atMostOnce, retain: false)
        )
        simulation.answer(.deny(.banned))
        #expect(refused.raw == [0x20, 3, 0, 0x8A, 0])
    }

    @Test("a late answer to CONNECT keeps the assigned identifier")
    func lateAssigned() throws {
        let simulation = Simulation(policy: LateForAll())
        let client = simulation.open()
        client.connect("")
        let asked = simulation.questions[0].1.client.identifier
        simulation.answer(.allow)
        #expect(
            identifierAssigned(client.takeConnack()) == asked.description
        )
    }

    @Test("late answers to PUBLISH keep the order of the connection and leave others alone")
    func latePublish() {
        let simulation = Simulation(policy: WordPolicy())
        let watcher = simulation.connect("w")
        watcher.subscribe("#")
        let client = simulation.connect("a")
        client.publish("later/1", "1", .atLeastOnce, id: 1)
        client.publish("x", "2", .atLeastOnce, id: 2)
        simulation.connect("b").publish("y", "other")
        #expect(watcher.takePayloads() == ["other"])
        simulation.answer(.allow)
        #expect(watcher.takePayloads() == ["1", "2"])
        #expect(
            client.take() == [
                .puback(Acknowledgement(packetIdentifier: 1)),
                .puback(Acknowledgement(packetIdentifier: 2)),
            ]
        )
    }

    @Test(
        "late answers to SUBSCRIBE: each filter waits for its own, none takes effect before the last"
    )
    func lateSubscribe() {
        let simulation = Simulation(policy: WordPolicy())
        let client = simulation.connect("a")
        client.send(
            Subscribe(
                packetIdentifier: 3,
                subscriptions: ["later/1", "a", "later/2"].map {
                    Subscription(topicFilter: $0, maximumQoS: .atLeastOnce)
                }
            )
        )
        simulation.answer(.deny(.notAuthorized))
        #expect(client.take() == [])
        #expect(simulation.broker.statistics.subscriptions == 0)
        simulation.answer(.allow)
        #expect(
            client.take() == [
                .suback(
                    Suback(
                        packetIdentifier: 3,
                        reasonCodes: [.notAuthorized, .grantedQoS1, .grantedQoS1]
                    )
                )
            ]
        )
    }

    @Test("an answer for a connection that is gone is ignored")
    func lateForNobody() {
        let simulation = Simulation(policy: WordPolicy())
        let client = simulation.connect("a")
        client.publish("later", "1", .atLeastOnce, id: 1)
        client.drop()
        simulation.answer(.allow)
        #expect(simulation.broker.statistics.received == 0)
    }

    struct LateForAll: BrokerPolicy {
        func connect(_ client: Broker.Client, password: Password?) -> Broker.Decision { .later }
        func publish(
            _ client: Broker.Client,
            topic: Span<UInt8>,
            qos: QoS,
            retain: Bool
        ) -> Broker.Decision { .later }
        func subscribe(
            _ client: Broker.Client,
            filter: Span<UInt8>,
            qos: QoS
        ) -> Broker.Decision { .later }
    }
}

import MQTTBroker
import MQTTCodec
import MQTTTopics
import Testing

private struct ResponsePolicy: BrokerPolicy {
    func connect(_ client: Broker.Client, password: Password?) -> Broker.Decision {
        client.identifier.description == "moved" ? .deny(.serverMoved) : .allow
    }
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
    func responseInformation(_ client: Broker.Client) -> String? {
        "reply/\(client.identifier)"
    }
}

@Suite("What a broker offers, and what it says when it does not")
struct OfferTests {
    private func list(_ client: TestClient) -> [Property] {
        client.connack.map { Array($0.properties) } ?? []
    }

    @Test("[MQTT-3.2.2-9] [MQTT-3.2.2-10] [MQTT-3.2.2-11] a maximum QoS is told, granted and held")
    func maximumQoS() {
        let simulation = Simulation { $0.maximumQoS = .atLeastOnce }
        let client = simulation.connect("a")
        #expect(list(client).contains(.maximumQoS(.atLeastOnce)))
        #expect(client.subscribe("#", .exactlyOnce) == [.grantedQoS1])
        client.publish("t", "1", .atLeastOnce, id: 1)
        #expect(client.take().count == 2)
        client.publish("t", "2", .exactlyOnce, id: 2)
        #expect(client.raw == [0xE0, 1, 0x9B])
        let old = simulation.connect("b", .v311)
        old.publish("t", "2", .exactlyOnce, id: 2)
        #expect(old.raw == [])
        #expect(old.closeReason != nil)
    }

    @Test("[MQTT-3.2.2-12] [MQTT-3.2.2-13] a will beyond the offer is refused")
    func will() {
        let simulation = Simulation {
            $0.maximumQoS = .atMostOnce
            $0.retainAvailable = false
        }
        let first = simulation.open()
        first.connect("a", will: Will(topicName: "w", payload: [], qos: .atLeastOnce))
        #expect(first.raw == [0x20, 3, 0, 0x9B, 0])
        let second = simulation.open()
        second.connect("a", will: Will(topicName: "w", payload: [1], retain: true))
        #expect(second.raw == [0x20, 3, 0, 0x9A, 0])
    }

    @Test("[MQTT-3.2.2-14] without retained messages RETAIN is refused with 0x9A")
    func retain() {
        let simulation = Simulation { $0.retainAvailable = false }
        let client = simulation.connect("a")
        #expect(list(client).contains(.retainAvailable(false)))
        client.publish("t", "1", retain: true)
        #expect(client.raw == [0xE0, 1, 0x9A])
    }

    @Test(
        "(3.1.1: [MQTT-3.8.3-2]) wildcards, shares and identifiers that are not offered are refused"
    )
    func subscriptions() {
        let simulation = Simulation {
            $0.wildcardSubscriptionsAvailable = false
            $0.sharedSubscriptionsAvailable = false
        }
        let client = simulation.connect("a")
        #expect(list(client).contains(.wildcardSubscriptionAvailable(false)))
        #expect(list(client).contains(.sharedSubscriptionAvailable(false)))
        let options = Subscription.Options(maximumQoS: .atMostOnce)
        #expect(
            client.subscribe([("a", options), ("a/#", options), ("$share/g/a", options)])
                == [
                    .grantedQoS0, .wildcardSubscriptionsNotSupported,
                    .sharedSubscriptionsNotSupported,
                ]
        )
        let other = Simulation { $0.subscriptionIdentifiersAvailable = false }.connect("a")
        #expect(list(other).contains(.subscriptionIdentifiersAvailable(false)))
        #expect(
            other.subscribe([("a", options)], identifier: 3)
                == [.subscriptionIdentifiersNotSupported]
        )
        #expect(other.subscribe([("a", options)]) == [.grantedQoS0])
    }

    @Test("filters of one SUBSCRIBE beyond the limit are refused with 0x97")
    func filters() {
        let client = Simulation { $0.maximumFiltersPerSubscribe = 2 }.connect("a")
        let options = Subscription.Options(maximumQoS: .atMostOnce)
        #expect(
            client.subscribe(["a", "b", "c"].map { ($0, options) })
                == [.grantedQoS0, .grantedQoS0, .quotaExceeded]
        )
    }

    @Test("a topic and a filter at the limit of bytes pass, one byte more is refused")
    func topicBytes() {
        let client = Simulation { $0.maximumTopicBytes = 8 }.connect("a")
        #expect(client.subscribe("12345678") == [.grantedQoS0])
        #expect(client.subscribe("123456789") == [.topicFilterInvalid])
        client.publish("12345678", "1")
        client.publish("123456789", "2", .atLeastOnce, id: 1)
        #expect(client.take().map(\.packetType) == [.publish, .puback])
    }

    @Test("[MQTT-3.1.2-28] response information is told to those who ask, and to nobody else")
    func responseInformation() {
        let simulation = Simulation(policy: ResponsePolicy())
        let asking = simulation.connect("a", properties: [.requestResponseInformation(true)])
        #expect(list(asking).contains(.responseInformation("reply/a")))
        for properties: [Property] in [[], [.requestResponseInformation(false)]] {
            let silent = simulation.connect("b", properties: properties)
            #expect(silent.connack?.properties.contains(.responseInformation) == false)
        }
    }

    @Test("[MQTT-3.2.2-18] a server without topic aliases refuses the first one with 0x94")
    func noAliases() {
        let client = Simulation { $0.topicAliasMaximum = 0 }.connect("a")
        #expect(client.connack?.properties.contains(.topicAliasMaximum) == false)
        client.publish("t", "1", properties: [.topicAlias(1)])
        #expect(client.raw == [0xE0, 1, 0x94])
    }

    @Test("[MQTT-3.1.2-29] with Request Problem Information 0 refusals carry no text")
    func problemInformation() {
        let simulation = Simulation(policy: WordPolicy())
        let client = simulation.connect("a", properties: [.requestProblemInformation(false)])
        let options = Subscription.Options(maximumQoS: .atMostOnce)
        #expect(client.subscribe([("no", options)]) == [.notAuthorized])
        client.publish("no", "1", .atLeastOnce, id: 1)
        client.publish("no", "2", .exactlyOnce, id: 2)
        client.acknowledge(.pubrec, 9)
        client.acknowledge(.pubrel, 9)
        client.send(Unsubscribe(packetIdentifier: 3, topicFilters: ["no"]))
        #expect(
            client.raw
                == [0x40, 3, 0, 1, 0x87, 0x50, 3, 0, 2, 0x87, 0x62, 3, 0, 9, 0x92]
                + [0x70, 3, 0, 9, 0x92, 0xB0, 4, 0, 3, 0, 0x11]
        )
    }

    @Test("§4.11 a client that is sent elsewhere is told where")
    func serverReference() throws {
        let simulation = Simulation(policy: ResponsePolicy()) {
            $0.serverReference = "other:1883"
        }
        let refused = simulation.open()
        refused.connect("moved")
        let connack = try #require(refused.takeConnack())
        #expect(connack.reasonCode == .serverMoved)
        #expect(Array(connack.properties) == [.serverReference("other:1883")])
        let client = simulation.connect("a")
        simulation.broker.disconnect(
            ClientIdentifier("a"),
            reason: .useAnotherServer,
            at: simulation.now
        )
        simulation.drain()
        #expect(
            client.take()
                == [
                    .disconnect(
                        Disconnect(
                            reasonCode: .useAnotherServer,
                            properties: TestClient.properties([.serverReference("other:1883")])
                        )
                    )
                ]
        )
    }

    @Test("the service's limits: eight levels, not counted below $aws/rules/NAME/")
    func aws() {
        let simulation = Simulation { $0 = .aws }
        let client = simulation.connect("a")
        #expect(client.subscribe("#", .exactlyOnce) == [.grantedQoS1])
        client.publish("1/2/3/4/5/6/7/8", "", .atLeastOnce, id: 1)
        client.publish("1/2/3/4/5/6/7/8/9", "", .atLeastOnce, id: 2)
        client.publish("$aws/rules/r/1/2/3/4/5/6/7/8", "", .atLeastOnce, id: 3)
        let codes = client.take().compactMap { packet -> ReasonCode? in
            if case .puback(let puback) = packet { puback.reasonCode } else { nil }
        }
        #expect(codes == [.success, .topicNameInvalid, .noMatchingSubscribers])
    }
}

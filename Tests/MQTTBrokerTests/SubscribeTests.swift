import MQTTBroker
import MQTTCodec
import MQTTTopics
import Testing

@Suite("SUBSCRIBE and UNSUBSCRIBE, MQTT 5.0 §3.8-§3.11")
struct SubscribeTests {
    typealias Options = Subscription.Options

    @Test(
        "(3.1.1: [MQTT-2.3.1-7] [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-4] [MQTT-3.8.4-5]) [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-2.2.1-6] [MQTT-3.8.4-5] [MQTT-3.8.4-7] one SUBACK with the identifier and a code for each filter",
        arguments: ProtocolVersion.allCases
    )
    func suback(version: ProtocolVersion) {
        let client = Simulation().connect("a", version)
        let codes = client.subscribe([
            ("a", Options(maximumQoS: .atMostOnce)), ("b/+", Options(maximumQoS: .atLeastOnce)),
            ("#", Options(maximumQoS: .exactlyOnce)),
        ])
        #expect(codes == [.grantedQoS0, .grantedQoS1, .grantedQoS2])
    }

    @Test(
        "[MQTT-4.3.1-1] (3.1.1: [MQTT-4.3.1-1]) [MQTT-3.8.4-8] (3.1.1: [MQTT-3.8.4-6]) the delivered QoS is the lower of the two"
    )
    func grantedQoS() {
        let simulation = Simulation()
        let publisher = simulation.connect("p")
        for granted in QoS.allCases {
            for published in QoS.allCases {
                let client = simulation.connect("s")
                client.subscribe("t", granted)
                publisher.publish("t", "x", published, id: published == .atMostOnce ? nil : 1)
                publisher.acknowledge(.pubrel, 1)
                #expect(client.takePublishes().map(\.qos) == [min(granted, published)])
            }
        }
    }

    @Test(
        "[MQTT-3.3.4-2] [MQTT-3.3.4-3] [MQTT-3.3.4-4] overlapping subscriptions: one copy, the highest QoS, all identifiers"
    )
    func overlap() {
        let simulation = Simulation()
        let client = simulation.connect("s")
        client.subscribe([("t/a", Options(maximumQoS: .atMostOnce))], identifier: 1)
        client.subscribe([("t/+", Options(maximumQoS: .exactlyOnce))], identifier: 2)
        client.subscribe([("t/#", Options(maximumQoS: .atLeastOnce))])
        simulation.connect("p").publish("t/a", "x", .exactlyOnce, id: 1)
        let publishes = client.takePublishes()
        #expect(publishes.count == 1)
        #expect(publishes.first?.qos == .exactlyOnce)
        let identifiers = publishes.first?.properties.compactMap { property -> UInt32? in
            guard case .subscriptionIdentifier(let value) = property else { return nil }
            return value
        }
        #expect(identifiers?.sorted() == [1, 2])
    }

    @Test("[MQTT-3.3.5-1] (3.1.1) overlapping subscriptions: the highest QoS")
    func overlap311() {
        let simulation = Simulation()
        let client = simulation.connect("s", .v311)
        client.subscribe("t/a", .atMostOnce)
        client.subscribe("t/+", .atLeastOnce)
        simulation.connect("p").publish("t/a", "x", .exactlyOnce, id: 1)
        #expect(client.takePublishes() == [message("t/a", "x", .atLeastOnce, 1)])
    }

    @Test("(3.1.1: [MQTT-3.8.4-3]) [MQTT-3.8.4-3] the same filter replaces the subscription")
    func replaces() {
        let simulation = Simulation()
        let client = simulation.connect("s")
        client.subscribe([("t", Options(maximumQoS: .exactlyOnce))], identifier: 1)
        client.subscribe([("t", Options(maximumQoS: .atMostOnce))], identifier: 2)
        #expect(simulation.broker.statistics.subscriptions == 1)
        simulation.connect("p").publish("t", "x", .exactlyOnce, id: 1)
        #expect(
            client.takePublishes() == [
                message("t", "x", .atMostOnce, nil, properties: [.subscriptionIdentifier(2)])
            ]
        )
    }

    @Test("[MQTT-3.8.3-3] No Local: a client does not get its own messages")
    func noLocal() {
        let simulation = Simulation()
        let client = simulation.connect("a")
        client.subscribe([("t", Options(maximumQoS: .atMostOnce, noLocal: true))])
        client.publish("t", "own")
        simulation.connect("b").publish("t", "other")
        #expect(client.takePayloads() == ["other"])
        let local = simulation.connect("c")
        local.subscribe("t")
        local.publish("t", "mine")
        #expect(local.takePayloads() == ["mine"])
    }

    @Test(
        "(3.1.1: [MQTT-3.3.1-9]) [MQTT-3.3.1-12] [MQTT-3.3.1-13] Retain As Published decides about the flag of live messages"
    )
    func retainAsPublished() {
        let simulation = Simulation()
        let keeping = simulation.connect("k")
        keeping.subscribe([("t", Options(maximumQoS: .atMostOnce, retainAsPublished: true))])
        let clearing = simulation.connect("c")
        clearing.subscribe("t")
        let publisher = simulation.connect("p")
        publisher.publish("t", "1", retain: true)
        publisher.publish("t", "2")
        #expect(keeping.takePublishes().map(\.retain) == [true, false])
        #expect(clearing.takePublishes().map(\.retain) == [false, false])
    }

    @Test(
        "(3.1.1: [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.10.4-6]) [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.10.4-6] UNSUBACK has the identifier and a code for each filter, also where nothing was removed"
    )
    func unsuback() {
        let client = Simulation().connect("a")
        client.subscribe("t/#")
        client.send(Unsubscribe(packetIdentifier: 9, topicFilters: ["t/+", "t/#", "t/#"]))
        #expect(
            client.take() == [
                .unsuback(
                    Unsuback(
                        packetIdentifier: 9,
                        reasonCodes: [
                            .noSubscriptionExisted, .success, .noSubscriptionExisted,
                        ]
                    )
                )
            ]
        )
        let old = Simulation().connect("a", .v311)
        old.send(Unsubscribe(packetIdentifier: 9, topicFilters: ["t"]))
        #expect(old.raw == [0xB0, 2, 0, 9])
    }

    @Test(
        "(3.1.1: [MQTT-3.10.4-2] [MQTT-3.10.4-3]) [MQTT-3.10.4-2] [MQTT-3.10.4-3] after UNSUBSCRIBE nothing new comes, and what was sent is completed"
    )
    func unsubscribe() {
        let simulation = Simulation()
        let client = simulation.connect("a")
        client.subscribe("t", .exactlyOnce)
        let publisher = simulation.connect("p")
        publisher.publish("t", "1", .exactlyOnce, id: 1)
        client.send(Unsubscribe(packetIdentifier: 9, topicFilters: ["t"]))
        publisher.publish("t", "2", .exactlyOnce, id: 2)
        client.acknowledge(.pubrec, 1)
        let packets = client.take()
        #expect(packets.first == .publish(message("t", "1", .exactlyOnce, 1)))
        #expect(packets.last == .pubrel(Acknowledgement(packetIdentifier: 1)))
        #expect(packets.count == 3)
        #expect(simulation.broker.statistics.subscriptions == 0)
    }

    @Test("[MQTT-4.7.2-1] wildcards at the start do not match $ topics")
    func dollar() {
        let simulation = Simulation()
        let client = simulation.connect("s")
        client.subscribe("#")
        client.subscribe("+/x")
        simulation.connect("p").publish("$a/x", "1")
        #expect(client.take() == [])
    }

    @Test("a subscription beyond the limit gets 0x97; one at the limit, and a replacement, do not")
    func subscriptionLimit() {
        let simulation = Simulation { $0.maximumSubscriptions = 2 }
        let client = simulation.connect("s")
        #expect(client.subscribe("a") == [.grantedQoS0])
        #expect(client.subscribe("b") == [.grantedQoS0])
        #expect(client.subscribe("c") == [.quotaExceeded])
        #expect(client.subscribe("b", .atLeastOnce) == [.grantedQoS1])
        let old = simulation.connect("o", .v311)
        #expect(old.subscribe("a") == [.grantedQoS0])
        #expect(old.subscribe("b") == [.grantedQoS0])
        #expect(old.subscribe("c").map(\.rawValue) == [0x80])
    }

    @Test("MQTT 3.1 cannot refuse a filter: the connection ends")
    func refusalIn31() {
        let simulation = Simulation { $0.maximumSubscriptions = 0 }
        let client = simulation.connect("s", .v31)
        client.subscribe("c")
        #expect(client.closeReason == .server(.quotaExceeded))
    }

    @Test("levels: a filter and a topic at the limit pass, one level more is refused")
    func levels() {
        let simulation = Simulation { $0.maximumTopicLevels = 3 }
        let client = simulation.connect("s")
        #expect(client.subscribe("a/b/#") == [.grantedQoS0])
        #expect(client.subscribe("a/b/c/#") == [.topicFilterInvalid])
        client.publish("a/b/c", "ok")
        #expect(client.takePayloads() == ["ok"])
        client.publish("a/b/c/d", "no", .atLeastOnce, id: 1)
        #expect(
            client.take() == [
                .puback(Acknowledgement(packetIdentifier: 1, reasonCode: .topicNameInvalid))
            ]
        )
    }

    @Test(
        "[MQTT-4.8.2-3] §4.8.2 each message goes to one member of a share group, connected ones in turn"
    )
    func shared() {
        let simulation = Simulation()
        let members = (0..<3).map {
            simulation.connect("m\($0)", clean: false, properties: [.sessionExpiryInterval(60)])
        }
        for member in members { member.subscribe("$share/g/t/#", .atLeastOnce) }
        let other = simulation.connect("o")
        other.subscribe("t/#")
        let publisher = simulation.connect("p")
        for number in 0..<30 {
            publisher.publish("t/\(number)", "", .exactlyOnce, id: 1);
            publisher.acknowledge(.pubrel, 1)
        }
        let counts = members.map { $0.takePublishes().count }
        #expect(counts == [10, 10, 10])
        #expect(other.takePublishes().count == 30)
        members[1].drop()
        for number in 0..<10 { publisher.publish("t/\(number)", "", .atLeastOnce, id: 1) }
        #expect(members[0].takePublishes().count + members[2].takePublishes().count == 10)
    }

    @Test("[MQTT-3.8.3-4] No Local on a shared subscription is a protocol error")
    func sharedNoLocal() throws {
        let client = Simulation().connect("a")
        let filter = Array("$share/g/t".utf8)
        client.send(
            bytes: [0x82, UInt8(6 + filter.count), 0, 1, 0, 0, UInt8(filter.count)] + filter + [
                0x04
            ]
        )
        #expect(client.take() == [.disconnect(Disconnect(reasonCode: .protocolError))])
    }

    @Test("MQTT 3.1.1 takes $share/… for an ordinary filter; the AWS dialect does not")
    func sharedIn311() {
        for (dialect, count) in [(TopicDialect.oasis, 0), (.aws, 1)] {
            let simulation = Simulation { $0.dialect = dialect }
            let client = simulation.connect("a", .v311)
            client.subscribe("$share/g/t")
            simulation.connect("p").publish("t", "x")
            #expect(client.takePublishes().count == count)
        }
    }

    @Test("events name what was granted and what was removed")
    func events() {
        let simulation = Simulation()
        let client = simulation.connect("a")
        _ = simulation.takeEvents()
        client.subscribe([
            ("a", Options(maximumQoS: .atMostOnce)), ("b", Options(maximumQoS: .atMostOnce)),
        ])
        client.send(Unsubscribe(packetIdentifier: 9, topicFilters: ["b", "c"]))
        let events = simulation.takeEvents()
        guard events.count == 2, case .subscribed(_, let added, _) = events[0],
            case .unsubscribed(_, let removed, _) = events[1]
        else {
            Issue.record("\(events)")
            return
        }
        #expect(added == ["a", "b"])
        #expect(removed == ["b"])
    }
}

import MQTTBroker
import MQTTCodec
import Testing

@Suite("PUBLISH and its acknowledgements, MQTT 5.0 §3.3-§3.7, §4.3")
struct PublishTests {
    @Test(
        "(3.1.1: [MQTT-2.3.1-6] [MQTT-3.3.4-1]) [MQTT-3.3.4-1] [MQTT-4.3.2-4] [MQTT-4.3.3-8] [MQTT-2.2.1-5] each QoS has its answer, with the identifier",
        arguments: ProtocolVersion.allCases
    )
    func answers(version: ProtocolVersion) {
        let simulation = Simulation()
        simulation.connect("s").subscribe("t")
        let client = simulation.connect("a", version)
        client.publish("t", "0")
        #expect(client.take() == [])
        client.publish("t", "1", .atLeastOnce, id: 500)
        #expect(client.take() == [.puback(Acknowledgement(packetIdentifier: 500))])
        client.publish("t", "2", .exactlyOnce, id: 501)
        #expect(client.take() == [.pubrec(Acknowledgement(packetIdentifier: 501))])
        client.acknowledge(.pubrel, 501)
        #expect(client.take() == [.pubcomp(Acknowledgement(packetIdentifier: 501))])
    }

    @Test("§3.4.2.1 without a subscriber the code is 0x10, no matching subscribers")
    func nobody() {
        let client = Simulation().connect("a")
        client.publish("t", "1", .atLeastOnce, id: 1)
        client.publish("t", "2", .exactlyOnce, id: 2)
        #expect(
            client.take() == [
                .puback(
                    Acknowledgement(packetIdentifier: 1, reasonCode: .noMatchingSubscribers)
                ),
                .pubrec(
                    Acknowledgement(packetIdentifier: 2, reasonCode: .noMatchingSubscribers)
                ),
            ]
        )
    }

    @Test(
        "(3.1.1: [MQTT-4.3.2-2]) [MQTT-4.3.2-5] after PUBACK the same identifier is a new message, even with DUP"
    )
    func reusedIdentifier() {
        let simulation = Simulation()
        let subscriber = simulation.connect("s")
        subscriber.subscribe("t")
        let client = simulation.connect("a")
        client.publish("t", "x", .atLeastOnce, id: 1)
        client.publish("t", "x", .atLeastOnce, id: 1, duplicate: true)
        #expect(subscriber.takePayloads() == ["x", "x"])
    }

    @Test(
        "(3.1.1: [MQTT-4.3.3-2]) [MQTT-4.3.3-10] a repeated QoS 2 PUBLISH gets PUBREC again and is not delivered again"
    )
    func repeatedExactlyOnce() {
        let simulation = Simulation()
        let subscriber = simulation.connect("s")
        subscriber.subscribe("t")
        let client = simulation.connect("a", clean: false, properties: [.sessionExpiryInterval(60)])
        client.publish("t", "x", .exactlyOnce, id: 7)
        client.publish("t", "x", .exactlyOnce, id: 7, duplicate: true)
        client.drop()
        let again = simulation.connect("a", clean: false, properties: [.sessionExpiryInterval(60)])
        again.publish("t", "x", .exactlyOnce, id: 7, duplicate: true)
        #expect(again.take() == [.pubrec(Acknowledgement(packetIdentifier: 7))])
        #expect(subscriber.takePayloads() == ["x"])
        again.acknowledge(.pubrel, 7)
        again.publish("t", "y", .exactlyOnce, id: 7)
        #expect(subscriber.takePayloads() == ["y"])
    }

    @Test(
        "[MQTT-4.3.3-11] [MQTT-4.3.3-12] PUBREL always gets PUBCOMP; for an unknown identifier with 0x92"
    )
    func unknownRelease() {
        let client = Simulation().connect("a")
        client.acknowledge(.pubrel, 9)
        #expect(
            client.take() == [
                .pubcomp(
                    Acknowledgement(packetIdentifier: 9, reasonCode: .packetIdentifierNotFound)
                )
            ]
        )
    }

    @Test(
        "[MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.3.3-3] (3.1.1: [MQTT-4.3.3-1]) [MQTT-4.3.3-4] [MQTT-4.3.3-5] towards a client: PUBLISH, PUBREC, PUBREL, PUBCOMP"
    )
    func exactlyOnceOut() {
        let simulation = Simulation()
        let client = simulation.connect("s")
        client.subscribe("t", .exactlyOnce)
        simulation.connect("p").publish("t", "x", .exactlyOnce, id: 40)
        #expect(client.take() == [.publish(message("t", "x", .exactlyOnce, 1))])
        client.acknowledge(.pubrec, 1)
        #expect(client.take() == [.pubrel(Acknowledgement(packetIdentifier: 1))])
        client.acknowledge(.pubcomp, 1)
        #expect(client.take() == [])
        #expect(client.closeReason == nil)
    }

    @Test("[MQTT-4.4.0-2] a PUBACK or PUBREC with an error ends the message")
    func negativeAcknowledgement() {
        let simulation = Simulation()
        let first = simulation.connect("s", clean: false, properties: [.sessionExpiryInterval(60)])
        first.subscribe("t", .exactlyOnce)
        let publisher = simulation.connect("p")
        publisher.publish("t", "1", .atLeastOnce, id: 1)
        publisher.publish("t", "2", .exactlyOnce, id: 2)
        _ = first.take()
        first.acknowledge(.puback, 1, 0x97)
        first.acknowledge(.pubrec, 2, 0x83)
        #expect(first.take() == [])
        first.drop()
        let second = simulation.connect("s", clean: false, properties: [.sessionExpiryInterval(60)])
        #expect(second.take() == [])
    }

    @Test(
        "§4.3 an acknowledgement of the wrong kind is a protocol error",
        arguments: [
            PacketType.puback, .pubcomp,
        ]
    )
    func wrongKind(type: PacketType) {
        let simulation = Simulation()
        let client = simulation.connect("s")
        client.subscribe("t", .exactlyOnce)
        simulation.connect("p").publish("t", "2", .exactlyOnce, id: 2)
        _ = client.take()
        client.acknowledge(type, 1)
        #expect(client.take() == [.disconnect(Disconnect(reasonCode: .protocolError))])
    }

    @Test(
        "§3.5.2.1 PUBREC of an unknown identifier gets PUBREL with 0x92; PUBACK and PUBCOMP nothing"
    )
    func unknownIdentifiers() {
        let client = Simulation().connect("s")
        client.acknowledge(.puback, 3)
        client.acknowledge(.pubcomp, 3)
        client.acknowledge(.pubrec, 3)
        #expect(
            client.take() == [
                .pubrel(
                    Acknowledgement(packetIdentifier: 3, reasonCode: .packetIdentifierNotFound)
                )
            ]
        )
    }

    @Test(
        "[MQTT-4.3.2-2] (3.1.1: [MQTT-2.3.1-4] [MQTT-4.3.2-1]) [MQTT-2.2.1-4] [MQTT-4.3.2-1] identifiers are never 0 and never in use, also after 65,535"
    )
    func identifiersWrap() {
        let simulation = Simulation()
        let client = simulation.connect("s")
        client.subscribe("t", .atLeastOnce)
        let publisher = simulation.connect("p")
        publisher.publish("t", "first", .atLeastOnce, id: 1)
        #expect(client.takePublishes().map(\.packetIdentifier) == [1])
        var lastIdentifier: UInt16 = 1
        var rounds = 0
        for _ in 0..<70_000 {
            publisher.publish("t", "", .atLeastOnce, id: 1)
            let got = client.takePublishes().compactMap(\.packetIdentifier)
            guard got.count == 1, got[0].rawValue > 1 else {
                Issue.record("\(got)")
                return
            }
            if got[0].rawValue < lastIdentifier { rounds += 1 }
            lastIdentifier = got[0].rawValue
            client.acknowledge(.puback, got[0])
        }
        #expect(rounds == 1)
    }

    @Test(
        "[MQTT-4.3.2-2] (3.1.1: [MQTT-3.3.1-3]) [MQTT-3.3.1-3] the DUP of an incoming message does not go on"
    )
    func duplicateFlag() {
        let simulation = Simulation()
        let client = simulation.connect("s")
        client.subscribe("t", .atLeastOnce)
        simulation.connect("p").publish("t", "x", .atLeastOnce, id: 1, duplicate: true)
        #expect(client.takePublishes() == [message("t", "x", .atLeastOnce, 1)])
    }

    @Test(
        "[MQTT-4.3.2-3] [MQTT-3.3.4-9] [MQTT-3.3.4-10] [MQTT-4.9.0-3] the client's Receive Maximum delays messages and nothing else"
    )
    func receiveMaximumOut() {
        let simulation = Simulation()
        let client = simulation.connect("s", properties: [.receiveMaximum(2)])
        client.subscribe("t", .exactlyOnce)
        let publisher = simulation.connect("p")
        for number in 1...5 { publisher.publish("t", "\(number)", .atLeastOnce, id: 1) }
        publisher.publish("t", "zero")
        #expect(client.takePayloads() == ["1", "2", "zero"])
        client.send(bytes: [0xC0, 0x00])
        #expect(client.take() == [.pingresp])
        client.acknowledge(.puback, 2)
        #expect(client.takePayloads() == ["3"])
        client.acknowledge(.puback, 1)
        client.acknowledge(.puback, 3)
        #expect(client.takePayloads() == ["4", "5"])
    }

    @Test("[MQTT-3.3.4-7] more unreleased QoS 2 messages than announced: 0x93; as many are fine")
    func receiveMaximumIn() {
        let simulation = Simulation { $0.receiveMaximum = 2 }
        let client = simulation.connect("a")
        client.publish("t", "1", .exactlyOnce, id: 1)
        client.publish("t", "2", .exactlyOnce, id: 2)
        client.publish("t", "2", .exactlyOnce, id: 2, duplicate: true)
        #expect(client.take().count == 3)
        client.publish("t", "3", .exactlyOnce, id: 3)
        #expect(client.take() == [.disconnect(Disconnect(reasonCode: .receiveMaximumExceeded))])
        #expect(
            client.closeReason
                == .violation(.receiveMaximumExceeded, offset: 0, rule: "MQTT-3.3.4-7")
        )
    }

    @Test("§4.9 the receive maximum of the broker starts anew with each connection")
    func receiveMaximumAfterResume() {
        let simulation = Simulation { $0.receiveMaximum = 2 }
        let first = simulation.connect("a", .v311, clean: false)
        for number: UInt16 in 1...5 {
            first.publish("t", "x", .exactlyOnce, id: PacketIdentifier(rawValue: number))
        }
        first.drop()
        let second = simulation.connect("a", clean: false)
        second.publish("t", "x", .exactlyOnce, id: 6)
        second.publish("t", "x", .exactlyOnce, id: 1, duplicate: true)
        second.acknowledge(.pubrel, 2)
        #expect(second.closeReason == nil)
        second.publish("t", "x", .exactlyOnce, id: 7)
        #expect(
            second.closeReason
                == .violation(.receiveMaximumExceeded, offset: 0, rule: "MQTT-3.3.4-7")
        )
    }

    @Test("[MQTT-3.3.2-12] every alias up to the announced maximum is accepted")
    func aliases() {
        let simulation = Simulation { $0.topicAliasMaximum = 3 }
        let subscriber = simulation.connect("s")
        subscriber.subscribe("#")
        let client = simulation.connect("a")
        client.publish("three", "a", properties: [.topicAlias(3)])
        client.publish("one", "b", properties: [.topicAlias(1)])
        client.publish("", "c", properties: [.topicAlias(3)])
        client.publish("other", "d", properties: [.topicAlias(3)])
        client.publish("", "e", properties: [.topicAlias(3)])
        #expect(
            subscriber.takePublishes() == [
                message("three", "a", .atMostOnce, nil), message("one", "b", .atMostOnce, nil),
                message("three", "c", .atMostOnce, nil), message("other", "d", .atMostOnce, nil),
                message("other", "e", .atMostOnce, nil),
            ]
        )
    }

    @Test("[MQTT-3.3.2-9] [MQTT-3.2.2-17] an alias above the maximum: 0x94")
    func aliasTooHigh() {
        let simulation = Simulation { $0.topicAliasMaximum = 3 }
        let client = simulation.connect("a")
        client.publish("t", "x", properties: [.topicAlias(4)])
        #expect(client.take() == [.disconnect(Disconnect(reasonCode: .topicAliasInvalid))])
    }

    @Test("§3.3.2.3.4 an alias that was never set: 0x82")
    func aliasUnknown() {
        let client = Simulation().connect("a")
        client.publish("t", "x", properties: [.topicAlias(2)])
        client.publish("", "x", properties: [.topicAlias(1)])
        #expect(client.take() == [.disconnect(Disconnect(reasonCode: .protocolError))])
    }

    @Test(
        "[MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20] properties go on unchanged and in order, the alias does not"
    )
    func properties() {
        let simulation = Simulation()
        let client = simulation.connect("s")
        client.subscribe("t")
        let old = simulation.connect("o", .v311)
        old.subscribe("t")
        let forwarded: [Property] = [
            .userProperty(name: "b", value: "2"), .payloadFormatIndicator(.text),
            .userProperty(name: "a", value: "1"), .contentType("text/plain"),
            .responseTopic("r"), .correlationData([0, 255]), .userProperty(name: "b", value: "1"),
        ]
        simulation.connect("p").publish("t", "x", properties: [.topicAlias(1)] + forwarded)
        #expect(
            client.takePublishes() == [message("t", "x", .atMostOnce, nil, properties: forwarded)]
        )
        #expect(old.takePublishes() == [message("t", "x", .atMostOnce, nil)])
    }

    @Test("[MQTT-3.3.2-6] the forwarded expiry is the received one minus the waiting time")
    func expiryCountsDown() {
        let simulation = Simulation()
        let first = simulation.connect("s", clean: false, properties: [.sessionExpiryInterval(600)])
        first.subscribe("t", .atLeastOnce)
        let publisher = simulation.connect("p")
        publisher.publish(
            "t",
            "now",
            .atLeastOnce,
            id: 1,
            properties: [.messageExpiryInterval(100)]
        )
        #expect(secondsLeft(first.takePublishes().first) == 100)
        first.acknowledge(.puback, 1)
        first.drop()
        publisher.publish(
            "t",
            "later",
            .atLeastOnce,
            id: 1,
            properties: [.messageExpiryInterval(100)]
        )
        simulation.advance(milliseconds: 30_500)
        let second = simulation.connect(
            "s",
            clean: false,
            properties: [.sessionExpiryInterval(600)]
        )
        _ = second
        let third = simulation.open()
        third.connect("s", clean: false, properties: [.sessionExpiryInterval(600)])
        guard case .publish(let publish)? = third.take().last else {
            Issue.record("nothing was re-sent")
            return
        }
        #expect(secondsLeft(publish) == 70)
    }

    @Test(
        "[MQTT-3.3.2-5] what expired while it waited is not sent; [MQTT-4.3.3-7] what was sent is kept"
    )
    func expiredWhileWaiting() {
        let simulation = Simulation()
        let first = simulation.connect(
            "s",
            clean: false,
            properties: [.sessionExpiryInterval(600), .receiveMaximum(1)]
        )
        first.subscribe("t", .exactlyOnce)
        let publisher = simulation.connect("p")
        for number in 1...3 {
            publisher.publish(
                "t",
                "\(number)",
                .exactlyOnce,
                id: PacketIdentifier(rawValue: UInt16(number)),
                properties: number == 3 ? [] : [.messageExpiryInterval(10)]
            )
        }
        #expect(first.takePayloads() == ["1"])
        first.drop()
        simulation.advance(seconds: 10)
        let second = simulation.open()
        second.connect("s", clean: false, properties: [.sessionExpiryInterval(600)])
        let payloads = second.take().compactMap { packet -> String? in
            guard case .publish(let publish) = packet else { return nil }
            return String(decoding: publish.payload, as: UTF8.self)
        }
        #expect(payloads == ["1", "3"])
        #expect(simulation.broker.statistics.expired == 1)
    }

    @Test(
        "(3.1.1: [MQTT-4.6.0-2] [MQTT-4.6.0-3]) [MQTT-4.6.0-2] [MQTT-4.6.0-3] acknowledgements come in the order of the messages"
    )
    func acknowledgementOrder() {
        let client = Simulation().connect("a", .v311)
        for number: UInt16 in [5, 3, 9, 1] {
            client.publish("t", "", .atLeastOnce, id: PacketIdentifier(rawValue: number))
        }
        #expect(
            client.take()
                == ([5, 3, 9, 1] as [PacketIdentifier]).map {
                    .puback(Acknowledgement(packetIdentifier: $0))
                }
        )
    }

    @Test(
        "(3.1.1: [MQTT-4.6.0-5] [MQTT-4.6.0-6]) [MQTT-4.6.0-5] [MQTT-4.6.0-6] per topic and QoS, subscribers see the order received"
    )
    func order() {
        let simulation = Simulation()
        let client = simulation.connect("s", properties: [.receiveMaximum(3)])
        client.subscribe("t", .exactlyOnce)
        let publisher = simulation.connect("p")
        var got: [String] = []
        for number in 0..<200 {
            publisher.publish("t", "\(number)", .atLeastOnce, id: 1)
            for publish in client.takePublishes() {
                got.append(String(decoding: publish.payload, as: UTF8.self))
                if number % 3 == 0, let id = publish.packetIdentifier {
                    client.acknowledge(.puback, id)
                }
            }
        }
        for identifier: UInt16 in 1...300 {
            guard let id = PacketIdentifier(rawValue: identifier) else { continue }
            client.acknowledge(.puback, id)
            got += client.takePayloads()
        }
        #expect(got == (0..<200).map { "\($0)" })
    }

    @Test(
        "(3.1.1: [MQTT-3.12.4-1]) [MQTT-3.12.4-1] PINGREQ is answered",
        arguments: ProtocolVersion.allCases
    )
    func ping(version: ProtocolVersion) {
        let client = Simulation().connect("a", version)
        client.send(bytes: [0xC0, 0x00])
        #expect(client.raw == [0xD0, 0x00])
    }

    @Test(
        "[MQTT-3.14.4-2] (3.1.1: [MQTT-4.8.0-1]) [MQTT-4.13.1-1] [MQTT-3.14.4-1] [MQTT-4.13.2-1] a malformed packet is told its code, then the connection ends"
    )
    func malformed() {
        let simulation = Simulation()
        let client = simulation.connect("a")
        client.send(bytes: [0x36, 3, 0, 1, 97] + [0xC0, 0x00])
        #expect(client.take() == [.disconnect(Disconnect(reasonCode: .malformedPacket))])
        #expect(client.closeReason == .violation(.malformedPacket, offset: 0, rule: "MQTT-3.3.1-4"))
        let old = simulation.connect("b", .v311)
        old.send(bytes: [0x36, 3, 0, 1, 97])
        #expect(old.take() == [])
        #expect(old.closeReason != nil)
    }

    @Test("§4.7.2 clients do not publish to $SYS/; other $ topics are left to the policy")
    func reservedTopics() {
        let simulation = Simulation()
        let client = simulation.connect("a")
        client.subscribe("$SYS/#")
        client.subscribe("$aws/#")
        client.publish("$SYS/x", "1", .atLeastOnce, id: 1)
        #expect(
            client.take() == [
                .puback(Acknowledgement(packetIdentifier: 1, reasonCode: .notAuthorized))
            ]
        )
        client.publish("$aws/things/a/shadow/get", "2")
        #expect(client.takePayloads() == ["2"])
    }

    @Test("the broker publishes messages of its own")
    func ownMessages() throws {
        let simulation = Simulation()
        let client = simulation.connect("a")
        client.subscribe("$SYS/#")
        let payload: [UInt8] = [0x31]
        let content = try SharedPublish(topicName: "$SYS/x", payload: payload.span)
        let count = simulation.broker.publish(content, qos: .atMostOnce, at: simulation.now)
        #expect(count == .accepted(sessions: 1))
        simulation.drain()
        #expect(client.takePayloads() == ["1"])
    }
}

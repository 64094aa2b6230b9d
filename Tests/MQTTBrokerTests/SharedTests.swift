import MQTTBroker
import MQTTCodec
import Testing

@Suite("MQTT 5.0 §4.8.2 Shared subscriptions when a member leaves or refuses")
struct SharedTests {
    private let kept: [Property] = [.sessionExpiryInterval(60), .receiveMaximum(1)]

    private func members(_ qos: QoS) -> (Simulation, TestClient, TestClient) {
        let simulation = Simulation()
        let first = simulation.connect("m0", properties: kept)
        let second = simulation.connect("m1", properties: kept)
        first.subscribe("$share/g/t", qos)
        return (simulation, first, second)
    }

    @Test("[MQTT-4.8.2-4] QoS 2: a delivery that began is completed to that client, on reconnect")
    func completed() {
        let (simulation, first, second) = members(.exactlyOnce)
        first.publish("t", "1", .exactlyOnce, id: 1)
        second.subscribe("$share/g/t", .exactlyOnce)
        first.drop()
        #expect(second.take() == [])
        let again = simulation.open()
        again.connect("m0", clean: false, properties: kept)
        let packets = again.take()
        guard case .publish(let publish)? = packets.last else {
            Issue.record("\(packets)")
            return
        }
        #expect(publish.isDuplicate)
        again.acknowledge(.pubrec, 1)
        #expect(again.take().map(\.packetType) == [.pubrel])
        #expect(second.take() == [])
    }

    @Test("[MQTT-4.8.2-5] QoS 2: when that session ends first, nobody else gets the message")
    func endsFirst() {
        let (simulation, first, second) = members(.exactlyOnce)
        first.publish("t", "sent", .exactlyOnce, id: 1)
        first.publish("t", "queued", .exactlyOnce, id: 2)
        second.subscribe("$share/g/t", .exactlyOnce)
        first.drop()
        #expect(second.take() == [])
        simulation.advance(seconds: 61)
        // What was not sent may go to another member; what was sent may not.
        #expect(second.takePayloads() == ["queued"])
    }

    @Test("QoS 1: what a member did not acknowledge goes to another one when its session ends")
    func qos1() {
        let (simulation, first, second) = members(.atLeastOnce)
        for number in 1...3 {
            first.publish("t", "\(number)", .atLeastOnce, id: PacketIdentifier(rawValue: 1) ?? 1)
        }
        second.subscribe("$share/g/t", .atLeastOnce)
        first.drop()
        simulation.advance(seconds: 61)
        var texts: [String] = []
        while true {
            let packets = second.takePublishes()
            guard let packet = packets.first, let id = packet.packetIdentifier else { break }
            texts.append(String(decoding: packet.payload, as: UTF8.self))
            #expect(!packet.isDuplicate)
            second.acknowledge(.puback, id)
        }
        #expect(texts == ["1", "2", "3"])
    }

    @Test("without another member, and for ordinary subscriptions, nothing is sent elsewhere")
    func nobodyLeft() {
        let (simulation, first, second) = members(.atLeastOnce)
        second.subscribe("t", .atLeastOnce)
        first.publish("t", "1", .atLeastOnce, id: 1)
        #expect(second.takePayloads() == ["1"])
        first.drop()
        simulation.advance(seconds: 61)
        #expect(second.take() == [])
        #expect(simulation.broker.statistics.dropped == 1)
    }

    @Test("UNSUBSCRIBE: what a member was not sent goes to another one, what was sent does not")
    func unsubscribe() {
        let (_, first, second) = members(.atLeastOnce)
        for number in 1...2 {
            first.publish("t", "\(number)", .atLeastOnce, id: 1)
        }
        second.subscribe("$share/g/t", .atLeastOnce)
        first.send(Unsubscribe(packetIdentifier: 9, topicFilters: ["$share/g/t"]))
        #expect(second.takePayloads() == ["2"])
    }

    @Test(
        "[MQTT-4.8.2-6] a PUBACK or PUBREC with an error discards the message",
        arguments: [QoS.atLeastOnce, .exactlyOnce]
    )
    func refused(qos: QoS) {
        let (simulation, first, second) = members(qos)
        first.publish("t", "1", qos, id: 1)
        second.subscribe("$share/g/t", qos)
        first.acknowledge(qos == .atLeastOnce ? .puback : .pubrec, 1, 0x80)
        #expect(second.take() == [])
        first.drop()
        simulation.advance(seconds: 61)
        #expect(second.take() == [])
    }

    @Test("[MQTT-4.3.3-13] QoS 2: an exchange that began goes on after the message has expired")
    func expiredExchange() {
        let simulation = Simulation()
        let publisher = simulation.connect("p")
        publisher.publish(
            "t",
            "1",
            .exactlyOnce,
            id: 1,
            properties: [.messageExpiryInterval(1)]
        )
        #expect(publisher.take().map(\.packetType) == [.pubrec])
        simulation.advance(seconds: 5)
        publisher.acknowledge(.pubrel, 1)
        #expect(publisher.take() == [.pubcomp(Acknowledgement(packetIdentifier: 1))])
    }
}

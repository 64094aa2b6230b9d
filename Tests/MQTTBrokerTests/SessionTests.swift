import MQTTBroker
import MQTTCodec
import Testing

@Suite("Sessions, MQTT 5.0 §3.1.2.4, §4.1, §4.4")
struct SessionTests {
    @Test(
        "[MQTT-3.1.4-4] (3.1.1: [MQTT-3.2.2-3]) [MQTT-3.1.2-6] [MQTT-3.2.2-3] without a session, Clean Start 0 makes one"
    )
    func createsSession() {
        let client = Simulation().connect("a", clean: false)
        #expect(client.connack?.sessionPresent == false)
    }

    @Test(
        "[MQTT-3.1.3-2] (3.1.1: [MQTT-3.1.2-4] [MQTT-3.2.2-2]) [MQTT-3.1.2-5] [MQTT-3.1.2-23] [MQTT-3.2.2-2] a kept session is resumed with its subscriptions",
        arguments: ProtocolVersion.allCases
    )
    func resumes(version: ProtocolVersion) {
        let simulation = Simulation()
        let first = simulation.connect(
            "a",
            version,
            clean: false,
            properties: [.sessionExpiryInterval(60)]
        )
        first.subscribe("t", .atLeastOnce)
        first.drop()
        let second = simulation.connect(
            "a",
            version,
            clean: false,
            properties: [.sessionExpiryInterval(60)]
        )
        // MQTT 3.1 has no such flag.
        #expect(second.connack?.sessionPresent == (version != .v31))
        simulation.connect("p").publish("t", "x")
        #expect(second.takePayloads() == ["x"])
    }

    @Test(
        "[MQTT-3.1.4-4] (3.1.1: [MQTT-3.1.4-3] [MQTT-3.2.2-1]) [MQTT-3.1.2-4] (3.1.1: [MQTT-3.1.2-6]) [MQTT-3.2.2-2] Clean Start 1 throws the old session away",
        arguments: [ProtocolVersion.v311, .v5]
    )
    func cleanStart(version: ProtocolVersion) {
        let simulation = Simulation()
        let first = simulation.connect(
            "a",
            version,
            clean: false,
            properties: [.sessionExpiryInterval(60)]
        )
        first.subscribe("t", .atLeastOnce)
        first.drop()
        simulation.connect("p").publish("t", "lost", .atLeastOnce, id: 1)
        let second = simulation.connect("a", version, clean: true)
        #expect(second.connack?.sessionPresent == false)
        simulation.connect("q").publish("t", "x")
        #expect(second.take() == [])
        second.drop()
        let third = simulation.connect("a", version, clean: false)
        #expect(third.connack?.sessionPresent == false)
    }

    @Test(
        "[MQTT-3.1.2-5] (3.1.1) QoS 1 and 2 messages are queued for an absent client, QoS 0 are not"
    )
    func queuesWhileAway() {
        let simulation = Simulation()
        let first = simulation.connect("a", .v311, clean: false)
        first.subscribe("t", .exactlyOnce)
        first.disconnect()
        let publisher = simulation.connect("p")
        publisher.publish("t", "0", .atMostOnce)
        publisher.publish("t", "1", .atLeastOnce, id: 1)
        publisher.publish("t", "2", .exactlyOnce, id: 2)
        let second = simulation.open(.v311)
        second.connect("a", clean: false)
        let packets = second.take()
        #expect(packets.first == .connack(Connack(sessionPresent: true)))
        #expect(
            packets.dropFirst() == [
                .publish(message("t", "1", .atLeastOnce, 1)),
                .publish(message("t", "2", .exactlyOnce, 2)),
            ]
        )
    }

    @Test(
        "[MQTT-4.1.0-2] a session ends when its expiry interval has passed, not a millisecond earlier"
    )
    func expires() {
        for (wait, isPresent) in [(Int64(9_999), true), (10_000, false)] {
            let simulation = Simulation()
            simulation.connect("a", properties: [.sessionExpiryInterval(10)]).drop()
            simulation.advance(milliseconds: wait)
            #expect(simulation.broker.statistics.sessions == (isPresent ? 1 : 0))
            let again = simulation.connect("a", clean: false)
            #expect(again.connack?.sessionPresent == isPresent)
        }
    }

    @Test(
        "(3.1.1: [MQTT-4.1.0-1]) [MQTT-4.1.0-1] [MQTT-4.1.0-2] (3.1.1) a session lasts at least as long as its connection; [MQTT-4.1.0-1]"
    )
    func lastsWhileConnected() {
        let simulation = Simulation()
        let client = simulation.connect("a", properties: [.sessionExpiryInterval(1)])
        client.subscribe("t")
        simulation.advance(seconds: 100)
        simulation.connect("p").publish("t", "x")
        #expect(client.takePayloads() == ["x"])
    }

    @Test("§3.1.2.11.2 an interval of 0xFFFFFFFF keeps the session for ever")
    func neverExpires() {
        let simulation = Simulation { $0.maximumSessionExpiry = .max }
        simulation.connect("a", properties: [.sessionExpiryInterval(.max)]).drop()
        simulation.advance(seconds: 10_000_000_000)
        #expect(simulation.connect("a", clean: false).connack?.sessionPresent == true)
    }

    @Test("§3.14.2.2.2 DISCONNECT may change the expiry of a session that is kept")
    func disconnectChangesExpiry() {
        let simulation = Simulation()
        let kept = simulation.connect("a", properties: [.sessionExpiryInterval(10)])
        kept.disconnect(.normalDisconnection, properties: [.sessionExpiryInterval(0)])
        #expect(simulation.broker.statistics.sessions == 0)
        let longer = simulation.connect("a", properties: [.sessionExpiryInterval(10)])
        longer.disconnect(.normalDisconnection, properties: [.sessionExpiryInterval(20)])
        simulation.advance(seconds: 15)
        #expect(simulation.connect("a", clean: false).connack?.sessionPresent == true)
    }

    @Test("§3.14.2.2.2 DISCONNECT may not keep a session that was to end: 0x82")
    func disconnectCannotKeep() {
        let client = Simulation().connect("a")
        client.disconnect(.normalDisconnection, properties: [.sessionExpiryInterval(1)])
        #expect(client.take() == [.disconnect(Disconnect(reasonCode: .protocolError))])
        #expect(
            client.closeReason == .violation(.protocolError, offset: 0, rule: "§3.14.2.2.2")
        )
    }

    @Test(
        "(3.1.1: [MQTT-3.3.1-1] [MQTT-4.4.0-1] [MQTT-4.6.0-1]) [MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.6.0-1] a resumed session re-sends with DUP, in order, with the old identifiers",
        arguments: [ProtocolVersion.v311, .v5]
    )
    func resends(version: ProtocolVersion) {
        let simulation = Simulation()
        let first = simulation.connect(
            "a",
            version,
            clean: false,
            properties: [.sessionExpiryInterval(60)]
        )
        first.subscribe("t", .exactlyOnce)
        let publisher = simulation.connect("p")
        for number in 1...4 {
            publisher.publish("t", "\(number)", number == 2 ? .exactlyOnce : .atLeastOnce, id: 9)
            publisher.acknowledge(.pubrel, 9)
        }
        #expect(first.takePublishes().map(\.packetIdentifier) == [1, 2, 3, 4])
        first.acknowledge(.puback, 3)
        first.drop()
        let second = simulation.open(version)
        second.connect("a", clean: false, properties: [.sessionExpiryInterval(60)])
        #expect(
            second.take().dropFirst() == [
                .publish(message("t", "1", .atLeastOnce, 1, duplicate: true)),
                .publish(message("t", "2", .exactlyOnce, 2, duplicate: true)),
                .publish(message("t", "4", .atLeastOnce, 4, duplicate: true)),
            ]
        )
    }

    @Test(
        "[MQTT-4.6.0-4] (3.1.1: [MQTT-4.6.0-4]) [MQTT-4.4.0-1] [MQTT-4.3.3-6] after PUBREC only PUBREL is re-sent, in the order of the PUBRECs"
    )
    func resendsRelease() {
        let simulation = Simulation()
        let first = simulation.connect("a", clean: false, properties: [.sessionExpiryInterval(60)])
        first.subscribe("t", .exactlyOnce)
        let publisher = simulation.connect("p")
        for number in 1...3 {
            publisher.publish("t", "\(number)", .exactlyOnce, id: .init(rawValue: UInt16(number)))
        }
        first.acknowledge(.pubrec, 2)
        first.acknowledge(.pubrec, 1)
        first.drop()
        let second = simulation.open()
        second.connect("a", clean: false, properties: [.sessionExpiryInterval(60)])
        #expect(
            second.take().dropFirst() == [
                .pubrel(Acknowledgement(packetIdentifier: 2)),
                .pubrel(Acknowledgement(packetIdentifier: 1)),
                .publish(message("t", "3", .exactlyOnce, 3, duplicate: true)),
            ]
        )
    }

    @Test("[MQTT-4.4.0-1] nothing is re-sent while the connection lasts")
    func noResendWhileConnected() {
        let simulation = Simulation()
        let client = simulation.connect("a")
        client.subscribe("t", .atLeastOnce)
        simulation.connect("p").publish("t", "x", .atLeastOnce, id: 1)
        #expect(client.takePayloads() == ["x"])
        simulation.advance(seconds: 3_600)
        #expect(client.take() == [])
    }

    @Test(
        "[MQTT-4.9.0-1] [MQTT-3.3.4-9] [MQTT-4.9.0-2] re-sent messages respect the new connection's Receive Maximum"
    )
    func resendWindow() {
        let simulation = Simulation()
        let first = simulation.connect("a", clean: false, properties: [.sessionExpiryInterval(60)])
        first.subscribe("t", .atLeastOnce)
        let publisher = simulation.connect("p")
        for number in 1...5 { publisher.publish("t", "\(number)", .atLeastOnce, id: 1) }
        first.drop()
        let second = simulation.connect(
            "a",
            clean: false,
            properties: [.sessionExpiryInterval(60), .receiveMaximum(2)]
        )
        _ = second.raw
        let third = simulation.open()
        third.connect(
            "a",
            clean: false,
            properties: [.sessionExpiryInterval(60), .receiveMaximum(2)]
        )
        #expect(third.take().count == 3)
        third.acknowledge(.puback, 1)
        #expect(third.takePayloads() == ["3"])
        publisher.publish("t", "6", .atLeastOnce, id: 1)
        third.acknowledge(.puback, 3)
        third.acknowledge(.puback, 2)
        third.acknowledge(.puback, 4)
        #expect(third.takePayloads() == ["4", "5", "6"])
    }

    @Test("[MQTT-3.3.2-7] topic aliases do not outlive a connection")
    func aliasesEnd() {
        let simulation = Simulation()
        let first = simulation.connect("a", clean: false, properties: [.sessionExpiryInterval(60)])
        first.publish("t", "x", properties: [.topicAlias(1)])
        first.drop()
        let second = simulation.connect("a", clean: false, properties: [.sessionExpiryInterval(60)])
        second.publish("", "y", properties: [.topicAlias(1)])
        #expect(second.closeReason == .violation(.protocolError, offset: 0, rule: "§3.3.2.3.4"))
    }

    @Test("an operator can end a connection; the client is told 0x98")
    func kick() {
        let simulation = Simulation()
        let client = simulation.connect("a")
        let name = ClientIdentifier("a")
        let isEnded = simulation.broker.disconnect(
            name,
            reason: .administrativeAction,
            at: simulation.now
        )
        simulation.drain()
        #expect(isEnded)
        #expect(client.take() == [.disconnect(Disconnect(reasonCode: .administrativeAction))])
        let isEndedAgain = simulation.broker.disconnect(
            name,
            reason: .administrativeAction,
            at: simulation.now
        )
        #expect(!isEndedAgain)
    }

    @Test("a shutdown tells everybody 0x8B")
    func shutDown() {
        let simulation = Simulation()
        let clients = (0..<5).map { simulation.connect("c\($0)") }
        simulation.broker.shutDown(at: simulation.now)
        simulation.drain()
        for client in clients {
            #expect(client.take() == [.disconnect(Disconnect(reasonCode: .serverShuttingDown))])
        }
        #expect(simulation.broker.statistics.connections == 0)
    }

    @Test(
        "§4.9 PUBREL of an earlier connection does not count against the client's Receive Maximum"
    )
    func receiveMaximumOfReleased() {
        let simulation = Simulation { $0.maximumInflight = 4 }
        let kept = Property.sessionExpiryInterval(60)
        let first = simulation.connect("s", properties: [kept, .receiveMaximum(3)])
        first.subscribe("t", .exactlyOnce)
        let publisher = simulation.connect("p")
        func publish(_ numbers: ClosedRange<UInt16>) {
            for number in numbers {
                let id = PacketIdentifier(rawValue: number)
                publisher.publish("t", "\(number)", .exactlyOnce, id: id)
            }
        }
        publish(1...3)
        for number: PacketIdentifier in [1, 2, 3] { first.acknowledge(.pubrec, number) }
        first.drop()
        let second = simulation.open()
        second.connect("s", clean: false, properties: [kept, .receiveMaximum(1)])
        #expect(second.take().count == 4)  // CONNACK and PUBREL three times
        publish(4...6)
        #expect(second.takePayloads() == ["4"])
        second.acknowledge(.pubrec, 4)
        second.acknowledge(.pubcomp, 4)
        #expect(second.take().count == 2)  // PUBREL and 5
        // The broker keeps no more than four exchanges, whatever connection they began on.
        second.drop()
        let third = simulation.open()
        third.connect("s", clean: false, properties: [kept])
        #expect(third.take().count == 5)  // CONNACK, PUBREL three times, 5 again
        third.acknowledge(.pubcomp, 1)
        #expect(third.takePayloads() == ["6"])
        #expect(simulation.broker.firstInconsistency == nil)
    }
}

/// A PUBLISH as the broker sends it.
func message(
    _ topic: String,
    _ payload: String,
    _ qos: QoS,
    _ identifier: PacketIdentifier?,
    retain: Bool = false,
    duplicate: Bool = false,
    properties: [Property] = []
) -> Publish {
    Publish(
        topicName: topic,
        payload: Array(payload.utf8),
        qos: qos,
        packetIdentifier: identifier,
        retain: retain,
        isDuplicate: duplicate,
        properties: TestClient.properties(properties)
    )
}

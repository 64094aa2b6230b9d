import MQTTBroker
import MQTTCodec
import Testing

@Suite("The will, MQTT 5.0 §3.1.2.5, §3.1.3.2.2")
struct WillTests {
    private func will(
        _ qos: QoS = .atMostOnce,
        retain: Bool = false,
        properties: [Property] = []
    ) -> Will {
        Will(
            topicName: "w",
            payload: Array("gone".utf8),
            qos: qos,
            retain: retain,
            properties: TestClient.properties(properties)
        )
    }

    private func watched() -> (Simulation, TestClient) {
        let simulation = Simulation()
        let watcher = simulation.connect("watcher")
        watcher.subscribe("w", .exactlyOnce)
        return (simulation, watcher)
    }

    @Test(
        "(3.1.1: [MQTT-3.1.2-8] [MQTT-3.1.2-10]) [MQTT-3.1.2-7] [MQTT-3.1.2-8] a broken connection publishes the will, once [MQTT-3.1.2-10]",
        arguments: ProtocolVersion.allCases
    )
    func published(version: ProtocolVersion) {
        let (simulation, watcher) = watched()
        simulation.connect("a", version, will: will(.atLeastOnce)).drop()
        #expect(watcher.takePublishes() == [message("w", "gone", .atLeastOnce, 1)])
        simulation.connect("a", version).drop()
        simulation.advance(seconds: 1_000)
        #expect(watcher.take() == [])
    }

    @Test("[MQTT-3.1.2-12] (3.1.1) without a will nothing is published")
    func none() {
        let (simulation, watcher) = watched()
        simulation.connect("a", .v311).drop()
        #expect(watcher.take() == [])
    }

    @Test("[MQTT-3.14.4-3] DISCONNECT 0x00 drops the will; 0x04 does not", arguments: [0, 4])
    func disconnect(code: UInt8) {
        let (simulation, watcher) = watched()
        let client = simulation.connect("a", will: will())
        client.disconnect(ReasonCode(rawValue: code))
        #expect(client.closeReason == .clientDisconnected(ReasonCode(rawValue: code)))
        #expect(client.take() == [])
        #expect(watcher.takePublishes().count == (code == 0 ? 0 : 1))
    }

    @Test("[MQTT-3.14.4-3] (3.1.1) DISCONNECT drops the will")
    func disconnect311() {
        let (simulation, watcher) = watched()
        simulation.connect("a", .v311, will: will()).disconnect()
        #expect(watcher.take() == [])
    }

    @Test(
        "(3.1.1: [MQTT-3.1.2-16] [MQTT-3.1.2-17]) [MQTT-3.1.2-14] [MQTT-3.1.2-15] (3.1.1: -16, -17) the will is retained when it says so"
    )
    func retained() {
        let (simulation, _) = watched()
        simulation.connect("a", will: will(retain: false)).drop()
        let early = simulation.connect("e")
        early.subscribe("w")
        #expect(early.take() == [])
        simulation.connect("a", will: will(retain: true)).drop()
        let late = simulation.connect("l")
        late.subscribe("w")
        #expect(late.takePublishes() == [message("w", "gone", .atMostOnce, nil, retain: true)])
    }

    @Test(
        "[MQTT-3.1.2-8] a delayed will comes when the delay has passed, not a millisecond earlier"
    )
    func delayed() {
        let (simulation, watcher) = watched()
        let delay = will(.atMostOnce, properties: [.willDelayInterval(5)])
        simulation.connect("a", will: delay, properties: [.sessionExpiryInterval(60)]).drop()
        simulation.advance(milliseconds: 4_999)
        #expect(watcher.take() == [])
        simulation.advance(milliseconds: 1)
        #expect(watcher.takePublishes() == [message("w", "gone", .atMostOnce, nil)])
    }

    @Test("[MQTT-3.1.2-8] a will waits no longer than its session")
    func sessionEndsFirst() {
        let (simulation, watcher) = watched()
        let delay = will(.atMostOnce, properties: [.willDelayInterval(50)])
        simulation.connect("a", will: delay, properties: [.sessionExpiryInterval(5)]).drop()
        simulation.advance(seconds: 5)
        #expect(watcher.takePayloads() == ["gone"])
        simulation.connect("b", will: delay).drop()
        #expect(watcher.takePayloads() == ["gone"])
    }

    @Test("[MQTT-3.1.3-9] a new connection before the delay ends cancels the will")
    func cancelled() {
        let (simulation, watcher) = watched()
        let delay = will(.atMostOnce, properties: [.willDelayInterval(5)])
        simulation.connect("a", will: delay, properties: [.sessionExpiryInterval(60)]).drop()
        simulation.advance(seconds: 4)
        _ = simulation.connect("a", clean: false, properties: [.sessionExpiryInterval(60)])
        simulation.advance(seconds: 60)
        #expect(watcher.take() == [])
    }

    @Test(
        "§3.1.3.2.2 a take-over publishes the will: at once without delay, and when Clean Start ends the session"
    )
    func takenOver() {
        let (simulation, watcher) = watched()
        _ = simulation.connect("a", will: will(), properties: [.sessionExpiryInterval(60)])
        let delay = will(.atMostOnce, properties: [.willDelayInterval(5)])
        _ = simulation.connect(
            "a",
            clean: false,
            will: delay,
            properties: [.sessionExpiryInterval(60)]
        )
        #expect(watcher.takePayloads() == ["gone"])
        _ = simulation.connect(
            "a",
            clean: false,
            will: delay,
            properties: [.sessionExpiryInterval(60)]
        )
        #expect(watcher.take() == [])
        _ = simulation.connect("a", clean: true)
        #expect(watcher.takePayloads() == ["gone"])
    }

    @Test(
        "[MQTT-3.1.3-10] the will's properties go on in order, without the delay; its expiry counts from publication"
    )
    func properties() {
        let (simulation, watcher) = watched()
        let sent: [Property] = [
            .userProperty(name: "b", value: "1"), .contentType("x"),
            .userProperty(name: "a", value: "2"),
        ]
        let will = will(
            .atMostOnce,
            properties: [.willDelayInterval(5), .messageExpiryInterval(60)] + sent
        )
        simulation.connect("a", will: will, properties: [.sessionExpiryInterval(60)]).drop()
        simulation.advance(seconds: 5)
        #expect(
            watcher.takePublishes() == [
                message(
                    "w",
                    "gone",
                    .atMostOnce,
                    nil,
                    properties: [.messageExpiryInterval(60)] + sent
                )
            ]
        )
    }

    @Test("a will to a reserved topic is refused with the CONNECT")
    func reserved() {
        let client = Simulation().open()
        client.connect("a", will: Will(topicName: "$SYS/x", payload: []))
        #expect(client.raw == [0x20, 3, 0, 0x87, 0])
    }

    @Test("a chain of wills, each closing the next slow client, ends")
    func chain() {
        let simulation = Simulation {
            $0.maximumQueuedMessages = 1
            $0.queueOverflow = .disconnect
        }
        let clients = (0..<200).map { number in
            let client = simulation.connect(
                "c\(number)",
                will: Will(topicName: "w", payload: [1], qos: .atLeastOnce),
                properties: [.receiveMaximum(1)]
            )
            client.subscribe("w", .atLeastOnce)
            return client
        }
        simulation.connect("p").publish("w", "1", .atLeastOnce, id: 1)
        simulation.connect("q").publish("w", "2", .atLeastOnce, id: 1)
        simulation.connect("r").publish("w", "3", .atLeastOnce, id: 1)
        #expect(clients.allSatisfy { $0.closeReason == .server(.quotaExceeded) })
    }
}

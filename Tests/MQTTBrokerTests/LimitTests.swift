import MQTTBroker
import MQTTCodec
import Testing

@Suite("Limits and back-pressure")
struct LimitTests {
    @Test("§3.2.2.3.6 a packet above the announced maximum: 0x95; one at the maximum passes")
    func maximumPacketSize() throws {
        let bytes = try Publish(topicName: "t", payload: [1, 2, 3]).encoded(as: .v5, from: .client)
        let accepting = Simulation { $0.maximumPacketSize = bytes.count }.connect("a")
        accepting.send(bytes: bytes)
        #expect(accepting.closeReason == nil)
        let refusing = Simulation { $0.maximumPacketSize = bytes.count - 1 }.connect("a")
        refusing.send(bytes: Array(bytes.prefix(2)))
        #expect(refusing.take() == [.disconnect(Disconnect(reasonCode: .packetTooLarge))])
    }

    @Test(
        "[MQTT-3.1.2-24] [MQTT-3.1.2-25] a message too large for the client is dropped, counts as sent, and others go on"
    )
    func clientMaximumPacketSize() throws {
        let fitting = String(repeating: "x", count: 50)
        let size = try Publish(
            topicName: "t",
            payload: Array(fitting.utf8),
            qos: .atLeastOnce,
            packetIdentifier: 1
        ).encodedSize(as: .v5, from: .server)
        let simulation = Simulation()
        let client = simulation.connect(
            "s",
            properties: [.maximumPacketSize(UInt32(size)), .receiveMaximum(1)]
        )
        client.subscribe("t", .atLeastOnce)
        let publisher = simulation.connect("p")
        publisher.publish("t", fitting + "x", .atLeastOnce, id: 1)
        publisher.publish("t", fitting, .atLeastOnce, id: 1)
        #expect(client.takePayloads() == [fitting])
        #expect(simulation.broker.statistics.dropped == 1)
    }

    @Test(
        "a full queue drops the newest, the oldest, or the client, as configured; at the limit nothing is dropped"
    )
    func queueOverflow() {
        for (overflow, payloads) in [
            (Broker.Configuration.QueueOverflow.dropNewest, ["1", "2", "3"]),
            (.dropOldest, ["2", "3", "4"]), (.disconnect, ["1", "2", "3"]),
        ] {
            let simulation = Simulation {
                $0.maximumQueuedMessages = 3
                $0.queueOverflow = overflow
            }
            let first = simulation.connect("s", .v311, clean: false)
            first.subscribe("t", .atLeastOnce)
            first.drop()
            let publisher = simulation.connect("p")
            for number in 1...3 { publisher.publish("t", "\(number)", .atLeastOnce, id: 1) }
            #expect(simulation.broker.statistics.dropped == 0)
            publisher.publish("t", "4", .atLeastOnce, id: 1)
            #expect(simulation.broker.statistics.dropped == 1)
            let second = simulation.open(.v311)
            second.connect("s", clean: false)
            let got = second.take().compactMap { packet -> String? in
                guard case .publish(let publish) = packet else { return nil }
                return String(decoding: publish.payload, as: UTF8.self)
            }
            #expect(got == payloads)
        }
    }

    @Test("the bytes of a queue are limited too")
    func queuedBytes() {
        let simulation = Simulation { $0.maximumQueuedBytes = 3 * (1 + 100 + 256) }
        let client = simulation.connect("s", .v311, clean: false)
        client.subscribe("t", .atLeastOnce)
        client.drop()
        let publisher = simulation.connect("p")
        for _ in 0..<5 {
            publisher.publish("t", String(repeating: "x", count: 100), .atLeastOnce, id: 1)
        }
        #expect(simulation.broker.statistics.queuedMessages == 3)
        #expect(simulation.broker.statistics.dropped == 2)
    }

    @Test("a client that does not read: QoS 0 is dropped, QoS 1 waits, and nothing is read from it")
    func backPressure() {
        let simulation = Simulation { $0.maximumOutboundBytes = 100 }
        let client = simulation.connect("s")
        client.subscribe("t", .atLeastOnce)
        client.isStalled = true
        let publisher = simulation.connect("p")
        let filler = String(repeating: "x", count: 120)
        publisher.publish("t", filler)
        #expect(client.isSuspended)
        publisher.publish("t", "dropped")
        publisher.publish("t", "waits", .atLeastOnce, id: 1)
        client.publish("t", "held", .atLeastOnce, id: 5)
        #expect(client.takePayloads() == [filler])
        #expect(simulation.broker.statistics.dropped == 1)
        client.resume()
        #expect(!client.isSuspended)
        let packets = client.take()
        #expect(packets.count == 3)
        #expect(packets.first == .publish(message("t", "waits", .atLeastOnce, 1)))
        #expect(packets.last == .puback(Acknowledgement(packetIdentifier: 5)))
    }

    @Test("input that is held back is bounded")
    func heldInput() {
        let simulation = Simulation {
            $0.maximumOutboundBytes = 100
            $0.maximumPacketSize = 1_000
        }
        let client = simulation.connect("s")
        client.subscribe("t")
        client.isStalled = true
        client.publish("t", String(repeating: "x", count: 200))
        let flood = [UInt8](repeating: 0, count: 1 << 18)
        for _ in 0..<4 where client.closeReason == nil { client.send(bytes: flood) }
        #expect(client.closeReason == nil)
        client.send(bytes: flood)
        #expect(client.closeReason == .server(.quotaExceeded))
    }

    @Test("a large payload is handed out once for all receivers, and arrives whole")
    func sharedPayload() {
        let simulation = Simulation()
        let clients = (0..<3).map { simulation.connect("s\($0)", $0 == 1 ? .v311 : .v5) }
        for client in clients { client.subscribe("t", .atLeastOnce) }
        let payload = String((0..<1_000_000).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
        simulation.connect("p").publish(
            "t",
            payload,
            .atLeastOnce,
            id: 1,
            properties: [.contentType("c")]
        )
        for (number, client) in clients.enumerated() {
            let properties: [Property] = number == 1 ? [] : [.contentType("c")]
            #expect(
                client.takePublishes() == [
                    message("t", payload, .atLeastOnce, 1, properties: properties)
                ]
            )
        }
    }
}

import MQTTBroker
import MQTTCodec
import Testing

@Suite("Keep alive and handshake, MQTT 5.0 §3.1.2.10")
struct TimerTests {
    @Test(
        "[MQTT-3.1.2-22] (3.1.1: [MQTT-3.1.2-24]) silence of 1.5 times the keep alive ends the connection, not a millisecond less",
        arguments: [ProtocolVersion.v311, .v5]
    )
    func keepAlive(version: ProtocolVersion) {
        let simulation = Simulation()
        let client = simulation.connect("a", version, keepAlive: 10)
        simulation.advance(milliseconds: 14_999)
        #expect(client.closeReason == nil)
        client.send(bytes: [0xC0, 0])
        _ = client.take()
        simulation.advance(milliseconds: 14_999)
        #expect(client.closeReason == nil)
        simulation.advance(milliseconds: 1)
        #expect(client.closeReason == .keepAliveTimeout)
        let told: [ControlPacket] =
            version == .v5 ? [.disconnect(Disconnect(reasonCode: .keepAliveTimeout))] : []
        #expect(client.take() == told)
    }

    @Test("§3.1.2.10 a keep alive of 0 never ends the connection")
    func noKeepAlive() {
        let simulation = Simulation()
        let client = simulation.connect("a", keepAlive: 0)
        simulation.advance(seconds: 1_000_000)
        #expect(client.closeReason == nil)
    }

    @Test("a large packet that arrives slowly counts as life")
    func slowPacket() {
        let simulation = Simulation()
        let client = simulation.connect("a", .v311, keepAlive: 10)
        client.send(bytes: [0x30, 0xFF, 0x01, 0, 1, 97])
        for _ in 0..<10 {
            simulation.advance(seconds: 14)
            client.send(bytes: [0])
        }
        #expect(client.closeReason == nil)
    }

    @Test(
        "a connection without complete CONNECT ends after the handshake timeout, however it dribbles"
    )
    func handshake() {
        let simulation = Simulation()
        let client = simulation.open()
        let bytes: [UInt8] = [0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2]
        for byte in bytes {
            client.send(bytes: [byte])
            simulation.advance(milliseconds: 999)
        }
        #expect(client.closeReason == nil)
        simulation.advance(milliseconds: 10)
        #expect(client.closeReason == .handshakeTimeout)
        #expect(client.raw == [])
    }

    @Test("timers of sessions that came and went do not pile up")
    func noPileUp() {
        let simulation = Simulation()
        for number in 0..<2_000 {
            simulation.connect(
                "a",
                keepAlive: 60,
                properties: [.sessionExpiryInterval(UInt32(100_000 - number))]
            )
            .drop()
            simulation.connect("a", clean: true).drop()
        }
        #expect(simulation.broker.statistics.sessions == 0)
        simulation.advance(seconds: 200_000)
        #expect(simulation.broker.nextTimeout == nil)
    }

    @Test("a suspended connection is alive as long as it takes bytes")
    func suspended() {
        let simulation = Simulation { $0.maximumOutboundBytes = 100 }
        let client = simulation.connect("s", keepAlive: 10)
        client.subscribe("t")
        client.isStalled = true
        simulation.connect("p").publish("t", String(repeating: "x", count: 200))
        #expect(client.isSuspended)
        for _ in 0..<10 {
            simulation.advance(seconds: 14)
            simulation.broker.written(1, on: client.id, at: simulation.now)
            simulation.drain()
        }
        #expect(client.closeReason == nil)
        simulation.advance(seconds: 15)
        #expect(client.closeReason == .keepAliveTimeout)
    }
}

import MQTTBroker
import MQTTCodec
import Testing

/// Offers the method `SCRAM`; otherwise as ``WordPolicy``.
private struct MethodPolicy: BrokerPolicy {
    let words = WordPolicy()

    func connect(_ client: Broker.Client, password: Password?) -> Broker.Decision {
        words.connect(client, password: password)
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
    func supportsAuthentication(_ method: String) -> Bool { method == "SCRAM" }
}

@Suite("MQTT 5.0 §4.12 Enhanced authentication")
struct AuthenticationTests {
    private let method = Property.authenticationMethod("SCRAM")

    private func auth(_ code: ReasonCode, _ data: [UInt8]? = nil, _ name: String = "SCRAM") -> Auth
    {
        let list =
            [Property.authenticationMethod(name)]
            + (data.map { [.authenticationData($0)] } ?? [])
        return Auth(reasonCode: code, properties: TestClient.properties(list))
    }

    private func begin(_ identifier: String = "a") -> (Simulation, TestClient) {
        let simulation = Simulation(policy: MethodPolicy())
        let client = simulation.open()
        client.connect(identifier, properties: [method, .authenticationData([1])])
        return (simulation, client)
    }

    @Test(
        "[MQTT-4.12.0-2] [MQTT-4.12.0-3] [MQTT-4.12.0-5] challenge and response, then CONNACK with the method"
    )
    func handshake() throws {
        let (simulation, client) = begin()
        #expect(client.raw == [])
        let step = try #require(simulation.steps.first?.1)
        #expect(step.method == "SCRAM")
        #expect(step.data == [1])
        #expect(step.stage == .connect(password: nil))
        #expect(step.client.identifier.description == "a")
        simulation.authenticated(.proceed(data: [2]))
        #expect(client.take() == [.auth(auth(.continueAuthentication, [2]))])
        client.send(auth(.continueAuthentication, [3]))
        #expect(simulation.steps.first?.1.stage == .next)
        #expect(simulation.steps.first?.1.data == [3])
        simulation.authenticated(.success(data: [4]))
        let connack = try #require(client.takeConnack())
        #expect(connack.reasonCode == .success)
        #expect(Array(connack.properties).contains(method))
        #expect(Array(connack.properties).contains(.authenticationData([4])))
        client.send(bytes: [0xC0, 0])
        #expect(client.raw == [0xD0, 0])
    }

    @Test("[MQTT-4.12.0-4] a refusal is a CONNACK with the code, and the end")
    func failure() {
        let (simulation, client) = begin()
        simulation.authenticated(.failure(.notAuthorized))
        #expect(client.raw == [0x20, 3, 0, 0x87, 0])
        #expect(client.closeReason == .refused(.notAuthorized))
    }

    @Test("after the authentication the policy is asked, now or later, and packets that came wait")
    func policyAfterwards() {
        let (simulation, client) = begin("later")
        client.send(bytes: [0xC0, 0])
        simulation.authenticated(.success(data: nil))
        #expect(client.raw == [])
        simulation.answer(.allow)
        #expect(client.take().map(\.packetType) == [.connack, .pingresp])
        let (other, refused) = begin("nobody")
        other.authenticated(.success(data: nil))
        #expect(refused.closeReason == .refused(.notAuthorized))
    }

    @Test("[MQTT-3.1.2-30] until CONNACK the client sends AUTH and DISCONNECT alone")
    func onlyAuth() {
        for (bytes, code) in [([UInt8(0xC0), 0], 0x82), ([0xF0, 0], 0x82), ([0x10, 0], 0x82)] {
            let (simulation, client) = begin()
            simulation.authenticated(.proceed(data: nil))
            _ = client.raw
            client.send(bytes: bytes)
            #expect(client.raw == [0x20, 3, 0, UInt8(code), 0])
            #expect(client.closeReason != nil)
        }
        let (simulation, client) = begin()
        simulation.authenticated(.proceed(data: nil))
        _ = client.raw
        client.disconnect()
        #expect(client.raw == [])
        #expect(client.closeReason == .clientDisconnected(.normalDisconnection))
    }

    @Test("an AUTH with another method, or out of turn, is a protocol error")
    func wrongStep() {
        for packet in [auth(.continueAuthentication, nil, "OTHER"), auth(.reAuthenticate)] {
            let (simulation, client) = begin()
            simulation.authenticated(.proceed(data: nil))
            _ = client.raw
            client.send(packet)
            #expect(client.raw == [0x20, 3, 0, 0x82, 0])
        }
    }

    @Test("[MQTT-4.12.1-1] a connected client authenticates again and goes on")
    func again() {
        let (simulation, client) = begin()
        simulation.authenticated(.success(data: nil))
        _ = client.raw
        client.send(auth(.reAuthenticate, [5]))
        #expect(simulation.steps.first?.1.stage == .reauthenticate)
        simulation.authenticated(.proceed(data: [6]))
        client.send(auth(.continueAuthentication, [7]))
        simulation.authenticated(.success(data: [8]))
        #expect(
            client.take() == [
                .auth(auth(.continueAuthentication, [6])), .auth(auth(.success, [8])),
            ]
        )
        client.send(auth(.continueAuthentication))
        #expect(client.raw == [0xE0, 1, 0x82])
    }

    @Test("[MQTT-4.12.1-2] a failed re-authentication ends the connection")
    func againFails() {
        let (simulation, client) = begin()
        simulation.authenticated(.success(data: nil))
        _ = client.raw
        client.send(auth(.reAuthenticate))
        simulation.authenticated(.failure(.notAuthorized))
        #expect(client.raw == [0xE0, 1, 0x87])
        #expect(client.closeReason == .server(.notAuthorized))
    }

    @Test("[MQTT-4.12.0-6] without a method in CONNECT there is none in CONNACK")
    func noMethod() {
        let simulation = Simulation(policy: MethodPolicy())
        let client = simulation.connect("a")
        #expect(client.connack?.properties.contains(.authenticationMethod) == false)
    }

    @Test("an answer that comes after the end of the connection changes nothing")
    func tooLate() {
        let (simulation, client) = begin()
        client.drop()
        simulation.authenticated(.success(data: nil))
        #expect(simulation.broker.statistics.sessions == 0)
    }

    @Test("the handshake timeout bounds the exchange")
    func timeout() {
        let (simulation, client) = begin()
        simulation.authenticated(.proceed(data: nil))
        simulation.advance(seconds: 11)
        #expect(client.closeReason == .handshakeTimeout)
    }
}

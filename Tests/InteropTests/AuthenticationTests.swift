#if Endpoint
import CloudEndpoint
import IoTTestSupport
import MQTTBroker
import MQTTCodec
import Synchronization
import Testing

/// A challenge and its answer: the client proves that it knows a secret, without sending it.
///
/// A toy for this test: the answer adds the secret to each byte of the challenge.
private struct ChallengeResponse: EnhancedAuthentication {
    static let secret: UInt8 = 42
    let methods: Set<String> = ["challenge"]

    func begin(_ method: String, for client: Broker.Client) -> any AuthenticationExchange {
        Exchange(challenge: Array(client.identifier.description.utf8))
    }

    static func answer(_ challenge: [UInt8]) -> [UInt8] { challenge.map { $0 &+ secret } }

    private struct Exchange: AuthenticationExchange {
        let challenge: [UInt8]

        func respond(to step: Broker.AuthenticationStep) async -> Broker.AuthenticationAnswer {
            guard case .next = step.stage else { return .proceed(data: challenge) }
            guard step.data == answer(challenge) else { return .failure(.notAuthorized) }
            return .success(data: [1])
        }
    }
}

@Suite("§4.12 Enhanced authentication over sockets")
struct AuthenticationTests {
    private func open(_ port: Int, _ method: String) throws -> RawSocket {
        let socket = try #require(RawSocket(port: port))
        let properties = try Properties([.authenticationMethod(method)])
        socket.send(
            try Connect(clientIdentifier: "dev", properties: properties)
                .encoded(as: .v5, from: .client)
        )
        return socket
    }

    private func auth(_ data: [UInt8], _ code: UInt8 = 0x18) -> [UInt8] {
        let method = Array("challenge".utf8)
        let properties =
            [0x15, 0, UInt8(method.count)] + method + [0x16, 0, UInt8(data.count)] + data
        return [0xF0, UInt8(2 + properties.count), code, UInt8(properties.count)] + properties
    }

    @Test("a client that answers is let in, and may authenticate again; a wrong answer ends it")
    func challenge() async throws {
        try await withBlockingEndpoint {
            $0.authentication = ChallengeResponse()
        } _: { port in
            let challenge = Array("dev".utf8)
            let client = try open(port, "challenge")
            #expect(client.receive(count: 22) == auth(challenge))
            client.send(auth(ChallengeResponse.answer(challenge)))
            let connack = client.receive(count: 5)
            #expect(connack.first == 0x20 && connack[3] == 0)
            while client.receive(milliseconds: 100) != nil {}
            client.send(auth([], 0x19))
            #expect(client.receive(count: 22) == auth(challenge))
            client.send(auth(ChallengeResponse.answer(challenge)))
            #expect(client.receive(count: 20) == auth([1], 0))
            client.send(auth([], 0x19))
            #expect(client.receive(count: 22) == auth(challenge))
            client.send(auth([9]))
            let (bytes, isClosed) = client.receiveAll()
            #expect(bytes == [0xE0, 1, 0x87] && isClosed)
        }
    }

    @Test("[MQTT-4.12.0-1] another method is refused with 0x8C, a wrong answer with 0x87")
    func refusals() async throws {
        try await withBlockingEndpoint {
            $0.authentication = ChallengeResponse()
        } _: { port in
            let other = try open(port, "other").receiveAll()
            #expect(other.bytes == [0x20, 3, 0, 0x8C, 0] && other.isClosed)
            let wrong = try open(port, "challenge")
            #expect(wrong.receive(count: 22).first == 0xF0)
            wrong.send(auth([0]))
            let (bytes, isClosed) = wrong.receiveAll()
            #expect(bytes == [0x20, 3, 0, 0x87, 0] && isClosed)
        }
    }
}
#endif

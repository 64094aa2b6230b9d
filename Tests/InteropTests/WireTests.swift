#if Endpoint
import Foundation
import IoTTestSupport
import MQTTBroker
import Testing

@testable import CloudEndpoint

/// A client that writes its packets byte for byte.
private struct WireClient {
    let socket: RawSocket

    /// Connects at MQTT 5, with encoded properties.
    init?(_ port: Int, _ name: String, properties: [UInt8] = [], flags: UInt8 = 2) {
        guard let socket = RawSocket(port: port) else { return nil }
        self.socket = socket
        let id = Array(name.utf8)
        socket.send(
            Self.packet(
                0x10,
                [0, 4] + Array("MQTT".utf8) + [5, flags, 0, 0, UInt8(properties.count)]
                    + properties + [0, UInt8(id.count)] + id
            )
        )
    }

    static func packet(_ first: UInt8, _ body: [UInt8]) -> [UInt8] {
        precondition(body.count < 128)
        return [first, UInt8(body.count)] + body
    }

    /// The next packet, whose length fits one byte.
    func next() -> [UInt8] {
        let head = socket.receive(count: 2)
        guard head.count >= 2 else { return head }
        let missing = 2 + Int(head[1]) - head.count
        return missing > 0 ? head + socket.receive(count: missing) : head
    }
}

@Suite("The endpoint, byte for byte over sockets")
struct WireTests {
    @Test("[MQTT-4.13.1-1] (MQTT 5.0) the reason arrives, and then the end")
    func disconnects() async throws {
        try await withBlockingEndpoint { port in
            for item in BrokenPackets.connected {
                let client = try #require(WireClient(port, "a"))
                #expect(client.next()[3] == 0)
                client.socket.send(item.bytes)
                let (bytes, isClosed) = client.socket.receiveAll()
                #expect(bytes == [0xE0, 1, item.code], "\(item)")
                #expect(isClosed, "\(item)")
            }
        }
    }

    @Test("(3.1.1: [MQTT-4.8.0-1]) MQTT 3.1.1 ends without a word")
    func closes() async throws {
        try await withBlockingEndpoint { port in
            for bytes in BrokenPackets.connected311 {
                let socket = try #require(RawSocket(port: port))
                socket.send([0x10, 13, 0, 4, 0x4D, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0, 1, 0x61])
                #expect(socket.receive(count: 4) == [0x20, 2, 0, 0])
                socket.send(bytes)
                let (answer, isClosed) = socket.receiveAll()
                #expect(answer == [] && isClosed, "\(bytes)")
            }
        }
    }

    @Test("CONNECT: what comes back is the CONNACK of its version, or nothing, and then the end")
    func connects() async throws {
        try await withBlockingEndpoint { port in
            for (why, bytes, expected) in BrokenPackets.connects {
                let socket = try #require(RawSocket(port: port))
                socket.send(bytes)
                let (answer, isClosed) = socket.receiveAll()
                #expect(answer == expected && isClosed, "\(why)")
            }
        }
    }

    @Test("[MQTT-3.3.4-7] DISCONNECT 0x93 reaches a client that goes on sending")
    func receiveMaximum() async throws {
        try await withBlockingEndpoint {
            $0.broker.receiveMaximum = 2
        } _: { port in
            for loops in 0..<20 {
                let client = try #require(WireClient(port, "flood"))
                #expect(client.next()[3] == 0)
                var flood: [UInt8] = []
                for id in 1...60 as ClosedRange<UInt8> {
                    flood += WireClient.packet(
                        0x34,
                        [0, 1, 0x74, 0, id, 0] + [UInt8](repeating: 7, count: 100)
                    )
                }
                // More than what the broker reads at once is still on its way when it decides.
                for _ in 0..<(1 + loops % 4) where client.socket.send(flood) {}
                let (bytes, isClosed) = client.socket.receiveAll()
                #expect(Array(bytes.suffix(3)) == [0xE0, 1, 0x93])
                #expect(isClosed)
            }
        }
    }

    @Test("§3.3.2.3.4 the server's topic aliases: the name once, the alias afterwards")
    func topicAlias() async throws {
        try await withBlockingEndpoint { port in
            let client = try #require(WireClient(port, "a", properties: [0x22, 0, 5]))
            #expect(client.next()[3] == 0)
            client.socket.send([0x82, 12, 0, 1, 0, 0, 6] + Array("topic1".utf8) + [0])
            #expect(client.next() == [0x90, 4, 0, 1, 0, 0])
            let publish = [0x30, 10, 0, 6] + Array("topic1".utf8) + [0, 0x31]
            client.socket.send(publish + publish)
            #expect(
                client.next() == [0x30, 13, 0, 6] + Array("topic1".utf8) + [3, 0x23, 0, 1, 0x31]
            )
            #expect(client.next() == [0x30, 7, 0, 0, 3, 0x23, 0, 1, 0x31])
        }
    }

    @Test("§3.9.3 a refused filter gets 0x80, the others are granted")
    func refusedFilter() async throws {
        try await withBlockingEndpoint {
            $0.refusedFilters = ["test/nosubscribe"]
        } _: { port in
            let client = try #require(WireClient(port, "a"))
            #expect(client.next()[3] == 0)
            let filter = Array("test/nosubscribe".utf8)
            client.socket.send(
                WireClient.packet(
                    0x82,
                    [0, 7, 0, 0, UInt8(filter.count)] + filter + [2, 0, 1, 0x61, 1]
                )
            )
            #expect(client.next() == [0x90, 5, 0, 7, 0, 0x80, 1])
        }
    }

    @Test("§3.2.2.3.14 the server's keep alive, which the client is then held to")
    func keepAlive() async throws {
        try await withBlockingEndpoint {
            $0.broker.maximumKeepAlive = 1
        } _: { port in
            let client = try #require(WireClient(port, "a"))
            let connack = client.next()
            #expect(connack.firstRange(of: [0x13, 0, 1]) != nil)
            let begin = ContinuousClock.now
            let (bytes, isClosed) = client.socket.receiveAll()
            #expect(bytes == [0xE0, 1, 0x8D] && isClosed)
            #expect(ContinuousClock.now - begin > .milliseconds(1_300))
        }
    }
}
#endif

#if Endpoint
import Foundation
import IoTTestSupport
import MQTTBroker
import Testing

@testable import CloudEndpoint

@Suite("Event loops: one for all, or one for the broker and others for sockets")
struct LoopTests {
    private static func connect(_ name: String) -> [UInt8] {
        let id = Array(name.utf8)
        return [0x10, UInt8(12 + id.count), 0, 4] + Array("MQTT".utf8)
            + [4, 2, 0, 0, 0, UInt8(id.count)] + id
    }

    @Test("order of a connection, QoS 1, with pieces of any size", arguments: [1, 2, 4])
    func order(loops: Int) async throws {
        try await withBlockingEndpoint {
            $0.eventLoops = loops
            $0.broker.maximumQueuedMessages = 100_000
        } _: { port in
            let subscribers = try (0..<3).map { number in
                let socket = try #require(RawSocket(port: port))
                socket.send(Self.connect("s\(number)"))
                socket.send([0x82, 6, 0, 1, 0, 1, 0x74, 0])
                #expect(socket.receive(count: 9).suffix(1) == [0])
                return socket
            }
            let publisher = try #require(RawSocket(port: port))
            publisher.send(Self.connect("p"))
            #expect(publisher.receive(count: 4) == [0x20, 2, 0, 0])
            var random = SplitMix64(seed: UInt64(loops))
            let count = 20_000
            var bytes: [UInt8] = []
            for number in 0..<count {
                bytes += [
                    0x30, 6, 0, 1, 0x74, UInt8(number >> 16),
                    UInt8(truncatingIfNeeded: number >> 8),
                    UInt8(truncatingIfNeeded: number),
                ]
            }
            let expected = bytes
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + 1 + random.below(3_000))
                publisher.send(Array(bytes[start..<end]))
                start = end
            }
            for subscriber in subscribers {
                #expect(subscriber.receive(count: expected.count) == expected)
            }
        }
    }

    @Test("clients come and go on all loops, and the endpoint stops", arguments: [1, 3])
    func churn(loops: Int) async throws {
        try await withBlockingEndpoint {
            $0.eventLoops = loops
        } _: { port in
            for round in 0..<50 {
                let sockets = try (0..<8).map { number in
                    let socket = try #require(RawSocket(port: port))
                    socket.send(Self.connect("c\(round)-\(number)"))
                    return socket
                }
                for socket in sockets { #expect(socket.receive(count: 4) == [0x20, 2, 0, 0]) }
                // Half say goodbye, the others just go.
                for socket in sockets.prefix(4) {
                    socket.send([0xE0, 0])
                    #expect(socket.receiveAll().isClosed)
                }
            }
        }
    }
}
#endif

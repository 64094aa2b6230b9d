#if Endpoint
import Foundation
import IoTTestSupport
import IoTTime
import MQTTBroker
import MQTTCodec
import Testing

@testable import CloudEndpoint

@Suite("Limits of the endpoint, at the limit and beyond")
struct LimitTests {
    /// Connects at MQTT 5; the whole answer, or `nil` where the connection ended first.
    private func connect(_ port: Int, _ name: String) throws -> (RawSocket, Connack?) {
        let socket = try #require(RawSocket(port: port))
        let packet = try Connect(clientIdentifier: name).encoded(as: .v5, from: .client)
        socket.send(packet)
        let head = socket.receive(count: 2)
        guard head.count >= 2 else { return (socket, nil) }
        var bytes = head
        let missing = 2 + Int(head[1]) - head.count
        if missing > 0 { bytes += socket.receive(count: missing) }
        guard case .connack(let connack) = try ControlPacket(bytes.span, as: .v5, from: .server)
        else { return (socket, nil) }
        return (socket, connack)
    }

    @Test("connections: the last one that fits is served, the next one is closed, and then again")
    func connections() async throws {
        try await withBlockingEndpoint {
            $0.broker.maximumConnections = 3
        } _: { port in
            var open = try (0..<3).map { try connect(port, "c\($0)") }
            #expect(open.allSatisfy { $0.1?.reasonCode == .success })
            let (beyond, answer) = try connect(port, "c3")
            #expect(answer == nil)
            #expect(beyond.receiveAll().isClosed)
            open[0].0.close()
            open.removeFirst()
            var isServed = false
            for _ in 0..<200 where !isServed {
                let next = try connect(port, "c4")
                isServed = next.1?.reasonCode == .success
                if isServed { open.append(next) } else { usleep(10_000) }
            }
            #expect(isServed)
        }
    }

    @Test("connections per second: a burst of one second's worth, then some are closed")
    func connectRate() async throws {
        try await withBlockingEndpoint {
            $0.maximumConnectRate = 1
        } _: { port in
            var results: [Bool] = []
            var sockets: [RawSocket] = []
            for number in 0..<30 {
                let (socket, answer) = try connect(port, "c\(number)")
                sockets.append(socket)
                results.append(answer?.reasonCode == .success)
            }
            // Thirty in less than half a minute, however busy the machine is.
            #expect(results.first == true)
            #expect(results.contains(false))
        }
        let start = MonotonicTime.zero
        let rate = try #require(ConnectRate(2, now: start))
        #expect(rate.admit(at: start) && rate.admit(at: start) && !rate.admit(at: start))
        #expect(rate.admit(at: start.adding(milliseconds: 500)))
        #expect(!rate.admit(at: start.adding(milliseconds: 600)))
        #expect(rate.refused == 2)
        #expect(ConnectRate(nil) == nil)
    }

    @Test("packet sizes: before CONNECT and after it, one byte each way")
    func packetSizes() async throws {
        try await withBlockingEndpoint {
            $0.broker.maximumConnectPacketSize = 64
            $0.broker.maximumPacketSize = 100
        } _: { port in
            // A CONNECT of 17 bytes around its identifier.
            let (_, fits) = try connect(port, String(repeating: "a", count: 64 - 15))
            #expect(fits?.reasonCode == .success)
            #expect(fits?.properties.maximumPacketSize == 100)
            let (_, large) = try connect(port, String(repeating: "a", count: 64 - 14))
            #expect(large?.reasonCode == .packetTooLarge)
            let (socket, _) = try connect(port, "b")
            socket.send([0x32, 98, 0, 1, 0x61, 0, 1, 0] + [UInt8](repeating: 0, count: 92))
            #expect(socket.receive(count: 5) == [0x40, 3, 0, 1, 0x10])
            socket.send([0x32, 99, 0, 1, 0x61, 0, 2, 0])
            #expect(socket.receiveAll().bytes == [0xE0, 1, 0x95])
        }
    }

    @Test("subscriptions and levels: granted at the limit, refused beyond")
    func subscriptions() async throws {
        try await withBlockingEndpoint {
            $0.broker.maximumSubscriptions = 2
            $0.broker.maximumTopicLevels = 3
        } _: { port in
            let (socket, _) = try connect(port, "a")
            socket.send([0x82, 11, 0, 1, 0, 0, 5] + Array("a/b/c".utf8) + [0])
            socket.send([0x82, 13, 0, 2, 0, 0, 7] + Array("a/b/c/d".utf8) + [0])
            socket.send([0x82, 7, 0, 3, 0, 0, 1, 0x78, 0])
            socket.send([0x82, 7, 0, 4, 0, 0, 1, 0x79, 0])
            let answers = socket.receive(count: 24)
            #expect(
                answers == [
                    0x90, 4, 0, 1, 0, 0, 0x90, 4, 0, 2, 0, 0x8F, 0x90, 4, 0, 3, 0, 0, 0x90, 4, 0, 4,
                    0, 0x97,
                ]
            )
        }
    }

    @Test("retained messages: one more than fits is refused with 0x97")
    func retained() async throws {
        try await withBlockingEndpoint {
            $0.broker.maximumRetainedMessages = 2
        } _: { port in
            let (socket, _) = try connect(port, "a")
            for id in 1...3 as ClosedRange<UInt8> {
                socket.send([0x33, 7, 0, 1, 0x60 + id, 0, id, 0, 0x31])
            }
            #expect(
                socket.receive(count: 15) == [
                    0x40, 3, 0, 1, 0x10, 0x40, 3, 0, 2, 0x10, 0x40, 3, 0, 3, 0x97,
                ]
            )
        }
    }

    @Test("no CONNECT in time ends the connection")
    func handshake() async throws {
        try await withBlockingEndpoint {
            $0.broker.handshakeTimeout = .milliseconds(300)
        } _: { port in
            let socket = try #require(RawSocket(port: port))
            let begin = ContinuousClock.now
            let (bytes, isClosed) = socket.receiveAll()
            #expect(bytes == [] && isClosed)
            #expect(ContinuousClock.now - begin > .milliseconds(250))
        }
    }

    @Test("inflight: no more than the limit is on its way, the rest follows the acknowledgements")
    func inflight() async throws {
        try await withBlockingEndpoint {
            $0.broker.maximumInflight = 2
        } _: { port in
            let (socket, _) = try connect(port, "a")
            socket.send([0x82, 7, 0, 1, 0, 0, 1, 0x74, 1])
            #expect(socket.receive(count: 6) == [0x90, 4, 0, 1, 0, 1])
            let (publisher, _) = try connect(port, "b")
            for id in 1...3 as ClosedRange<UInt8> {
                publisher.send([0x32, 7, 0, 1, 0x74, 0, id, 0, 0x30 + id])
            }
            #expect(publisher.receive(count: 12).count == 12)
            let first = socket.receive(count: 18)
            #expect(first.suffix(1) == [0x32])
            #expect(socket.receive(milliseconds: 200) == nil)
            socket.send([0x40, 2, first[5], first[6]])
            #expect(socket.receive(count: 9).suffix(1) == [0x33])
        }
    }

    @Test("queued bytes: what fits waits, what comes then is dropped, what waits keeps its order")
    func queuedBytes() async throws {
        try await withBlockingEndpoint {
            $0.broker.maximumInflight = 1
            // Topic, payload, and what a message costs beside them: three of them wait.
            $0.broker.maximumQueuedBytes = 3 * (1 + 100 + 256)
        } _: { port in
            let (subscriber, _) = try connect(port, "a")
            subscriber.send([0x82, 7, 0, 1, 0, 0, 1, 0x74, 1])
            #expect(subscriber.receive(count: 6) == [0x90, 4, 0, 1, 0, 1])
            let (publisher, _) = try connect(port, "b")
            for id in 1...6 as ClosedRange<UInt8> {
                let payload = [UInt8](repeating: id, count: 100)
                publisher.send([0x32, 106, 0, 1, 0x74, 0, id, 0] + payload)
            }
            #expect(publisher.receive(count: 24).count == 24)
            for id in 1...4 as ClosedRange<UInt8> {
                let packet = subscriber.receive(count: 108)
                #expect(packet.prefix(2) == [0x32, 106] && packet.last == id)
                subscriber.send([0x40, 2] + packet.dropFirst(5).prefix(2))
            }
            #expect(subscriber.receive(milliseconds: 300) == nil)
        }
    }
}
#endif

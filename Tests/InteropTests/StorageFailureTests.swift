#if Endpoint
import Foundation
import IoTTestSupport
import MQTTCodec
import Testing

/// A durable endpoint whose disk takes nothing more.
@Suite("Durable mode: the disk is full")
struct StorageFailureTests {
    private func connect(_ port: Int, _ name: String) throws -> RawSocket {
        let socket = try #require(RawSocket(port: port))
        socket.send(try Connect(clientIdentifier: name).encoded(as: .v5, from: .client))
        var connack = socket.receive(count: 2)
        try #require(connack.count >= 2)
        let missing = 2 + Int(connack[1]) - connack.count
        if missing > 0 { connack += socket.receive(count: missing) }
        #expect(connack[0] == 0x20 && connack.dropFirst(3).first == 0)
        return socket
    }

    @Test(
        "(3.1.1: [MQTT-4.8.0-2]) clients hear 0x80, the program ends, what was acknowledged is kept"
    )
    func diskFull() async throws {
        let folder = try TemporaryFolder()
        let arguments = ["--port", "0", "--durable", folder.path + "/broker.sqlite"]
        try await withTaskExecutorPreference(BlockingExecutor.shared) {
            guard let broker = try await Program.serve(arguments, fileBytes: 512 << 10) else {
                return
            }
            let publisher = try connect(broker.port, "publisher")
            let bystander = try connect(broker.port, "bystander")
            let payload = String(repeating: "x", count: 8_000)
            var acknowledged = 0
            for number in 1...1_000 as ClosedRange<UInt16> {
                let packet = try Publish(
                    topicName: "kept/\(number)",
                    payload: Array(payload.utf8),
                    qos: .atLeastOnce,
                    packetIdentifier: PacketIdentifier(rawValue: number),
                    retain: true
                ).encoded(as: .v5, from: .client)
                publisher.send(packet)
                // PUBACK that says that nobody subscribes, or DISCONNECT and the end.
                let answer = publisher.receive(count: 5)
                guard answer.count == 5 else {
                    #expect(answer == [0xE0, 1, 0x80])
                    break
                }
                #expect(answer[0] == 0x40 && answer[4] == 0x10)
                acknowledged += 1
            }
            #expect((10..<1_000).contains(acknowledged))
            #expect(bystander.receiveAll().bytes == [0xE0, 1, 0x80])
            let ended = await broker.child.wait()
            #expect(ended.status != 0)
            #expect(ended.errors.contains("could not be written"))
            #expect(!ended.errors.contains("xxx"))

            guard let again = try await Program.serve(arguments) else { return }
            #expect(try retained(again.port) >= acknowledged)
            again.child.signal(SIGTERM)
            #expect(await again.child.wait().status == 0)
            print("disk full: \(acknowledged) acknowledged, none lost")
        }
    }

    /// Checks that the retained messages are `kept/1`, `kept/2` … without a gap, and counts them.
    private func retained(_ port: Int) throws -> Int {
        let subscriber = try connect(port, "reader")
        let subscribe = Subscribe(
            packetIdentifier: 1,
            subscriptions: [Subscription(topicFilter: "kept/#", maximumQoS: .atMostOnce)]
        )
        subscriber.send(try subscribe.encoded(as: .v5, from: .client))
        subscriber.send([0xC0, 0])
        var bytes: [UInt8] = []
        var numbers: Set<Int> = []
        var isAnswered = false
        while !isAnswered {
            let part = try #require(subscriber.receive(milliseconds: 60_000))
            try #require(!part.isEmpty)
            bytes += part
            while let header = try FixedHeader(reading: bytes.span),
                header.packetSize <= bytes.count
            {
                let packet = Array(bytes[..<header.packetSize])
                bytes.removeFirst(packet.count)
                switch try ControlPacket(packet.span, as: .v5, from: .server) {
                case .publish(let publish):
                    #expect(publish.payload.count == 8_000 && publish.retain)
                    if let number = Int(publish.topicName.dropFirst(5)) { numbers.insert(number) }
                case .pingresp: isAnswered = true
                default: continue
                }
            }
        }
        #expect(numbers == Set(1...max(1, numbers.count)))
        return numbers.count
    }
}
#endif

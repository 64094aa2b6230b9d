#if Endpoint
import MQTTCodec
import MQTTCodecNIO
import NIOCore
import NIOEmbedded
import Testing

@Suite("MQTTCodecNIO")
struct MQTTCodecNIOTests {
    let connect = ControlPacket.connect(Connect(clientIdentifier: "a"))
    let publish = ControlPacket.publish(
        Publish(topicName: "a/b", payload: [1, 2, 3], qos: .atLeastOnce, packetIdentifier: 7)
    )

    @Test("§4.2 any chunking of the stream gives the same packets", arguments: 1...40)
    func chunks(size: Int) throws {
        let stream =
            try connect.encoded(as: .v5, from: .client) + publish.encoded(as: .v5, from: .client)
            + ControlPacket.pingreq.encoded(as: .v5, from: .client)
        let channel = EmbeddedChannel(
            handler: ByteToMessageHandler(MQTTFrameDecoder(PacketFramer(from: .client)))
        )
        var packets: [ControlPacket] = []
        var start = 0
        while start < stream.count {
            let end = min(start + size, stream.count)
            try channel.writeInbound(ByteBuffer(bytes: stream[start..<end]))
            start = end
            while let frame = try channel.readInbound(as: MQTTFrame.self) {
                packets.append(try frame.packet(as: .v5, from: .client))
            }
        }
        #expect(packets == [connect, publish, .pingreq])
        #expect(try channel.finish().isClean)
    }

    @Test("[MQTT-3.1.0-1] a first packet that is not CONNECT is an error at its first byte")
    func refusesFirstPacket() throws {
        let channel = EmbeddedChannel(
            handler: ByteToMessageHandler(MQTTFrameDecoder(PacketFramer(from: .client)))
        )
        #expect(throws: PacketError.protocolError(.init(.firstPacket(.publish), at: 0))) {
            try channel.writeInbound(ByteBuffer(bytes: [0x30]))
        }
        _ = try? channel.finish()
    }

    @Test("§3.1.2.11.4 a packet too large is refused at its header, limit and limit + 1")
    func refusesLargePackets() throws {
        for (size, isTaken) in [(100, true), (101, false)] {
            var framer = PacketFramer(from: .client)
            framer.limits.maximumPacketSize = 100
            let channel = EmbeddedChannel(
                handler: ByteToMessageHandler(MQTTFrameDecoder(framer))
            )
            try channel.writeInbound(
                ByteBuffer(bytes: connect.encoded(as: .v311, from: .client))
            )
            let header: [UInt8] = [0x30, UInt8(size - 2)]
            if isTaken {
                try channel.writeInbound(ByteBuffer(bytes: header))
            } else {
                #expect(throws: PacketError.self) {
                    try channel.writeInbound(ByteBuffer(bytes: header))
                }
            }
            _ = try? channel.finish()
        }
    }

    @Test("a view lies in the received buffer, and the encoder writes the same bytes again")
    func viewsAndEncoder() throws {
        let bytes = try publish.encoded(as: .v5, from: .client)
        let frame = try #require(try frames(of: bytes).last)
        let topic = try frame.withView(as: .v5, from: .client) { view -> String in
            guard case .publish(let publish) = view else { return "" }
            return publish.owned().topicName
        }
        #expect(topic == "a/b")
        let channel = EmbeddedChannel(
            handler: MessageToByteHandler(MQTTPacketEncoder(as: .v5, from: .client))
        )
        try channel.writeOutbound(publish)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: bytes))
        var buffer = ByteBuffer()
        #expect(throws: EncodeError.emptyTopic) {
            try buffer.writePacket(Publish(topicName: "", payload: []), as: .v5, from: .client)
        }
        #expect(buffer.readableBytes == 0)
    }

    @Test("§3.3 head and tail of a shared message are the whole packet", arguments: [1, 5])
    func sharedHeads(count: Int) throws {
        let message = try SharedPublish(
            topicName: "a/b",
            payload: [1, 2, 3].span,
            properties: Properties([.contentType("x")])
        )
        for version in [ProtocolVersion.v311, .v5] {
            let tail = ByteBuffer(tailOf: message, as: version)
            for identifier in 1...UInt16(count) {
                var head = ByteBuffer()
                try head.writeHead(
                    of: message,
                    for: .init(
                        qos: .atLeastOnce,
                        packetIdentifier: PacketIdentifier(rawValue: identifier)
                    ),
                    subscriptionIdentifiers: [9],
                    as: version
                )
                head.writeImmutableBuffer(tail)
                let span = head.readableBytesUInt8Span
                let packet = try ControlPacket(span, as: version, from: .server)
                guard case .publish(let publish) = packet else {
                    Issue.record("no PUBLISH")
                    return
                }
                #expect(publish.packetIdentifier?.rawValue == identifier)
                #expect(publish.payload == [1, 2, 3])
                #expect(publish.properties.contentType == (version == .v5 ? "x" : nil))
            }
        }
    }

    private func frames(of bytes: [UInt8]) throws -> [MQTTFrame] {
        let channel = EmbeddedChannel(
            handler: ByteToMessageHandler(MQTTFrameDecoder(PacketFramer(from: .client)))
        )
        try channel.writeInbound(
            ByteBuffer(bytes: try connect.encoded(as: .v5, from: .client) + bytes)
        )
        var result: [MQTTFrame] = []
        while let frame = try channel.readInbound(as: MQTTFrame.self) { result.append(frame) }
        _ = try channel.finish()
        return result
    }
}
#endif

import IoTTestSupport
import MQTTCodec
import Testing

@Suite("PacketFramer and PacketBuffer")
struct FramerTests {
    let connect = hex("10 0D 0004'MQTT'05 02 003C 00 0000")
    let publish = hex("30 07 0003'a/b' 00 'x'")

    /// Feeds a stream in pieces and collects packets, or the error.
    private func run(
        _ stream: [UInt8],
        sizes: [Int],
        from role: Role = .client,
        limits: PacketFramer.Limits = .init()
    ) -> (packets: [[UInt8]], error: PacketError?, stored: Int) {
        var buffer = PacketBuffer(PacketFramer(from: role, limits: limits))
        var packets: [[UInt8]] = []
        var start = 0
        var step = 0
        do throws(PacketError) {
            while start < stream.count {
                let end = min(stream.count, start + sizes[step % sizes.count])
                try buffer.receive(stream.span.extracting(start..<end)) {
                    (bytes: Span<UInt8>, _) throws(PacketError) in
                    packets.append(bytes.indices.map { bytes[$0] })
                }
                start = end
                step += 1
            }
        } catch {
            return (packets, error, buffer.storedCount)
        }
        return (packets, nil, buffer.storedCount)
    }

    @Test("[MQTT-6.0.0-2] §4.2 packets are found whatever pieces the stream comes in")
    func chunks() {
        let big = [0x32, 0x85, 0x01] + hex("0003'a/b' 0001 00") + [UInt8](repeating: 9, count: 125)
        let packets = [connect, publish, hex("C000"), big, publish, hex("E000")]
        let stream = packets.flatMap { $0 }
        for size in 1...stream.count {
            let result = run(stream, sizes: [size])
            #expect(result.packets == packets && result.error == nil && result.stored == 0)
        }
        var random = SplitMix64(seed: 1)
        for _ in 0..<500 {
            let sizes = (0..<8).map { _ in 1 + random.below(40) }
            let result = run(stream, sizes: sizes)
            #expect(result.packets == packets && result.error == nil, "\(sizes)")
        }
    }

    @Test("a header is reported once all bytes of the packet are there, and nothing is consumed")
    func next() throws {
        var framer = PacketFramer(from: .client)
        for count in 0..<connect.count {
            #expect(try framer.next(in: connect.span.extracting(0..<count)) == nil)
        }
        #expect(try framer.sizeOfNextPacket(in: connect.span.extracting(0..<1)) == nil)
        #expect(try framer.sizeOfNextPacket(in: connect.span.extracting(0..<2)) == connect.count)
        #expect(!framer.isEstablished)
        let header = try #require(try framer.next(in: connect.span))
        #expect(header.packetType == .connect && header.packetSize == 15)
        #expect(framer.isEstablished)
    }

    @Test("[MQTT-3.1.0-1] a first packet other than CONNECT is refused at its first byte")
    func firstPacket() {
        for type in PacketType.allCases where type != .connect {
            let flags: UInt8 = [.pubrel, .subscribe, .unsubscribe].contains(type) ? 2 : 0
            let result = run([type.rawValue << 4 | flags], sizes: [1])
            #expect(result.error == protocolError(.firstPacket(type), 0))
            #expect(result.stored == 0)
        }
    }

    @Test("[MQTT-3.2.0-1] the first packet of a server is CONNACK, or AUTH before it")
    func firstServerPacket() {
        let connack = hex("20 03 00 00 00")
        let auth = packet(0xF0, "18 06 15 0003'abc'")
        #expect(run(connack + publish, sizes: [3], from: .server).error == nil)
        #expect(run(auth + auth + connack + publish, sizes: [3], from: .server).error == nil)
        #expect(
            run(publish, sizes: [3], from: .server).error
                == protocolError(.firstPacket(.publish), 0)
        )
        #expect(
            run(auth + publish, sizes: [3], from: .server).error
                == protocolError(.firstPacket(.publish), 0)
        )
    }

    @Test("[MQTT-3.1.0-2] [MQTT-3.2.0-2] a second CONNECT or CONNACK is a protocol error")
    func secondConnect() {
        #expect(
            run(connect + connect, sizes: [64]).error
                == protocolError(.repeatedPacket(.connect), 0)
        )
        let connack = hex("20 03 00 00 00")
        #expect(
            run(connack + connack, sizes: [64], from: .server).error
                == protocolError(.repeatedPacket(.connack), 0)
        )
    }

    @Test("a packet that only servers send is refused at its first byte")
    func direction() {
        for type in [PacketType.connack, .suback, .unsuback, .pingresp] {
            #expect(
                run(connect + [type.rawValue << 4], sizes: [64]).error
                    == protocolError(.packetType(type), 0)
            )
        }
    }

    @Test("§3.1.2.11.4 a packet above the limit is refused at its header: limit and limit + 1")
    func maximumPacketSize() {
        let limits = PacketFramer.Limits(maximumPacketSize: 300)
        // Header of 3 bytes.
        let taken = run(connect + [0x30, 0xA9, 0x02], sizes: [64], limits: limits)
        #expect(taken.error == nil && taken.stored == 3)
        let refused = run(connect + [0x30, 0xAA, 0x02], sizes: [64], limits: limits)
        #expect(refused.error == protocolError(.packetTooLarge(size: 301, limit: 300), 0))
        #expect(refused.error?.reasonCode == .packetTooLarge)
    }

    @Test("a CONNECT above its own limit is refused at its header: limit and limit + 1")
    func maximumConnectSize() {
        let limits = PacketFramer.Limits(maximumConnectSize: 200)
        #expect(run([0x10, 0xC5, 0x01], sizes: [1], limits: limits).error == nil)
        let refused = run([0x10, 0xC6, 0x01], sizes: [1], limits: limits)
        #expect(refused.error == protocolError(.packetTooLarge(size: 201, limit: 200), 0))
        // The default: 100 000 bytes.
        #expect(run([0x10, 0x9C, 0x8D, 0x06], sizes: [1]).error == nil)
        #expect(run([0x10, 0x9D, 0x8D, 0x06], sizes: [1]).error != nil)
        // After CONNECT the larger limit holds.
        #expect(run(connect + [0x30, 0xFF, 0xFF, 0xFF, 0x7F], sizes: [64]).error == nil)
    }

    @Test("§2.1.3 wrong flags are refused at the first byte, sharper once the version is known")
    func flags() throws {
        #expect(run([0x11], sizes: [1]).error == malformed(.fixedHeaderFlags(1), 0))
        var framer = PacketFramer(from: .client)
        _ = try framer.next(in: connect.span)
        let repeated = hex("8A")
        #expect(try framer.next(in: repeated.span) == nil)
        framer.version = .v5
        #expect(throws: malformed(.fixedHeaderFlags(10), 0)) { try framer.next(in: repeated.span) }
        let auth = hex("F0")
        framer.version = .v311
        #expect(throws: malformed(.packetTypeReserved(15), 0)) { try framer.next(in: auth.span) }
    }

    @Test("the version of a CONNECT is found even if the rest of it is wrong")
    func namedVersion() {
        for version in ProtocolVersion.allCases {
            let bytes = MQTTCodecTests.connect(version, flags: "01", "")
            #expect(ProtocolVersion(namedBy: bytes.span) == version)
            for count in 0..<bytes.count - 3 {
                #expect(ProtocolVersion(namedBy: bytes.span.extracting(0..<count)) == nil)
            }
        }
        let other = hex("10 0C 0004'MQTT'06 02 003C 0000")
        #expect(ProtocolVersion(namedBy: other.span) == nil)
    }
}

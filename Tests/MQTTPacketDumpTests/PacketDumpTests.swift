import IoTTestSupport
import MQTTCodec
import MQTTPacketDump
import Testing

private func bytes(_ text: String) throws -> [UInt8] {
    let utf8 = Array(text.utf8)
    return try CaptureText.bytes(ofHexadecimal: utf8.span)
}

@Suite("PacketDump")
struct PacketDumpTests {
    @Test("every field is printed with its offset, version and sender found by themselves")
    func fields() throws {
        let capture = try bytes(
            """
            10 19 00 04 4d 51 54 54 05 c2 00 3c 03 21 00 0a  # CONNECT
            00 01 63 00 01 75 00 03 70 70 70
            20 03 00 00 00 # CONNACK
            32 0c 00 03 61 2f 62 00 07 02 01 01 68 69
            """
        )
        let dump = PacketDump(capture.span)
        #expect(dump.error == nil && dump.packetCount == 3 && dump.errorOffset == nil)
        let expected = """
            000000  CONNECT from client, 27 bytes
              000000  10                         packet type 1 CONNECT, flags 0
              000001  19                         remaining length: 25
              000002  00 04 4d 51 54 54          protocol name: "MQTT"
              000008  05                         protocol version: 5
              000009  c2                         connect flags: user name, password, clean start
              00000a  00 3c                      keep alive: 60 s
              00000c  03                         properties length: 3
              00000d  21 00 0a                     Receive Maximum: 10
              000010  00 01 63                   client identifier: "c"
              000013  00 01 75                   user name: "u"
              000016  00 03 ..                   password: 3 bytes, not shown
            00001b  CONNACK from server, 5 bytes
              00001b  20                         packet type 2 CONNACK, flags 0
              00001c  03                         remaining length: 3
              00001d  00                         connect acknowledge flags: 0
              00001e  00                         reason code: 0x00
              00001f  00                         properties length: 0
            000020  PUBLISH from client, 14 bytes
              000020  32                         packet type 3 PUBLISH, flags 2: DUP 0, QoS 1, RETAIN 0
              000021  0c                         remaining length: 12
              000022  00 03 61 2f 62             topic name: "a/b"
              000027  00 07                      packet identifier: 7
              000029  02                         properties length: 2
              00002a  01 01                        Payload Format Indicator: 1
              00002c  68 69                      payload: 2 bytes, "hi"

            """
        #expect(dump.text == expected)
    }

    @Test("the first wrong byte is pointed at, inside a text too, and nothing behind it is printed")
    func firstWrongByte() throws {
        let capture = try bytes("c000 3208 0004 61 00 62 63 0001")
        let dump = PacketDump(capture.span, as: .v311)
        #expect(dump.packetCount == 1)
        #expect(dump.error == .malformed(.init(.nullCharacter(at: 1), at: 2)))
        #expect(dump.errorOffset == 7)
        #expect(dump.text.contains("000007  ^^ here: malformed packet at byte 2: U+0000"))
        #expect(dump.text.contains("[MQTT-1.5.3-2 of MQTT 3.1.1], reason code 0x81"))
        #expect(!dump.text.contains("packet identifier"))
    }

    @Test("a capture that ends in a packet, or in a header, says so")
    func cutOff() throws {
        let capture = try bytes("30 05 0001 61")
        let dump = PacketDump(capture.span)
        #expect(dump.error == .malformed(.init(.truncated(needed: 7, available: 5), at: 5)))
        #expect(dump.errorOffset == 5 && dump.packetCount == 0)
        let header: [UInt8] = [0x30]
        #expect(PacketDump(header.span).errorOffset == 0)
        let nothing: [UInt8] = []
        #expect(PacketDump(nothing.span).text.isEmpty)
    }

    @Test("the sender decides where both ends may send a packet and only one may send this one")
    func sender() throws {
        let capture = try bytes("30 06 0001 61 02 0b 01  e0 01 8e")
        let dump = PacketDump(capture.span)
        #expect(dump.error == nil && dump.text.contains("PUBLISH from server"))
        #expect(dump.text.contains("Subscription Identifier: 1"))
        #expect(PacketDump(capture.span, from: .client).errorOffset == 6)
    }

    @Test("no secret and no control character reaches the text")
    func secrets() throws {
        let method = try Properties([
            .authenticationMethod("m"), .authenticationData(Array("tOpSeCrEt".utf8)),
        ])
        let connect = Connect(
            clientIdentifier: "\u{1B}[31m\u{202E}\"",
            userName: "u",
            password: Password("hunter2hunter2"),
            properties: method
        )
        let capture = try connect.encoded(as: .v5, from: .client)
        let dump = PacketDump(capture.span)
        #expect(dump.error == nil)
        for secret in ["hunter2", "tOpSeCrEt", "68 75 6e", "74 4f 70", "\u{1B}", "\u{202E}"] {
            #expect(!dump.text.contains(secret))
        }
        #expect(dump.text.contains("\\u{1b}[31m\\u{202e}\\\""))
    }

    @Test("any bytes give a text, and a packet more or less than is printed")
    func anyBytes() throws {
        var random = SplitMix64(seed: 9)
        for _ in 0..<3_000 {
            var capture = random.bytes(1 + random.below(60))
            capture[0] = UInt8(1 + random.below(15)) << 4 | (random.oneIn(3) ? 2 : 0)
            if capture.count > 1, random.oneIn(2) { capture[1] = UInt8(capture.count - 2) }
            for version in ProtocolVersion.allCases {
                let dump = PacketDump(capture.span, as: version)
                #expect(dump.error != nil || dump.packetCount > 0)
                #expect((0...capture.count + 4).contains(dump.errorOffset ?? 0))
            }
        }
    }

    @Test("long fields are cut at the limit", arguments: [32, 33])
    func limits(size: Int) throws {
        let publish = Publish(topicName: "t", payload: [UInt8](repeating: 0x61, count: size))
        let capture = try publish.encoded(as: .v5, from: .client)
        let text = PacketDump(capture.span).text
        #expect(text.contains("\(size) bytes, \"" + String(repeating: "a", count: 32) + "\""))
        #expect(text.contains("…") == (size > 32))
    }
}

@Suite("CaptureText")
struct CaptureTextTests {
    @Test("plain digits, C arrays, xxd and hexdump -C give the same bytes")
    func forms() throws {
        let expected: [UInt8] = [0x10, 0x0C, 0, 4, 0x4D, 0x51, 0x54, 0x54, 4, 2, 0, 0x3C, 0, 0]
        let forms = [
            "100c00044d5154540402003c0000", "10:0C:00:04:4D:51:54:54:04:02:00:3C:00:00\r\n",
            "0x10, 0x0c, 0x00, 0x04, 0x4d, 0x51, 0x54, 0x54, 0x04, 0x02, 0x00, 0x3c, 0, 0"
                .replacing(", 0, 0", with: ", 0x00, 0x00"),
            "# a CONNECT\n10 0c 00 04 # name\n4d515454 0402\n\n003c 0000",
            "00000000: 100c 0004 4d51 5454 0402 003c 0000       ....MQTT...<..\n",
            """
            00000000  10 0c 00 04 4d 51 54 54  04 02 00 3c 00 00        |....MQTT...<..|
            0000000e
            """,
        ]
        for form in forms { #expect(try bytes(form) == expected, "\(form)") }
    }

    @Test("what is no digit is refused where it stands")
    func failures() {
        #expect(throws: CaptureText.Failure(.unexpected(0x7A), at: 3)) { try bytes("10 z") }
        #expect(throws: CaptureText.Failure(.halfByte, at: 3)) { try bytes("10 1") }
        #expect(throws: CaptureText.Failure(.halfByte, at: 3)) { try bytes("10 1 2") }
        let text = Array("101112".utf8)
        #expect(throws: CaptureText.Failure(.tooLong(limit: 2), at: 4)) {
            try CaptureText.bytes(ofHexadecimal: text.span, maximumBytes: 2)
        }
        #expect(throws: Never.self) {
            try CaptureText.bytes(ofHexadecimal: text.span, maximumBytes: 3)
        }
    }

    @Test("a binary capture is told from text")
    func detection() throws {
        func isText(_ content: [UInt8]) -> Bool { CaptureText.isText(content.span) }
        #expect(isText(Array("10 0c\n".utf8)))
        #expect(try !isText(bytes("100c00044d515454")))
        #expect(!isText([]))
    }
}

import MQTTCodec
import Testing

@Suite("Fixed header: MQTT 5.0 §2.1, MQTT 3.1.1 §2.2")
struct FixedHeaderTests {
    /// First byte without flags, a body, the sender, for every type but PUBLISH.
    static let samples: [(type: PacketType, body: String, role: Role)] = [
        (.connect, "0004'MQTT'05 02 003C 00 0000", .client), (.connack, "00 00 00", .server),
        (.puback, "0001", .client), (.pubrec, "0001", .client), (.pubrel, "0001", .client),
        (.pubcomp, "0001", .client), (.subscribe, "0001 00 0001'a' 00", .client),
        (.suback, "0001 00 00", .server), (.unsubscribe, "0001 00 0001'a'", .client),
        (.unsuback, "0001 00 00", .server), (.pingreq, "", .client), (.pingresp, "", .server),
        (.disconnect, "", .client), (.auth, "18 06 15 0003'abc'", .client),
    ]

    /// The samples as MQTT 3.1.1 has them.
    static func body(_ sample: (type: PacketType, body: String, role: Role)) -> String {
        switch sample.type {
        case .connect: "0004'MQTT'04 02 003C 0000"
        case .connack: "00 00"
        case .subscribe: "0001 0001'a' 00"
        case .suback: "0001 00"
        case .unsubscribe: "0001 0001'a'"
        case .unsuback: "0001"
        default: sample.body
        }
    }

    @Test(
        "[MQTT-2.1.3-1] [MQTT-2.2.2-1] [MQTT-2.2.2-2] all 16 values of the flags, one is taken",
        arguments: [ProtocolVersion.v311, .v5]
    )
    func reservedFlags(version: ProtocolVersion) {
        for sample in Self.samples where version == .v5 || sample.type != .auth {
            let body = version == .v5 ? sample.body : Self.body(sample)
            let expected: UInt8 =
                [.pubrel, .subscribe, .unsubscribe].contains(sample.type) ? 2 : 0
            for flags in UInt8(0)...15 {
                let bytes = packet(sample.type.rawValue << 4 | flags, body)
                #expect(
                    refusal(bytes, as: version, from: sample.role)
                        == (flags == expected ? nil : malformed(.fixedHeaderFlags(flags), 0)),
                    "\(sample.type.name) \(flags)"
                )
            }
        }
    }

    @Test(
        "[MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] PUBREL, SUBSCRIBE and UNSUBSCRIBE have the flags 0010",
        arguments: ProtocolVersion.allCases
    )
    func flags0010(version: ProtocolVersion) {
        let tail = version == .v5 ? "00" : ""
        for (first, body) in [
            (0x60, "0001"), (0x80, "0001 \(tail) 0001'a' 00"), (0xA0, "0001 \(tail) 0001'a'"),
        ] as [(UInt8, String)] {
            for flags in UInt8(0)...15 {
                // MQTT 3.1 §2.1 repeats these packets with DUP.
                let isTaken = flags == 2 || (version == .v31 && flags == 10)
                #expect(
                    refusal(packet(first | flags, body), as: version)
                        == (isTaken ? nil : malformed(.fixedHeaderFlags(flags), 0))
                )
            }
        }
    }

    @Test("[MQTT-3.14.1-1] [MQTT-3.15.1-1] DISCONNECT and AUTH have the flags 0000")
    func flags0000() {
        #expect(refusal(hex("E0 00")) == nil)
        #expect(refusal(hex("E1 00")) == malformed(.fixedHeaderFlags(1), 0))
        #expect(refusal(hex("E8 00"), as: .v311) == malformed(.fixedHeaderFlags(8), 0))
        #expect(refusal(packet(0xF0, "18 06 15 0003'abc'")) == nil)
        #expect(refusal(packet(0xF4, "18 06 15 0003'abc'")) == malformed(.fixedHeaderFlags(4), 0))
    }

    @Test("§2.1.2 type 0 is reserved, and 15 before MQTT 5.0")
    func reservedTypes() {
        #expect(refusal(hex("00 00")) == malformed(.packetTypeReserved(0), 0))
        for version in before5 {
            #expect(refusal(hex("F0 00"), as: version) == malformed(.packetTypeReserved(15), 0))
        }
    }

    @Test(
        "§2.1.2 a packet that only the other end sends is a protocol error",
        arguments: Role.allCases
    )
    func directions(role: Role) {
        let both: [PacketType] = [.puback, .pubrec, .pubrel, .pubcomp, .disconnect, .auth]
        for sample in Self.samples {
            let flags: UInt8 = [.pubrel, .subscribe, .unsubscribe].contains(sample.type) ? 2 : 0
            let bytes = packet(sample.type.rawValue << 4 | flags, sample.body)
            let isSent = both.contains(sample.type) || sample.role == role
            #expect(
                refusal(bytes, from: role)
                    == (isSent ? nil : protocolError(.packetType(sample.type), 0)),
                "\(sample.type.name) from \(role)"
            )
        }
        #expect(
            refusal(hex("E0 00"), as: .v311, from: role)
                == (role == .client ? nil : protocolError(.packetType(.disconnect), 0))
        )
    }

    @Test("§2.1.4 bytes missing from, or left after, the packet are malformed")
    func sizes() {
        #expect(refusal([]) == malformed(.truncated(needed: 2, available: 0), 0))
        #expect(refusal([0xC0]) == malformed(.truncated(needed: 2, available: 1), 0))
        #expect(refusal(hex("40 02 00")) == malformed(.truncated(needed: 4, available: 3), 0))
        #expect(refusal(hex("C0 00 00")) == malformed(.trailingBytes(1), 2))
        #expect(refusal(hex("C0 01 00")) == malformed(.trailingBytes(1), 2))
    }
}

@Suite("MQTT 5.0 §1.5.5 Variable Byte Integer")
struct VariableByteIntegerTests {
    static let edges = [
        (0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (2_097_151, 3), (2_097_152, 4),
    ]

    @Test("[MQTT-1.5.5-1] a length is written in its shortest form", arguments: edges)
    func shortestForm(length: Int, size: Int) throws {
        // 2 bytes of topic length, 1 of topic; length 0 is PINGREQ.
        if length == 0 {
            #expect(try ControlPacket.pingreq.encoded(as: .v5, from: .client) == [0xC0, 0])
            return
        }
        let payload = [UInt8](repeating: 7, count: length - 3)
        let bytes = try Publish(topicName: "a", payload: payload).encoded(as: .v311, from: .client)
        #expect(bytes.count == 1 + size + length)
        let header = try #require(try FixedHeader(reading: bytes.span))
        #expect(header.remainingLength == length)
        #expect(header.headerSize == 1 + size)
        #expect(try decode(bytes, as: .v311) == .publish(Publish(topicName: "a", payload: payload)))
    }

    @Test("[MQTT-1.5.5-1] a length in a longer form is malformed, reported where it starts")
    func longerForms() {
        for bytes in [hex("C0 80 00"), hex("40 82 00 0001"), hex("40 82 80 00 0001")] {
            #expect(refusal(bytes) == malformed(.variableByteIntegerNotMinimal, 1))
        }
        #expect(refusal(hex("40 02 0001")) == nil)
        // Around the border of one and two bytes.
        for length in 120...140 {
            let body = [0, 1, 0x74] + [UInt8](repeating: 0, count: length - 3)
            let two = [0x30, UInt8(length & 0x7F) | 0x80, UInt8(length >> 7)] + body
            #expect(
                refusal(two, as: .v311)
                    == (length > 127 ? nil : malformed(.variableByteIntegerNotMinimal, 1))
            )
            let three = [0x30, UInt8(length & 0x7F) | 0x80, UInt8(length >> 7) | 0x80, 0] + body
            #expect(refusal(three, as: .v311) == malformed(.variableByteIntegerNotMinimal, 1))
            #expect(
                refusal(two + [0], as: .v311) != nil
                    && refusal(Array(two.dropLast()), as: .v311) != nil
            )
        }
        // Property length and subscription identifier.
        #expect(
            refusal(packet(0x82, "0001 8000 0001'a' 00"))
                == malformed(.variableByteIntegerNotMinimal, 4)
        )
        #expect(
            refusal(packet(0x82, "0001 03 0B8100 0001'a' 00"))
                == malformed(.variableByteIntegerNotMinimal, 6)
        )
        #expect(refusal(packet(0x82, "0001 03 0B8101 0001'a' 00")) == nil)
    }

    @Test("§1.5.5 a fifth byte is malformed, reported where the integer starts")
    func fifthByte() {
        #expect(refusal(hex("30 80808080 01")) == malformed(.variableByteIntegerTooLong, 1))
        #expect(throws: malformed(.variableByteIntegerTooLong, 1)) {
            var framer = PacketFramer(from: .server)
            let connack = hex("20 03 00 00 00")
            _ = try framer.next(in: connack.span)
            let bytes = hex("30 FFFFFFFF")
            _ = try framer.next(in: bytes.span)
        }
        #expect(
            refusal(packet(0x82, "0001 FFFFFFFF7F 0001'a' 00"))
                == malformed(.variableByteIntegerTooLong, 4)
        )
    }
}

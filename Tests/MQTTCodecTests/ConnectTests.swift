import MQTTCodec
import Testing

@Suite("CONNECT: MQTT 5.0 §3.1, MQTT 3.1.1 §3.1")
struct ConnectTests {
    static func full(_ version: ProtocolVersion) throws -> Connect {
        Connect(
            clientIdentifier: "c",
            cleanStart: true,
            keepAlive: 60,
            will: Will(
                topicName: "w",
                payload: [1, 2],
                qos: .exactlyOnce,
                retain: true,
                properties: try version == .v5
                    ? Properties([.willDelayInterval(5), .userProperty(name: "k", value: "v")])
                    : Properties()
            ),
            userName: "u",
            password: Password("p"),
            properties: version == .v5 ? try Properties([.sessionExpiryInterval(3)]) : Properties(),
            protocolVersion: version
        )
    }

    @Test(
        "[MQTT-3.1.3-1] [MQTT-3.1.3-3] client identifier, will, user name, password, in this order"
    )
    func order() throws {
        try expectBytes(
            .connect(Self.full(.v5)),
            packet(
                0x10,
                """
                0004'MQTT' 05 F6 003C 05 11 00000003 0001'c'
                0C 18 00000005 26 0001'k' 0001'v' 0001'w' 0002 0102 0001'u' 0001'p'
                """
            )
        )
        try expectBytes(
            .connect(Self.full(.v311)),
            packet(0x10, "0004'MQTT' 04 F6 003C 0001'c' 0001'w' 0002 0102 0001'u' 0001'p'"),
            as: .v311
        )
        try expectBytes(
            .connect(Self.full(.v31)),
            packet(0x10, "0006'MQIsdp' 03 F6 003C 0001'c' 0001'w' 0002 0102 0001'u' 0001'p'"),
            as: .v31
        )
    }

    @Test("[MQTT-3.1.2-1] another protocol name is refused with 0x84, at the name")
    func protocolName() {
        for name in [
            "0004'MQTX'", "0004'mqtt'", "0003'MQT'", "0006'MQIsdq'", "0000", "0005'MQTTT'",
        ] {
            let error = refusal(packet(0x10, name + "05 02 003C 00 0000"))
            #expect(error == protocolError(.protocolName, 2))
            #expect(error?.reasonCode == .unsupportedProtocolVersion)
        }
    }

    @Test("[MQTT-3.1.2-2] another level is refused with 0x84, at the level")
    func protocolLevel() {
        for level in UInt8.min...UInt8.max where ![4, 5].contains(level) {
            let bytes = packet(
                0x10,
                "0004'MQTT'" + String(level | 0, radix: 16).padded + "02 003C 0000"
            )
            #expect(refusal(bytes) == protocolError(.protocolVersion(level), 8))
        }
        // The level of 3.1.1 under the name of 3.1.
        #expect(
            refusal(packet(0x10, "0006'MQIsdp'04 02 003C 0000"))
                == protocolError(.protocolVersion(4), 10)
        )
    }

    @Test("[MQTT-3.1.2-3] the reserved flag is 0", arguments: ProtocolVersion.allCases)
    func reservedFlag(version: ProtocolVersion) {
        let tail = version == .v5 ? "00 0000" : "0000"
        let offset = version == .v31 ? 11 : 9
        #expect(refusal(connect(version, flags: "02", tail)) == nil)
        #expect(
            refusal(connect(version, flags: "03", tail)) == malformed(.connectFlags(3), offset)
        )
    }

    @Test(
        "[MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15] without a will its QoS and RETAIN are 0",
        arguments: ProtocolVersion.allCases
    )
    func willFlags(version: ProtocolVersion) {
        let tail = version == .v5 ? "00 0000" : "0000"
        let offset = version == .v31 ? 11 : 9
        for flags in [UInt8(0x08), 0x10, 0x20, 0x28, 0x18] {
            let text = String(flags, radix: 16).padded
            #expect(
                refusal(connect(version, flags: text, tail)) == malformed(.willFlags(flags), offset)
            )
        }
    }

    @Test(
        "[MQTT-3.1.2-12] [MQTT-3.1.2-14] will QoS 3 is malformed",
        arguments: ProtocolVersion.allCases
    )
    func willQoS(version: ProtocolVersion) {
        let tail = version == .v5 ? "00 0000 00 0001'w' 0000" : "0000 0001'w' 0000"
        for (flags, isTaken) in [("04", true), ("0C", true), ("14", true), ("1C", false)] {
            #expect(
                refusal(connect(version, flags: flags, tail))
                    == (isTaken ? nil : malformed(.willQoS, version == .v31 ? 11 : 9))
            )
        }
    }

    @Test(
        "[MQTT-3.1.2-9] a will has properties, topic and payload",
        arguments: [ProtocolVersion.v311, .v5]
    )
    func willFields(version: ProtocolVersion) {
        let isNew = version == .v5
        let start = isNew ? "00 0000" : "0000"
        #expect(
            refusal(connect(version, flags: "06", start + (isNew ? "00" : "") + "0001'w' 0001'p'"))
                == nil
        )
        let cut = connect(version, flags: "06", start + (isNew ? "00" : "") + "0001'w'")
        #expect(refusal(cut) == malformed(.truncated(needed: 2, available: 0), cut.count))
        let none = connect(version, flags: "06", start)
        #expect(
            refusal(none) == malformed(.truncated(needed: isNew ? 1 : 2, available: 0), none.count)
        )
    }

    @Test(
        "[MQTT-3.1.2-16] [MQTT-3.1.2-17] [MQTT-3.1.2-18] [MQTT-3.1.2-19] the user name is there if its flag says so",
        arguments: [ProtocolVersion.v311, .v5]
    )
    func userName(version: ProtocolVersion) {
        let start = version == .v5 ? "00 0000" : "0000"
        #expect(refusal(connect(version, flags: "82", start + "0001'u'")) == nil)
        let missing = connect(version, flags: "82", start)
        #expect(refusal(missing) == malformed(.truncated(needed: 2, available: 0), missing.count))
        let extra = connect(version, flags: "02", start + "0001'u'")
        #expect(refusal(extra) == malformed(.trailingBytes(3), extra.count - 3))
    }

    @Test(
        "[MQTT-3.1.2-18] [MQTT-3.1.2-19] [MQTT-3.1.2-20] [MQTT-3.1.2-21] the password is there if its flag says so",
        arguments: [ProtocolVersion.v311, .v5]
    )
    func password(version: ProtocolVersion) {
        let start = version == .v5 ? "00 0000 0001'u'" : "0000 0001'u'"
        #expect(refusal(connect(version, flags: "C2", start + "0001 00")) == nil)
        let missing = connect(version, flags: "C2", start)
        #expect(refusal(missing) == malformed(.truncated(needed: 2, available: 0), missing.count))
        let extra = connect(version, flags: "82", start + "0001 00")
        #expect(refusal(extra) == malformed(.trailingBytes(3), extra.count - 3))
    }

    @Test("[MQTT-3.1.2-22] a password without a user name is malformed before MQTT 5.0")
    func passwordAlone() throws {
        #expect(refusal(connect(.v5, flags: "42", "00 0000 0001'p'")) == nil)
        #expect(
            refusal(connect(.v311, flags: "42", "0000 0001'p'"))
                == malformed(.passwordWithoutUserName, 9)
        )
        let packet = Connect(clientIdentifier: "", password: Password("p"))
        #expect(try packet.encoded(as: .v5, from: .client).count == 18)
        #expect(throws: EncodeError.passwordWithoutUserName) {
            try packet.encoded(as: .v311, from: .client)
        }
    }

    @Test("MQTT 3.1 §3.1 the remaining length takes precedence over user name and password flags")
    func oldUserNameFlag() throws {
        let neither = connect(.v31, flags: "C2", "0001'c'")
        #expect(
            try decode(neither)
                == .connect(
                    Connect(clientIdentifier: "c", keepAlive: 60, protocolVersion: .v31)
                )
        )
        #expect(refusal(connect(.v31, flags: "C2", "0001'c' 0001'u'")) == nil)
        #expect(refusal(connect(.v31, flags: "C2", "0001'c' 0001'u' 0001")) != nil)
    }

    @Test(
        "[MQTT-3.1.3-4] the client identifier is checked text",
        arguments: ProtocolVersion.allCases
    )
    func clientIdentifier(version: ProtocolVersion) {
        let properties = version == .v5 ? "00" : ""
        let offset = version == .v31 ? 14 : version == .v311 ? 12 : 13
        #expect(refusal(connect(version, flags: "02", properties + "0002'é'")) == nil)
        #expect(
            refusal(connect(version, flags: "02", properties + "0002 41C3"))
                == malformed(.illFormedUTF8(at: 1), offset)
        )
    }

    @Test(
        "[MQTT-3.1.3-10] [MQTT-3.1.3-11] [MQTT-4.7.1-1] the will topic is text, not empty, without wildcard",
        arguments: ProtocolVersion.allCases
    )
    func willTopic(version: ProtocolVersion) {
        let properties = version == .v5 ? "00" : ""
        let offset = version == .v31 ? 16 : version == .v311 ? 14 : 16
        for (topic, violation) in [
            ("0001 00", .nullCharacter(at: 0)), ("0001 80", .illFormedUTF8(at: 0)),
            ("0002'a+'", .wildcardInTopicName(at: 1)), ("0001'#'", .wildcardInTopicName(at: 0)),
            ("0000", .emptyTopic),
        ] as [(String, MalformedPacket.Violation)] {
            let bytes = connect(
                version,
                flags: "06",
                properties + "0000" + properties + topic + "0000"
            )
            #expect(refusal(bytes) == malformed(violation, offset))
        }
    }

    @Test(
        "[MQTT-3.1.3-11] [MQTT-3.1.3-12] the user name is checked text",
        arguments: ProtocolVersion.allCases
    )
    func userNameText(version: ProtocolVersion) {
        let properties = version == .v5 ? "00" : ""
        let bytes = connect(version, flags: "82", properties + "0000 0002 61FE")
        #expect(refusal(bytes) == malformed(.illFormedUTF8(at: 1), bytes.count - 4))
    }

    @Test(
        "[MQTT-3.1.4-1] a CONNECT cut off anywhere is malformed",
        arguments: [ProtocolVersion.v311, .v5]
    )
    func truncated(version: ProtocolVersion) throws {
        let whole = try Self.full(version).encoded(as: version, from: .client)
        for count in 0..<(whole.count - 2) {
            let bytes = [0x10, UInt8(count)] + whole[2..<(2 + count)]
            guard case .malformed(let error)? = refusal(bytes) else {
                Issue.record("\(count) bytes are taken")
                continue
            }
            if case .truncated = error.violation {} else { Issue.record("\(error)") }
        }
    }

    @Test("no description shows a password")
    func secrets() throws {
        let packet = try Self.full(.v5)
        #expect(!"\(packet)".contains("112"))
        var text = ""
        dump(
            Connect(clientIdentifier: "x", userName: "u", password: Password("hunter2")),
            to: &text
        )
        #expect(!text.contains("104") && text.contains("password of 7 bytes"))
        #expect(Password("a") == Password([0x61]) && Password("a") != Password("b"))
    }
}

@Suite("CONNACK: MQTT 5.0 §3.2, MQTT 3.1.1 §3.2")
struct ConnackTests {
    @Test("[MQTT-3.2.2-1] bits 7-1 of the flags are 0; MQTT 3.1 has no flag")
    func flags() {
        for flags in UInt8.min...UInt8.max {
            let isTaken = flags <= 1
            let text = String(flags, radix: 16).padded
            #expect(
                refusal(packet(0x20, text + "00 00"), from: .server)
                    == (isTaken ? nil : malformed(.connackFlags(flags), 2))
            )
            #expect(
                refusal(packet(0x20, text + "00"), as: .v311, from: .server)
                    == (isTaken ? nil : malformed(.connackFlags(flags), 2))
            )
            #expect(
                refusal(packet(0x20, text + "00"), as: .v31, from: .server)
                    == (flags == 0 ? nil : malformed(.connackFlags(flags), 2))
            )
        }
    }

    @Test("[MQTT-3.2.2-6] [MQTT-3.2.2-4] a refusal with session present is a protocol error")
    func sessionPresent() {
        #expect(
            refusal(packet(0x20, "01 87 00"), from: .server)
                == protocolError(.sessionPresentInRefusal, 2)
        )
        #expect(
            refusal(packet(0x20, "01 05"), as: .v311, from: .server)
                == protocolError(.sessionPresentInRefusal, 2)
        )
        #expect(throws: EncodeError.sessionPresentInRefusal) {
            try Connack(sessionPresent: true, reasonCode: .banned).encoded(as: .v5, from: .server)
        }
    }

    @Test("MQTT 3.1.1 §3.2.2.3 return codes 0 to 5 are read and written, others are not")
    func returnCodes() throws {
        let codes: [ReasonCode] = [
            .success, .unsupportedProtocolVersion, .clientIdentifierNotValid, .serverUnavailable,
            .badUserNameOrPassword, .notAuthorized,
        ]
        for version in before5 {
            for (raw, code) in codes.enumerated() {
                try expectBytes(
                    .connack(Connack(reasonCode: code)),
                    [0x20, 2, 0, UInt8(raw)],
                    as: version,
                    from: .server
                )
            }
            for raw in UInt8(6)...255 {
                #expect(
                    refusal([0x20, 2, 0, raw], as: version, from: .server)
                        == protocolError(.reasonCode(raw), 3)
                )
            }
            #expect(throws: EncodeError.reasonCode(.banned)) {
                try Connack(reasonCode: .banned).encoded(as: version, from: .server)
            }
        }
    }
}

extension String {
    /// Two hexadecimal digits.
    fileprivate var padded: String { utf8.count == 1 ? "0" + self : self }
}

import MQTTCodec
import Testing

@Suite("PUBLISH: MQTT 5.0 §3.3, MQTT 3.1.1 §3.3")
struct PublishTests {
    @Test("[MQTT-3.3.1-4] QoS 3 is malformed", arguments: ProtocolVersion.allCases)
    func qos3(version: ProtocolVersion) {
        let tail = version == .v5 ? "00" : ""
        for flags in UInt8(0)...15 {
            let qos = flags >> 1 & 3
            let bytes = packet(0x30 | flags, "0001't'" + (qos == 0 ? "" : "0001") + tail)
            let expected: PacketError? =
                qos == 3
                ? malformed(.publishQoS, 0)
                : qos == 0 && flags & 8 != 0 ? malformed(.duplicateAtQoS0, 0) : nil
            #expect(refusal(bytes, as: version) == expected)
        }
    }

    @Test(
        "[MQTT-3.3.1-2] DUP at QoS 0 is malformed, and not written",
        arguments: ProtocolVersion.allCases
    )
    func duplicate(version: ProtocolVersion) throws {
        let tail = version == .v5 ? "00" : ""
        #expect(
            refusal(packet(0x38, "0001't'" + tail), as: version) == malformed(.duplicateAtQoS0, 0)
        )
        #expect(refusal(packet(0x3A, "0001't' 0001" + tail), as: version) == nil)
        #expect(throws: EncodeError.notAtQoS0) {
            try Publish(topicName: "t", payload: [], isDuplicate: true)
                .encoded(as: version, from: .client)
        }
    }

    @Test(
        "[MQTT-2.2.1-2] [MQTT-2.3.1-5] QoS 0 has no packet identifier: what follows is the payload",
        arguments: ProtocolVersion.allCases
    )
    func noIdentifier(version: ProtocolVersion) throws {
        let tail = version == .v5 ? "00" : ""
        try expectBytes(
            .publish(Publish(topicName: "t", payload: [0, 1, 0xFF])),
            packet(0x30, "0001't'" + tail + "0001 FF"),
            as: version
        )
        #expect(throws: EncodeError.notAtQoS0) {
            try Publish(topicName: "t", payload: [], packetIdentifier: 1)
                .encoded(as: version, from: .client)
        }
    }

    @Test(
        "[MQTT-2.3.1-1] [MQTT-2.2.1-3] packet identifier 0 is a protocol error in every packet that has one",
        arguments: ProtocolVersion.allCases
    )
    func identifierZero(version: ProtocolVersion) {
        let p = version == .v5 ? "00" : ""
        let clientPackets: [(UInt8, String, String)] = [
            (0x32, "0001't'", p), (0x34, "0001't'", p), (0x40, "", ""), (0x50, "", ""),
            (0x62, "", ""), (0x70, "", ""), (0x82, "", p + "0001'f'00"), (0xA2, "", p + "0001'f'"),
        ]
        for (first, before, after) in clientPackets {
            #expect(refusal(packet(first, before + "0001" + after), as: version) == nil)
            #expect(refusal(packet(first, before + "FFFF" + after), as: version) == nil)
            #expect(
                refusal(packet(first, before + "0000" + after), as: version)
                    == protocolError(.packetIdentifierZero, 2 + hex(before).count)
            )
        }
        for (first, after) in [(0x90, p + "00"), (0xB0, version == .v5 ? "00 00" : "")]
            as [(UInt8, String)]
        {
            #expect(
                refusal(packet(first, "0000" + after), as: version, from: .server)
                    == protocolError(.packetIdentifierZero, 2)
            )
        }
        #expect(PacketIdentifier(rawValue: 0) == nil)
        #expect(throws: EncodeError.packetIdentifierMissing) {
            try Publish(topicName: "t", payload: [], qos: .atLeastOnce)
                .encoded(as: version, from: .client)
        }
    }

    @Test(
        "[MQTT-3.3.2-1] the topic name is the first field and checked text",
        arguments: ProtocolVersion.allCases
    )
    func topicText(version: ProtocolVersion) {
        let tail = version == .v5 ? "00" : ""
        for length in 1...20 {
            for index in 0..<length {
                var topic = [UInt8](repeating: 0x61, count: length)
                func bytes() -> [UInt8] {
                    let body = [0, UInt8(length)] + topic + hex(tail)
                    return [0x30, UInt8(body.count)] + body
                }
                #expect(refusal(bytes(), as: version) == nil)
                topic[index] = 0xFF
                #expect(
                    refusal(bytes(), as: version)
                        == malformed(.illFormedUTF8(at: UInt32(index)), 2)
                )
                topic[index] = 0
                #expect(
                    refusal(bytes(), as: version)
                        == malformed(.nullCharacter(at: UInt32(index)), 2)
                )
            }
        }
        #expect(
            refusal(packet(0x30, "0005't'"), as: version)
                == malformed(.truncated(needed: 7, available: 3), 2)
        )
    }

    @Test(
        "[MQTT-3.3.2-2] a wildcard in a topic name is malformed at every place",
        arguments: ProtocolVersion.allCases
    )
    func wildcards(version: ProtocolVersion) throws {
        let tail: [UInt8] = version == .v5 ? [0] : []
        for wildcard in "+#".utf8 {
            for length in 1...20 {
                for index in 0..<length {
                    // Neighbours of both wildcards in ASCII.
                    var topic = (0..<length).map {
                        [0x22, 0x24, 0x2A, 0x2C, 0x2F, 0x7F][$0 % 6] as UInt8
                    }
                    topic[index] = wildcard
                    let body = [0, UInt8(length)] + topic + tail
                    #expect(
                        refusal([0x30, UInt8(body.count)] + body, as: version)
                            == malformed(.wildcardInTopicName(at: UInt32(index)), 2)
                    )
                }
            }
        }
        let others = (UInt8(1)...120).filter { $0 != 0x2B && $0 != 0x23 }
        let body = [0, UInt8(others.count)] + others + tail
        #expect(refusal([0x30, UInt8(body.count)] + body, as: version) == nil)
        #expect(throws: EncodeError.wildcardInTopicName) {
            try Publish(topicName: "a/+", payload: []).encoded(as: version, from: .client)
        }
    }

    @Test("[MQTT-4.7.3-1] §3.3.2.1 an empty topic name needs a topic alias, and MQTT 5.0")
    func emptyTopic() throws {
        #expect(refusal(packet(0x30, "0000 00")) == protocolError(.topicNameMissing, 2))
        #expect(refusal(packet(0x30, "0000 03 23 0001")) == nil)
        for version in before5 {
            #expect(refusal(packet(0x30, "0000"), as: version) == malformed(.emptyTopic, 2))
        }
        let aliased = Publish(
            topicName: "",
            payload: [],
            properties: try Properties([.topicAlias(1)])
        )
        try expectBytes(.publish(aliased), packet(0x30, "0000 03 23 0001"))
        #expect(throws: EncodeError.emptyTopic) { try aliased.encoded(as: .v311, from: .client) }
        #expect(throws: EncodeError.emptyTopic) {
            try Publish(topicName: "", payload: []).encoded(as: .v5, from: .client)
        }
    }

    @Test("§3.3.2.3.2 a payload that should be text and is not is refused on request, with 0x99")
    func payloadFormat() throws {
        for (payload, indicator, isTaken) in [
            ("'caf' C3A9", "01", true), ("'caf' C3", "01", false), ("'caf' C3", "00", true),
            ("'twelve bytes' ED A0 80", "01", false), ("00", "01", true), ("", "01", true),
        ] {
            let bytes = packet(0x30, "0001't' 02 01 \(indicator)" + payload)
            let view = try ControlPacketView(bytes.span, as: .v5, from: .client)
            guard case .publish(let publish) = view else {
                Issue.record("no PUBLISH")
                return
            }
            var error: PacketError?
            do throws(PacketError) { try publish.checkPayloadFormat() } catch let e { error = e }
            #expect(error == (isTaken ? nil : protocolError(.payloadFormat, 8)))
            #expect(error == nil || error?.reasonCode == .payloadFormatInvalid)
        }
        let bytes = connect(.v5, flags: "06", "00 0000 02 01 01 0001'w' 0001 FF")
        guard case .connect(let view) = try ControlPacketView(bytes.span, as: .v5, from: .client),
            let will = view.will
        else {
            Issue.record("no will")
            return
        }
        var error: PacketError?
        do throws(PacketError) { try will.checkPayloadFormat() } catch let e { error = e }
        #expect(error == protocolError(.payloadFormat, bytes.count - 1))
    }

    @Test("a view gives every field where it lies")
    func view() throws {
        let bytes = packet(0x3D, "0003'a/b' 1234 06 26 0001'k' 0000 'xy'")
        guard case .publish(let view) = try ControlPacketView(bytes.span, as: .v5, from: .client)
        else {
            Issue.record("no PUBLISH")
            return
        }
        #expect(view.qos == .exactlyOnce && view.isDuplicate && view.retain)
        #expect(view.packetIdentifier == 0x1234)
        #expect(view.topicName.count == 3 && view.topicName[1] == 0x2F)
        #expect(view.payload.count == 2 && view.payload[0] == 0x78)
        #expect(view.payloadOffset == bytes.count - 2)
        #expect(view.properties.byteCount == 6 && view.properties.contains(.userProperty))
        #expect(view.properties.first(.userProperty)?.offset == 10)
    }

    @Test(
        "header-only encoding is the packet without its payload",
        arguments: ProtocolVersion.allCases
    )
    func head(version: ProtocolVersion) throws {
        let publish = Publish(
            topicName: "sensor/1",
            payload: [UInt8](repeating: 5, count: 300),
            qos: .atLeastOnce,
            packetIdentifier: 9,
            properties: try Properties([.contentType("x")])
        )
        let head = try [UInt8](capacity: 64) { output in
            try publish.encodeHead(into: &output, as: version, from: .client)
        }
        #expect(try head + publish.payload == publish.encoded(as: version, from: .client))
    }

    @Test("a buffer that is too small is left alone")
    func smallBuffer() throws {
        let publish = Publish(topicName: "t", payload: [1])
        for capacity in 0..<7 {
            let bytes = [UInt8](capacity: capacity) { output in
                #expect(
                    throws: EncodeError.bufferTooSmall(needed: 7, available: output.freeCapacity)
                ) {
                    try publish.encode(into: &output, as: .v5, from: .client)
                }
            }
            #expect(bytes.isEmpty)
        }
    }
}

@Suite("SharedPublish")
struct SharedPublishTests {
    @Test("head and tail are the packet that would be encoded for the receiver alone")
    func equalsPublish() throws {
        let properties: [Property] = [
            .payloadFormatIndicator(.text), .userProperty(name: "a", value: "b"),
            .userProperty(name: "a", value: "c"),
        ]
        let message = try SharedPublish(
            Publish(
                topicName: "a/b",
                payload: [1, 2, 3],
                properties: Properties(
                    properties + [.messageExpiryInterval(90), .topicAlias(3)]
                )
            )
        )
        let identifiers: [UInt32] = [1, 128, 268_435_455]
        for version in ProtocolVersion.allCases {
            for qos in QoS.allCases {
                for alias in [nil, 7] as [UInt16?] {
                    let omits = alias != nil && qos == .atMostOnce
                    let delivery = SharedPublish.Delivery(
                        qos: qos,
                        packetIdentifier: qos == .atMostOnce ? nil : 500,
                        isDuplicate: qos == .exactlyOnce,
                        retain: qos == .atLeastOnce,
                        messageExpiryInterval: 60,
                        topicAlias: alias,
                        omitsTopicName: omits
                    )
                    let packet = try [UInt8](capacity: 200) { output in
                        try message.encodeHead(
                            for: delivery,
                            subscriptionIdentifiers: identifiers.span,
                            into: &output,
                            as: version
                        )
                        let tail = message.tail(as: version)
                        for index in tail.indices { output.append(tail[index]) }
                    }
                    var expected = identifiers.map { Property.subscriptionIdentifier($0) }
                    expected.append(.messageExpiryInterval(60))
                    if let alias { expected.append(.topicAlias(alias)) }
                    let publish = Publish(
                        topicName: omits && version == .v5 ? "" : "a/b",
                        payload: [1, 2, 3],
                        qos: qos,
                        packetIdentifier: delivery.packetIdentifier,
                        retain: delivery.retain,
                        isDuplicate: delivery.isDuplicate,
                        properties: try Properties(expected + properties)
                    )
                    #expect(try packet == publish.encoded(as: version, from: .server))
                    #expect(
                        try message.packetSize(
                            for: delivery,
                            subscriptionIdentifiers: identifiers.span,
                            as: version
                        ) == packet.count
                    )
                }
            }
        }
    }

    @Test("a received packet becomes a shared one; an alias needs its topic name")
    func fromView() throws {
        let named = packet(0x30, "0003'a/b' 03 23 0001 'x'")
        guard case .publish(let view) = try ControlPacketView(named.span, as: .v5, from: .client)
        else { return }
        let message = try SharedPublish(view)
        #expect(message.topicName.count == 3 && message.tail(as: .v5).count == 1)
        let aliased = packet(0x30, "0000 03 23 0001 'x'")
        guard case .publish(let short) = try ControlPacketView(aliased.span, as: .v5, from: .client)
        else { return }
        #expect(try SharedPublish(short, topicName: "a/b") == message)
        var error: EncodeError?
        do throws(EncodeError) { _ = try SharedPublish(short) } catch let e { error = e }
        #expect(error == .emptyTopic)
    }
}

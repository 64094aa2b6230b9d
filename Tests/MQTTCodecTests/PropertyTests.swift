import MQTTCodec
import Testing

/// Table 2-4 of MQTT 5.0 written down row by row: where each property may stand.
private let table: [(PropertyIdentifier, Set<PropertyContext>)] = [
    (.payloadFormatIndicator, [.publish, .will]),
    (.messageExpiryInterval, [.publish, .will]),
    (.contentType, [.publish, .will]),
    (.responseTopic, [.publish, .will]),
    (.correlationData, [.publish, .will]),
    (.subscriptionIdentifier, [.publish, .subscribe]),
    (.sessionExpiryInterval, [.connect, .connack, .disconnect]),
    (.assignedClientIdentifier, [.connack]),
    (.serverKeepAlive, [.connack]),
    (.authenticationMethod, [.connect, .connack, .auth]),
    (.authenticationData, [.connect, .connack, .auth]),
    (.requestProblemInformation, [.connect]),
    (.willDelayInterval, [.will]),
    (.requestResponseInformation, [.connect]),
    (.responseInformation, [.connack]),
    (.serverReference, [.connack, .disconnect]),
    (.reasonString, [.connack, .acknowledgement, .disconnect, .auth]),
    (.receiveMaximum, [.connect, .connack]),
    (.topicAliasMaximum, [.connect, .connack]),
    (.topicAlias, [.publish]),
    (.maximumQoS, [.connack]),
    (.retainAvailable, [.connack]),
    (.userProperty, Set(PropertyContext.allCases)),
    (.maximumPacketSize, [.connect, .connack]),
    (.wildcardSubscriptionAvailable, [.connack]),
    (.subscriptionIdentifiersAvailable, [.connack]),
    (.sharedSubscriptionAvailable, [.connack]),
]

/// A valid value of each property.
private func sample(_ identifier: PropertyIdentifier) -> Property {
    switch identifier {
    case .payloadFormatIndicator: .payloadFormatIndicator(.text)
    case .messageExpiryInterval: .messageExpiryInterval(0x0102_0304)
    case .contentType: .contentType("text/plain")
    case .responseTopic: .responseTopic("reply/1")
    case .correlationData: .correlationData([0, 255])
    case .subscriptionIdentifier: .subscriptionIdentifier(268_435_455)
    case .sessionExpiryInterval: .sessionExpiryInterval(.max)
    case .assignedClientIdentifier: .assignedClientIdentifier("id")
    case .serverKeepAlive: .serverKeepAlive(0)
    case .authenticationMethod: .authenticationMethod("SCRAM")
    case .authenticationData: .authenticationData([1])
    case .requestProblemInformation: .requestProblemInformation(false)
    case .willDelayInterval: .willDelayInterval(0)
    case .requestResponseInformation: .requestResponseInformation(true)
    case .responseInformation: .responseInformation("r")
    case .serverReference: .serverReference("host:1883")
    case .reasonString: .reasonString("")
    case .receiveMaximum: .receiveMaximum(1)
    case .topicAliasMaximum: .topicAliasMaximum(0)
    case .topicAlias: .topicAlias(65_535)
    case .maximumQoS: .maximumQoS(.atLeastOnce)
    case .retainAvailable: .retainAvailable(false)
    case .userProperty: .userProperty(name: "n", value: "")
    case .maximumPacketSize: .maximumPacketSize(1)
    case .wildcardSubscriptionAvailable: .wildcardSubscriptionAvailable(true)
    case .subscriptionIdentifiersAvailable: .subscriptionIdentifiersAvailable(false)
    case .sharedSubscriptionAvailable: .sharedSubscriptionAvailable(true)
    }
}

/// A packet that holds the given property bytes (fewer than 100), its sender, and where they start.
private func holder(
    _ context: PropertyContext,
    _ bytes: [UInt8]
) -> (packet: [UInt8], role: Role, offset: Int) {
    let length = [UInt8(bytes.count)]
    func make(_ first: UInt8, _ head: String, _ tail: String) -> ([UInt8], Int) {
        let front = hex(head) + length
        let body = front + bytes + hex(tail)
        return ([first, UInt8(body.count)] + body, 2 + front.count)
    }
    let method = context == .auth && !bytes.contains(0x15) ? hex("15 0001'm'") : []
    switch context {
    case .connect:
        let (packet, offset) = make(0x10, "0004'MQTT'05 02 003C", "0000")
        return (packet, .client, offset)
    case .will:
        let (packet, offset) = make(0x10, "0004'MQTT'05 06 003C 00 0000", "0001'w' 0000")
        return (packet, .client, offset)
    case .connack:
        let (packet, offset) = make(0x20, "00 00", "")
        return (packet, .server, offset)
    case .publish:
        let (packet, offset) = make(0x30, "0001't'", "")
        return (packet, .server, offset)
    case .acknowledgement:
        let (packet, offset) = make(0x40, "0001 00", "")
        return (packet, .server, offset)
    case .subscribe:
        let (packet, offset) = make(0x82, "0001", "0001'f'00")
        return (packet, .client, offset)
    case .unsubscribe:
        let (packet, offset) = make(0xA2, "0001", "0001'f'")
        return (packet, .client, offset)
    case .disconnect:
        let (packet, offset) = make(0xE0, "00", "")
        return (packet, .client, offset)
    case .auth:
        let body = [0x18, UInt8(bytes.count + method.count)] + bytes + method
        return ([0xF0, UInt8(body.count)] + body, .client, 4)
    }
}

private func wire(_ property: Property) throws -> [UInt8] {
    let properties = try Properties([property])
    let encoded = properties.view.encoded
    return encoded.indices.map { encoded[$0] }
}

@Suite("Properties: MQTT 5.0 §2.2.2")
struct PropertyTests {
    @Test("§2.2.2.2 every property is taken where Table 2-4 has it and malformed elsewhere")
    func allowList() throws {
        #expect(Set(table.map(\.0)) == Set(PropertyIdentifier.allCases))
        for (identifier, contexts) in table {
            let bytes = try wire(sample(identifier))
            for context in PropertyContext.allCases {
                var content = bytes
                if identifier == .authenticationData, context == .connect {
                    content += hex("15 0001'm'")
                }
                let (packet, role, offset) = holder(context, content)
                let expected =
                    contexts.contains(context)
                    ? nil : malformed(.propertyNotAllowed(identifier), offset)
                #expect(refusal(packet, from: role) == expected, "\(identifier) \(context)")
            }
        }
    }

    @Test("§2.2.2.2 PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK have the list of PUBACK")
    func acknowledgements() throws {
        for (first, tail) in [(0x50, ""), (0x62, ""), (0x70, ""), (0x90, "00"), (0xB0, "00")] {
            for identifier in PropertyIdentifier.allCases {
                let bytes = try wire(sample(identifier))
                let head = hex(tail.isEmpty ? "0001 00" : "0001")
                let body = head + [UInt8(bytes.count)] + bytes + hex(tail)
                let packet = [UInt8(first), UInt8(body.count)] + body
                let isAllowed = identifier == .reasonString || identifier == .userProperty
                #expect(
                    refusal(packet, from: .server)
                        == (isAllowed
                            ? nil
                            : malformed(.propertyNotAllowed(identifier), 3 + head.count))
                )
            }
        }
    }

    @Test(
        "§2.2.2.2 a property other than User Property occurs once; repeated it is a protocol error"
    )
    func duplicates() throws {
        for (identifier, contexts) in table {
            let bytes = try wire(sample(identifier))
            for context in contexts {
                var content = bytes + bytes
                if identifier == .authenticationData, context == .connect {
                    content += hex("15 0001'm'")
                }
                let (packet, role, offset) = holder(context, content)
                let mayRepeat =
                    identifier == .userProperty
                    || (identifier == .subscriptionIdentifier && context == .publish)
                #expect(
                    refusal(packet, from: role)
                        == (mayRepeat
                            ? nil
                            : protocolError(.duplicateProperty(identifier), offset + bytes.count)),
                    "\(identifier) \(context)"
                )
            }
        }
    }

    @Test("§2.2.2.2 an identifier that is not listed is malformed")
    func unknownIdentifiers() {
        let known = Set(PropertyIdentifier.allCases.map(\.rawValue))
        for raw in UInt8(0)...127 where !known.contains(raw) {
            let (packet, role, offset) = holder(.connack, [raw, 0, 0, 0, 0])
            #expect(
                refusal(packet, from: role) == malformed(.propertyIdentifier(UInt32(raw)), offset)
            )
        }
        let (long, _, offset) = holder(.connack, [0x80, 0x01, 0])
        #expect(refusal(long, from: .server) == malformed(.propertyIdentifier(128), offset))
        let (padded, _, _) = holder(.connack, [0xA6, 0x00, 0])
        #expect(
            refusal(padded, from: .server) == malformed(.variableByteIntegerNotMinimal, offset)
        )
    }

    @Test("§3.1.2.11 §3.2.2.3 §3.3.2.3 values out of range are protocol errors")
    func ranges() {
        let cases: [(PropertyContext, String, PropertyIdentifier, UInt32)] = [
            (.connect, "21 0000", .receiveMaximum, 0),
            (.connect, "27 00000000", .maximumPacketSize, 0),
            (.connect, "19 02", .requestResponseInformation, 2),
            (.connect, "17 FF", .requestProblemInformation, 255),
            (.connack, "24 02", .maximumQoS, 2), (.connack, "25 02", .retainAvailable, 2),
            (.connack, "28 02", .wildcardSubscriptionAvailable, 2),
            (.connack, "29 02", .subscriptionIdentifiersAvailable, 2),
            (.connack, "2A 02", .sharedSubscriptionAvailable, 2),
            (.publish, "01 02", .payloadFormatIndicator, 2),
            (.will, "01 02", .payloadFormatIndicator, 2),
            (.publish, "0B 00", .subscriptionIdentifier, 0),
            (.subscribe, "0B 00", .subscriptionIdentifier, 0),
        ]
        for (context, text, identifier, value) in cases {
            let (packet, role, offset) = holder(context, hex(text))
            let error = refusal(packet, from: role)
            #expect(error == protocolError(.propertyValue(identifier, value), offset))
            #expect(error?.reasonCode == .protocolError)
        }
    }

    @Test("[MQTT-3.3.2-8] topic alias 0 is refused with 0x94, 1 and 65 535 are taken")
    func topicAlias() {
        let (zero, role, offset) = holder(.publish, hex("23 0000"))
        #expect(refusal(zero, from: role) == protocolError(.topicAliasZero, offset))
        #expect(refusal(zero, from: role)?.reasonCode == .topicAliasInvalid)
        #expect(refusal(holder(.publish, hex("23 0001")).packet) == nil)
        #expect(refusal(holder(.publish, hex("23 FFFF")).packet) == nil)
    }

    @Test("[MQTT-3.3.4-6] a client's PUBLISH with a subscription identifier is a protocol error")
    func subscriptionIdentifierFromClient() throws {
        let (bytes, _, offset) = holder(.publish, hex("0B 01"))
        #expect(refusal(bytes, from: .server) == nil)
        #expect(
            refusal(bytes, from: .client)
                == protocolError(.propertyFromSender(.subscriptionIdentifier), offset)
        )
        let publish = try Publish(
            topicName: "t",
            payload: [],
            properties: Properties([.subscriptionIdentifier(1)])
        )
        #expect(throws: EncodeError.propertyNotAllowed(.subscriptionIdentifier)) {
            try publish.encoded(as: .v5, from: .client)
        }
        #expect(try publish.encoded(as: .v5, from: .server) == bytes)
    }

    @Test(
        "[MQTT-3.14.2-2] a server's DISCONNECT with a session expiry interval is a protocol error"
    )
    func sessionExpiryFromServer() {
        let (bytes, _, offset) = holder(.disconnect, hex("11 00000001"))
        #expect(refusal(bytes, from: .client) == nil)
        #expect(
            refusal(bytes, from: .server)
                == protocolError(.propertyFromSender(.sessionExpiryInterval), offset)
        )
    }

    @Test("§2.2.2.1 a property length past the packet, a value past the property length: malformed")
    func lengths() {
        #expect(
            refusal(packet(0x40, "0001 00 05 1F 0000"))
                == malformed(.truncated(needed: 5, available: 3), 5)
        )
        // The reason string's length goes past the properties, not past the packet.
        #expect(
            refusal(packet(0x82, "0001 04 26 0002'a' 0001'f'00"))
                == malformed(.truncated(needed: 4, available: 3), 6)
        )
        #expect(
            refusal(packet(0x20, "00 00 02 21 00"), from: .server)
                == malformed(.truncated(needed: 2, available: 1), 6)
        )
        #expect(
            refusal(packet(0x20, "00 00 01 25"), from: .server)
                == malformed(.truncated(needed: 1, available: 0), 6)
        )
    }

    @Test("[MQTT-2.2.2-1] no property is a property length of 0")
    func none() throws {
        try expectBytes(
            .publish(Publish(topicName: "t", payload: [7])),
            packet(0x30, "0001't' 00 07")
        )
        #expect(refusal(packet(0x82, "0001 00 0001'f'00")) == nil)
        // Without the length the first filter's is read as one.
        #expect(refusal(packet(0x82, "0001")) == malformed(.truncated(needed: 1, available: 0), 4))
    }

    @Test("[MQTT-3.3.2-13] [MQTT-3.3.2-14] a response topic is text without wildcard, not empty")
    func responseTopic() {
        for (text, violation) in [
            ("08 0003 612B62", .wildcardInTopicName(at: 1)),
            ("08 0001'#'", .wildcardInTopicName(at: 0)),
            ("08 0002 6100", .nullCharacter(at: 1)), ("08 0001 FF", .illFormedUTF8(at: 0)),
            ("08 0000", .emptyTopic),
        ] as [(String, MalformedPacket.Violation)] {
            for context in [PropertyContext.publish, .will] {
                let (packet, role, offset) = holder(context, hex(text))
                #expect(refusal(packet, from: role) == malformed(violation, offset + 1))
            }
        }
        #expect(refusal(holder(.publish, hex("08 0003 'a/b'")).packet) == nil)
    }

    @Test("[MQTT-3.3.2-19] a content type is text")
    func contentType() {
        #expect(refusal(holder(.publish, hex("03 0003 'a+#'")).packet) == nil)
        let (packet, _, offset) = holder(.publish, hex("03 0002 ED A0"))
        #expect(refusal(packet) == malformed(.illFormedUTF8(at: 0), offset + 1))
        let (null, _, _) = holder(.publish, hex("03 0001 00"))
        #expect(refusal(null) == malformed(.nullCharacter(at: 0), offset + 1))
    }

    @Test("§3.1.2.11.10 authentication data without a method is a protocol error")
    func authenticationData() {
        let (packet, _, offset) = holder(.connect, hex("21 0001 16 0001 00"))
        #expect(refusal(packet) == protocolError(.authenticationMethodMissing, offset + 3))
        #expect(refusal(holder(.connect, hex("16 0001 00 15 0001'm'")).packet) == nil)
    }
}

@Suite("Properties as a value")
struct PropertiesValueTests {
    @Test("every property comes back from its bytes, in order, lazily and as a copy")
    func everyProperty() throws {
        let all = PropertyIdentifier.allCases.map(sample)
        let properties = try Properties(all)
        #expect(Array(properties) == all)
        var cursor = properties.view.makeCursor()
        var identifiers: [PropertyIdentifier] = []
        while let next = cursor.next() {
            identifiers.append(next.identifier)
            #expect(next.owned() == sample(next.identifier))
        }
        #expect(identifiers == PropertyIdentifier.allCases)
        #expect(all.map(\.identifier) == PropertyIdentifier.allCases)
    }

    @Test("each getter finds its property, and nothing in an empty list")
    func getters() throws {
        let all = try Properties(PropertyIdentifier.allCases.map(sample))
        #expect(all.payloadFormatIndicator == .text && all.messageExpiryInterval == 0x0102_0304)
        #expect(all.contentType == "text/plain" && all.responseTopic == "reply/1")
        #expect(all.correlationData == [0, 255] && all.subscriptionIdentifier == 268_435_455)
        #expect(all.sessionExpiryInterval == .max && all.assignedClientIdentifier == "id")
        #expect(all.serverKeepAlive == 0 && all.authenticationMethod == "SCRAM")
        #expect(all.authenticationData == [1] && all.requestProblemInformation == false)
        #expect(all.willDelayInterval == 0 && all.requestResponseInformation == true)
        #expect(all.responseInformation == "r" && all.serverReference == "host:1883")
        #expect(all.reasonString == "" && all.receiveMaximum == 1 && all.topicAliasMaximum == 0)
        #expect(all.topicAlias == 65_535 && all.maximumQoS == .atLeastOnce)
        #expect(all.retainAvailable == false && all.maximumPacketSize == 1)
        #expect(all.wildcardSubscriptionAvailable == true)
        #expect(all.subscriptionIdentifiersAvailable == false)
        #expect(all.sharedSubscriptionAvailable == true)
        #expect(all.userProperties.map(\.name) == ["n"])
        let none = Properties()
        #expect(none.payloadFormatIndicator == nil && none.topicAlias == nil)
        #expect(none.reasonString == nil && none.correlationData == nil && none.isEmpty)
        #expect(none.subscriptionIdentifiers.isEmpty && none.userProperties.isEmpty)
    }

    @Test("set replaces in place, remove removes every one, append refuses repetition")
    func changes() throws {
        var properties = try Properties([
            .userProperty(name: "a", value: "1"), .messageExpiryInterval(5),
            .userProperty(name: "a", value: "2"),
        ])
        try properties.set(.messageExpiryInterval(6))
        #expect(Array(properties)[1] == .messageExpiryInterval(6))
        #expect(throws: EncodeError.duplicateProperty(.messageExpiryInterval)) {
            try properties.append(.messageExpiryInterval(7))
        }
        properties.remove(.userProperty)
        #expect(Array(properties) == [.messageExpiryInterval(6)])
        #expect(!properties.contains(.userProperty))
        properties.remove(.messageExpiryInterval)
        #expect(properties == Properties())
    }

    @Test("values that no packet can carry are refused when they are added")
    func refusals() {
        let cases: [(Property, EncodeError)] = [
            (.receiveMaximum(0), .propertyValue(.receiveMaximum, 0)),
            (.topicAlias(0), .propertyValue(.topicAlias, 0)),
            (.maximumPacketSize(0), .propertyValue(.maximumPacketSize, 0)),
            (.subscriptionIdentifier(0), .propertyValue(.subscriptionIdentifier, 0)),
            (
                .subscriptionIdentifier(268_435_456),
                .propertyValue(.subscriptionIdentifier, 268_435_456)
            ),
            (.maximumQoS(.exactlyOnce), .propertyValue(.maximumQoS, 2)),
            (.responseTopic("a/#"), .wildcardInTopicName), (.responseTopic(""), .emptyTopic),
            (.contentType("\0"), .nullCharacter),
            (.userProperty(name: "a", value: "b\0"), .nullCharacter),
            (.correlationData([UInt8](repeating: 0, count: 65_536)), .fieldTooLong(65_536)),
        ]
        for (property, error) in cases {
            var properties = Properties()
            #expect(throws: error) { try properties.append(property) }
            #expect(properties == Properties())
        }
    }

    @Test("a packet is not written with a property it cannot have")
    func packetCheck() throws {
        let alias = try Properties([.topicAlias(1)])
        #expect(throws: EncodeError.propertyNotAllowed(.topicAlias)) {
            try Connect(clientIdentifier: "", properties: alias).encoded(as: .v5, from: .client)
        }
        let two = try Properties([.subscriptionIdentifier(1), .subscriptionIdentifier(2)])
        let subscribe = Subscribe(
            packetIdentifier: 1,
            subscriptions: [Subscription(topicFilter: "a", maximumQoS: .atMostOnce)],
            properties: two
        )
        #expect(throws: EncodeError.duplicateProperty(.subscriptionIdentifier)) {
            try subscribe.encoded(as: .v5, from: .client)
        }
    }
}

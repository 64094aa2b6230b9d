import MQTTCodec
import Testing

/// Every code of one packet and sender, copied from the tables of MQTT 5.0.
private let tables: [(PacketType, Role, [UInt8])] = [
    (
        .connack, .server,
        [
            0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90,
            0x95, 0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F,
        ]
    ),
    (.puback, .client, [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]),
    (.pubrec, .server, [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]),
    (.pubrel, .client, [0x00, 0x92]),
    (.pubcomp, .server, [0x00, 0x92]),
    (
        .suback, .server,
        [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2]
    ),
    (.unsuback, .server, [0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91]),
    (
        .disconnect, .client,
        [
            0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
        ]
    ),
    (
        .disconnect, .server,
        [
            0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94,
            0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2,
        ]
    ),
    (.auth, .client, [0x18, 0x19]),
    (.auth, .server, [0x00, 0x18]),
]

/// A packet of the type with one reason code, and where it stands.
private func packet(_ type: PacketType, code: UInt8) -> (bytes: [UInt8], offset: Int) {
    switch type {
    case .connack: ([0x20, 3, 0, code, 0], 3)
    case .suback, .unsuback: ([type.rawValue << 4, 4, 0, 1, 0, code], 5)
    case .disconnect: ([0xE0, 1, code], 2)
    case .auth: ([0xF0, 6, code, 4, 0x15, 0, 1, 0x6D], 2)
    default: ([type.rawValue << 4 | (type == .pubrel ? 2 : 0), 3, 0, 1, code], 4)
    }
}

@Suite("Reason codes: MQTT 5.0 §2.4")
struct ReasonCodeTests {
    @Test(
        """
        [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1] [MQTT-3.9.3-2] \
        [MQTT-3.11.3-2] [MQTT-3.14.2-1] [MQTT-3.15.2-1] of all 256 codes the listed ones are taken
        """
    )
    func allCodes() {
        for (type, role, codes) in tables {
            for code in UInt8.min...UInt8.max {
                let (bytes, offset) = packet(type, code: code)
                let isListed = codes.contains(code)
                #expect(
                    refusal(bytes, from: role)
                        == (isListed ? nil : protocolError(.reasonCode(code), offset)),
                    "\(type.name) \(code)"
                )
                #expect(ReasonCode(rawValue: code).isAllowed(in: type, from: role) == isListed)
            }
        }
    }

    @Test("[MQTT-3.9.3-2] MQTT 3.1.1 has 0, 1, 2 and 0x80 in SUBACK; MQTT 3.1 has no 0x80")
    func oldSuback() throws {
        for code in UInt8.min...UInt8.max {
            let bytes: [UInt8] = [0x90, 3, 0, 1, code]
            let isListed = code <= 2
            #expect(
                refusal(bytes, as: .v311, from: .server)
                    == (isListed || code == 0x80 ? nil : protocolError(.reasonCode(code), 4))
            )
            #expect(
                refusal(bytes, as: .v31, from: .server)
                    == (isListed ? nil : protocolError(.reasonCode(code), 4))
            )
        }
        let suback = Suback(packetIdentifier: 1, reasonCodes: [.grantedQoS1, .notAuthorized])
        #expect(try suback.encoded(as: .v311, from: .server) == [0x90, 4, 0, 1, 1, 0x80])
        #expect(throws: EncodeError.reasonCode(.notAuthorized)) {
            try suback.encoded(as: .v31, from: .server)
        }
    }

    @Test("a code that the packet or its sender cannot have is not written")
    func encoding() throws {
        let method = try Properties([.authenticationMethod("m")])
        let wrong: [(ControlPacket, Role)] = [
            (.connack(Connack(reasonCode: .sessionTakenOver)), .server),
            (.puback(Acknowledgement(packetIdentifier: 1, reasonCode: .banned)), .client),
            (.pubrel(Acknowledgement(packetIdentifier: 1, reasonCode: .notAuthorized)), .client),
            (.suback(Suback(packetIdentifier: 1, reasonCodes: [.banned])), .server),
            (.unsuback(Unsuback(packetIdentifier: 1, reasonCodes: [.banned])), .server),
            (.disconnect(Disconnect(reasonCode: .sessionTakenOver)), .client),
            (.disconnect(Disconnect(reasonCode: .disconnectWithWillMessage)), .server),
            (.auth(Auth(reasonCode: .reAuthenticate, properties: method)), .server),
        ]
        for (packet, role) in wrong {
            var error: EncodeError?
            do throws(EncodeError) { _ = try packet.encoded(as: .v5, from: role) } catch let e {
                error = e
            }
            guard case .reasonCode? = error else {
                Issue.record("\(packet) is written")
                continue
            }
        }
    }

    @Test("0x00 to 0xFF describe themselves as hexadecimal numbers")
    func description() {
        #expect("\(ReasonCode.success)" == "0x00" && "\(ReasonCode.malformedPacket)" == "0x81")
    }
}

@Suite("Acknowledgements: MQTT 5.0 §3.4-§3.7, §3.9, §3.11")
struct AcknowledgementTests {
    @Test("§3.4.2.1 reason code and properties are left out from the end, read and written")
    func shortForms() throws {
        for (first, make) in [
            (0x40, ControlPacket.puback), (0x50, ControlPacket.pubrec),
            (0x62, ControlPacket.pubrel), (0x70, ControlPacket.pubcomp),
        ] as [(UInt8, (Acknowledgement) -> ControlPacket)] {
            try expectBytes(make(.init(packetIdentifier: 258)), [first, 2, 1, 2])
            for version in before5 {
                try expectBytes(make(.init(packetIdentifier: 258)), [first, 2, 1, 2], as: version)
                #expect(
                    refusal([first, 3, 1, 2, 0], as: version) == malformed(.trailingBytes(1), 4)
                )
            }
            let code: ReasonCode =
                first & 0xF0 <= 0x50 ? .unspecifiedError : .packetIdentifierNotFound
            try expectBytes(
                make(.init(packetIdentifier: 1, reasonCode: code)),
                [first, 3, 0, 1, code.rawValue]
            )
            try expectBytes(
                make(
                    .init(
                        packetIdentifier: 1,
                        properties: Properties([.reasonString("r")])
                    )
                ),
                MQTTCodecTests.packet(first, "0001 00 04 1F 0001'r'")
            )
            let kind = try #require(Acknowledgement.Kind(rawValue: first >> 4))
            let direct = try [UInt8](capacity: 8) { output in
                try Acknowledgement(packetIdentifier: 258).encode(kind, into: &output, as: .v5)
            }
            #expect(direct == [first, 2, 1, 2])
            // Longer than needed, still allowed.
            #expect(try decode([first, 3, 0, 1, 0]) == make(.init(packetIdentifier: 1)))
            #expect(try decode([first, 4, 0, 1, 0, 0]) == make(.init(packetIdentifier: 1)))
            #expect(refusal([first, 5, 0, 1, 0, 0, 9]) == malformed(.trailingBytes(1), 6))
            #expect(throws: EncodeError.reasonCode(code)) {
                try make(.init(packetIdentifier: 1, reasonCode: code))
                    .encoded(as: .v311, from: .client)
            }
        }
    }

    @Test(
        """
        [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2] [MQTT-3.6.2-3] \
        [MQTT-3.7.2-2] [MQTT-3.7.2-3] [MQTT-3.14.2-3] [MQTT-3.14.2-4] [MQTT-3.15.2-2] \
        [MQTT-3.15.2-3] [MQTT-3.2.2-19] [MQTT-3.2.2-20] [MQTT-3.9.2-1] [MQTT-3.9.2-2] \
        [MQTT-3.11.2-1] [MQTT-3.11.2-2] user properties, then the reason string, are left out of a \
        packet that would be too large
        """
    )
    func fitting() throws {
        let reason = Property.reasonString("because")
        let user = Property.userProperty(name: "k", value: "v")
        let method = Property.authenticationMethod("m")
        func build(_ properties: Properties) throws -> [(ControlPacket, Role)] {
            let ack = Acknowledgement(packetIdentifier: 1, properties: properties)
            var auth = properties
            try auth.append(method)
            return [
                (.connack(Connack(properties: properties)), .server), (.puback(ack), .client),
                (.pubrec(ack), .client), (.pubrel(ack), .client), (.pubcomp(ack), .client),
                (
                    .suback(
                        Suback(packetIdentifier: 1, reasonCodes: [.success], properties: properties)
                    ), .server
                ),
                (
                    .unsuback(
                        Unsuback(
                            packetIdentifier: 1,
                            reasonCodes: [.success],
                            properties: properties
                        )
                    ), .server
                ),
                (.disconnect(Disconnect(properties: properties)), .client),
                (.auth(Auth(reasonCode: .continueAuthentication, properties: auth)), .client),
            ]
        }
        let full = try build(Properties([reason, user]))
        let middle = try build(Properties([reason]))
        let bare = try build(Properties())
        for index in full.indices {
            let role = full[index].1
            let sizes = try [full, middle, bare].map {
                try $0[index].0.encodedSize(as: .v5, from: role)
            }
            #expect(sizes[0] > sizes[1] && sizes[1] > sizes[2])
            let packet = full[index].0
            #expect(try packet.fitting(sizes[0], as: .v5, from: role) == packet)
            #expect(try packet.fitting(sizes[0] - 1, as: .v5, from: role) == middle[index].0)
            #expect(try packet.fitting(sizes[1], as: .v5, from: role) == middle[index].0)
            #expect(try packet.fitting(sizes[1] - 1, as: .v5, from: role) == bare[index].0)
            #expect(try packet.fitting(sizes[2] - 1, as: .v5, from: role) == nil)
        }
        // A message is never shortened.
        let publish = ControlPacket.publish(
            Publish(topicName: "t", payload: [], properties: try Properties([user]))
        )
        #expect(try publish.fitting(5, as: .v5, from: .client) == nil)
    }

    @Test(
        "[MQTT-3.8.4-6] [MQTT-3.9.3-1] [MQTT-3.11.3-1] SUBACK and UNSUBACK keep the order of their codes, one or more"
    )
    func codeOrder() throws {
        try expectBytes(
            .suback(
                Suback(
                    packetIdentifier: 7,
                    reasonCodes: [.grantedQoS2, .notAuthorized, .grantedQoS0]
                )
            ),
            [0x90, 6, 0, 7, 0, 2, 0x87, 0],
            from: .server
        )
        try expectBytes(
            .suback(Suback(packetIdentifier: 7, reasonCodes: [.grantedQoS2, .unspecifiedError])),
            [0x90, 4, 0, 7, 2, 0x80],
            as: .v311,
            from: .server
        )
        try expectBytes(
            .unsuback(
                Unsuback(packetIdentifier: 7, reasonCodes: [.noSubscriptionExisted, .success])
            ),
            [0xB0, 5, 0, 7, 0, 0x11, 0],
            from: .server
        )
        try expectBytes(
            .unsuback(Unsuback(packetIdentifier: 7, reasonCodes: [])),
            [0xB0, 2, 0, 7],
            as: .v311,
            from: .server
        )
        #expect(
            refusal([0xB0, 3, 0, 7, 0], as: .v311, from: .server) == malformed(.trailingBytes(1), 4)
        )
        #expect(refusal([0x90, 3, 0, 7, 0], from: .server) == protocolError(.emptyPayload, 5))
        #expect(refusal([0xB0, 3, 0, 7, 0], from: .server) == protocolError(.emptyPayload, 5))
        #expect(
            refusal([0x90, 2, 0, 7], as: .v311, from: .server) == protocolError(.emptyPayload, 4)
        )
    }
}

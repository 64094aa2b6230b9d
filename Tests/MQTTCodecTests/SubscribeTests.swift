import MQTTCodec
import Testing

@Suite("SUBSCRIBE and UNSUBSCRIBE: MQTT 5.0 §3.8, §3.10")
struct SubscribeTests {
    /// A SUBSCRIBE or UNSUBSCRIBE with one filter.
    private func bytes(_ type: PacketType, _ filter: [UInt8], _ version: ProtocolVersion) -> [UInt8]
    {
        var body: [UInt8] = [0, 1]
        if version == .v5 { body.append(0) }
        body += [0, UInt8(filter.count)] + filter
        if type == .subscribe { body.append(1) }
        return [type.rawValue << 4 | 2, UInt8(body.count)] + body
    }

    static let valid = [
        "a", "/", "a/b", "#", "+", "a/#", "+/+", "+/a/#", "/#", "$SYS/#", "a//b", "é/+", "$share",
        " ", "$sharex/+", "a$share/b",
    ]
    static let wildcards: [(String, UInt32)] = [
        ("a#", 1), ("#/a", 0), ("a/#/b", 2), ("a+", 1), ("+a", 0), ("a/b+/c", 3), ("##", 0),
        ("++", 0), ("a/+#", 2), ("abcdefgh/ijk#", 12),
    ]

    @Test(
        "[MQTT-3.8.3-1] [MQTT-3.10.3-1] [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.3-1] filters are text with wildcards where they may stand",
        arguments: ProtocolVersion.allCases
    )
    func filters(version: ProtocolVersion) throws {
        let offset = version == .v5 ? 5 : 4
        for type in [PacketType.subscribe, .unsubscribe] {
            for filter in Self.valid {
                #expect(refusal(bytes(type, Array(filter.utf8), version), as: version) == nil)
            }
            for (filter, index) in Self.wildcards {
                #expect(
                    refusal(bytes(type, Array(filter.utf8), version), as: version)
                        == malformed(.wildcardPlacement(at: index), offset),
                    "\(filter)"
                )
            }
            for (filter, violation) in [
                ("", .emptyTopic), ("61 00", .nullCharacter(at: 1)),
                ("2B 2F C3", .illFormedUTF8(at: 2)),
                ("FF", .illFormedUTF8(at: 0)), ("2B 2F 00", .nullCharacter(at: 2)),
            ] as [(String, MalformedPacket.Violation)] {
                #expect(
                    refusal(bytes(type, hex(filter), version), as: version)
                        == malformed(violation, offset)
                )
            }
        }
        for (filter, _) in Self.wildcards {
            #expect(throws: EncodeError.topicFilter) {
                try Unsubscribe(packetIdentifier: 1, topicFilters: [filter])
                    .encoded(as: version, from: .client)
            }
        }
    }

    @Test(
        "[MQTT-4.8.2-1] [MQTT-4.8.2-2] a shared filter has a share name and a filter, in MQTT 5.0"
    )
    func sharedFilters() {
        for (filter, isTaken) in [
            ("$share/g/a", true), ("$share/g/#", true), ("$share/g/+/b", true),
            ("$share/g//", true),
            ("$share//a", false), ("$share/g", false), ("$share/g/", false), ("$share/", false),
            ("$share/+/a", false), ("$share/g#/a", false),
        ] {
            #expect(
                refusal(bytes(.subscribe, Array(filter.utf8), .v5))
                    == (isTaken ? nil : malformed(.sharedSubscription, 5)),
                "\(filter)"
            )
        }
        // A name like others before; only wildcards are looked at.
        #expect(refusal(bytes(.subscribe, Array("$share/g".utf8), .v311), as: .v311) == nil)
        #expect(refusal(bytes(.subscribe, Array("$share/+/a".utf8), .v311), as: .v311) == nil)
    }

    @Test("[MQTT-3.8.3-4] No Local on a shared subscription is a protocol error")
    func noLocal() {
        #expect(
            refusal(packet(0x82, "0001 00 000A '$share/g/a' 05"))
                == protocolError(.noLocalOnSharedSubscription, 17)
        )
        #expect(refusal(packet(0x82, "0001 00 000A '$share/g/a' 01")) == nil)
        #expect(refusal(packet(0x82, "0001 00 0001 'a' 05")) == nil)
        #expect(throws: EncodeError.noLocalOnSharedSubscription) {
            try Subscribe(
                packetIdentifier: 1,
                subscriptions: [
                    Subscription(topicFilter: "$share/g/a", maximumQoS: .atMostOnce, noLocal: true)
                ]
            ).encoded(as: .v5, from: .client)
        }
    }

    @Test(
        "[MQTT-3.8.3-2] [MQTT-3.8.3-3] [MQTT-3.10.3-2] a request without a filter is a protocol error",
        arguments: ProtocolVersion.allCases
    )
    func empty(version: ProtocolVersion) {
        let body = version == .v5 ? "0001 00" : "0001"
        let size = 2 + hex(body).count
        #expect(refusal(packet(0x82, body), as: version) == protocolError(.emptyPayload, size))
        #expect(refusal(packet(0xA2, body), as: version) == protocolError(.emptyPayload, size))
        #expect(throws: EncodeError.emptyPayload) {
            try Subscribe(packetIdentifier: 1, subscriptions: []).encoded(
                as: version,
                from: .client
            )
        }
        // A filter without its options.
        #expect(
            refusal(packet(0x82, body + "0001'a'"), as: version)
                == malformed(.truncated(needed: 1, available: 0), size + 3)
        )
    }

    @Test("[MQTT-3.8.3-5] [MQTT-3.8.3-4] all 256 option bytes", arguments: ProtocolVersion.allCases)
    func options(version: ProtocolVersion) throws {
        for options in UInt8.min...UInt8.max {
            var bytes = bytes(.subscribe, [0x61], version)
            bytes[bytes.count - 1] = options
            let offset = bytes.count - 1
            let expected: PacketError? =
                if options & (version == .v5 ? 0xC0 : 0xFC) != 0 {
                    malformed(.subscriptionOptions(options), offset)
                } else if options & 3 == 3 {
                    protocolError(.subscriptionQoS, offset)
                } else if options >> 4 == 3 {
                    protocolError(.retainHandling, offset)
                } else {
                    nil
                }
            #expect(refusal(bytes, as: version) == expected)
            guard expected == nil,
                case .subscribe(let subscribe) = try decode(bytes, as: version)
            else { continue }
            let read = subscribe.subscriptions[0].options
            #expect(
                read
                    == .init(
                        maximumQoS: read.maximumQoS,
                        noLocal: options & 4 != 0,
                        retainAsPublished: options & 8 != 0,
                        retainHandling: read.retainHandling
                    )
            )
            #expect(read.rawValue == options)
        }
    }

    @Test("filters come in the order of the packet, in views and copies")
    func order() throws {
        try expectBytes(
            .subscribe(
                Subscribe(
                    packetIdentifier: 10,
                    subscriptions: [
                        Subscription(topicFilter: "b/#", maximumQoS: .exactlyOnce),
                        Subscription(
                            topicFilter: "a",
                            maximumQoS: .atLeastOnce,
                            noLocal: true,
                            retainAsPublished: true,
                            retainHandling: .doNotSend
                        ),
                    ],
                    properties: Properties([.subscriptionIdentifier(128)])
                )
            ),
            packet(0x82, "000A 03 0B 8001 0003'b/#' 02 0001'a' 2D")
        )
        try expectBytes(
            .unsubscribe(Unsubscribe(packetIdentifier: 10, topicFilters: ["b/#", "a"])),
            packet(0xA2, "000A 0003'b/#' 0001'a'"),
            as: .v311
        )
    }
}

@Suite("PINGREQ, PINGRESP, DISCONNECT, AUTH: MQTT 5.0 §3.12-§3.15")
struct SmallPacketTests {
    @Test("§3.12 §3.13 pings have no body", arguments: ProtocolVersion.allCases)
    func pings(version: ProtocolVersion) throws {
        try expectBytes(.pingreq, [0xC0, 0], as: version)
        try expectBytes(.pingresp, [0xD0, 0], as: version, from: .server)
        #expect(refusal([0xC0, 1, 0], as: version) == malformed(.trailingBytes(1), 2))
        #expect(throws: EncodeError.packetType(.pingresp)) {
            try ControlPacket.pingresp.encoded(as: version, from: .client)
        }
    }

    @Test("§3.14.2.1 reason code and properties of DISCONNECT are left out from the end")
    func disconnect() throws {
        try expectBytes(.disconnect(Disconnect()), [0xE0, 0])
        try expectBytes(.disconnect(Disconnect()), [0xE0, 0], as: .v311)
        try expectBytes(
            .disconnect(Disconnect(reasonCode: .disconnectWithWillMessage)),
            [0xE0, 1, 4]
        )
        try expectBytes(
            .disconnect(
                Disconnect(
                    reasonCode: .useAnotherServer,
                    properties: Properties([.serverReference("s")])
                )
            ),
            packet(0xE0, "9C 04 1C 0001's'"),
            from: .server
        )
        #expect(try decode([0xE0, 2, 0, 0]) == .disconnect(Disconnect()))
        #expect(refusal([0xE0, 1, 0], as: .v311) == malformed(.trailingBytes(1), 2))
        #expect(throws: EncodeError.packetType(.disconnect)) {
            try Disconnect().encoded(as: .v311, from: .server)
        }
    }

    @Test("§3.15.2.1 AUTH is success alone, or has a code, a property length and a method")
    func auth() throws {
        try expectBytes(
            .auth(Auth(reasonCode: .success, properties: Properties())),
            [0xF0, 0],
            from: .server
        )
        try expectBytes(
            .auth(
                Auth(
                    reasonCode: .reAuthenticate,
                    properties: Properties([
                        .authenticationMethod("m"), .authenticationData([1, 2]),
                    ])
                )
            ),
            packet(0xF0, "19 09 15 0001'm' 16 0002 0102")
        )
        #expect(refusal([0xF0, 0], from: .client) == protocolError(.reasonCode(0), 2))
        #expect(refusal([0xF0, 1, 0x18]) == malformed(.truncated(needed: 1, available: 0), 3))
        #expect(refusal([0xF0, 2, 0x18, 0]) == protocolError(.authenticationMethodMissing, 3))
        #expect(throws: EncodeError.authenticationMethodMissing) {
            try Auth(reasonCode: .reAuthenticate, properties: Properties())
                .encoded(as: .v5, from: .client)
        }
    }
}

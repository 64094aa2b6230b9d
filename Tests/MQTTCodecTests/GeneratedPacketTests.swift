import IoTTestSupport
import MQTTCodec
import Testing

/// Draws valid packets of every type.
struct PacketGenerator {
    var random: SplitMix64

    mutating func text(_ maximum: Int = 24) -> String {
        let letters = Array("abcXYZ019 _-.é€😀\u{FEFF}\u{10FFFF}~\u{1}")
        return String((0..<random.below(maximum)).map { _ in random.pick(letters) })
    }

    mutating func topic() -> String { text() + "/" + text(6) }

    mutating func filter() -> String {
        random.pick(["#", "+", "+/" + text() + "/#", topic(), "$share/g/" + topic(), "/+"])
    }

    mutating func blob(_ maximum: Int = 40) -> [UInt8] { random.bytes(random.below(maximum)) }

    mutating func identifier() -> PacketIdentifier {
        PacketIdentifier(rawValue: UInt16(1 + random.below(65_535))) ?? 1
    }

    mutating func property(_ identifier: PropertyIdentifier) -> Property {
        let number = UInt32(truncatingIfNeeded: random.next())
        let short = UInt16(truncatingIfNeeded: number)
        return switch identifier {
        case .payloadFormatIndicator: .payloadFormatIndicator(random.oneIn(2) ? .text : .bytes)
        case .messageExpiryInterval: .messageExpiryInterval(number)
        case .contentType: .contentType(text())
        case .responseTopic: .responseTopic(topic())
        case .correlationData: .correlationData(blob())
        case .subscriptionIdentifier:
            .subscriptionIdentifier(max(1, number >> UInt32(4 + random.below(28))))
        case .sessionExpiryInterval: .sessionExpiryInterval(number)
        case .assignedClientIdentifier: .assignedClientIdentifier(text())
        case .serverKeepAlive: .serverKeepAlive(short)
        case .authenticationMethod: .authenticationMethod(text())
        case .authenticationData: .authenticationData(blob())
        case .requestProblemInformation: .requestProblemInformation(number & 1 == 0)
        case .willDelayInterval: .willDelayInterval(number)
        case .requestResponseInformation: .requestResponseInformation(number & 1 == 0)
        case .responseInformation: .responseInformation(text())
        case .serverReference: .serverReference(text())
        case .reasonString: .reasonString(text())
        case .receiveMaximum: .receiveMaximum(max(1, short))
        case .topicAliasMaximum: .topicAliasMaximum(short)
        case .topicAlias: .topicAlias(max(1, short))
        case .maximumQoS: .maximumQoS(number & 1 == 0 ? .atMostOnce : .atLeastOnce)
        case .retainAvailable: .retainAvailable(number & 1 == 0)
        case .userProperty: .userProperty(name: text(), value: text())
        case .maximumPacketSize: .maximumPacketSize(max(1, number))
        case .wildcardSubscriptionAvailable: .wildcardSubscriptionAvailable(number & 1 == 0)
        case .subscriptionIdentifiersAvailable: .subscriptionIdentifiersAvailable(number & 1 == 0)
        case .sharedSubscriptionAvailable: .sharedSubscriptionAvailable(number & 1 == 0)
        }
    }

    mutating func properties(
        _ version: ProtocolVersion,
        _ identifiers: [PropertyIdentifier]
    ) throws -> Properties {
        guard version == .v5 else { return Properties() }
        var result = Properties()
        for identifier in identifiers.shuffled(using: &random) where random.oneIn(2) {
            try result.append(property(identifier))
            if identifier == .userProperty, random.oneIn(2) {
                try result.append(property(identifier))
            }
        }
        return result
    }

    mutating func packet(_ version: ProtocolVersion) throws -> (ControlPacket, Role) {
        let acknowledged: [PropertyIdentifier] = [.reasonString, .userProperty]
        switch random.below(15) {
        case 0: return (.connect(try connect(version)), .client)
        case 1:
            let codes: [ReasonCode] = [.success, .notAuthorized, .serverUnavailable]
            let code = random.pick(codes)
            return (
                .connack(
                    Connack(
                        sessionPresent: code == .success && version > .v31 && random.oneIn(2),
                        reasonCode: code,
                        properties: try properties(
                            version,
                            [
                                .sessionExpiryInterval, .receiveMaximum, .maximumQoS,
                                .retainAvailable, .maximumPacketSize, .assignedClientIdentifier,
                                .topicAliasMaximum, .reasonString, .userProperty,
                                .wildcardSubscriptionAvailable, .subscriptionIdentifiersAvailable,
                                .sharedSubscriptionAvailable, .serverKeepAlive,
                                .responseInformation, .serverReference, .authenticationMethod,
                                .authenticationData,
                            ]
                        )
                    )
                ), .server
            )
        case 2, 3, 4: return (.publish(try publish(version)), .server)
        case 5, 6, 7, 8:
            let acknowledgement = Acknowledgement(
                packetIdentifier: identifier(),
                properties: try properties(version, acknowledged)
            )
            let make: [(Acknowledgement) -> ControlPacket] = [
                ControlPacket.puback, ControlPacket.pubrec, ControlPacket.pubrel,
                ControlPacket.pubcomp,
            ]
            return (random.pick(make)(acknowledgement), random.pick(Role.allCases))
        case 9: return (.subscribe(try subscribe(version)), .client)
        case 10:
            return (
                .suback(
                    Suback(
                        packetIdentifier: identifier(),
                        reasonCodes: (0...random.below(5)).map { _ in
                            random.pick([.grantedQoS0, .grantedQoS1, .grantedQoS2])
                        },
                        properties: try properties(version, acknowledged)
                    )
                ), .server
            )
        case 11:
            return (
                .unsubscribe(
                    Unsubscribe(
                        packetIdentifier: identifier(),
                        topicFilters: (0...random.below(5)).map { _ in filter() },
                        properties: try properties(version, [.userProperty])
                    )
                ), .client
            )
        case 12:
            return (
                .unsuback(
                    Unsuback(
                        packetIdentifier: identifier(),
                        reasonCodes: version == .v5 ? [.success, .noSubscriptionExisted] : [],
                        properties: try properties(version, acknowledged)
                    )
                ), .server
            )
        case 13: return random.oneIn(2) ? (.pingreq, .client) : (.pingresp, .server)
        default:
            guard version == .v5, random.oneIn(2) else {
                return (
                    .disconnect(
                        Disconnect(
                            properties: try properties(
                                version,
                                [.sessionExpiryInterval, .reasonString, .userProperty]
                            )
                        )
                    ), .client
                )
            }
            var all = try properties(version, [.authenticationData, .reasonString, .userProperty])
            try all.append(property(.authenticationMethod))
            return (.auth(Auth(reasonCode: .continueAuthentication, properties: all)), .client)
        }
    }

    private mutating func connect(_ version: ProtocolVersion) throws -> Connect {
        let will = Will(
            topicName: topic(),
            payload: blob(),
            qos: random.pick(QoS.allCases),
            retain: random.oneIn(2),
            properties: try properties(
                version,
                [
                    .willDelayInterval, .payloadFormatIndicator, .messageExpiryInterval,
                    .contentType, .responseTopic, .correlationData, .userProperty,
                ]
            )
        )
        var all = try properties(
            version,
            [
                .sessionExpiryInterval, .receiveMaximum, .maximumPacketSize, .topicAliasMaximum,
                .requestResponseInformation, .requestProblemInformation, .userProperty,
            ]
        )
        if version == .v5, random.oneIn(2) {
            try all.append(property(.authenticationMethod))
            try all.append(property(.authenticationData))
        }
        let userName = random.oneIn(2) ? text() : nil
        return Connect(
            clientIdentifier: text(),
            cleanStart: random.oneIn(2),
            keepAlive: UInt16(truncatingIfNeeded: random.next()),
            will: random.oneIn(2) ? will : nil,
            userName: userName,
            password: userName != nil && random.oneIn(2) ? Password(blob()) : nil,
            properties: all,
            protocolVersion: version
        )
    }

    private mutating func publish(_ version: ProtocolVersion) throws -> Publish {
        let qos = random.pick(QoS.allCases)
        return Publish(
            topicName: topic(),
            payload: blob(300),
            qos: qos,
            packetIdentifier: qos == .atMostOnce ? nil : identifier(),
            retain: random.oneIn(2),
            isDuplicate: qos != .atMostOnce && random.oneIn(2),
            properties: try properties(
                version,
                [
                    .payloadFormatIndicator, .messageExpiryInterval, .topicAlias, .responseTopic,
                    .correlationData, .userProperty, .subscriptionIdentifier, .contentType,
                ]
            )
        )
    }

    private mutating func subscribe(_ version: ProtocolVersion) throws -> Subscribe {
        Subscribe(
            packetIdentifier: identifier(),
            subscriptions: (0...random.below(5)).map { _ in
                let filter = filter()
                return Subscription(
                    topicFilter: filter,
                    maximumQoS: random.pick(QoS.allCases),
                    noLocal: version == .v5 && !filter.hasPrefix("$") && random.oneIn(2),
                    retainAsPublished: version == .v5 && random.oneIn(2),
                    retainHandling: version == .v5
                        ? random.pick(Subscription.RetainHandling.allCases) : .send
                )
            },
            properties: try properties(version, [.subscriptionIdentifier, .userProperty])
        )
    }
}

@Suite("Generated packets")
struct GeneratedPacketTests {
    @Test(
        "decode(encode(x)) == x, and the size is known before",
        arguments: ProtocolVersion.allCases
    )
    func roundTrip(version: ProtocolVersion) throws {
        var generator = PacketGenerator(random: SplitMix64(seed: UInt64(version.rawValue)))
        for _ in 0..<3_000 {
            let (packet, role) = try generator.packet(version)
            let bytes = try packet.encoded(as: version, from: role)
            #expect(try packet.encodedSize(as: version, from: role) == bytes.count)
            #expect(try decode(bytes, as: version, from: role) == packet)
            #expect(
                try ControlPacketView(bytes.span, as: version, from: role).packetType
                    == packet.packetType
            )
        }
    }

    @Test(
        "any packet cut short is refused, and no change of a byte traps",
        arguments: ProtocolVersion.allCases
    )
    func damage(version: ProtocolVersion) throws {
        var generator = PacketGenerator(random: SplitMix64(seed: 77))
        for _ in 0..<400 {
            let (packet, role) = try generator.packet(version)
            let bytes = try packet.encoded(as: version, from: role)
            for count in 0..<min(bytes.count, 200) {
                #expect(refusal(Array(bytes[..<count]), as: version, from: role) != nil)
            }
            for _ in 0..<20 {
                var damaged = bytes
                damaged[generator.random.below(bytes.count)] = UInt8(generator.random.below(256))
                if let error = refusal(damaged, as: version, from: role) {
                    #expect((0...damaged.count + 4).contains(error.offset))
                    #expect(!error.clause(in: version).isEmpty && !error.description.isEmpty)
                }
            }
        }
    }
}

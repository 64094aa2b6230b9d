import MQTTCodec
import Testing

@Suite("MQTT 5.0 §3: packets from borrowed fields")
struct PacketFieldsTests {
    /// Texts on both sides of every step of the short copies, and of two bytes of length.
    static let sizes = [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 200]

    private func encoded(
        _ body: (inout OutputSpan<UInt8>) throws(EncodeError) -> Void
    ) throws -> [UInt8] {
        let out = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 4096)
        defer { unsafe out.deallocate() }
        var output = unsafe OutputSpan(buffer: out, initializedCount: 0)
        try body(&output)
        let size = unsafe output.finalize(for: out)
        return unsafe Array(out[..<size])
    }

    @Test("§3.3 PUBLISH from fields is that of the owned packet", arguments: sizes)
    func publish(size: Int) throws {
        let name = String(repeating: "t", count: size)
        let payload = [UInt8](repeating: 7, count: size)
        var properties = Properties()
        try properties.append(.contentType(name))
        let identifier = try #require(PacketIdentifier(rawValue: 9))
        let owned = Publish(
            topicName: name,
            payload: payload,
            qos: .atLeastOnce,
            packetIdentifier: identifier,
            retain: true,
            properties: properties
        )
        let topic = Array(name.utf8)
        for version in [ProtocolVersion.v311, .v5] {
            let bytes = try encoded { output throws(EncodeError) in
                var fields = PublishFields(
                    topicName: topic.span,
                    payload: payload.span,
                    qos: .atLeastOnce,
                    packetIdentifier: identifier,
                    properties: properties.view
                )
                fields.retain = true
                try fields.encode(into: &output, as: version, from: .client)
            }
            #expect(try owned.encoded(as: version, from: .client) == bytes)
        }
    }

    @Test(
        "[MQTT-3.3.2-2] a wildcard in a topic name is refused, [MQTT-2.2.1-2] and QoS 0 with an id"
    )
    func publishRefused() {
        let topic = Array("a/+".utf8)
        #expect(throws: EncodeError.wildcardInTopicName) {
            try encoded { output throws(EncodeError) in
                let fields = PublishFields(
                    topicName: topic.span,
                    payload: topic.span,
                    properties: PropertiesView()
                )
                try fields.encode(into: &output, as: .v5, from: .client)
            }
        }
        #expect(throws: EncodeError.notAtQoS0) {
            try encoded { output throws(EncodeError) in
                let fields = PublishFields(
                    topicName: topic.span.extracting(0..<1),
                    payload: topic.span,
                    packetIdentifier: PacketIdentifier(rawValue: 1),
                    properties: PropertiesView()
                )
                try fields.encode(into: &output, as: .v5, from: .client)
            }
        }
    }

    @Test("§3.1 CONNECT from fields is that of the owned packet", arguments: sizes)
    func connect(size: Int) throws {
        let text = String(repeating: "c", count: size)
        let bytes = Array(text.utf8)
        let owned = Connect(
            clientIdentifier: text,
            keepAlive: 60,
            will: Will(topicName: text, payload: bytes, qos: .atLeastOnce, retain: true),
            userName: text,
            password: Password(bytes)
        )
        for version in ProtocolVersion.allCases {
            let result = try encoded { output throws(EncodeError) in
                var will = ConnectFields.WillFields(
                    topicName: bytes.span,
                    payload: bytes.span,
                    properties: PropertiesView()
                )
                will.qos = .atLeastOnce
                will.retain = true
                var fields = ConnectFields(
                    clientIdentifier: bytes.span,
                    will: will,
                    userName: bytes.span,
                    password: bytes.span,
                    properties: PropertiesView()
                )
                fields.keepAlive = 60
                try fields.encode(into: &output, as: version, from: .client)
            }
            #expect(try owned.encoded(as: version, from: .client) == result)
        }
    }

    @Test("[MQTT-4.7.1-1] filters from fields: wildcards fill their levels, or are refused")
    func subscribe() throws {
        let identifier = try #require(PacketIdentifier(rawValue: 3))
        let good = [
            "a", "+", "#", "a/+/b", "device/+/sensor/#", "+/+/+/+/+", "$share/g/long/filter/+/x",
            "a/very/long/filter/with/#",
        ]
        let bad = ["a+", "+a/b", "a/#/b", "long/filter/a+/b", "long/filter/a#", "$share/g+/a/b"]
        for text in good + bad {
            let owned = Subscribe(
                packetIdentifier: identifier,
                subscriptions: [Subscription(topicFilter: text, maximumQoS: .atLeastOnce)]
            )
            let bytes = Array(text.utf8)
            let entries = [
                SubscribeFields.Entry(
                    range: 0..<bytes.count,
                    options: Subscription.Options(maximumQoS: .atLeastOnce)
                )
            ]
            let result = try? encoded { output throws(EncodeError) in
                let fields = SubscribeFields(
                    packetIdentifier: identifier,
                    texts: bytes.span,
                    entries: entries.span,
                    properties: PropertiesView()
                )
                try fields.encode(into: &output, as: .v5, from: .client)
            }
            #expect(result == (try? owned.encoded(as: .v5, from: .client)))
            #expect((result != nil) == good.contains(text))
        }
    }

    @Test("§3.4.2.1 acknowledgements leave out what they may, and decode to what was written")
    func acknowledgements() throws {
        let identifier = try #require(PacketIdentifier(rawValue: 0x1234))
        for kind in Acknowledgement.Kind.allCases {
            for code in UInt8.min...UInt8.max {
                let reason = ReasonCode(rawValue: code)
                let owned = Acknowledgement(packetIdentifier: identifier, reasonCode: reason)
                for version in ProtocolVersion.allCases {
                    let expected = try? encoded { output throws(EncodeError) in
                        try owned.encode(kind, into: &output, as: version)
                    }
                    let result = try? encoded { output throws(EncodeError) in
                        let fields = AcknowledgementFields(
                            packetIdentifier: identifier,
                            reasonCode: reason,
                            properties: PropertiesView()
                        )
                        try fields.encode(kind, into: &output, as: version)
                    }
                    #expect(result == expected)
                }
            }
        }
    }
}

import BenchmarkSupport
import IoTCYardstickMQTT
import MQTTCodec

extension MQTTCodecBenchmarks {
    static func encodings(_ program: BenchmarkProgram, _ count: Int) {
        guard case .connect(let connect)? = owned(Corpus.connect),
            case .publish(let publish)? = owned(Corpus.publish),
            case .publish(let withProperties)? = owned(Corpus.publishWithProperties),
            case .subscribe(let subscribe)? = owned(Corpus.subscribe),
            case .puback(let puback)? = owned(Corpus.puback)
        else { return program.fail("the corpus does not decode") }
        let rows: [(String, [UInt8], Body)] = [
            ("connect", Corpus.connect, { encode(connect, $0) }),
            ("publish-qos0", Corpus.publish, { encode(publish, $0) }),
            (
                "publish-qos1-6-properties", Corpus.publishWithProperties,
                { encode(withProperties, $0) }
            ),
            ("subscribe-10", Corpus.subscribe, { encode(subscribe, $0) }),
            ("puback-reason", Corpus.puback, { encodePuback(puback, $0) }),
        ]
        let raw: [(String, [UInt8], Body)] = [
            ("connect", Corpus.connect, { RawEncodings.connect(Corpus.connect, $0) }),
            ("publish-qos0", Corpus.publish, { RawEncodings.publish(Corpus.publish, $0) }),
            (
                "publish-qos1-6-properties", Corpus.publishWithProperties,
                { RawEncodings.publish(Corpus.publishWithProperties, $0) }
            ),
            ("subscribe-10", Corpus.subscribe, { RawEncodings.subscribe(Corpus.subscribe, $0) }),
            ("puback-reason", Corpus.puback, { RawEncodings.puback(Corpus.puback, $0) }),
        ]
        for (name, bytes, ours) in raw {
            program.compare(
                "mqtt-codec/encode/" + name,
                count: count,
                rounds: 21,
                bar: 1.3,
                peer: ("C yardstick", { encodeC(bytes, $0) }),
                ours: ours
            )
        }
        for (name, bytes, ours) in rows {
            program.compare(
                "mqtt-codec/encode-owned/" + name,
                count: count,
                rounds: 21,
                peer: ("C yardstick", { encodeC(bytes, $0) }),
                ours: ours
            )
        }
    }

    private static func owned(_ bytes: [UInt8]) -> ControlPacket? {
        try? ControlPacket(bytes.span, as: .v5, from: .client)
    }

    /// What both sides add up: the size and two bytes that depend on all lengths.
    @inline(__always)
    static func check(_ out: UnsafeMutableBufferPointer<UInt8>, _ size: Int) -> UInt64 {
        UInt64(size) &+ UInt64(out[1]) &+ UInt64(out[size - 1])
    }

    @inline(never)
    static func encode(_ packet: some EncodablePacket, _ count: Int) -> UInt64 {
        var sum: UInt64 = 0
        let out = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1024)
        defer { out.deallocate() }
        for _ in 0..<count {
            var output = OutputSpan(buffer: out, initializedCount: 0)
            try? packet.encode(into: &output, as: .v5, from: .client)
            sum &+= check(out, output.finalize(for: out))
        }
        return sum
    }

    @inline(never)
    static func encodePuback(_ packet: Acknowledgement, _ count: Int) -> UInt64 {
        var sum: UInt64 = 0
        let out = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1024)
        defer { out.deallocate() }
        for _ in 0..<count {
            var output = OutputSpan(buffer: out, initializedCount: 0)
            try? packet.encode(.puback, into: &output, as: .v5)
            sum &+= check(out, output.finalize(for: out))
        }
        return sum
    }

    /// Encodes what a decoded packet of the corpus holds.
    @inline(never)
    static func encodeC(_ bytes: [UInt8], _ count: Int) -> UInt64 {
        let out = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1024)
        defer { out.deallocate() }
        return bytes.withUnsafeBufferPointer { buffer in
            var packet = iot_mqtt_packet()
            guard iot_mqtt_decode(buffer.baseAddress, buffer.count, false, &packet) == 0 else {
                return 0
            }
            var connect = iot_mqtt_connect()
            connect.clean_start = packet.connect_flags & 2 != 0
            connect.will_retain = packet.connect_flags & 0x20 != 0
            connect.will_qos = packet.connect_flags >> 3 & 3
            connect.keep_alive = packet.keep_alive
            connect.client = packet.client
            connect.will_topic = packet.will_topic
            connect.will_payload = packet.will_payload
            connect.user = packet.user
            connect.password = packet.password
            connect.properties = packet.properties
            connect.will_properties = packet.will_properties
            var filters: [iot_mqtt_filter] = []
            var cursor = packet.filters
            for _ in 0..<packet.filter_count {
                guard let start = cursor else { break }
                let size = UInt32(start[0]) << 8 | UInt32(start[1])
                filters.append(
                    iot_mqtt_filter(
                        filter: start + 2,
                        count: size,
                        options: start[2 + Int(size)]
                    )
                )
                cursor = start + 3 + Int(size)
            }
            var sum: UInt64 = 0
            for _ in 0..<count {
                let size =
                    switch packet.type {
                    case 1: iot_mqtt_encode_connect(&connect, out.baseAddress, 1024)
                    case 3:
                        iot_mqtt_encode_publish(
                            packet.topic,
                            packet.payload,
                            packet.flags >> 1 & 3,
                            packet.identifier,
                            &packet.properties,
                            false,
                            out.baseAddress,
                            1024
                        )
                    case 8:
                        iot_mqtt_encode_subscribe(
                            packet.identifier,
                            filters,
                            packet.filter_count,
                            &packet.properties,
                            out.baseAddress,
                            1024
                        )
                    default:
                        iot_mqtt_encode_puback(
                            packet.identifier,
                            packet.reason,
                            &packet.properties,
                            out.baseAddress,
                            1024
                        )
                    }
                if size == 0 { return 0 }
                sum &+= check(out, size)
            }
            return sum
        }
    }

    /// The head of a shared message for one of many receivers.
    static func sharedPublish(_ program: BenchmarkProgram, _ count: Int) {
        guard case .publish(let publish)? = owned(Corpus.publishWithProperties),
            let message = try? SharedPublish(publish)
        else { return program.fail("no shared message") }
        program.compare("mqtt-codec/encode-head/shared-publish-qos1", count: count) { count in
            let out = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1024)
            defer { out.deallocate() }
            var sum: UInt64 = 0
            let identifiers: [UInt32] = [7]
            for index in 0..<count {
                var output = OutputSpan(buffer: out, initializedCount: 0)
                let delivery = SharedPublish.Delivery(
                    qos: .atLeastOnce,
                    packetIdentifier: PacketIdentifier(rawValue: UInt16(1 + index & 0x3FFF)),
                    messageExpiryInterval: 60
                )
                _ = try? message.encodeHead(
                    for: delivery,
                    subscriptionIdentifiers: identifiers.span,
                    into: &output,
                    as: .v5
                )
                sum &+= check(out, output.finalize(for: out))
            }
            return sum
        }
    }
}

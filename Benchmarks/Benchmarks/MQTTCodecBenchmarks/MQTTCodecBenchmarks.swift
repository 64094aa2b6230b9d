import BenchmarkSupport
import IoTCYardstickMQTT
import MQTTCodec

/// MQTTCodec against a C codec of the same checks, packet by packet.
@main
enum MQTTCodecBenchmarks {
    static func main() {
        let program = BenchmarkProgram("MQTTCodec: decode and encode, MQTT 5.0")
        let count = 200_000
        for (name, bytes) in [
            ("connect", Corpus.connect), ("publish-qos0", Corpus.publish),
            ("publish-qos1-6-properties", Corpus.publishWithProperties),
            ("subscribe-10", Corpus.subscribe), ("puback-reason", Corpus.puback),
        ] {
            program.compare(
                "mqtt-codec/decode/" + name,
                count: count,
                rounds: 21,
                bar: 1.3,
                peer: ("C yardstick", { decodeC(bytes, $0) }),
                ours: { decode(bytes, $0) }
            )
        }
        encodings(program, count)
        program.compare(
            "mqtt-codec/decode-owned/publish-qos1-6-properties",
            count: count / 4,
            ours: { ownedPublish($0) }
        )
        sharedPublish(program, count)
        program.finish()
    }

    /// Parses a packet `count` times; the sum is of fields that the caller of a codec looks at.
    @inline(never)
    static func decode(_ bytes: [UInt8], _ count: Int) -> UInt64 {
        var sum: UInt64 = 0
        let span = bytes.span
        for _ in 0..<count {
            guard let view = try? ControlPacketView(span, as: .v5, from: .client) else { return 0 }
            switch view {
            case .publish(let publish):
                sum &+= UInt64(publish.topicName.count &+ publish.payload.count)
                sum &+= UInt64(publish.packetIdentifier?.rawValue ?? 0)
            case .connect(let connect):
                sum &+= UInt64(connect.clientIdentifier.count) &+ UInt64(connect.keepAlive)
            case .subscribe(let subscribe):
                sum &+= UInt64(subscribe.count) &+ UInt64(subscribe.packetIdentifier.rawValue)
            case .puback(let puback):
                sum &+= UInt64(puback.packetIdentifier.rawValue)
                sum &+= UInt64(puback.reasonCode.rawValue)
            default: return 0
            }
        }
        return sum
    }

    @inline(never)
    static func decodeC(_ bytes: [UInt8], _ count: Int) -> UInt64 {
        var sum: UInt64 = 0
        var packet = iot_mqtt_packet()
        bytes.withUnsafeBufferPointer { buffer in
            for _ in 0..<count {
                guard iot_mqtt_decode(buffer.baseAddress, buffer.count, false, &packet) == 0 else {
                    sum = 0
                    return
                }
                switch packet.type {
                case 3:
                    sum &+= UInt64(packet.topic.count &+ packet.payload.count)
                    sum &+= UInt64(packet.identifier)
                case 1: sum &+= UInt64(packet.client.count) &+ UInt64(packet.keep_alive)
                case 8: sum &+= UInt64(packet.filter_count) &+ UInt64(packet.identifier)
                default: sum &+= UInt64(packet.identifier) &+ UInt64(packet.reason)
                }
            }
        }
        return sum
    }

    /// A decoded copy that outlives its bytes.
    static func ownedPublish(_ count: Int) -> UInt64 {
        var sum: UInt64 = 0
        for _ in 0..<count {
            let span = Corpus.publishWithProperties.span
            if case .publish(let publish)? = try? ControlPacket(span, as: .v5, from: .client) {
                sum &+= UInt64(publish.payload.count)
            }
        }
        return sum
    }
}

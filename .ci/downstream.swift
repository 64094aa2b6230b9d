import MQTTCodec

func topic(of packet: [UInt8]) throws -> [UInt8] {
    let view = try ControlPacketView(packet.span, as: .v5, from: .client)
    guard case .publish(let publish) = view else { return [] }
    return publish.topicName.indices.map { publish.topicName[$0] }
}
print(String(decoding: try topic(of: [0x30, 0x05, 0x00, 0x01, 0x61, 0x00, 0x21]), as: UTF8.self))

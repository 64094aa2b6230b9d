import JSONDocument
import MQTTCodec
import MQTTTopics

/// The temperature in a PUBLISH, if it is one of ours.
func celsius(in packet: [UInt8], for filter: TopicFilter) throws -> Double? {
    let view = try ControlPacketView(packet.span, as: .v311, from: .client)
    guard case .publish(let publish) = view,
        filter.matches(try TopicView(validating: publish.topicName))
    else { return nil }
    var reader = JSONReader()
    return try reader.parse(publish.payload)["celsius"]?.number?.double
}

let topicAndPayload = [0, 8] + Array("site/7/t".utf8) + Array(#"{"celsius": 21}"#.utf8)
let packet: [UInt8] = [0x30, UInt8(topicAndPayload.count)] + topicAndPayload
print(try celsius(in: packet, for: TopicFilter("site/+/t")) ?? "not ours")  // 21.0

// MQTTCodec: write packets, cut a stream into packets, look at them without copying.

import MQTTCodec

let publish = Publish(
    topicName: "sensor/7/state",
    payload: Array(#"{"celsius": 21}"#.utf8),
    qos: .atLeastOnce,
    packetIdentifier: 1
)
var stream = try Connect(clientIdentifier: "sensor-7", keepAlive: 60).encoded(
    as: .v5,
    from: .client
)
stream += try publish.encoded(as: .v5, from: .client)

var framer = PacketFramer(from: .client)
framer.version = .v5
var start = 0
while let header = try framer.next(in: stream.span.extracting(start...)) {
    let packet = stream.span.extracting(start..<start + header.packetSize)
    switch try ControlPacketView(packet, as: .v5, from: .client) {
    case .connect(let connect): print("CONNECT, keep alive \(connect.keepAlive) s")
    case .publish(let publish): print("PUBLISH, \(publish.payload.count) bytes, \(publish.qos)")
    default: print("something else")
    }
    start += header.packetSize
    if start == stream.count { break }
}

// MQTTCodec: write packets, cut a stream into packets, look at them without copying.

import MQTTCodec

/// Prints the packets of a stream; views borrow its bytes, so they live in a function.
func show(_ stream: [UInt8]) throws(PacketError) {
    var framer = PacketFramer(from: .client)
    framer.version = .v5
    var start = 0
    while start < stream.count, let header = try framer.next(in: stream.span.extracting(start...)) {
        let packet = stream.span.extracting(start..<start + header.packetSize)
        switch try ControlPacketView(packet, as: .v5, from: .client) {
        case .connect(let connect): print("CONNECT, keep alive \(connect.keepAlive) s")
        case .publish(let publish): print("PUBLISH, \(publish.payload.count) bytes, \(publish.qos)")
        default: print("something else")
        }
        start += header.packetSize
    }
    print("\(stream.count - start) bytes wait for the rest of their packet")
}

let publish = Publish(
    topicName: "sensor/7/state",
    payload: Array(#"{"celsius": 21}"#.utf8),
    qos: .atLeastOnce,
    packetIdentifier: 1
)
var stream = try Connect(clientIdentifier: "sensor-7", keepAlive: 60)
    .encoded(as: .v5, from: .client)
stream += try publish.encoded(as: .v5, from: .client)
try show(stream + [0x30, 0x7F, 0x00])

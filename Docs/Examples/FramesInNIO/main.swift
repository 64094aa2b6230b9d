// MQTTCodecNIO: packets in a SwiftNIO pipeline.

#if Endpoint
import MQTTCodec
import MQTTCodecNIO
import NIOCore
import NIOEmbedded

/// Answers PINGREQ, and tells what else comes.
final class Answerer: ChannelInboundHandler {
    typealias InboundIn = MQTTFrame
    typealias OutboundOut = ControlPacket

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try unwrapInboundIn(data).withView(as: .v5, from: .client) { view in
                switch view {
                case .pingreq: context.writeAndFlush(wrapOutboundOut(.pingresp), promise: nil)
                case .publish(let publish): print("PUBLISH, \(publish.payload.count) bytes")
                default: print("something else")
                }
            }
        } catch { context.fireErrorCaught(error) }
    }
}

let channel = EmbeddedChannel()
try channel.pipeline.syncOperations.addHandlers([
    ByteToMessageHandler(MQTTFrameDecoder(PacketFramer(from: .client))),
    MessageToByteHandler(MQTTPacketEncoder(as: .v5, from: .server)),
    Answerer(),
])
var stream = ByteBuffer()
try stream.writePacket(Connect(clientIdentifier: "lamp"), as: .v5, from: .client)
try stream.writePacket(
    Publish(topicName: "lamp/state", payload: Array("on".utf8)),
    as: .v5,
    from: .client
)
try stream.writePacket(ControlPacket.pingreq, as: .v5, from: .client)
// One byte at a time, as a slow network may bring them.
while let byte = stream.readSlice(length: 1) { try channel.writeInbound(byte) }
let answer = try channel.readOutbound(as: ByteBuffer.self)
print("answered:", answer.map { Array($0.readableBytesView) } ?? [])
#else
print("built without the trait Endpoint")
#endif

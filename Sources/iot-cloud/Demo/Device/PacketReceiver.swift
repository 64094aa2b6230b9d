#if Endpoint
internal import MQTTCodec
internal import MQTTCodecNIO
internal import NIOCore

/// The end of a client's pipeline: packets to a stream, which ends with the connection.
final class PacketReceiver: ChannelInboundHandler {
    typealias InboundIn = MQTTFrame

    private let packets: AsyncThrowingStream<ControlPacket, any Error>.Continuation

    init(_ packets: AsyncThrowingStream<ControlPacket, any Error>.Continuation) {
        self.packets = packets
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            packets.yield(try unwrapInboundIn(data).packet(as: .v5, from: .server))
        } catch { errorCaught(context: context, error: error) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        packets.finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        packets.finish(throwing: error)
        context.close(promise: nil)
    }
}
#endif

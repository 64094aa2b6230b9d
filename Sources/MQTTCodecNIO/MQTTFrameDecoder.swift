#if Endpoint
public import MQTTCodec
public import NIOCore

/// One whole packet of a stream: a slice of the received buffer, nothing is copied.
public struct MQTTFrame: Hashable, Sendable {
    /// Its fixed header.
    public let header: FixedHeader
    /// The packet from its fixed header to its last byte.
    public let bytes: ByteBuffer

    /// Parses the packet where it lies.
    ///
    /// - Parameters:
    ///   - version: the revision agreed in CONNECT; not looked at for CONNECT itself.
    ///   - role: the end that sent the packet.
    ///   - body: gets the view, which is valid during the call.
    /// - Returns: what `body` returns.
    /// - Throws: `PacketError` for a packet that breaks a rule, or what `body` throws.
    public func withView<Result>(
        as version: ProtocolVersion,
        from role: Role,
        _ body: (ControlPacketView) throws -> Result
    ) throws -> Result {
        let span = bytes.readableBytesUInt8Span
        return try body(try ControlPacketView(span, as: version, from: role))
    }

    /// Parses the packet and copies it.
    ///
    /// - Throws: `PacketError` for a packet that breaks a rule.
    public func packet(as version: ProtocolVersion, from role: Role) throws -> ControlPacket {
        let span = bytes.readableBytesUInt8Span
        return try ControlPacket(span, as: version, from: role)
    }
}

/// Cuts the packets of one connection out of received buffers, with `PacketFramer`.
///
///     try channel.pipeline.syncOperations.addHandler(
///         ByteToMessageHandler(MQTTFrameDecoder(PacketFramer(from: .client))))
///
/// A packet that is refused by its header fires a `PacketError` at once, before its bytes are
/// collected; later bytes of the connection are dropped.
public struct MQTTFrameDecoder: ByteToMessageDecoder {
    /// What is fired for each packet.
    public typealias InboundOut = MQTTFrame

    private var framer: PacketFramer

    /// Starts before the first packet of a connection.
    ///
    /// - Parameter framer: whose packets are read, and what is too large. A framer that reads a
    ///   client takes over the version of CONNECT.
    public init(_ framer: PacketFramer) { self.framer = framer }

    /// Fires one packet, if all of it is there.
    public mutating func decode(
        context: ChannelHandlerContext,
        buffer: inout ByteBuffer
    ) throws -> DecodingState {
        guard let header = try framer.next(in: buffer.readableBytesUInt8Span) else {
            return .needMoreData
        }
        if header.packetType == .connect {
            framer.version = ProtocolVersion(namedBy: buffer.readableBytesUInt8Span)
        }
        guard let bytes = buffer.readSlice(length: header.packetSize) else {
            return .needMoreData
        }
        context.fireChannelRead(Self.wrapInboundOut(MQTTFrame(header: header, bytes: bytes)))
        return .continue
    }

    /// Fires what is whole; a packet cut off by the end of the connection is dropped.
    public mutating func decodeLast(
        context: ChannelHandlerContext,
        buffer: inout ByteBuffer,
        seenEOF: Bool
    ) throws -> DecodingState {
        while try decode(context: context, buffer: &buffer) == .continue {}
        buffer.clear()
        return .needMoreData
    }
}
#endif

#if Endpoint
public import MQTTCodec
public import NIOCore

/// Writes the packets of one connection.
public struct MQTTPacketEncoder: MessageToByteEncoder, Sendable {
    /// What may be written to the channel.
    public typealias OutboundIn = ControlPacket

    private let version: ProtocolVersion
    private let role: Role

    /// - Parameters:
    ///   - version: the revision agreed in CONNECT.
    ///   - role: this end.
    public init(as version: ProtocolVersion, from role: Role) {
        self.version = version
        self.role = role
    }

    /// Appends a packet.
    ///
    /// - Throws: `EncodeError`; nothing is written then.
    public func encode(data: ControlPacket, out: inout ByteBuffer) throws {
        try out.writePacket(data, as: version, from: role)
    }
}

extension ByteBuffer {
    /// Appends a packet.
    ///
    /// - Parameters:
    ///   - packet: what to write.
    ///   - version: the revision agreed in CONNECT.
    ///   - role: the end that sends.
    /// - Returns: bytes written.
    /// - Throws: `EncodeError`; the buffer is unchanged then.
    @discardableResult
    public mutating func writePacket(
        _ packet: some EncodablePacket,
        as version: ProtocolVersion,
        from role: Role
    ) throws -> Int {
        let size = try packet.encodedSize(as: version, from: role)
        return try writeOutput(size) { output throws(EncodeError) in
            try packet.encode(into: &output, as: version, from: role)
        }
    }

    /// Appends everything of a PUBLISH that comes before its payload.
    ///
    /// - Parameters:
    ///   - publish: the message.
    ///   - version: the revision agreed in CONNECT.
    ///   - role: the end that sends.
    /// - Returns: bytes written; the payload must follow.
    /// - Throws: `EncodeError`; the buffer is unchanged then.
    @discardableResult
    public mutating func writeHead(
        of publish: Publish,
        as version: ProtocolVersion,
        from role: Role
    ) throws -> Int {
        let size = try publish.encodedSize(as: version, from: role) - publish.payload.count
        return try writeOutput(size) { output throws(EncodeError) in
            try publish.encodeHead(into: &output, as: version, from: role)
        }
    }

    /// Appends the head of a shared message for one receiver.
    ///
    /// - Parameters:
    ///   - message: the message.
    ///   - delivery: what this receiver gets differently.
    ///   - subscriptionIdentifiers: those of its matching subscriptions.
    ///   - version: the receiver's.
    /// - Returns: bytes written; the buffer of ``init(tailOf:as:)`` must follow.
    /// - Throws: `EncodeError`; the buffer is unchanged then.
    @discardableResult
    public mutating func writeHead(
        of message: SharedPublish,
        for delivery: SharedPublish.Delivery,
        subscriptionIdentifiers: [UInt32] = [],
        as version: ProtocolVersion
    ) throws -> Int {
        let identifiers = subscriptionIdentifiers.span
        let size =
            try message.packetSize(
                for: delivery,
                subscriptionIdentifiers: identifiers,
                as: version
            ) - message.tail(as: version).count
        return try writeOutput(size) { output throws(EncodeError) in
            try message.encodeHead(
                for: delivery,
                subscriptionIdentifiers: identifiers,
                into: &output,
                as: version
            )
        }
    }

    /// The tail of a shared message: one copy, made once and written to all receivers.
    public init(tailOf message: SharedPublish, as version: ProtocolVersion) {
        let tail = message.tail(as: version)
        self = ByteBufferAllocator().buffer(capacity: tail.count)
        unsafe writeBytes(tail.bytes)
    }

    /// Lets `size` bytes be written where they belong.
    private mutating func writeOutput(
        _ size: Int,
        _ body: (inout OutputSpan<UInt8>) throws(EncodeError) -> Void
    ) throws -> Int {
        // NIO hands out raw memory; the codec writes into a span of it and never past its end.
        try unsafe writeWithUnsafeMutableBytes(minimumWritableBytes: size) { memory in
            let bytes = unsafe memory.bindMemory(to: UInt8.self)
            var output = unsafe OutputSpan(buffer: bytes, initializedCount: 0)
            do {
                try body(&output)
            } catch {
                _ = unsafe output.finalize(for: bytes)
                throw error
            }
            return unsafe output.finalize(for: bytes)
        }
    }
}
#endif

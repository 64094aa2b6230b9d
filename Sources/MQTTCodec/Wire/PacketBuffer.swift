/// Turns received chunks into packets and stores only what is incomplete.
///
/// For programs without a buffer of their own: packets that lie whole inside a chunk are parsed where
/// they are; the bytes of a packet that is not complete are copied once.
public struct PacketBuffer: Sendable {
    /// Cuts the stream; its limits bound what is stored.
    public var framer: PacketFramer
    private var stored: [UInt8] = []

    /// Starts before the first packet of a connection.
    public init(_ framer: PacketFramer) { self.framer = framer }

    /// Bytes that wait for the rest of their packet.
    public var storedCount: Int { stored.count }

    /// Takes a chunk and hands out every packet that it completes, in order.
    ///
    /// - Parameters:
    ///   - chunk: the next bytes of the stream, any number of them.
    ///   - body: gets the bytes of one packet, valid during the call, and the framer, whose version
    ///     and limits it may change.
    /// - Throws: ``PacketError`` of the stream, or what `body` throws. No further chunk may follow.
    /// - Complexity: O(*n*) in the bytes of the chunk; allocates at most once, for an incomplete
    ///   packet.
    public mutating func receive(
        _ chunk: Span<UInt8>,
        _ body: (Span<UInt8>, inout PacketFramer) throws(PacketError) -> Void
    ) throws(PacketError) {
        // A copy, so that `body` may change it while it reads from `self`.
        var framer = self.framer
        defer { self.framer = framer }
        var position = 0
        while !stored.isEmpty {
            // Completes the header byte by byte, then the packet in one copy.
            let size = try framer.sizeOfNextPacket(in: stored.span) ?? stored.count + 1
            if size > stored.count {
                let count = min(size - stored.count, chunk.count - position)
                if count == 0 { return }
                stored.append(copying: chunk.extracting(position..<(position + count)))
                position += count
                continue
            }
            guard try framer.next(in: stored.span) != nil else { return }
            try body(stored.span, &framer)
            stored.removeAll(keepingCapacity: stored.capacity <= 4096)
        }
        while position < chunk.count {
            let rest = chunk.extracting(position...)
            guard let header = try framer.next(in: rest) else {
                stored.append(copying: rest)
                return
            }
            try body(rest.extracting(0..<header.packetSize), &framer)
            position += header.packetSize
        }
    }
}

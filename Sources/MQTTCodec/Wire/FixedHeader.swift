/// The two to five bytes in front of every control packet. MQTT 5.0 §2.1
public struct FixedHeader: Hashable, Sendable {
    /// Bits 7-4 of the first byte.
    public let packetType: PacketType
    /// Bits 3-0 of the first byte.
    public let flags: UInt8
    /// Bytes that follow the header: 0...268 435 455.
    public let remainingLength: Int
    /// Bytes of the header itself: 2...5.
    public let headerSize: Int

    /// Bytes of the whole packet.
    @inlinable
    public var packetSize: Int { headerSize + remainingLength }

    /// Reads a header, where all of it is there.
    ///
    /// - Parameter bytes: a packet from its first byte on; more may follow.
    ///   The result is `nil` as long as the header is not complete.
    /// - Throws: ``MalformedPacket`` for packet type 0 and for a length that is not in its shortest
    ///   form or goes past four bytes.
    /// - Complexity: O(1).
    @inlinable
    public init?(reading bytes: Span<UInt8>) throws(PacketError) {
        guard !bytes.isEmpty else { return nil }
        let first = bytes[0]
        guard let packetType = PacketType(rawValue: first >> 4) else {
            throw .malformed(.init(.packetTypeReserved(first >> 4), at: 0))
        }
        var length = 0
        var size = 1
        while true {
            guard size < bytes.count else { return nil }
            let byte = bytes[size]
            length |= Int(byte & 0x7F) << (7 * (size - 1))
            size += 1
            if byte < 0x80 {
                if byte == 0, size > 2 {
                    throw .malformed(.init(.variableByteIntegerNotMinimal, at: 1))
                }
                break
            }
            if size == 5 { throw .malformed(.init(.variableByteIntegerTooLong, at: 1)) }
        }
        self.packetType = packetType
        flags = first & 0x0F
        remainingLength = length
        headerSize = size
    }
}

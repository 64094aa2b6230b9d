/// Finds packets in a stream of bytes, whatever pieces it comes in.
///
/// Looks at fixed headers only, so that a packet is refused before its bytes are stored: one that is
/// too large, one the other end may not send, a first packet that is not CONNECT.
///
///     var framer = PacketFramer(from: .client)
///     while let header = try framer.next(in: buffered) {
///         let packet = try ControlPacketView(
///             buffered.extracting(0..<header.packetSize), as: version, from: .client)
///         // … then drop header.packetSize bytes of what is buffered.
///     }
public struct PacketFramer: Hashable, Sendable {
    /// What this end takes.
    public struct Limits: Hashable, Sendable {
        /// Bytes of the largest packet, 2...268 435 460.
        ///
        /// A larger one is refused with 0x95. Default: 268 435 460.
        public var maximumPacketSize: Int
        /// Bytes of the largest packet before CONNECT was seen.
        ///
        /// Default: 100 000, room for a will
        /// and a password of some 50 KB.
        public var maximumConnectSize: Int

        /// Limits in bytes.
        public init(maximumPacketSize: Int = 268_435_460, maximumConnectSize: Int = 100_000) {
            self.maximumPacketSize = maximumPacketSize
            self.maximumConnectSize = maximumConnectSize
        }
    }

    /// The end whose packets are read.
    public let role: Role
    /// What this end takes; may be changed between packets.
    public var limits: Limits
    /// The revision agreed in CONNECT, once it is known; sharpens the checks of type and flags.
    public var version: ProtocolVersion?
    /// Whether the first packet (CONNECT, or CONNACK) was seen.
    public private(set) var isEstablished = false

    /// Starts before the first packet of a connection.
    ///
    /// - Parameters:
    ///   - role: the end whose packets are read; a server reads those of `.client`.
    ///   - limits: what this end takes.
    public init(from role: Role, limits: Limits = Limits()) {
        self.role = role
        self.limits = limits
    }

    /// The next packet, once all of it is there.
    ///
    /// Each result stands for a packet that the caller takes away; the next call must not begin with
    /// the same bytes.
    /// - Parameter buffered: the stream from the first byte that no packet took.
    /// - Returns: the header of the packet at the start of `buffered`, or `nil` as long as bytes of it
    ///   are missing; ``sizeOfNextPacket(in:)`` says how many are needed.
    /// - Throws: ``PacketError`` as soon as the header shows it. The stream cannot go on then.
    /// - Complexity: O(1).
    @inlinable
    public mutating func next(in buffered: Span<UInt8>) throws(PacketError) -> FixedHeader? {
        guard let header = try check(buffered), header.packetSize <= buffered.count else {
            return nil
        }
        if !isEstablished { establish(header.packetType) }
        return header
    }

    /// Bytes of the packet at the start of `buffered`, as soon as its header is there.
    ///
    /// - Returns: `nil` as long as the header is not complete.
    /// - Throws: ``PacketError``, as ``next(in:)`` does.
    /// - Complexity: O(1).
    public func sizeOfNextPacket(in buffered: Span<UInt8>) throws(PacketError) -> Int? {
        try check(buffered)?.packetSize
    }

    /// All checks that a header allows, on as many bytes as there are.
    @inlinable
    func check(_ buffered: Span<UInt8>) throws(PacketError) -> FixedHeader? {
        guard !buffered.isEmpty else { return nil }
        let first = buffered[0]
        guard let type = PacketType(rawValue: first >> 4),
            isEstablished, type.isSent(by: role, as: version), type != .connect, type != .connack,
            type.accepts(flags: first & 0x0F, as: version)
        else {
            try checkSlowly(first)
            return try checkSize(buffered)
        }
        return try checkSize(buffered)
    }

    @inlinable
    func checkSize(_ buffered: Span<UInt8>) throws(PacketError) -> FixedHeader? {
        guard let header = try FixedHeader(reading: buffered) else { return nil }
        let limit =
            isEstablished || role == .server
            ? limits.maximumPacketSize : min(limits.maximumConnectSize, limits.maximumPacketSize)
        guard header.packetSize <= limit else { throw tooLarge(header.packetSize, limit) }
        return header
    }

    @usableFromInline
    func tooLarge(_ size: Int, _ limit: Int) -> PacketError {
        .protocolError(
            .init(
                .packetTooLarge(size: UInt32(clamping: size), limit: UInt32(clamping: limit)),
                at: 0
            )
        )
    }

    /// The checks of the first byte, one by one.
    @usableFromInline
    func checkSlowly(_ first: UInt8) throws(PacketError) {
        guard let type = PacketType(rawValue: first >> 4) else {
            throw .malformed(.init(.packetTypeReserved(first >> 4), at: 0))
        }
        guard type.isSent(by: role, as: version) else {
            if type == .auth { throw .malformed(.init(.packetTypeReserved(15), at: 0)) }
            throw isEstablished
                ? .protocolError(.init(.packetType(type), at: 0))
                : .protocolError(.init(.firstPacket(type), at: 0))
        }
        if isEstablished {
            if type == .connect || type == .connack {
                throw .protocolError(.init(.repeatedPacket(type), at: 0))
            }
        } else {
            // A server may ask for more authentication before CONNACK. [MQTT-3.2.0-1]
            let isFirst =
                role == .client ? type == .connect : type == .connack || type == .auth
            guard isFirst else { throw .protocolError(.init(.firstPacket(type), at: 0)) }
        }
        guard type.accepts(flags: first & 0x0F, as: version) else {
            throw .malformed(.init(.fixedHeaderFlags(first & 0x0F), at: 0))
        }
    }

    @usableFromInline
    mutating func establish(_ type: PacketType) {
        if type == .connect || type == .connack { isEstablished = true }
    }
}

internal import MQTTCodec

/// Bytes for one connection, in order, gathered until the owner of the socket takes them.
///
/// Small packets share one segment; the tail of a large message is a segment of its own, and the
/// same one for all receivers of the message.
public struct OutboundBatch: Sendable {
    /// A piece of the bytes.
    public struct Segment: Sendable {
        private let own: [UInt8]
        private let shared: SharedPublish?
        private let version: ProtocolVersion

        /// How many bytes the piece has.
        public var byteCount: Int { withBytes { $0.count } }

        /// Lends the bytes.
        public func withBytes<R>(_ body: (Span<UInt8>) throws -> R) rethrows -> R {
            if let shared { try body(shared.tail(as: version)) } else { try body(own.span) }
        }

        init(_ bytes: [UInt8]) {
            own = bytes
            shared = nil
            version = .v5
        }

        init(tailOf message: SharedPublish, as version: ProtocolVersion) {
            own = []
            shared = message
            self.version = version
        }
    }

    private var closed: [Segment] = []
    private var open: [UInt8] = []

    /// The sum of all pieces, in bytes.
    public private(set) var byteCount = 0

    /// The pieces in order; write them in one vectored write.
    public var segments: [Segment] { open.isEmpty ? closed : closed + [Segment(open)] }

    /// Lends the bytes of each piece, in order.
    public func forEachSegment(_ body: (Span<UInt8>) throws -> Void) rethrows {
        for segment in closed { try segment.withBytes(body) }
        if !open.isEmpty { try body(open.span) }
    }

    /// True when there is nothing to write.
    public var isEmpty: Bool { byteCount == 0 }

    /// A copy of all bytes in one array; for tests and small programs.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(byteCount)
        for segment in segments { segment.withBytes { result.append(copying: $0) } }
        return result
    }

    init() {}

    /// Copies bytes into the growing piece.
    mutating func append(_ bytes: Span<UInt8>) {
        open.append(copying: bytes)
        byteCount += bytes.count
    }

    /// Lets `write` append to the growing piece.
    mutating func append(_ write: (inout [UInt8]) -> Void) {
        let before = open.count
        write(&open)
        byteCount += open.count - before
    }

    /// Adds the tail of a message as a piece of its own, without copying it.
    mutating func appendTail(of message: SharedPublish, as version: ProtocolVersion) {
        if !open.isEmpty {
            closed.append(Segment(open))
            open = []
        }
        let segment = Segment(tailOf: message, as: version)
        closed.append(segment)
        byteCount += segment.byteCount
    }
}

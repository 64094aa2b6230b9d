/// Bytes for one connection, in order, gathered until the owner of the socket takes them.
///
/// Small packets share one segment; a large payload is a segment of its own and is shared by all
/// receivers (it is the publisher's array, not a copy).
public struct OutboundBatch: Sendable {
    /// The bytes in pieces: write them in order, in one vectored write.
    public private(set) var segments: [[UInt8]] = []
    /// The sum of all segments, in bytes.
    public private(set) var byteCount = 0
    /// True while the last segment is one that may grow.
    private var isOpen = false

    /// True when there is nothing to write.
    public var isEmpty: Bool { byteCount == 0 }

    /// All bytes in one array; for tests and small programs.
    public var bytes: [UInt8] { Array(segments.joined()) }

    init() {}

    /// Copies a small packet into the growing segment.
    mutating func append(_ bytes: Span<UInt8>) {
        openSegment()
        let last = segments.count - 1
        segments[last].reserveCapacity(segments[last].count + bytes.count)
        for index in bytes.indices { segments[last].append(bytes[index]) }
        byteCount += bytes.count
    }

    /// Lets `write` append to the growing segment.
    mutating func append(_ write: (inout [UInt8]) -> Void) {
        openSegment()
        let last = segments.count - 1
        let before = segments[last].count
        write(&segments[last])
        byteCount += segments[last].count - before
    }

    /// Adds an array as a segment of its own, without copying it.
    mutating func appendShared(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        segments.append(bytes)
        byteCount += bytes.count
        isOpen = false
    }

    private mutating func openSegment() {
        if !isOpen {
            segments.append([])
            isOpen = true
        }
    }
}

/// Bytes that come one after the other: a pipe, a socket, an array.
public protocol ByteSource {
    /// Appends the next bytes, at most as many as `output` has room for; none at the end.
    mutating func read(into output: inout OutputSpan<UInt8>) throws(SystemFailure)
}

/// Bytes of known number that can be read anywhere, by several threads at once.
public protocol RandomAccessSource: Sendable {
    /// How many there are.
    var byteCount: UInt64 { get }

    /// Appends `count` bytes from `offset` on.
    ///
    /// - Parameters:
    ///   - offset: the first byte.
    ///   - count: how many bytes.
    ///   - output: must have room for `count`.
    /// - Throws: ``SystemFailure``, with code 0 when there are fewer bytes.
    func read(
        at offset: UInt64,
        count: Int,
        into output: inout OutputSpan<UInt8>
    ) throws(SystemFailure)
}

/// Where bytes go one after the other.
public protocol ByteSink {
    /// Writes all of `bytes`.
    mutating func write(_ bytes: Span<UInt8>) throws(SystemFailure)
}

/// Where bytes can be written anywhere, by several threads at once.
public protocol RandomAccessSink: Sendable {
    /// Writes all of `bytes` from `offset` on.
    func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(SystemFailure)
}

/// Bytes in memory, as a source of both kinds.
public struct MemorySource: ByteSource, RandomAccessSource {
    private let bytes: [UInt8]
    private var position = 0

    /// Reads `bytes`.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// How many there are.
    public var byteCount: UInt64 { UInt64(bytes.count) }

    /// Appends the next bytes.
    public mutating func read(into output: inout OutputSpan<UInt8>) throws(SystemFailure) {
        let count = min(output.freeCapacity, bytes.count - position)
        output.append(copying: bytes.span.extracting(position..<position + count))
        position += count
    }

    /// Appends bytes from anywhere.
    public func read(
        at offset: UInt64,
        count: Int,
        into output: inout OutputSpan<UInt8>
    ) throws(SystemFailure) {
        guard offset <= UInt64(bytes.count), UInt64(count) <= UInt64(bytes.count) - offset else {
            throw SystemFailure(.read, code: 0)
        }
        let start = Int(offset)
        output.append(copying: bytes.span.extracting(start..<start + count))
    }
}

/// Collects bytes in memory.
public struct MemorySink: ByteSink {
    /// What was written.
    public private(set) var bytes: [UInt8] = []

    /// Starts empty.
    public init() {}

    /// Appends `bytes`.
    public mutating func write(_ bytes: Span<UInt8>) throws(SystemFailure) {
        unsafe bytes.withUnsafeBufferPointer { unsafe self.bytes.append(contentsOf: $0) }
    }
}

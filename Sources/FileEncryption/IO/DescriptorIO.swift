#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// An open file descriptor as source and sink; closing it stays the caller's duty.
///
/// The random-access calls use `pread` and `pwrite`, so threads may share a value.
public struct DescriptorIO: ByteSource, ByteSink, RandomAccessSource, RandomAccessSink {
    /// The descriptor.
    public let descriptor: Int32
    /// The file's size when the value was made; zero for pipes.
    public let byteCount: UInt64
    /// Whether it is a regular file, so that the random-access calls work.
    public let isRegularFile: Bool

    /// Borrows a descriptor.
    ///
    /// - Throws: ``SystemFailure`` when it is not open.
    public init(_ descriptor: Int32) throws(SystemFailure) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw SystemFailure(.open, code: errno)
        }
        self.descriptor = descriptor
        isRegularFile = status.st_mode & S_IFMT == S_IFREG
        byteCount = isRegularFile ? UInt64(max(0, status.st_size)) : 0
    }

    /// Appends the next bytes; blocks until there are some.
    public mutating func read(into output: inout OutputSpan<UInt8>) throws(SystemFailure) {
        let room = output.freeCapacity
        var code: Int32 = 0
        unsafe output.appendRaw(room) { target in
            while true {
                let count = unsafe Self.systemRead(descriptor, target, room)
                if count >= 0 { return count }
                if errno != EINTR {
                    code = errno
                    return 0
                }
            }
        }
        guard code == 0 else { throw SystemFailure(.read, code: code) }
    }

    /// Appends bytes from anywhere in a regular file.
    public func read(
        at offset: UInt64,
        count: Int,
        into output: inout OutputSpan<UInt8>
    ) throws(SystemFailure) {
        guard let offset = off_t(exactly: offset) else { throw SystemFailure(.read, code: EINVAL) }
        var code: Int32?
        unsafe output.appendRaw(count) { target in
            var done = 0
            while done < count {
                let n = unsafe pread(descriptor, target + done, count - done, offset + off_t(done))
                if n < 0, errno == EINTR { continue }
                guard n > 0 else {
                    code = n < 0 ? errno : 0
                    return 0
                }
                done += n
            }
            return count
        }
        if let code { throw SystemFailure(.read, code: code) }
    }

    /// Writes all of `bytes` at the descriptor's position.
    public mutating func write(_ bytes: Span<UInt8>) throws(SystemFailure) {
        let code: Int32? = unsafe bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return nil }
            var done = 0
            while done < source.count {
                let n = unsafe Self.systemWrite(descriptor, base + done, source.count - done)
                if n < 0, errno == EINTR { continue }
                guard n > 0 else { return errno }
                done += n
            }
            return nil
        }
        if let code { throw SystemFailure(.write, code: code) }
    }

    /// Writes all of `bytes` anywhere in a regular file.
    public func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(SystemFailure) {
        guard let offset = off_t(exactly: offset) else { throw SystemFailure(.write, code: EINVAL) }
        let code: Int32? = unsafe bytes.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return nil }
            var done = 0
            while done < source.count {
                let n = unsafe pwrite(
                    descriptor,
                    base + done,
                    source.count - done,
                    offset + off_t(done)
                )
                if n < 0, errno == EINTR { continue }
                guard n > 0 else { return errno }
                done += n
            }
            return nil
        }
        if let code { throw SystemFailure(.write, code: code) }
    }

    // The methods above hide the calls of the same name.

    private static func systemRead(
        _ descriptor: Int32,
        _ target: UnsafeMutableRawPointer,
        _ count: Int
    ) -> Int {
        #if canImport(Glibc)
        unsafe Glibc.read(descriptor, target, count)
        #elseif canImport(Musl)
        unsafe Musl.read(descriptor, target, count)
        #else
        unsafe Darwin.read(descriptor, target, count)
        #endif
    }

    private static func systemWrite(
        _ descriptor: Int32,
        _ source: UnsafeRawPointer,
        _ count: Int
    ) -> Int {
        #if canImport(Glibc)
        unsafe Glibc.write(descriptor, source, count)
        #elseif canImport(Musl)
        unsafe Musl.write(descriptor, source, count)
        #else
        unsafe Darwin.write(descriptor, source, count)
        #endif
    }
}

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Reads small files without Foundation.
enum SystemFile {
    /// The content of a regular file of at most `limit` bytes; `nil` for anything else.
    static func read(_ path: String, limit: Int) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var information = stat()
        guard unsafe fstat(descriptor, &information) == 0,
            information.st_mode & S_IFMT == S_IFREG, information.st_size <= limit
        else { return nil }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while content.count <= limit {
            let count = read(descriptor, into: &buffer)
            guard count > 0 else { return count == 0 ? content : nil }
            content += buffer[..<count]
        }
        return nil
    }

    /// The first `count` bytes of a device.
    static func read(device path: String, count: Int) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: count)
        return read(descriptor, into: &buffer) == count ? buffer : nil
    }

    private static func read(_ descriptor: CInt, into buffer: inout [UInt8]) -> Int {
        unsafe buffer.withUnsafeMutableBytes { bytes in
            #if canImport(Glibc)
            unsafe Glibc.read(descriptor, bytes.baseAddress, bytes.count)
            #elseif canImport(Musl)
            unsafe Musl.read(descriptor, bytes.baseAddress, bytes.count)
            #else
            unsafe Darwin.read(descriptor, bytes.baseAddress, bytes.count)
            #endif
        }
    }
}

/// Random numbers of the system, fetched in blocks: one system call for 256 numbers.
public struct SystemRandom: ~Copyable {
    private var block = [UInt64](repeating: 0, count: 256)
    private var used = 256

    /// A source without any numbers fetched.
    public init() {}

    /// The next 64 bits; a number is given out once and then erased.
    public mutating func next() -> UInt64 {
        if used == block.count { refill() }
        let bits = block[used]
        block[used] = 0
        used += 1
        return bits
    }

    private mutating func refill() {
        used = 0
        if let bytes = SystemFile.read(device: "/dev/urandom", count: block.count * 8) {
            unsafe bytes.withUnsafeBytes { bytes in
                for index in block.indices {
                    block[index] = unsafe bytes.loadUnaligned(
                        fromByteOffset: index * 8,
                        as: UInt64.self
                    )
                }
            }
            return
        }
        var generator = SystemRandomNumberGenerator()
        for index in block.indices { block[index] = generator.next() }
    }
}

#if Endpoint
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Writes files that must not be there yet.
enum PrivateFile {
    /// Why a file was not written.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Makes a file with this mode from its first byte on.
    ///
    /// - Parameters:
    ///   - text: what it shall hold.
    ///   - path: a name that is not taken, not even by a link.
    ///   - mode: who may read it.
    /// - Throws: ``Failure``.
    static func write(_ text: String, to path: String, mode: mode_t = 0o600) throws(Failure) {
        let descriptor = unsafe open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw Failure(
                description: errno == EEXIST ? "\(path) exists" : "\(path) cannot be made"
            )
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Self.write(descriptor, UnsafeRawBufferPointer(rebasing: $0[written...]))
            }
            guard count > 0 else { throw Failure(description: "\(path) cannot be written") }
            written += count
        }
    }

    private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
        unsafe Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Darwin)
        unsafe Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}
#endif

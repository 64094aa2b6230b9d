#if Endpoint
import Foundation

/// A TCP connection to loopback whose bytes a test writes and reads itself.
final class RawSocket {
    let descriptor: Int32
    private(set) var isOpen = true

    /// Connects; `nil` where nobody listens.
    init?(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let descriptor = descriptor
        let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            Glibc.close(descriptor)
            return nil
        }
        var on: Int32 = 1
        unsafe setsockopt(
            descriptor,
            Int32(IPPROTO_TCP),
            TCP_NODELAY,
            &on,
            socklen_t(MemoryLayout<Int32>.size)
        )
    }

    deinit { close() }

    func close() {
        guard isOpen else { return }
        isOpen = false
        Glibc.close(descriptor)
    }

    /// Writes all bytes; false when the connection is gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var start = 0
        while isOpen, start < bytes.count {
            let sent = unsafe bytes[start...].withUnsafeBytes {
                unsafe Glibc.send(
                    descriptor,
                    $0.baseAddress,
                    $0.count,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard sent > 0 else { return false }
            start += sent
        }
        return isOpen
    }

    /// What has arrived; empty once the peer has closed, `nil` when nothing came in time.
    func receive(milliseconds: Int32) -> [UInt8]? {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe Glibc.poll(&poll, 1, milliseconds) > 0 else { return nil }
        return read()
    }

    /// What can be read at once; empty at the end.
    func read() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
        }
        return count > 0 ? Array(buffer[..<count]) : []
    }

    /// Everything until the peer closes.
    ///
    /// - Returns: the bytes, and whether the peer closed in time.
    func receiveAll(seconds: Double = 60) -> (bytes: [UInt8], isClosed: Bool) {
        var bytes: [UInt8] = []
        let deadline = Date(timeIntervalSinceNow: seconds)
        while Date() < deadline {
            guard let part = receive(milliseconds: 100) else { continue }
            if part.isEmpty { return (bytes, true) }
            bytes += part
        }
        return (bytes, false)
    }

    /// So many bytes, or fewer when the peer closes or nothing more comes.
    func receive(count: Int, seconds: Double = 60) -> [UInt8] {
        var bytes: [UInt8] = []
        let deadline = Date(timeIntervalSinceNow: seconds)
        while bytes.count < count, Date() < deadline {
            guard let part = receive(milliseconds: 100) else { continue }
            if part.isEmpty { break }
            bytes += part
        }
        return bytes
    }
}
#endif

#if Endpoint
import Foundation
import Synchronization

/// Carries connections to another port, and stops or cuts them after a number of bytes.
final class FlowProxy: Sendable {
    /// What happens when the allowed bytes are used up.
    enum Limit: Sendable { case stall, cut }

    let port: Int
    private let target: Int
    private let limit: Limit
    private let listener: Int32
    private let left: Mutex<Int>

    private let isStopped = Mutex(false)

    /// True once no more bytes are allowed.
    var isExhausted: Bool { left.withLock { $0 <= 0 } }

    /// Allows so many more bytes of answers.
    func allow(_ bytes: Int) { left.withLock { $0 = bytes } }

    init(to target: Int, allowing bytes: Int, then limit: Limit) throws {
        self.target = target
        self.limit = limit
        left = Mutex(bytes)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        listener = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, size) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw CancellationError() }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { return }
                serve(client)
            }
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        isStopped.withLock { $0 = true }
    }

    private func serve(_ client: Int32) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(target).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(server, $0, size) == 0
            }
        }
        guard isConnected else {
            close(client)
            close(server)
            return
        }
        Thread.detachNewThread { [self] in
            copy(client, server, counted: false)
            shutdown(server, Int32(SHUT_WR))
        }
        Thread.detachNewThread { [self] in
            copy(server, client, counted: true)
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
        }
    }

    private func copy(_ from: Int32, _ to: Int32, counted: Bool) {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            if counted {
                while isExhausted {
                    if limit == .cut || isStopped.withLock({ $0 }) { return }
                    usleep(20_000)
                }
                left.withLock { $0 -= count }
            }
            var sent = 0
            while sent < count {
                let n = unsafe buffer.withUnsafeBytes {
                    unsafe send(
                        to,
                        $0.baseAddress?.advanced(by: sent),
                        count - sent,
                        Int32(MSG_NOSIGNAL)
                    )
                }
                guard n > 0 else { return }
                sent += n
            }
        }
    }
}
#endif

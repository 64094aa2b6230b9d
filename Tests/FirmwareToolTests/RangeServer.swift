import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// A web server for tests: answers GET with ranges, one request for each connection.
final class RangeServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let folder: String
    private let log = Mutex<[String]>([])
    private let budget = Mutex<Int>(.max)

    /// First bytes of the ranges of `.bin` files that were asked for.
    var offsets: [Int] {
        log.withLock { lines in
            lines.compactMap { line in
                let parts = line.split(separator: " ")
                return parts[0].hasSuffix(".bin") ? Int(parts[1]) : nil
            }
        }
    }

    func clearLog() { log.withLock { $0 = [] } }

    /// After so many more payload answers the server stops answering, until it is set again.
    func allow(_ answers: Int) { budget.withLock { $0 = answers } }

    init?(folder: String) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(socket, $0, size) == 0 && listen(socket, 16) == 0
                    && getsockname(socket, $0, &size) == 0
            }
        }
        guard isBound else { return nil }
        port = UInt16(bigEndian: address.sin_port)
        listener = socket
        self.folder = folder
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                serve(client)
                close(client)
            }
        }
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ client: Int32) {
        var buffer = [UInt8](repeating: 0, count: 8_192)
        let count = unsafe recv(client, &buffer, buffer.count, 0)
        guard count > 0 else { return }
        let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\r\n")
        guard let path = lines.first?.split(separator: " ").dropFirst().first.map(String.init)
        else { return }
        guard let data = FileManager.default.contents(atPath: folder + path) else {
            return send(client, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", [])
        }
        let bytes = [UInt8](data)
        let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
        guard let range else {
            return send(
                client,
                "HTTP/1.1 200 OK\r\nContent-Length: \(bytes.count)\r\n\r\n",
                bytes
            )
        }
        let numbers = range.dropFirst(13).split(separator: "-").compactMap { Int($0) }
        guard numbers.count == 2, numbers[0] < bytes.count else {
            return send(client, "HTTP/1.1 416 Range\r\nContent-Length: 0\r\n\r\n", [])
        }
        if path.hasSuffix(".bin") {
            while budget.withLock({ $0 }) <= 0 { usleep(20_000) }
            budget.withLock { $0 -= 1 }
        }
        log.withLock { $0.append("\(path) \(numbers[0])") }
        let part = Array(bytes[numbers[0]..<min(bytes.count, numbers[1] + 1)])
        send(
            client,
            "HTTP/1.1 206 Partial Content\r\nContent-Length: \(part.count)\r\nContent-Range: bytes "
                + "\(numbers[0])-\(numbers[0] + part.count - 1)/\(bytes.count)\r\n\r\n",
            part
        )
    }

    private func send(_ client: Int32, _ head: String, _ body: [UInt8]) {
        let bytes = Array(head.utf8) + body
        var sent = 0
        while sent < bytes.count {
            let n = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(
                    client,
                    $0.baseAddress?.advanced(by: sent),
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard n > 0 else { return }
            sent += n
        }
    }
}

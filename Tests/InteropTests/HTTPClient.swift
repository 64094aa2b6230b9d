#if Endpoint
import CloudEndpoint
import Dispatch
import Foundation

/// A web client that sends exactly what it is told, on a thread of its own.
struct HTTPClient: Sendable {
    /// An answer; the body as far as it came.
    struct Answer: Sendable {
        var status = 0
        var headers: [String: String] = [:]
        var body: [UInt8] = []
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let port: Int

    func get(_ path: String, _ headers: [String: String] = [:]) async throws -> Answer {
        try await send("GET", path, headers)
    }

    /// Sends a request on a connection of its own and reads to the end.
    func send(
        _ method: String,
        _ path: String,
        _ headers: [String: String] = [:],
        body: [UInt8]? = nil,
        readingUpTo limit: Int = .max
    ) async throws -> Answer {
        var head = "\(method) \(path) HTTP/1.1\r\nConnection: close\r\n"
        if headers["Host"] == nil { head += "Host: 127.0.0.1:\(port)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        let request = Array((head + "\r\n").utf8) + (body ?? [])
        return try await raw(request, readingUpTo: limit)
    }

    /// Sends bytes as they are.
    func raw(_ request: [UInt8], readingUpTo limit: Int = .max) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            // Blocking: the endpoint under test runs on the tasks of this process.
            DispatchQueue.global().async {
                continuation.resume(with: Result { try exchange(request, limit) })
            }
        }
    }

    private func exchange(_ request: [UInt8], _ limit: Int) throws -> Answer {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var timeout = timeval(tv_sec: 120, tv_usec: 0)
        let timeoutSize = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, timeoutSize)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, size) == 0
            }
        }
        guard isConnected else { throw Failure(description: "cannot connect to \(port)") }
        var sent = 0
        while sent < request.count {
            let count = unsafe request.withUnsafeBytes {
                unsafe Glibc.send(
                    descriptor,
                    $0.baseAddress?.advanced(by: sent),
                    request.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            // A server may answer and close before it has read everything.
            guard count > 0 else { break }
            sent += count
        }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while received.count < limit {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        return try parse(received)
    }

    private func parse(_ bytes: [UInt8]) throws -> Answer {
        guard let end = bytes.indices.dropLast(3).first(where: { Self.isEnd(bytes, $0) }) else {
            throw Failure(description: "no head in \(bytes.count) bytes")
        }
        var answer = Answer()
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        answer.status = Int(lines[0].split(separator: " ")[1]) ?? 0
        for line in lines.dropFirst() {
            let halves = line.split(separator: ":", maxSplits: 1)
            answer.headers[halves[0].lowercased()] =
                halves.count > 1 ? halves[1].trimmingCharacters(in: .whitespaces) : ""
        }
        answer.body = Array(bytes[(end + 4)...])
        if answer.headers["transfer-encoding"] == "chunked" {
            throw Failure(description: "chunked")
        }
        return answer
    }

    private static func isEnd(_ bytes: [UInt8], _ i: Int) -> Bool {
        bytes[i] == 13 && bytes[i + 1] == 10 && bytes[i + 2] == 13 && bytes[i + 3] == 10
    }
}

/// An endpoint with HTTP and a folder to serve.
func withHTTPEndpoint<T: Sendable>(
    folder: String? = nil,
    _ configure: (inout CloudEndpoint.HTTPConfiguration) -> Void = { _ in },
    _ body: (_ mqtt: Int, _ http: HTTPClient) async throws -> T
) async throws -> T {
    try await withEndpoints { configuration in
        var http = CloudEndpoint.HTTPConfiguration(listeners: [.init(port: 0)])
        http.filesFolder = folder
        configure(&http)
        configuration.http = http
    } _: { addresses in
        let ports = { (scheme: String) in addresses.first { $0.scheme == scheme }?.port ?? 0 }
        return try await body(ports("mqtt"), HTTPClient(port: ports("http")))
    }
}

/// A folder that is gone with its owner.
final class TemporaryFolder: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/interop-\(UUID().uuidString)"

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }
}
#endif

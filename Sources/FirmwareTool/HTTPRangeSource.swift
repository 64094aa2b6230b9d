public import FirmwareManifest
internal import Foundation

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A web server without TLS, asked by ranges: one connection for each request.
///
/// Whatever it answers is only ever compared with what was signed. It follows no redirect.
public struct HTTPRangeSource: UpdateSource {
    private let host: String
    private let port: String
    private let base: String

    /// Takes a base URL, `http://host[:port][/folder]`; `nil` for anything else.
    public init?(_ url: String) {
        guard let components = URLComponents(string: url), components.scheme == "http",
            let host = components.host
        else { return nil }
        self.host = host
        port = String(components.port ?? 80)
        let path = components.path
        base = path.hasSuffix("/") ? path : path + "/"
    }

    /// Bytes of a file.
    public func fetch(
        _ path: String,
        range: Range<UInt64>?,
        limit: Int
    ) throws(FirmwareError) -> [UInt8]? {
        let location = try PayloadLocation(path)
        if let range, range.isEmpty { return [] }
        let connection = try Connection(host, port)
        var request = "GET \(base)\(location.path) HTTP/1.1\r\nHost: \(host)\r\n"
        if let range {
            request += "Range: bytes=\(range.lowerBound)-\(range.upperBound - 1)\r\n"
        }
        request += "Accept-Encoding: identity\r\nConnection: close\r\n\r\n"
        try connection.send(Array(request.utf8))
        let head = try Response(connection, limit: range.map { min(limit, $0.count) } ?? limit)
        switch head.status {
        case 200 where range == nil, 206 where range != nil: return head.body
        case 404, 416: return nil
        default: throw FirmwareError(.storage)
        }
    }

    /// Status and body of an answer.
    private struct Response {
        let status: Int
        let body: [UInt8]

        init(_ connection: Connection, limit: Int) throws(FirmwareError) {
            var buffer: [UInt8] = []
            var bodyStart: Int?
            while bodyStart == nil {
                guard buffer.count <= 16_384 else {
                    throw FirmwareError(.limitExceeded(.documentBytes))
                }
                let more = try connection.receive()
                guard !more.isEmpty else { throw FirmwareError(.storage) }
                let searchFrom = max(0, buffer.count - 3)
                buffer += more
                bodyStart = Self.endOfHead(buffer, from: searchFrom)
            }
            let start = bodyStart ?? buffer.count
            let head = String(decoding: buffer[..<start], as: UTF8.self)
            let lines = head.split(separator: "\r\n")
            let words = lines.first?.split(separator: " ") ?? []
            guard words.count >= 2, let status = Int(words[1]) else {
                throw FirmwareError(.storage)
            }
            var length: Int?
            for line in lines.dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == "content-length" {
                    length = Int(parts[1].trimmingCharacters(in: .whitespaces))
                }
            }
            self.status = status
            guard status == 200 || status == 206 else {
                body = []
                return
            }
            var body = Array(buffer[start...])
            while length.map({ body.count < $0 }) ?? true {
                guard body.count <= limit else {
                    throw FirmwareError(.limitExceeded(.documentBytes))
                }
                let more = try connection.receive()
                if more.isEmpty { break }
                body += more
            }
            guard body.count <= limit, length.map({ body.count == $0 }) ?? true else {
                throw FirmwareError(.storage)
            }
            self.body = body
        }

        static func endOfHead(_ bytes: [UInt8], from: Int) -> Int? {
            guard bytes.count >= 4 else { return nil }
            var i = from
            while i + 4 <= bytes.count {
                if bytes[i] == 13, bytes[i + 1] == 10, bytes[i + 2] == 13, bytes[i + 3] == 10 {
                    return i + 4
                }
                i += 1
            }
            return nil
        }
    }

    /// Owns a connected socket; gives up after 30 s without a byte.
    private final class Connection {
        private let descriptor: Int32

        init(_ host: String, _ port: String) throws(FirmwareError) {
            var hints = unsafe addrinfo()
            #if canImport(Glibc)
            unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            #else
            unsafe hints.ai_socktype = SOCK_STREAM
            #endif
            var list: UnsafeMutablePointer<addrinfo>?
            guard unsafe getaddrinfo(host, port, &hints, &list) == 0 else {
                throw FirmwareError(.storage)
            }
            defer { unsafe freeaddrinfo(list) }
            var candidate = unsafe list
            while let info = unsafe candidate {
                let (family, type, kind) = unsafe (
                    info.pointee.ai_family, info.pointee.ai_socktype, info.pointee.ai_protocol
                )
                let socket = socket(family, type, kind)
                if socket >= 0 {
                    if unsafe connect(
                        socket,
                        info.pointee.ai_addr,
                        info.pointee.ai_addrlen
                    ) == 0 {
                        descriptor = socket
                        var timeout = timeval(tv_sec: 30, tv_usec: 0)
                        unsafe setsockopt(
                            socket,
                            SOL_SOCKET,
                            SO_RCVTIMEO,
                            &timeout,
                            socklen_t(MemoryLayout<timeval>.size)
                        )
                        return
                    }
                    close(socket)
                }
                unsafe candidate = info.pointee.ai_next
            }
            throw FirmwareError(.storage)
        }

        deinit { close(descriptor) }

        func send(_ bytes: [UInt8]) throws(FirmwareError) {
            var sent = 0
            while sent < bytes.count {
                let n = unsafe bytes.withUnsafeBytes {
                    #if canImport(Glibc)
                    let flags = Int32(MSG_NOSIGNAL)
                    return unsafe Glibc.send(
                        descriptor,
                        $0.baseAddress?.advanced(by: sent),
                        bytes.count - sent,
                        flags
                    )
                    #else
                    return unsafe Darwin.send(
                        descriptor,
                        $0.baseAddress?.advanced(by: sent),
                        bytes.count - sent,
                        0
                    )
                    #endif
                }
                guard n > 0 else { throw FirmwareError(.storage) }
                sent += n
            }
        }

        /// Empty at the end.
        func receive() throws(FirmwareError) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let n = unsafe bytes.withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
            }
            guard n >= 0 else {
                let timedOut = errno == EAGAIN || errno == EWOULDBLOCK
                throw FirmwareError(timedOut ? .tooSlow : .storage)
            }
            return Array(bytes.prefix(n))
        }
    }
}

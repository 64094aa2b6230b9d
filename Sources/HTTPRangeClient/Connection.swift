#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Owns a connected socket.
final class Connection {
    private let descriptor: Int32
    /// Bytes that were received and not taken.
    private var buffer: [UInt8] = []
    private var position = 0

    /// Connects.
    ///
    /// - Parameter timeout: seconds that a single send or receive may wait.
    init(_ location: HTTPLocation, timeout: Int) throws(HTTPRangeError) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Self.stream
        var list: UnsafeMutablePointer<addrinfo>?
        // The names of the C library stay in its list until it is freed below.
        guard unsafe getaddrinfo(location.host, String(location.port), &hints, &list) == 0 else {
            throw HTTPRangeError(.unreachable)
        }
        defer { unsafe freeaddrinfo(list) }
        var candidate = unsafe list
        while let info = unsafe candidate {
            let (family, type, kind) = unsafe (
                info.pointee.ai_family, info.pointee.ai_socktype, info.pointee.ai_protocol
            )
            let socket = socket(family, type, kind)
            if socket >= 0 {
                Self.limit(socket, seconds: timeout)
                if unsafe connect(socket, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 {
                    descriptor = socket
                    return
                }
                close(socket)
            }
            unsafe candidate = info.pointee.ai_next
        }
        throw HTTPRangeError(.unreachable)
    }

    deinit { close(descriptor) }

    #if canImport(Glibc)
    private static var stream: Int32 { Int32(SOCK_STREAM.rawValue) }
    #else
    private static var stream: Int32 { SOCK_STREAM }
    #endif

    #if canImport(Darwin)
    private static let sendFlags: Int32 = 0
    #else
    private static let sendFlags = Int32(MSG_NOSIGNAL)
    #endif

    private static func limit(_ socket: Int32, seconds: Int) {
        var timeout = timeval()
        timeout.tv_sec = .init(seconds)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        #if canImport(Darwin)
        var on: Int32 = 1
        unsafe setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(4))
        #endif
    }

    func send(_ bytes: [UInt8]) throws(HTTPRangeError) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe systemSend(
                    descriptor,
                    $0.baseAddress?.advanced(by: sent),
                    bytes.count - sent,
                    Self.sendFlags
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw HTTPRangeError(.connectionLost) }
            sent += count
        }
    }

    /// The next bytes up to an empty line, without it.
    ///
    /// - Returns: `nil` when the connection ended before the first byte.
    func receiveHead() throws(HTTPRangeError) -> ArraySlice<UInt8>? {
        // Taken bytes go first, or the place up to which was searched would mean another byte later.
        buffer.removeFirst(position)
        position = 0
        var searched = 0
        while true {
            if let (end, next) = endOfHead(from: max(position, searched - 3)) {
                defer { position = next }
                return buffer[position..<end]
            }
            searched = buffer.count
            guard buffer.count - position <= AnswerHead.maximumBytes else {
                throw HTTPRangeError(.malformedAnswer)
            }
            guard try fill() else {
                if buffer.count == position { return nil }
                throw HTTPRangeError(.connectionLost)
            }
        }
    }

    private func endOfHead(from start: Int) -> (end: Int, next: Int)? {
        guard buffer.count >= start + 4 else { return nil }
        for i in start...(buffer.count - 4)
        where buffer[i] == 13 && buffer[i + 1] == 10 && buffer[i + 2] == 13 && buffer[i + 3] == 10 {
            return (i, i + 4)
        }
        return nil
    }

    /// The next `count` bytes.
    func receive(_ count: Int) throws(HTTPRangeError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            if position == buffer.count, try !fill() { throw HTTPRangeError(.connectionLost) }
            let taken = min(count - bytes.count, buffer.count - position)
            bytes += buffer[position..<position + taken]
            position += taken
        }
        return bytes
    }

    /// Everything up to the connection's end.
    func receiveAll(limit: Int) throws(HTTPRangeError) -> [UInt8] {
        while buffer.count - position <= limit {
            guard try fill() else { return Array(buffer[position...]) }
        }
        throw HTTPRangeError(.tooLarge)
    }

    /// Receives once; false at the end.
    private func fill() throws(HTTPRangeError) -> Bool {
        if position == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            position = 0
        }
        var failure: Int32 = 0
        var received = 0
        let old = buffer.count
        // The kernel writes at most as much as there is room for.
        unsafe buffer += [UInt8](unsafeUninitializedCapacity: 65_536) { memory, count in
            repeat {
                unsafe received = recv(descriptor, memory.baseAddress, memory.count, 0)
                failure = errno
            } while received < 0 && failure == EINTR
            count = max(0, received)
        }
        guard received >= 0 else {
            let isSlow = failure == EAGAIN || failure == EWOULDBLOCK
            throw HTTPRangeError(isSlow ? .timedOut : .connectionLost)
        }
        return buffer.count > old
    }
}

/// `send`, which is a method's name above.
private func systemSend(
    _ descriptor: Int32,
    _ bytes: UnsafeRawPointer?,
    _ count: Int,
    _ flags: Int32
) -> Int {
    unsafe send(descriptor, bytes, count, flags)
}

/// Where a file or a folder is on a web server without TLS: `http://host[:port][/path]`.
public struct HTTPLocation: Hashable, Sendable, CustomStringConvertible {
    /// The name or address, an IPv6 address without its brackets.
    public let host: String
    /// The TCP port.
    public let port: UInt16
    /// The path, as it is sent; begins with a slash.
    public let path: String

    /// The longest location, in bytes.
    public static let maximumBytes = 4_096

    /// Reads a location.
    ///
    /// - Parameter text: printable ASCII; anything else in a path must be percent-encoded (RFC 3986).
    /// - Throws: ``HTTPRangeError`` for another scheme, user information, a fragment, or what is no
    ///   URL.
    public init(_ text: String) throws(HTTPRangeError) {
        let bytes = text.utf8
        guard (8...Self.maximumBytes).contains(bytes.count), text.lowercased().hasPrefix("http://"),
            bytes.allSatisfy({ (0x21...0x7E).contains($0) }), !bytes.contains(0x23)
        else { throw HTTPRangeError(.badLocation) }
        let rest = bytes.dropFirst(7)
        let slash = rest.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex
        var authority = rest[..<slash]
        path =
            (slash < rest.endIndex && rest[slash] == 0x2F ? "" : "/")
            + String(decoding: rest[slash...], as: UTF8.self)
        var name = authority
        if authority.first == 0x5B {
            guard let end = authority.firstIndex(of: 0x5D) else {
                throw HTTPRangeError(.badLocation)
            }
            name = authority[authority.index(after: authority.startIndex)..<end]
            authority = authority[authority.index(after: end)...]
        } else if let colon = authority.firstIndex(of: 0x3A) {
            name = authority[..<colon]
            authority = authority[colon...]
        } else {
            authority = authority[authority.endIndex...]
        }
        guard !name.isEmpty, !name.contains(0x40), let port = Self.port(authority) else {
            throw HTTPRangeError(.badLocation)
        }
        host = String(decoding: name, as: UTF8.self)
        self.port = port
    }

    /// Nothing, or a colon and a number.
    private static func port(_ text: Substring.UTF8View) -> UInt16? {
        guard let colon = text.first else { return 80 }
        guard colon == 0x3A else { return nil }
        let digits = text.dropFirst()
        guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self))
    }

    private init(host: String, port: UInt16, path: String) {
        self.host = host
        self.port = port
        self.path = path
    }

    /// A file below this folder.
    ///
    /// - Parameter relative: components between slashes, not encoded; the caller has refused `..`.
    /// - Returns: the location; every byte that a path cannot hold is percent-encoded.
    public func appending(_ relative: String) -> HTTPLocation {
        var encoded = path.utf8.last == 0x2F ? path : path + "/"
        for byte in relative.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F, 0x7E:
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += (byte < 16 ? "%0" : "%") + digits
            }
        }
        return HTTPLocation(host: host, port: port, path: encoded)
    }

    /// What stands in the Host field.
    var authority: String {
        let name = host.utf8.contains(0x3A) ? "[\(host)]" : host
        return port == 80 ? name : "\(name):\(port)"
    }

    /// As a URL.
    public var description: String { "http://\(authority)\(path)" }
}

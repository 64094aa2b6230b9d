/// A request's path, split before it is decoded, so that `%2F` is no separator.
public struct RequestPath: Hashable, Sendable {
    /// The components between the slashes, decoded to bytes; none for `/`.
    public let components: [[UInt8]]

    /// The longest path, in bytes.
    public static let maximumBytes = 8_192
    /// The most components.
    public static let maximumComponents = 64

    /// Splits and decodes a path.
    ///
    /// `nil` where a `%` is not followed by two hexadecimal digits, for what does not begin with a
    /// slash, and past the limits.
    public init?(_ raw: String) {
        guard raw.utf8.first == UInt8(ascii: "/"), raw.utf8.count <= Self.maximumBytes else {
            return nil
        }
        var components: [[UInt8]] = []
        for part in raw.utf8.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false) {
            guard components.count < Self.maximumComponents,
                let bytes = Self.decode(part, plusIsSpace: false)
            else { return nil }
            components.append(bytes)
        }
        self.components = components == [[]] ? [] : components
    }

    private init(_ components: [[UInt8]]) { self.components = components }

    /// A component as text; `nil` past the end and for bytes that are no UTF-8.
    public func text(_ index: Int) -> String? {
        guard components.indices.contains(index) else { return nil }
        return String(validating: components[index], as: UTF8.self)
    }

    /// The path without its first components.
    public func dropFirst(_ count: Int) -> RequestPath {
        RequestPath(Array(components.dropFirst(count)))
    }

    /// Undoes percent-encoding (RFC 3986 §2.1).
    static func decode(_ bytes: some Sequence<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var decoded: [UInt8] = []
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(digit),
                    let low = iterator.next().flatMap(digit)
                else { return nil }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: decoded.append(0x20)
            default: decoded.append(byte)
            }
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}

/// The query of a request: names and values, decoded.
public struct RequestQuery: Hashable, Sendable {
    private var values: [String: String] = [:]

    /// The most parameters.
    public static let maximumParameters = 32

    /// Reads `a=b&c=d`.
    ///
    /// `nil` for a broken escape, text that is no UTF-8, too many parameters, or a name that comes
    /// twice.
    public init?(_ raw: String?) {
        guard let raw else { return }
        for part in raw.utf8.split(separator: UInt8(ascii: "&")) {
            let halves = part.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
            guard values.count < Self.maximumParameters, let first = halves.first,
                let name = Self.text(first), values[name] == nil,
                let value = halves.count > 1 ? Self.text(halves[1]) : ""
            else { return nil }
            values[name] = value
        }
    }

    /// The value of a parameter.
    public subscript(name: String) -> String? { values[name] }

    private static func text(_ bytes: Substring.UTF8View) -> String? {
        RequestPath.decode(bytes, plusIsSpace: true)
            .flatMap { String(validating: $0, as: UTF8.self) }
    }
}

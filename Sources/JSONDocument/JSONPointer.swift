/// Names a value inside a JSON text. RFC 6901
public struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    /// One step of the way.
    public struct Token: Hashable, Sendable {
        /// The member name, without escapes.
        public let key: JSONKey
        /// The element it names in an array; `nil` where it is no index (`-`, `01`, `a`).
        public let index: Int?

        /// A step that names a member, or an element where it reads as an index.
        public init(_ key: JSONKey) {
            self.key = key
            index = Self.index(key.utf8)
        }

        /// A step that names an element.
        public init(index: Int) { self.init(JSONKey(String(max(0, index)))) }

        /// RFC 6901 §4: digits without a leading zero.
        private static func index(_ digits: [UInt8]) -> Int? {
            guard let first = digits.first, digits.count <= 18 else { return nil }
            guard first != 0x30 || digits.count == 1 else { return nil }
            var value = 0
            for digit in digits {
                guard digit &- 0x30 < 10 else { return nil }
                value = value * 10 + Int(digit - 0x30)
            }
            return value
        }
    }

    /// The steps from the root.
    public let tokens: [Token]

    /// A pointer of given steps; none means the whole text.
    public init(_ tokens: [Token]) { self.tokens = tokens }

    /// Reads the string form of a pointer (§5), such as `/state/desired/0`.
    ///
    /// - Throws: ``JSONError`` with ``JSONError/Violation/malformedPointer`` where the text is not
    ///   empty and does not start with `/`, or has a `~` that neither `0` nor `1` follows.
    public init(_ text: String) throws(JSONError) {
        let bytes = Array(text.utf8)
        guard let first = bytes.first else {
            tokens = []
            return
        }
        guard first == 0x2F else { throw JSONError(.malformedPointer, at: 0, in: bytes.span) }
        var tokens: [Token] = []
        var name: [UInt8] = []
        var i = 1
        while i < bytes.count {
            switch bytes[i] {
            case 0x2F:
                tokens.append(Token(JSONKey(utf8: name)))
                name = []
            case 0x7E:
                guard i + 1 < bytes.count, bytes[i + 1] == 0x30 || bytes[i + 1] == 0x31 else {
                    throw JSONError(.malformedPointer, at: i, in: bytes.span)
                }
                name.append(bytes[i + 1] == 0x30 ? 0x7E : 0x2F)
                i += 1
            default:
                name.append(bytes[i])
            }
            i += 1
        }
        tokens.append(Token(JSONKey(utf8: name)))
        self.tokens = tokens
    }

    /// The string form (§5).
    public var description: String {
        var bytes: [UInt8] = []
        for token in tokens {
            bytes.append(0x2F)
            for byte in token.key.utf8 {
                switch byte {
                case 0x7E: bytes += [0x7E, 0x30]
                case 0x2F: bytes += [0x7E, 0x31]
                default: bytes.append(byte)
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The pointer one step further.
    public func appending(_ token: Token) -> JSONPointer { JSONPointer(tokens + [token]) }
}

/// One recipient's line and body in an age header.
public struct AgeStanza: Hashable, Sendable {
    /// The type and its arguments, each one or more characters of 33...126.
    public let arguments: [[UInt8]]
    /// The decoded body.
    public let body: [UInt8]
    /// Bytes from the start of the header to the stanza's `->`.
    public let offset: Int

    /// The first argument.
    public var type: [UInt8] { arguments[0] }

    /// Takes arguments and a body.
    ///
    /// - Throws: ``DecryptionError`` when an argument is missing, empty or has another character.
    public init(arguments: [[UInt8]], body: [UInt8], offset: Int = 0) throws(DecryptionError) {
        guard
            !arguments.isEmpty,
            arguments.allSatisfy({ !$0.isEmpty && $0.allSatisfy { (33...126).contains($0) } })
        else { throw DecryptionError(.header(.arguments), at: offset) }
        self.arguments = arguments
        self.body = body
        self.offset = offset
    }

    init(checked arguments: [[UInt8]], body: [UInt8]) {
        self.arguments = arguments
        self.body = body
        offset = 0
    }

    func encode(into text: inout [UInt8]) {
        text.append(contentsOf: "->".utf8)
        for argument in arguments {
            text.append(0x20)
            text.append(contentsOf: argument)
        }
        text.append(0x0A)
        var start = 0
        while body.count - start >= 48 {
            Base64.encode(body.span.extracting(start..<start + 48), into: &text)
            text.append(0x0A)
            start += 48
        }
        // The last line is always short, and empty where nothing is left.
        Base64.encode(body.span.extracting(start..<body.count), into: &text)
        text.append(0x0A)
    }
}

/// The text header of an age v1 file.
///
/// Parsing is strict: what it accepts, ``encoded`` writes back byte for byte.
public struct AgeHeader: Hashable, Sendable {
    /// One or more stanzas, in the file's order.
    public let stanzas: [AgeStanza]
    /// The 32-byte HMAC of the last line.
    public let mac: [UInt8]
    /// The bytes the HMAC covers: up to and including `---`.
    let authenticated: [UInt8]

    static let version = [UInt8]("age-encryption.org/v1".utf8)

    /// Parses a whole header.
    ///
    /// - Parameters:
    ///   - bytes: the file from its first byte on; may go on after the header.
    ///   - limits: what a hostile header may cost.
    /// - Returns: the header and how many bytes it takes.
    /// - Throws: ``DecryptionError`` with the offset of the line that is wrong.
    public static func parse(
        _ bytes: Span<UInt8>,
        limits: DecryptionLimits = .default
    ) throws(DecryptionError) -> (header: AgeHeader, length: Int) {
        var parser = AgeHeaderParser(limits: limits)
        let length = try parser.feed(bytes)
        guard let header = parser.header else {
            throw DecryptionError(.header(.truncated), at: bytes.count)
        }
        return (header, length)
    }

    init(stanzas: [AgeStanza], mac: [UInt8], authenticated: [UInt8]) {
        self.stanzas = stanzas
        self.mac = mac
        self.authenticated = authenticated
    }

    /// Writes a header for `stanzas`, authenticated by `fileKey`.
    init(stanzas: [AgeStanza], fileKey: SecureBytes) {
        var text = Self.version + [0x0A]
        for stanza in stanzas { stanza.encode(into: &text) }
        text.append(contentsOf: "---".utf8)
        self.init(
            stanzas: stanzas,
            mac: Self.authenticate(text, fileKey: fileKey),
            authenticated: text
        )
    }

    /// The header's bytes.
    public var encoded: [UInt8] {
        var text = Self.version + [0x0A]
        for stanza in stanzas { stanza.encode(into: &text) }
        text.append(contentsOf: "--- ".utf8)
        Base64.encode(mac.span, into: &text)
        text.append(0x0A)
        return text
    }

    static func authenticate(_ text: [UInt8], fileKey: SecureBytes) -> [UInt8] {
        let info = [UInt8]("header".utf8)
        let empty: [UInt8] = []
        guard
            let key = fileKey.withBytes({
                Sodium.hkdf($0, salt: empty.span, info: info.span, count: 32)
            })
        else { return [] }
        return key.withBytes { Sodium.hmac(key: $0, text.span) }
    }

    /// Whether the HMAC matches.
    func isAuthenticated(by fileKey: SecureBytes) -> Bool {
        Sodium.isEqual(Self.authenticate(authenticated, fileKey: fileKey).span, mac.span)
    }
}

/// The name of a value that a request carries: `iot:ClientId`, `aws:SourceIp`, ….
///
/// Names compare without case, except between the brackets of
/// `iot:Connection.Thing.Attributes[NAME]`, because attribute names are case-sensitive.
/// Source: IAM reference, "Condition"; AWS IoT Core developer guide, "Policy variables".
public struct ContextKey: Hashable, Sendable, CustomStringConvertible {
    /// The name as it compares: small letters outside brackets.
    public let description: String
    let bytes: [UInt8]
    let hash: UInt64

    /// Names a value.
    public init(_ name: String) { self.init(utf8: Array(name.utf8)) }

    init(utf8 name: some Collection<UInt8>) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(name.count)
        var depth = 0
        for byte in name {
            if byte == UInt8(ascii: "]") { depth -= 1 }
            bytes.append(depth > 0 ? byte : byte.asciiLowercased)
            if byte == UInt8(ascii: "[") { depth += 1 }
        }
        self.bytes = bytes
        isCertificateAttribute = bytes.starts(with: Self.certificatePrefix)
        description = String(decoding: bytes, as: UTF8.self)
        // FNV-1a: a quick sieve; equality always compares the bytes.
        hash = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// Equal names, whatever the case.
    public static func == (a: ContextKey, b: ContextKey) -> Bool {
        a.hash == b.hash && a.bytes == b.bytes
    }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(hash) }

    /// Attributes of a certificate, which have `.N` and `.List` forms and substitution rules.
    let isCertificateAttribute: Bool

    static let certificatePrefix = Array("iot:certificate.".utf8)
}

extension ContextKey {
    /// The client identifier of the connection.
    public static let clientID = ContextKey("iot:ClientId")
    /// The address the connection comes from.
    public static let sourceIP = ContextKey("aws:SourceIp")
    /// The time of the request, RFC 3339.
    public static let currentTime = ContextKey("aws:CurrentTime")
    /// The time of the request in seconds since 1970.
    public static let epochTime = ContextKey("aws:EpochTime")
    /// The thing whose name is the client identifier, where the certificate is attached to it.
    public static let thingName = ContextKey("iot:Connection.Thing.ThingName")
    /// The type of that thing.
    public static let thingTypeName = ContextKey("iot:Connection.Thing.ThingTypeName")
    /// Whether the certificate is attached to that thing: `true` or `false`.
    public static let isAttached = ContextKey("iot:Connection.Thing.IsAttached")
    /// Hexadecimal SHA-256 of the certificate.
    public static let certificateID = ContextKey("iot:CertificateId")
    /// What a CONNECT asks for: `PersistentConnect`, `LastWill`.
    public static let connectAttributes = ContextKey("iot:ConnectAttributes")
    /// The resource name of the last will's topic.
    public static let lastWillTopic = ContextKey("iot:LastWillTopic")
}

/// The name of a session. [MQTT-3.1.3-2]
///
/// Two identifiers are equal when their bytes are: `String` would also call "é" written with one
/// and with two code points equal, and hand one client's session to another.
public struct ClientIdentifier: Hashable, Sendable, CustomStringConvertible {
    /// The identifier as the client sent it, or as it was assigned.
    public let description: String

    /// Wraps an identifier; no rule is checked here.
    public init(_ description: String) { self.description = description }

    /// Whether the bytes are the same.
    public static func == (a: ClientIdentifier, b: ClientIdentifier) -> Bool {
        a.description.utf8.elementsEqual(b.description.utf8)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        for byte in description.utf8 { hasher.combine(byte) }
        hasher.combine(UInt8(0xFF))
    }
}

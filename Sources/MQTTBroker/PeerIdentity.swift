/// What a transport knows of a peer beyond its address: an object of the broker's owner, which the
/// broker carries to its ``BrokerPolicy`` and never looks into.
///
/// Two identities are equal if they are the same object.
public struct PeerIdentity: Hashable, Sendable {
    /// The object, as it was given.
    public let object: any AnyObject & Sendable

    /// Wraps an object.
    public init(_ object: any AnyObject & Sendable) { self.object = object }

    /// True for the same object.
    public static func == (a: PeerIdentity, b: PeerIdentity) -> Bool { a.object === b.object }

    /// Hashes which object it is.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(object)) }
}

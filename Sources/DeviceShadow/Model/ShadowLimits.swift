/// How large a peer can make things.
public struct ShadowLimits: Hashable, Sendable {
    /// Bytes of `desired` plus `reported` after an update, as JSON text without white space.
    ///
    /// Default 8 192, at most ``highestLength``; the service can be asked for 30 720. Metadata does not
    /// count.
    public var maximumStateLength: Int
    /// Nested objects and arrays with content in a section, the section itself included.
    ///
    /// Default 6, at most ``highestDepth``. An empty object or array does not count.
    public var maximumDepth: Int
    /// Bytes of a request's payload.
    ///
    /// Default 131 072, what a message of the service can hold; at most ``highestLength``.
    public var maximumRequestLength: Int
    /// Bytes of UTF-8 in a client token.
    ///
    /// Default 64.
    public var maximumClientTokenLength: Int
    /// Seconds for which a deleted shadow's version is remembered.
    ///
    /// Default 172 800 (48 hours).
    public var tombstoneLifetime: Int64

    /// Limits; each has the service's value as its default.
    public init(
        maximumStateLength: Int = 8_192,
        maximumDepth: Int = 6,
        maximumRequestLength: Int = 131_072,
        maximumClientTokenLength: Int = 64,
        tombstoneLifetime: Int64 = 172_800
    ) {
        self.maximumStateLength = maximumStateLength
        self.maximumDepth = maximumDepth
        self.maximumRequestLength = maximumRequestLength
        self.maximumClientTokenLength = maximumClientTokenLength
        self.tombstoneLifetime = tombstoneLifetime
    }

    /// The limits of the service.
    public static var `default`: ShadowLimits { ShadowLimits() }

    /// The most that ``maximumDepth`` can allow, as documents are read by recursion.
    public static var highestDepth: Int { 100 }

    /// The most that ``maximumStateLength`` and ``maximumRequestLength`` can allow: 64 MiB.
    ///
    /// Positions in packed documents have 31 bits, and packing adds up to four times the text.
    public static var highestLength: Int { 64 << 20 }

    var depth: Int { min(max(1, maximumDepth), Self.highestDepth) }
    var stateLength: Int { min(max(0, maximumStateLength), Self.highestLength) }
    var requestLength: Int { min(max(0, maximumRequestLength), Self.highestLength) }
}

internal import JSONDocument

/// The text by which a client finds the answer to its request; answers repeat it.
public struct ClientToken: Hashable, Sendable, CustomStringConvertible {
    /// The token as a JSON string, quotes included, with the shortest escapes.
    let json: [UInt8]

    /// A token.
    ///
    /// - Parameter text: anything; requests are held to
    ///   ``ShadowLimits/maximumClientTokenLength``, this value is not.
    public init(_ text: String) {
        var builder = ByteBuilder(capacity: text.utf8.count + 2)
        builder.appendQuoted(Array(text.utf8).span)
        json = builder.array()
    }

    /// - Precondition: `json` is a JSON string with the shortest escapes.
    init(json: [UInt8]) { self.json = json }

    /// The token without quotes and escapes.
    public var description: String { (try? JSONValue(parsing: json.span))?.string ?? "" }
}

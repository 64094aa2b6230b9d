/// The name of a share group: at least one character, none of `/`, `+`, `#` (MQTT 5.0 §4.8.2).
public struct ShareName: Hashable, Sendable, CustomStringConvertible {
    let bytes: [UInt8]

    /// Checks a share name.
    ///
    /// - Throws: ``TopicError``: empty, ill-formed, or with a separator or wildcard
    ///   [MQTT-4.8.2-1], [MQTT-4.8.2-2].
    public init(_ rawValue: String) throws(TopicError) {
        let bytes = [UInt8](rawValue.utf8)
        guard !bytes.isEmpty else { throw TopicError(.emptyShareName, at: 0) }
        for (i, byte) in bytes.enumerated() where Self.isForbidden(byte) {
            throw TopicError(.separatorOrWildcardInShareName, at: i)
        }
        _ = try TopicSyntax.check(bytes.span, as: .filter, limits: .oasis)
        self.bytes = bytes
    }

    init(checked bytes: [UInt8]) { self.bytes = bytes }

    /// The name exactly as it was given.
    public var rawValue: String { String(decoding: bytes, as: UTF8.self) }

    /// The same as ``rawValue``.
    public var description: String { rawValue }

    static func isForbidden(_ byte: UInt8) -> Bool {
        byte == TopicSyntax.slash || byte == TopicSyntax.plus || byte == TopicSyntax.hash
    }
}

/// `$share/{ShareName}/{filter}`: a subscription whose messages go to one member of a group each
/// (MQTT 5.0 §4.8.2).
public struct SharedSubscription: Hashable, Sendable, CustomStringConvertible {
    /// The group.
    public let shareName: ShareName
    /// What the group gets; a `$share/` at its start is taken literally.
    public let topicFilter: TopicFilter

    /// Puts a group and a filter together.
    public init(shareName: ShareName, topicFilter: TopicFilter) {
        self.shareName = shareName
        self.topicFilter = topicFilter
    }

    /// The text a client sends.
    public var rawValue: String { "$share/\(shareName.rawValue)/\(topicFilter.rawValue)" }

    /// The same as ``rawValue``.
    public var description: String { rawValue }
}
